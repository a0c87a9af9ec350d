import { Counter, Drop, Errno, Protocol } from "../abi";
import { NEVER, now } from "../clock";
import { FRAGMENTATION, INTERFACES, MAX_PCBS, MTU } from "../config";
import { loOpen, txBlocked } from "../driver/mac_ring";
import { notify } from "../events";
import { fitsRing, identification, parcel, sendParcel } from "../ip/fragment";
import { MULTICAST, hasMembers } from "../ip/groups";
import { isMulticast } from "../ip/iface";
import { PAYLOAD_MAX, begin, draftInterface, finish, finishAs, whyNot } from "../ip/output";
import { pathMtu } from "../ip/pmtu";
import { isHeld } from "../link/holds";
import { count, drop } from "../stats";
import { LIST_ENTRY, LIST_HEADER, List } from "../storage/list";
import { fold, pseudo, sum } from "../wire/checksum";
import { IPV4_HEADER } from "../wire/ipv4";
import { UDP_HEADER, UdpHeader } from "../wire/udp";
import { Pcb, UdpFlag, UdpWish } from "./pcb";

/** Most octets of data in one datagram. */
export const UDP_MAX: u32 = FRAGMENTATION ? 65535 - IPV4_HEADER - UDP_HEADER : PAYLOAD_MAX - UDP_HEADER;

/** Sockets that were told to try again: because the transmit ring of an interface was full, because the loopback ring was. */
const LIST: u32 = LIST_HEADER + MAX_PCBS * LIST_ENTRY;
const waiting = memory.data(INTERFACES * LIST, 4);
const waitingLoopback = memory.data(LIST_HEADER + MAX_PCBS * LIST_ENTRY, 4);
/** Because a neighbour was unknown that fragments were to go to; which one, and when it was asked for last. */
@lazy const waitingNeighbour = memory.data(FRAGMENTATION ? LIST_HEADER + MAX_PCBS * LIST_ENTRY : LIST_HEADER, 4);
@lazy const neighbour = memory.data(8, 4);

// prettier-ignore
@inline function waitingFor(i: u32): List { return List.at(INTERFACES == 1 ? waiting : waiting + <usize>i * LIST); }

export function initUdpOutput(): void {
  for (let i: u32 = 0; i < INTERFACES; i++) waitingFor(i).init(MAX_PCBS);
  List.at(waitingLoopback).init(MAX_PCBS);
  if (FRAGMENTATION) List.at(waitingNeighbour).init(MAX_PCBS);
}

/**
 * Send one datagram of at most UDP_MAX octets, in fragments if it, or the way, needs that and the socket allows it; `length`, or -errno
 * when it was not sent.
 */
export function sendDatagram(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, port: u32): i32 {
  if (MULTICAST && isMulticast(dst)) {
    if (pcb.groupTtl == 0) return sendLoop(pcb, data, length, src, dst, port);
    const sent = sendOnce(pcb, data, length, src, dst, port);
    if (sent >= 0) sendLoop(pcb, data, length, src, dst, port);
    return sent;
  }
  return sendOnce(pcb, data, length, src, dst, port);
}

/** Members on this host hear what goes to their group too, unless the sender does not want that; if there is no room it is their loss. */
function sendLoop(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, port: u32): i32 {
  if (pcb.wants(UdpWish.NoLoop) || !hasMembers(dst)) return <i32>length;
  fillParcel(pcb, data, length, src, dst, port);
  parcel.mtu = MTU;
  parcel.loops = true;
  if (!fitsRing() || !sendParcel()) drop(Drop.LoopbackFull);
  return <i32>length;
}

function sendOnce(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, port: u32): i32 {
  const probes = pcb.has(UdpFlag.PathProbe);
  const mtu = probes ? MTU : pathMtu(dst);
  if (IPV4_HEADER + UDP_HEADER + length > mtu) {
    if (!FRAGMENTATION || probes || pcb.wants(UdpWish.NeverFragment)) return -Errno.EMSGSIZE;
    return sendInPieces(pcb, data, length, src, dst, port, mtu);
  }
  const at = begin(src, dst);
  if (!at) return refuse(pcb);
  fillHeader(pcb, at, length, port);
  memory.copy(at + UDP_HEADER, data, length);
  const ttl = ttlTo(pcb, dst);
  if (pcb.wants(UdpWish.AnyMayFragment)) {
    finishAs(Protocol.IPPROTO_UDP, UDP_HEADER + length, ttl, pcb.tos, identification(src, dst, Protocol.IPPROTO_UDP) << 16);
  } else {
    finish(Protocol.IPPROTO_UDP, UDP_HEADER + length, ttl, pcb.tos);
  }
  count(Counter.UdpOut);
  return <i32>length;
}

