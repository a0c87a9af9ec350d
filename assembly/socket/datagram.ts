import { Errno, IpOption, Level, MessageFlag, PathMtuDiscovery, Poll, Shutdown, SocketOption } from "../abi";
import { FRAGMENTATION, REUSE_PORT, TTL, UDP_BUF } from "../config";
import { notify } from "../events";
import { MULTICAST, leaveGroups } from "../ip/groups";
import { LOCALHOST, isBroadcast, isMulticast } from "../ip/iface";
import { pathMtu } from "../ip/pmtu";
import { sourceFor } from "../ip/route";
import { autobind, bindPcb } from "../udp/bind";
import { UDP_MAX, initUdpOutput, mayWrite, sendDatagram, stopWaiting } from "../udp/output";
import { groupOption, setGroupSending } from "./membership";
import { Pcb, UdpFlag, UdpWish, givePcb, initPcbs, takePcb } from "../udp/pcb";
import { closeQueue, discard, openQueue, peek, queueEmpty, received, resizeQueue } from "../storage/queue";

/**
 * Datagram sockets: what the BSD calls do for SOCK_DGRAM. `i` is the index of an open one; addresses are numbers in host order, 0
 * for none; results are counts, 0 or -errno as Linux gives them.
 */
export function initDatagrams(): void {
  initPcbs();
  initUdpOutput();
}

/** A new one, whose news go to `socket`; its index or -ENOBUFS. */
export function datagramOpen(socket: u32): i32 {
  const pcb = takePcb(socket);
  if (!pcb) return -Errno.ENOBUFS;
  if (openQueue(pcb, UDP_BUF)) return <i32>pcb.index;
  givePcb(pcb);
  return -Errno.ENOBUFS;
}

export function datagramClose(i: u32): void {
  const pcb = Pcb.at(i);
  if (MULTICAST) leaveGroups(pcb.socket);
  stopWaiting(pcb);
  closeQueue(pcb);
  givePcb(pcb);
}

/** -EINVAL when bound already, -EADDRNOTAVAIL, -EADDRINUSE. */
export function datagramBind(i: u32, ip: u32, port: u32): i32 {
  return bindPcb(Pcb.at(i), ip, port);
}

/** 0.0.0.0 as a destination means this host, as on Linux. */
// prettier-ignore
@inline export function destination(ip: u32): u32 { return ip == 0 ? LOCALHOST : ip; }

/** What a datagram of this socket to `dst` comes from; a group, which one can be bound to, sends nothing. */
export function sourceOf(pcb: Pcb, dst: u32): u32 {
  const bound = pcb.localAddress;
  return bound != 0 && !(MULTICAST && isMulticast(bound)) ? bound : sourceTo(pcb, dst);
}

// prettier-ignore
@inline function sourceTo(pcb: Pcb, dst: u32): u32 {
  return MULTICAST && pcb.groupSource != 0 && isMulticast(dst) ? pcb.groupSource : sourceFor(dst);
}

/** Send to, and receive from, this peer only. -EINVAL for port 0, -EACCES for a broadcast without SO_BROADCAST, -ENETUNREACH. */
export function datagramConnect(i: u32, ip: u32, port: u32): i32 {
  const pcb = Pcb.at(i);
  const dst = destination(ip);
  if (port == 0) return -Errno.EINVAL;
  if (isBroadcast(dst) && !pcb.has(UdpFlag.Broadcast)) return -Errno.EACCES;
  const src = sourceTo(pcb, dst);
  if (src == 0) return -Errno.ENETUNREACH;
  const failed = autobind(pcb);
  if (failed) return failed;
  if (!pcb.has(UdpFlag.AddressBound)) pcb.localAddress = src;
  pcb.foreignAddress = dst;
  pcb.foreignPort = port;
  pcb.set(UdpFlag.Connected, true);
  return 0;
}

/** Undo the connect, and the choice of address and port it made. */
export function datagramDisconnect(i: u32): void {
  const pcb = Pcb.at(i);
  pcb.set(UdpFlag.Connected, false);
  pcb.foreignAddress = 0;
  pcb.foreignPort = 0;
  if (!pcb.has(UdpFlag.AddressBound)) pcb.localAddress = 0;
  if (!pcb.has(UdpFlag.PortBound)) pcb.listAs(0);
}

/** The error nobody has heard of yet, negated, or 0; told once. */
function takeError(pcb: Pcb): i32 {
  const error = <i32>pcb.error;
  pcb.error = 0;
  return -error;
}

