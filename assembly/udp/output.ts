import { Counter, Drop, Errno, Protocol } from "../abi";
import { INTERFACES, UDP_SOCKETS } from "../config";
import { loOpen, txBlocked } from "../driver/mac_ring";
import { notify } from "../events";
import { isMulticast } from "../ip/iface";
import { PAYLOAD_MAX, begin, draftInterface, finish, whyNot } from "../ip/output";
import { count } from "../stats";
import { LIST_ENTRY, LIST_HEADER, List } from "../storage/list";
import { UDP_HEADER, UdpHeader } from "../wire/udp";
import { Pcb } from "./pcb";

/** Most octets of data in one datagram. */
export const UDP_MAX: u32 = PAYLOAD_MAX - UDP_HEADER;
/** A group is not reached beyond the first router unless asked for (RFC 1112 §6.1). */
const GROUP_TTL: u32 = 1;

/** Sockets that were told to try again: because the transmit ring of an interface was full, because the loopback ring was. */
const LIST: u32 = LIST_HEADER + UDP_SOCKETS * LIST_ENTRY;
const waiting = memory.data(INTERFACES * LIST, 4);
const waitingLoopback = memory.data(LIST_HEADER + UDP_SOCKETS * LIST_ENTRY, 4);

// prettier-ignore
@inline function waitingFor(i: u32): List { return List.at(INTERFACES == 1 ? waiting : waiting + <usize>i * LIST); }

export function initUdpOutput(): void {
  for (let i: u32 = 0; i < INTERFACES; i++) waitingFor(i).init(UDP_SOCKETS);
  List.at(waitingLoopback).init(UDP_SOCKETS);
}

/** Send one datagram of at most UDP_MAX octets; `length`, or -errno when it was not sent. */
export function sendDatagram(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, port: u32): i32 {
  const at = begin(src, dst);
  if (!at) return refuse(pcb);
  const header = UdpHeader.at(at);
  header.srcPort = pcb.localPort;
  header.dstPort = port;
  header.length = UDP_HEADER + length;
  memory.copy(header.payload, data, length);
  finish(Protocol.IPPROTO_UDP, UDP_HEADER + length, isMulticast(dst) ? GROUP_TTL : pcb.ttl, pcb.tos);
  count(Counter.UdpOut);
  return <i32>length;
}

function refuse(pcb: Pcb): i32 {
  const why = whyNot();
  if (why == Drop.RingFull) {
    waitingFor(draftInterface()).push(pcb.index);
    return -Errno.EAGAIN;
  }
  if (why == Drop.LoopbackFull) {
    List.at(waitingLoopback).push(pcb.index);
    return -Errno.EAGAIN;
  }
  if (why == Drop.LinkDown) return -Errno.ENETDOWN;
  if (why == Drop.IpSource) return -Errno.EINVAL;
  return why == Drop.IpNoRoute ? -Errno.ENETUNREACH : -Errno.ENOBUFS;
}

/** It has not been refused since there was room last. */
export function mayWrite(pcb: Pcb): bool {
  for (let i: u32 = 0; i < INTERFACES; i++) if (waitingFor(i).has(pcb.index)) return false;
  return !List.at(waitingLoopback).has(pcb.index);
}

/** It is closed. */
export function stopWaiting(pcb: Pcb): void {
  for (let i: u32 = 0; i < INTERFACES; i++) waitingFor(i).remove(pcb.index);
  List.at(waitingLoopback).remove(pcb.index);
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
  return waits;
}

function wake(list: List): void {
  for (let i = list.pop(); i >= 0; i = list.pop()) notify(Pcb.at(<u32>i).socket);
}
