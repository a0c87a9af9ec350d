import { Counter, Drop, Protocol } from "../abi";
import { FRAGMENTATION, REUSE_PORT } from "../config";
import { notify } from "../events";
import { datagram } from "../ip/datagram";
import { MULTICAST, isMember } from "../ip/groups";
import { unreachable } from "../ip/icmp";
import { isMulticast } from "../ip/iface";
import { PMTU, pathMtu, wasTooBig } from "../ip/pmtu";
import { quote, quoteErrno } from "../ip/quote";
import { Purpose, siphash } from "../random";
import { count, drop } from "../stats";
import { fold, pseudo, sum } from "../wire/checksum";
import { IcmpType, Unreachable } from "../wire/icmp";
import { UdpHeader } from "../wire/udp";
import { NO_PCB, Pcb, UdpFlag, UdpWish, bucketFirst } from "./pcb";
import { enqueue } from "../storage/queue";

/** How well a socket fits a datagram. */
const enum Fit {
  No,
  /** The port is right, but it is connected to somebody else. */
  OtherPeer,
  AnyAddress,
  Address,
  Peer,
}

/** The UDP datagram in `datagram` (RFC 768, RFC 1122 §4.1.3): to the socket it fits best, a broadcast to every one that takes it. */
export function udpArrives(): Drop {
  const header = UdpHeader.at(datagram.payload);
  if (!header.valid(datagram.length)) return drop(Drop.UdpLength);
  if (!checksumHolds(header)) return drop(Drop.UdpChecksum);
  count(Counter.UdpIn);
  return datagram.broadcast ? toAll(header) : toOne(header);
}

/** A checksum of zero was not computed, and is accepted (RFC 768). */
function checksumHolds(header: UdpHeader): bool {
  if (datagram.checksumOk) return true;
  if (header.checksum == 0) {
    count(Counter.UdpNoChecksum);
    return true;
  }
  const length = header.length;
  const total = sum(datagram.payload, length) + pseudo(datagram.src, datagram.dst, Protocol.IPPROTO_UDP, length);
  return fold(total) == 0;
}

function fit(pcb: Pcb, header: UdpHeader): Fit {
  if (pcb.localPort != header.dstPort) return Fit.No;
  if (pcb.localAddress != 0 && pcb.localAddress != datagram.dst) return Fit.No;
  if (!pcb.has(UdpFlag.Connected)) return pcb.localAddress != 0 ? Fit.Address : Fit.AnyAddress;
  return pcb.foreignAddress == datagram.src && pcb.foreignPort == header.srcPort ? Fit.Peer : Fit.OtherPeer;
}

/**
 * Of two sockets that fit equally well: that of SO_REUSEPORT sockets whose keyed hash with the ends is higher, so that each gets an equal
 * share and a peer stays with its own; else the one that came last (SO_REUSEADDR, as on Linux).
 */
function winsDraw(pcb: Pcb, best: Pcb | null, header: UdpHeader): bool {
  if (!best) return true;
  if (!REUSE_PORT || !pcb.wants(UdpWish.ReusePort) || !best.wants(UdpWish.ReusePort)) return false;
  return shareOf(pcb, header) > shareOf(best, header);
}

function shareOf(pcb: Pcb, header: UdpHeader): u64 {
  const place = ((<u64>Purpose.Share) << 48) | ((<u64>pcb.index) << 16) | header.srcPort;
  return siphash(((<u64>datagram.src) << 32) | datagram.dst, place);
}

function toOne(header: UdpHeader): Drop {
  let best: Pcb | null = null;
  let bestFit = Fit.No;
  for (let i = bucketFirst(header.dstPort); i != NO_PCB; i = Pcb.at(i).next) {
    const pcb = Pcb.at(i);
    const its = fit(pcb, header);
    if (its == Fit.No || its < bestFit || (its == bestFit && !winsDraw(pcb, best, header))) continue;
    best = pcb;
    bestFit = its;
  }
  if (best && bestFit != Fit.OtherPeer) return deliver(best, header);
  const why = drop(best ? Drop.UdpNotPeer : Drop.UdpNoPort);
  unreachable(Unreachable.Port);
  return why;
}

/**
 * Only sockets that may send broadcasts hear them: an echo server that does not ask for it cannot be made an amplifier. A group is heard
 * by the sockets that have joined it: what others on this host have joined is none of theirs (on Linux: IP_MULTICAST_ALL off).
 */
function toAll(header: UdpHeader): Drop {
  const group = MULTICAST && isMulticast(datagram.dst);
  let why = Drop.UdpNoPort;
  for (let i = bucketFirst(header.dstPort); i != NO_PCB; i = Pcb.at(i).next) {
    const pcb = Pcb.at(i);
    if (!(group ? isMember(pcb.socket, datagram.dst, datagram.iface, datagram.loopback) : pcb.has(UdpFlag.Broadcast))) continue;
    if (fit(pcb, header) < Fit.AnyAddress) continue;
    const its = deliver(pcb, header);
    if (why != Drop.None) why = its;
  }
  return why == Drop.UdpNoPort ? drop(why) : why;
}

function deliver(pcb: Pcb, header: UdpHeader): Drop {
  if (!enqueue(pcb, header.payload, header.payloadLength, datagram.src, header.srcPort)) return drop(Drop.UdpFull);
  notify(pcb.socket);
  return Drop.None;
}

/** The ICMP error in `quote` is about a UDP datagram: a connected socket that sent it is told (RFC 1122 §4.1.3.3). */
export function udpQuoted(): Drop {
  for (let i = bucketFirst(quote.localPort); i != NO_PCB; i = Pcb.at(i).next) {
    const pcb = Pcb.at(i);
    if (!sent(pcb)) continue;
    if (PMTU && isTooBig()) {
      if (!wasTooBig(pathMtu(quote.foreignAddress))) return drop(Drop.IcmpMtu);
      if (!pcb.has(UdpFlag.Connected) || pcb.wants(UdpWish.AnyMayFragment)) return Drop.None; // the next will be in fragments
    }
    pcb.error = quoteErrno();
    notify(pcb.socket);
    return Drop.None;
  }
  return drop(Drop.IcmpQuote);
}

function isTooBig(): bool {
  return quote.type == IcmpType.Unreachable && quote.code == Unreachable.FragmentationNeeded;
}

function sent(pcb: Pcb): bool {
  if (pcb.localPort != quote.localPort) return false;
  if (FRAGMENTATION && PMTU && !pcb.has(UdpFlag.Connected)) return isTooBig() && mayBe(pcb.localAddress);
  if (!pcb.has(UdpFlag.Connected) || pcb.localAddress != quote.localAddress) return false;
  return pcb.foreignAddress == quote.foreignAddress && pcb.foreignPort == quote.foreignPort;
}

// prettier-ignore
@inline function mayBe(address: u32): bool { return address == 0 || address == quote.localAddress; }