/**
 * Send one datagram, to the peer or, with `hasAddress`, to `ip` and `port`. -EAGAIN: the ring is full, the owner hears when there is
 * room; -EMSGSIZE: it is more than UDP_MAX, or the path takes, or a ring of fragments; the error an earlier datagram met; -EPIPE, -EDESTADDRREQ, -EACCES, -ENETUNREACH,
 * -ENETDOWN when the cable is out.
 */
export function datagramSend(i: u32, from: usize, length: u32, flags: u32, ip: u32, port: u32, hasAddress: bool): i32 {
  const pcb = Pcb.at(i);
  if (pcb.error != 0) return takeError(pcb);
  if (pcb.has(UdpFlag.WriteShut)) return -Errno.EPIPE;
  if (flags & MessageFlag.MSG_MORE) return -Errno.EOPNOTSUPP;
  if (length > UDP_MAX) return -Errno.EMSGSIZE;
  if (!hasAddress && !pcb.has(UdpFlag.Connected)) return -Errno.EDESTADDRREQ;
  if (hasAddress && port == 0) return -Errno.EINVAL;
  const dst = hasAddress ? destination(ip) : pcb.foreignAddress;
  const src = sourceOf(pcb, dst);
  if (src == 0) return -Errno.ENETUNREACH;
  if (isBroadcast(dst) && !pcb.has(UdpFlag.Broadcast)) return -Errno.EACCES;
  const failed = autobind(pcb);
  if (failed) return failed;
  return sendDatagram(pcb, from, length, src, dst, hasAddress ? port : pcb.foreignPort);
}

/**
 * Receive one datagram; what does not fit into `room` octets is lost. Its length as far as it fits, or all of it with MSG_TRUNC; an
 * empty datagram is 0, and so is the end of a socket that was shut down. The sender is then in `datagramSenderIp` and `…Port`.
 */
export function datagramReceive(i: u32, to: usize, room: u32, flags: u32): i32 {
  const pcb = Pcb.at(i);
  if (pcb.error != 0) return takeError(pcb);
  if (queueEmpty(pcb)) return pcb.has(UdpFlag.ReadShut) ? endOfData() : -Errno.EAGAIN;
  peek(pcb, to, room);
  if (!(flags & MessageFlag.MSG_PEEK)) discard(pcb);
  const length = received.length;
  return <i32>(flags & MessageFlag.MSG_TRUNC ? length : min<u32>(length, room));
}

function endOfData(): i32 {
  received.fill(0, 0, 0);
  return 0;
}

/** Who sent the datagram received last. */
// prettier-ignore
@inline export function datagramSenderIp(): u32 { return received.source; }
// prettier-ignore
@inline export function datagramSenderPort(): u32 { return received.port; }

/** -EINVAL for a `how` there is not, -ENOTCONN unless connected. */
export function datagramShutdown(i: u32, how: u32): i32 {
  const pcb = Pcb.at(i);
  if (how > <u32>Shutdown.SHUT_RDWR) return -Errno.EINVAL;
  if (!pcb.has(UdpFlag.Connected)) return -Errno.ENOTCONN;
  if (how != Shutdown.SHUT_WR) pcb.set(UdpFlag.ReadShut, true);
  if (how != Shutdown.SHUT_RD) pcb.set(UdpFlag.WriteShut, true);
  notify(pcb.socket);
  return 0;
}

/** The mask of poll(2). */
export function datagramReady(i: u32): u32 {
  const pcb = Pcb.at(i);
  const readShut = pcb.has(UdpFlag.ReadShut);
  let mask: u32 = 0;
  if (!queueEmpty(pcb) || readShut) mask |= Poll.POLLIN;
  if (readShut) mask |= Poll.POLLRDHUP;
  if (readShut && pcb.has(UdpFlag.WriteShut)) mask |= Poll.POLLHUP;
  if (pcb.error != 0) mask |= Poll.POLLERR;
  if (mayWrite(pcb)) mask |= Poll.POLLOUT;
  return mask;
}

/** Octets of the datagram that would be received next, 0 for none. */
export function datagramNext(i: u32): u32 {
  const pcb = Pcb.at(i);
  if (queueEmpty(pcb)) return 0;
  peek(pcb, 0, 0);
  return received.length;
}

/** SO_ERROR: the errno of the last error, which is forgotten with it. */
export function datagramTakeError(i: u32): i32 {
  return -takeError(Pcb.at(i));
}

export function datagramLocalIp(i: u32): u32 {
  return Pcb.at(i).localAddress;
}
export function datagramLocalPort(i: u32): u32 {
  return Pcb.at(i).localPort;
}
export function datagramConnected(i: u32): bool {
  return Pcb.at(i).has(UdpFlag.Connected);
}
export function datagramForeignIp(i: u32): u32 {
  return Pcb.at(i).foreignAddress;
}
export function datagramForeignPort(i: u32): u32 {
  return Pcb.at(i).foreignPort;
}
/** Octets of data that wait to be read. */
export function datagramQueued(i: u32): u32 {
  return Pcb.at(i).queued;
}

