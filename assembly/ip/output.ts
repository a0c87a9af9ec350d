import { Counter, Drop, Protocol } from "../abi";
import { INTERFACES, MTU, RAW_SOCKETS, SINGLE_HOMED } from "../config";
import { hasTxCsum, linkUp, loCommit, loFits, loOpen, macAddress, txCommit, txFits, txOpen } from "../driver/mac_ring";
import { holdFor, resolve } from "../link/arp";
import { familiar, rememberWay } from "../link/familiar";
import { Hold, loseHold, openHold } from "../link/holds";
import { count, drop } from "../stats";
import { swapped } from "../wire/bytes";
import { fold, pseudo, sum } from "../wire/checksum";
import { ETHERNET_HEADER, EtherType, EthernetHeader } from "../wire/ethernet";
import { DONT_FRAGMENT, IPV4_HEADER } from "../wire/ipv4";
import { address, isLocal, isOurs } from "./iface";
import { nextHop, wayOut } from "./route";

/** Where the datagram under construction will go. */
const enum Way {
  Wire,
  Loopback,
  /** Into a hold, until the neighbour has told its MAC address. */
  Hold,
}

/** The one datagram under construction. */
@final
@unmanaged
class Draft {
  /** Address of the Ethernet header. */
  frame: usize;
  way: Way;
  src: u32;
  dst: u32;
  /** The next hop's MAC address. */
  mac: usize;
  hop: u32;
  hold: usize;
  why: Drop;
  private _iface: u32;
  // prettier-ignore
  @inline get iface(): u32 { return INTERFACES == 1 ? 0 : this._iface; }
  set iface(v: u32) {
    if (INTERFACES > 1) this._iface = v;
  }
}
const draft = changetype<Draft>(memory.data(INTERFACES == 1 ? 32 : 36, 4));

const HEADERS: u32 = ETHERNET_HEADER + IPV4_HEADER;
/** Most octets the payload of a datagram can have. */
export const PAYLOAD_MAX: u32 = MTU - IPV4_HEADER;

/**
 * Begin a datagram: the address its payload (at most PAYLOAD_MAX octets) is to be written to, or 0 when it cannot be sent; `whyNot`
 * then tells the reason. After it, `finish` or `abandon`. `src` must be ours (`sourceFor`).
 */
export function begin(src: u32, dst: u32): usize {
  draft.src = src;
  draft.dst = dst;
  if (!SINGLE_HOMED && familiar.sentTo == dst && familiar.sentFrom == src && dst != 0 && linkUp(familiar.iface)) {
    return beginBy(familiar.iface, familiar.hop);
  }
  if (isLocal(dst)) return open(Way.Loopback, loOpen(), Drop.LoopbackFull);
  if (SINGLE_HOMED ? src != address() : !isOurs(src)) return lose(Drop.IpSource);
  if (INTERFACES == 1 && !linkUp()) return lose(Drop.LinkDown);
  const hop = nextHop(dst, src);
  if (hop == 0) return lose(Drop.IpNoRoute);
  const i = wayOut();
  if (INTERFACES > 1 && !linkUp(i)) return lose(Drop.LinkDown);
  if (!SINGLE_HOMED) rememberWay(src, dst, hop, i);
  return beginBy(i, hop);
}

/** To the neighbour `hop` beside interface `i`, which has its cable. */
// prettier-ignore
@inline function beginBy(i: u32, hop: u32): usize {
  draft.iface = i;
  const mac = resolve(hop, i);
  if (mac == 0) return beginHold(hop);
  draft.mac = mac;
  return open(Way.Wire, txOpen(i), Drop.RingFull);
}

/** The same for a copy to members on this host of a datagram to a group. */
export function beginLoop(src: u32, dst: u32): usize {
  draft.src = src;
  draft.dst = dst;
  return open(Way.Loopback, loOpen(), Drop.LoopbackFull);
}

// prettier-ignore
@inline function open(way: Way, frame: usize, full: Drop): usize {
  draft.way = way;
  draft.frame = frame;
  if (frame != 0) return frame + HEADERS;
  draft.why = full;
  return 0;
}

function beginHold(hop: u32): usize {
  const hold = openHold(draft.iface, hop);
  draft.hop = hop;
  draft.hold = changetype<usize>(hold);
  return open(Way.Hold, hold.frame, Drop.ArpHoldFull);
}

/** After `begin`: there is room for `n` frames, the present one among them. If not, `whyNot` says what is missing. */
export function hasRoomFor(n: u32): bool {
  if (draft.way == Way.Wire ? txFits(n, draft.iface) : loFits(n)) return true;
  draft.why = draft.way == Way.Wire ? Drop.RingFull : Drop.LoopbackFull;
  return false;
}

/**
 * After `begin`: 0 if the neighbour is known, else its address. It is asked for then, on behalf of a datagram that no hold can take: of that
 * only the headers are kept, for an error to quote, of which the transport's is `length` octets at `head`.
 */
export function unknownHop(protocol: u32, head: usize, length: u32): u32 {
  if (draft.way != Way.Hold) return 0;
  draft.why = Drop.ArpUnresolved;
  const hold = changetype<Hold>(draft.hold);
  if (hold.ip == draft.hop) return draft.hop; // what is in it stays
  memory.copy(draft.frame + HEADERS, head, length);
  setHeader(draft.frame + ETHERNET_HEADER, protocol, IPV4_HEADER + length, 1, 0, DONT_FRAGMENT);
  holdFor(hold, draft.iface, draft.hop, 0, false);
  return draft.hop;
}

