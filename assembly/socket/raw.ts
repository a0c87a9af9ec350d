import { Errno, IcmpOption, IpOption, Level, MessageFlag, Protocol, SocketOption, SocketType } from "../abi";
import { UDP_BUF } from "../config";
import { MULTICAST, leaveGroups } from "../ip/groups";
import { isBroadcast, isLocal } from "../ip/iface";
import { sourceFor } from "../ip/route";
import { Raw, RawFlag, giveRaw, takeRaw } from "../raw/pcb";
import { sendRaw } from "../raw/output";
import { closeQueue, openQueue } from "../storage/queue";
import { stopWaiting } from "../udp/output";
import { Pcb, UdpFlag } from "../udp/pcb";
import { datagramTakeError, destination, setDatagramOption, sourceOf } from "./datagram";

/**
 * Raw sockets: what the BSD calls do for SOCK_RAW where they differ from datagram sockets, which their records are of: `i` is the index of
 * a Pcb. Receiving, readiness, shutdown are theirs.
 */
/** A new one, whose news go to `socket`; its index, -EPROTONOSUPPORT or -ENOBUFS. */
export function rawOpen(socket: u32, protocol: u32): i32 {
  const pcb = takeRaw(socket, protocol);
  if (!pcb) return -Errno.ENOBUFS;
  if (openQueue(pcb, UDP_BUF)) return <i32>pcb.index;
  giveRaw(pcb);
  return -Errno.ENOBUFS;
}

export function rawClose(i: u32): void {
  const pcb = Pcb.at(i);
  if (MULTICAST) leaveGroups(pcb.socket);
  stopWaiting(pcb);
  closeQueue(pcb);
  giveRaw(pcb);
}

/** Receive only what is sent to `ip`, 0: to any of ours, and send from it. -EINVAL when connected, -EADDRNOTAVAIL. */
export function rawBind(i: u32, ip: u32): i32 {
  const pcb = Pcb.at(i);
  if (pcb.has(UdpFlag.Connected)) return -Errno.EINVAL;
  if (ip != 0 && !isLocal(ip)) return -Errno.EADDRNOTAVAIL;
  pcb.localAddress = ip;
  pcb.set(UdpFlag.AddressBound, ip != 0);
  return 0;
}

/** Send to, and receive from, this peer only: -EACCES for a broadcast without SO_BROADCAST, -ENETUNREACH. */
export function rawConnect(i: u32, ip: u32): i32 {
  const pcb = Pcb.at(i);
  const dst = destination(ip);
  if (isBroadcast(dst) && !pcb.has(UdpFlag.Broadcast)) return -Errno.EACCES;
  const src = sourceFor(dst);
  if (src == 0) return -Errno.ENETUNREACH;
  if (!pcb.has(UdpFlag.AddressBound)) pcb.localAddress = src;
  pcb.foreignAddress = dst;
  pcb.set(UdpFlag.Connected, true);
  return 0;
}

/** Send one datagram, to the peer or, with `hasAddress`, to `ip`. Errors are those of `datagramSend`, but there is no port. */
export function rawSend(i: u32, from: usize, length: u32, flags: u32, ip: u32, hasAddress: bool): i32 {
  const pcb = Pcb.at(i);
  if (pcb.error != 0) return -datagramTakeError(i);
  if (pcb.has(UdpFlag.WriteShut)) return -Errno.EPIPE;
  if (flags & MessageFlag.MSG_MORE) return -Errno.EOPNOTSUPP;
  if (!hasAddress && !pcb.has(UdpFlag.Connected)) return -Errno.EDESTADDRREQ;
  const dst = hasAddress ? destination(ip) : pcb.foreignAddress;
  const src = sourceOf(pcb, dst);
  if (src == 0) return -Errno.ENETUNREACH;
  if (isBroadcast(dst) && !pcb.has(UdpFlag.Broadcast)) return -Errno.EACCES;
  return sendRaw(pcb, from, length, src, dst);
}

/** As Linux shows it where others have a port. */
export function rawProtocol(i: u32): u32 {
  return Raw.of(Pcb.at(i)).protocol;
}

/** An option that a datagram socket does not have, or answers otherwise. */
export function isRawOption(level: u32, name: u32): bool {
  if (level == Level.SOL_SOCKET) return name == SocketOption.SO_TYPE || name == SocketOption.SO_PROTOCOL;
  return level == Level.IPPROTO_IP && (name == IpOption.IP_HDRINCL || name == IpOption.IP_RECVERR);
}

export function rawOption(i: u32, level: u32, name: u32): i32 {
  const raw = Raw.of(Pcb.at(i));
  if (level == Level.SOL_SOCKET) return name == SocketOption.SO_TYPE ? <i32>SocketType.SOCK_RAW : <i32>raw.protocol;
  return <i32>raw.has(name == IpOption.IP_HDRINCL ? RawFlag.HeaderIncluded : RawFlag.RecvErr);
}

export function setRawOption(i: u32, level: u32, name: u32, value: u32): i32 {
  const raw = Raw.of(Pcb.at(i));
  if (level == Level.SOL_RAW) return setFilter(raw, name, value);
  const included = name == IpOption.IP_HDRINCL;
  if (level != Level.IPPROTO_IP || (!included && name != IpOption.IP_RECVERR)) return setDatagramOption(i, level, name, value);
  raw.put(included ? RawFlag.HeaderIncluded : RawFlag.RecvErr, value != 0);
  return 0;
}

/** Only ICMP has types to filter by. */
function setFilter(raw: Raw, name: u32, mask: u32): i32 {
  if (name != IcmpOption.ICMP_FILTER) return -Errno.ENOPROTOOPT;
  if (raw.protocol != Protocol.IPPROTO_ICMP) return -Errno.EOPNOTSUPP;
  raw.filter = mask;
  return 0;
}

/** Octets written to `value`, or -errno: every value of 32 bits is a filter, so none is left for errors. */
export function readFilter(i: u32, name: u32, value: usize): i32 {
  const raw = Raw.of(Pcb.at(i));
  if (name != IcmpOption.ICMP_FILTER) return -Errno.ENOPROTOOPT;
  if (raw.protocol != Protocol.IPPROTO_ICMP) return -Errno.EOPNOTSUPP;
  store<u32>(value, raw.filter);
  return 4;
}