/** The value of an option, or -ENOPROTOOPT where it is none of a datagram socket's own. */
export function datagramOption(i: u32, level: u32, name: u32): i32 {
  const pcb = Pcb.at(i);
  if (level == Level.IPPROTO_IP) return ipOption(pcb, name);
  if (level != Level.SOL_SOCKET) return -Errno.ENOPROTOOPT;
  if (name == SocketOption.SO_REUSEADDR) return <i32>pcb.has(UdpFlag.ReuseAddress);
  if (REUSE_PORT && name == SocketOption.SO_REUSEPORT) return <i32>pcb.wants(UdpWish.ReusePort);
  if (name == SocketOption.SO_BROADCAST) return <i32>pcb.has(UdpFlag.Broadcast);
  if (name == SocketOption.SO_RCVBUF) return <i32>pcb.size;
  return name == SocketOption.SO_SNDBUF ? <i32>UDP_MAX : -Errno.ENOPROTOOPT;
}

function ipOption(pcb: Pcb, name: u32): i32 {
  if (name == IpOption.IP_MTU) return pcb.has(UdpFlag.Connected) ? <i32>pathMtu(pcb.foreignAddress) : -Errno.ENOTCONN;
  if (name == IpOption.IP_MTU_DISCOVER) return discovery(pcb);
  if (name == IpOption.IP_TTL) return <i32>pcb.ttl;
  return name == IpOption.IP_TOS ? <i32>pcb.tos : groupOption(pcb, name);
}

/** Without fragmentation there is no difference between wanting and doing. */
function discovery(pcb: Pcb): i32 {
  if (pcb.has(UdpFlag.PathProbe)) return PathMtuDiscovery.IP_PMTUDISC_PROBE;
  if (!FRAGMENTATION || pcb.wants(UdpWish.NeverFragment)) return PathMtuDiscovery.IP_PMTUDISC_DO;
  return pcb.wants(UdpWish.AnyMayFragment) ? PathMtuDiscovery.IP_PMTUDISC_DONT : PathMtuDiscovery.IP_PMTUDISC_WANT;
}
const LEAST_DISCOVERY: i32 = FRAGMENTATION ? PathMtuDiscovery.IP_PMTUDISC_DONT : PathMtuDiscovery.IP_PMTUDISC_WANT;

/** Set an option: 0, -EINVAL for a value it cannot have, -ENOPROTOOPT. SO_SNDBUF has no effect: datagrams are not buffered. */
export function setDatagramOption(i: u32, level: u32, name: u32, value: i32): i32 {
  const pcb = Pcb.at(i);
  if (level == Level.IPPROTO_IP) return setIpOption(pcb, name, value);
  if (level != Level.SOL_SOCKET) return -Errno.ENOPROTOOPT;
  if (name == SocketOption.SO_REUSEADDR) pcb.set(UdpFlag.ReuseAddress, value != 0);
  else if (REUSE_PORT && name == SocketOption.SO_REUSEPORT) pcb.wish(UdpWish.ReusePort, value != 0);
  else if (name == SocketOption.SO_BROADCAST) pcb.set(UdpFlag.Broadcast, value != 0);
  else if (name == SocketOption.SO_RCVBUF) resizeQueue(pcb, <u32>value);
  else if (name != SocketOption.SO_SNDBUF) return -Errno.ENOPROTOOPT;
  return 0;
}

/** A TTL of -1 is the default. */
function setIpOption(pcb: Pcb, name: u32, value: i32): i32 {
  if (name == IpOption.IP_TOS) {
    pcb.tos = (<u32>value) & 0xff;
    return 0;
  }
  if (name == IpOption.IP_MTU_DISCOVER) {
    if (value < LEAST_DISCOVERY || value > PathMtuDiscovery.IP_PMTUDISC_PROBE) return -Errno.EINVAL;
    pcb.set(UdpFlag.PathProbe, value == PathMtuDiscovery.IP_PMTUDISC_PROBE);
    pcb.wish(UdpWish.NeverFragment, value == PathMtuDiscovery.IP_PMTUDISC_DO);
    pcb.wish(UdpWish.AnyMayFragment, value == PathMtuDiscovery.IP_PMTUDISC_DONT);
    return 0;
  }
  if (name != IpOption.IP_TTL) return setGroupSending(pcb, name, value);
  if (value != -1 && (value < 1 || value > 255)) return -Errno.EINVAL;
  pcb.ttl = value == -1 ? TTL : <u32>value;
  return 0;
}