/** The datagram is lost, not delayed. */
function lose(why: Drop): usize {
  draft.why = drop(why);
  return 0;
}

/**
 * Why the last `begin` returned 0. RingFull and LoopbackFull: try again when there is room (not counted as a loss); anything else:
 * this datagram is lost.
 */
// prettier-ignore
@inline export function whyNot(): Drop { return draft.why; }

/** The interface the datagram of the last `begin` was to leave by; not of one to ourselves. */
// prettier-ignore
@inline export function draftInterface(): u32 { return draft.iface; }

/** True when `begin` would have succeeded, had there been room in a ring. */
// prettier-ignore
@inline export function tryAgain(): bool { return draft.why == Drop.RingFull || draft.why == Drop.LoopbackFull; }

/** Nothing is sent after `begin`. */
export function abandon(): void {
  if (draft.way != Way.Hold) return;
  const hold = changetype<Hold>(draft.hold);
  if (hold.ip != 0) loseHold(hold, Drop.ArpHoldFull);
}

/**
 * Complete the datagram of `begin` and send it: `length` octets of payload, of which the checksum of TCP, UDP and ICMP is filled in
 * here (or by the MAC, or not at all on loopback). It is atomic: DF set, identification 0 (RFC 6864 §4.1).
 */
export function finish(protocol: u32, length: u32, ttl: u32, tos: u32): void {
  const fill = setChecksum(draft.frame + HEADERS, protocol, length, draft.way);
  setHeader(draft.frame + ETHERNET_HEADER, protocol, IPV4_HEADER + length, ttl, tos, DONT_FRAGMENT);
  dispatch(length, fill);
}

/** The same with a second word of the header of the caller's choice: identification, flags and fragment offset. */
export function finishAs(protocol: u32, length: u32, ttl: u32, tos: u32, second: u32): void {
  const fill = setChecksum(draft.frame + HEADERS, protocol, length, draft.way);
  setHeader(draft.frame + ETHERNET_HEADER, protocol, IPV4_HEADER + length, ttl, tos, second);
  dispatch(length, fill);
}

/** The same for what has its checksum already, or none: a fragment, a datagram of a raw socket. */
export function finishPiece(protocol: u32, length: u32, ttl: u32, tos: u32, second: u32): void {
  setHeader(draft.frame + ETHERNET_HEADER, protocol, IPV4_HEADER + length, ttl, tos, second);
  dispatch(length, false);
}

/** Send what has its header too, twenty octets before the place that `begin` gave, and `length` octets behind these. */
export function finishWritten(length: u32): void {
  dispatch(length, false);
}

function dispatch(length: u32, fill: bool): void {
  const frame = draft.frame;
  const way = draft.way;
  count(Counter.IpOut);
  if (way == Way.Wire) {
    EthernetHeader.at(frame).fill(draft.mac, macAddress(draft.iface), EtherType.Ipv4);
    txCommit(HEADERS + length, fill, draft.iface);
  } else if (way == Way.Loopback) {
    loCommit(HEADERS + length);
  } else {
    holdFor(changetype<Hold>(draft.hold), draft.iface, draft.hop, IPV4_HEADER + length, fill);
  }
}

/** The header's checksum is taken from the numbers in hand, not from memory. */
// prettier-ignore
@inline function setHeader(at: usize, protocol: u32, total: u32, ttl: u32, tos: u32, second: u32): void {
  const src = draft.src;
  const dst = draft.dst;
  const first = 0x45000000 | (tos << 16) | total;
  const third = (ttl << 24) | (protocol << 16);
  let s = (first >> 16) + total + (second >> 16) + (second & 0xffff) + (third >> 16) + (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff);
  s = (s & 0xffff) + (s >> 16);
  s = (s & 0xffff) + (s >> 16);
  store<u32>(at, swapped(first));
  store<u32>(at, swapped(second), 4);
  store<u32>(at, swapped(third | (~s & 0xffff)), 8);
  store<u32>(at, swapped(src), 12);
  store<u32>(at, swapped(dst), 16);
}

/** Fill in the transport checksum; true when it is left to the MAC. */
function setChecksum(payload: usize, protocol: u32, length: u32, way: Way): bool {
  const at = payload + checksumOffset(protocol);
  store<u16>(at, 0);
  if (way == Way.Loopback && (!RAW_SOCKETS || protocol != Protocol.IPPROTO_ICMP)) return false; // a raw socket may look at the latter
  if (protocol == Protocol.IPPROTO_ICMP) {
    store<u16>(at, <u16>fold(sum(payload, length)));
    return false;
  }
  if (hasTxCsum(draft.iface)) return true;
  const checksum = fold(sum(payload, length) + pseudo(draft.src, draft.dst, protocol, length));
  store<u16>(at, <u16>(checksum == 0 && protocol == Protocol.IPPROTO_UDP ? 0xffff : checksum));
  return false;
}

// prettier-ignore
@inline function checksumOffset(protocol: u32): u32 {
  return protocol == Protocol.IPPROTO_TCP ? 16 : protocol == Protocol.IPPROTO_UDP ? 6 : 2;
}