function fillHeader(pcb: Pcb, at: usize, length: u32, port: u32): void {
  const header = UdpHeader.at(at);
  header.srcPort = pcb.localPort;
  header.dstPort = port;
  header.length = UDP_HEADER + length;
}

// prettier-ignore
@inline function ttlTo(pcb: Pcb, dst: u32): u32 { return isMulticast(dst) ? pcb.groupTtl : pcb.ttl; }

/** The UDP header of a datagram in fragments. */
@lazy const head = memory.data(UDP_HEADER, 4);

/** All but the size of the pieces and the checksum, which loopback needs not. */
function fillParcel(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, port: u32): void {
  parcel.src = src;
  parcel.dst = dst;
  parcel.head = head;
  parcel.headLength = UDP_HEADER;
  parcel.data = data;
  parcel.length = length;
  parcel.protocol = <u8>Protocol.IPPROTO_UDP;
  parcel.ttl = <u8>ttlTo(pcb, dst);
  parcel.tos = <u8>pcb.tos;
  parcel.loops = false;
  fillHeader(pcb, head, length, port);
  UdpHeader.at(head).checksum = 0;
}

/** -EMSGSIZE: more fragments than a ring could hold. */
function sendInPieces(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, port: u32, mtu: u32): i32 {
  fillParcel(pcb, data, length, src, dst, port);
  parcel.mtu = mtu;
  if (!fitsRing()) return -Errno.EMSGSIZE;
  const checksum = fold(sum(head, UDP_HEADER) + sum(data, length) + pseudo(src, dst, Protocol.IPPROTO_UDP, UDP_HEADER + length));
  UdpHeader.at(head).checksum = checksum == 0 ? 0xffff : checksum;
  if (!sendParcel()) return refuse(pcb);
  count(Counter.UdpOut);
  return <i32>length;
}

/** Why the datagram of `pcb` was not sent, as -errno; -EAGAIN is followed by news. */
export function refuse(pcb: Pcb): i32 {
  const why = whyNot();
  if (why == Drop.RingFull) {
    waitingFor(draftInterface()).push(pcb.index);
    return -Errno.EAGAIN;
  }
  if (why == Drop.LoopbackFull) {
    List.at(waitingLoopback).push(pcb.index);
    return -Errno.EAGAIN;
  }
  if (FRAGMENTATION && why == Drop.ArpUnresolved) {
    List.at(waitingNeighbour).push(pcb.index);
    store<u32>(neighbour, parcel.hop);
    store<u32>(neighbour, now(), 4);
    return -Errno.EAGAIN;
  }
  if (why == Drop.LinkDown) return -Errno.ENETDOWN;
  if (why == Drop.IpSource) return -Errno.EINVAL;
  return why == Drop.IpNoRoute ? -Errno.ENETUNREACH : -Errno.ENOBUFS;
}

/** It has not been refused since there was room last. */
export function mayWrite(pcb: Pcb): bool {
  if (FRAGMENTATION && List.at(waitingNeighbour).has(pcb.index)) return false;
  for (let i: u32 = 0; i < INTERFACES; i++) if (waitingFor(i).has(pcb.index)) return false;
  return !List.at(waitingLoopback).has(pcb.index);
}

/** It is closed. */
export function stopWaiting(pcb: Pcb): void {
  for (let i: u32 = 0; i < INTERFACES; i++) waitingFor(i).remove(pcb.index);
  List.at(waitingLoopback).remove(pcb.index);
  if (FRAGMENTATION) List.at(waitingNeighbour).remove(pcb.index);
}

/**
 * Tell the sockets that wait for room when there is some. To be called in the output phase of every poll; true when some wait for
 * the transmit ring still, so the next poll must come when it was drained.
 */
export function udpOutput(): bool {
  let waits = false;
  for (let i: u32 = 0; i < INTERFACES; i++) {
    const list = waitingFor(i);
    if (list.count != 0 && !txBlocked(i)) wake(list);
    if (list.count != 0) waits = true;
  }
  if (List.at(waitingLoopback).count != 0 && loOpen() != 0) wake(List.at(waitingLoopback));
  if (FRAGMENTATION && neighbourWait() == 0) wake(List.at(waitingNeighbour));
  return waits;
}

/**
 * Milliseconds until sockets that wait for a neighbour are told that nothing is asked any more: it is known, or given up, or had to give
 * way. Never in the millisecond in which it was asked for, lest two who drive each other out keep at it. NEVER: none does, or ARP knows.
 */
export function neighbourWait(): u32 {
  if (List.at(waitingNeighbour).count == 0 || isHeld(load<u32>(neighbour))) return NEVER;
  return now() == load<u32>(neighbour, 4) ? 1 : 0;
}

function wake(list: List): void {
  for (let i = list.pop(); i >= 0; i = list.pop()) notify(Pcb.at(<u32>i).socket);
}
