import { Counter } from "../abi";
import { FRAGMENTATION, INTERFACES, LOOPBACK_SLOTS } from "../config";
import { txCount } from "../driver/mac_ring";
import { Purpose, random, siphash } from "../random";
import { count } from "../stats";
import { IPV4_HEADER } from "../wire/ipv4";
import { MULTICAST } from "./groups";
import { isLocal } from "./iface";
import { begin, beginLoop, finishPiece, hasRoomFor, unknownHop } from "./output";
import { nextHop, wayOut } from "./route";

/** A datagram to be sent in fragments: all that IP has to know of it. */
@final
@unmanaged
export class Parcel {
  src: u32;
  dst: u32;
  /** The largest fragment, octets with its header. */
  mtu: u32;
  /** The payload is in two parts: the first octets, which are eight at most, and the rest. Checksums are in it. */
  head: usize;
  headLength: u32;
  data: usize;
  length: u32;
  protocol: u8;
  ttl: u8;
  tos: u8;
  /** It goes to members of a group on this host. */
  loops: bool;
  /** After `sendParcel`: the neighbour that is unknown and asked for, or 0. */
  hop: u32;
}
@lazy export const parcel = changetype<Parcel>(memory.data(36, 4));

// prettier-ignore
@inline function beginPiece(): usize { return parcel.loops ? beginLoop(parcel.src, parcel.dst) : begin(parcel.src, parcel.dst); }

const MORE_FRAGMENTS: u32 = 0x2000;
/** Counters of identifications, a destination's by hash; a power of two. */
const IDENTIFIERS: u32 = 8;
@lazy const identifiers = memory.data(FRAGMENTATION || MULTICAST ? IDENTIFIERS * 2 : 2, 2);

export function initFragmentation(): void {
  for (let i: u32 = 0; i < IDENTIFIERS; i++) store<u16>(identifiers + (i << 1), <u16>random());
}

/**
 * Another identification than any datagram from here to there with this protocol had lately (RFC 6864 §4.3), which nobody else can
 * foresee: a keyed hash of the three and a counter that few others share (RFC 7739 §5.3).
 */
export function identification(src: u32, dst: u32, protocol: u32): u32 {
  const hash = siphash(((<u64>src) << 32) | dst, ((<u64>Purpose.Identification) << 32) | protocol);
  const counter = identifiers + (((<usize>(hash >> 32)) & (IDENTIFIERS - 1)) << 1);
  const n = <u32>load<u16>(counter) + 1;
  store<u16>(counter, <u16>n);
  return (<u32>hash + n) & 0xffff;
}

/** Octets of payload in each fragment but the last. */
// prettier-ignore
@inline function perPiece(): u32 { return (parcel.mtu - IPV4_HEADER) & ~7; }

/** How many fragments `parcel` makes. */
// prettier-ignore
@inline function pieceCount(): u32 { return (parcel.headLength + parcel.length + perPiece() - 1) / perPiece(); }

/** A ring of frames could hold `parcel`, if it were empty. */
export function fitsRing(): bool {
  if (parcel.loops || isLocal(parcel.dst)) return pieceCount() <= LOOPBACK_SLOTS;
  if (INTERFACES > 1) nextHop(parcel.dst, parcel.src);
  return pieceCount() <= txCount(wayOut());
}

/** Send `parcel`, all of it or nothing: false, and `whyNot` tells the reason: Drop.ArpUnresolved means that the neighbour is asked for. */
export function sendParcel(): bool {
  const total = parcel.headLength + parcel.length;
  const per = perPiece();
  let at = beginPiece();
  if (!at) return false;
  parcel.hop = unknownHop(parcel.protocol, parcel.head, parcel.headLength);
  if (parcel.hop != 0 || !hasRoomFor(pieceCount())) return false;
  const id = identification(parcel.src, parcel.dst, parcel.protocol) << 16;
  for (let from: u32 = 0; from < total; from += per) {
    if (from != 0) at = beginPiece();
    if (!at) return true; // there was room for all
    const length = min(per, total - from);
    const more = from + length < total ? MORE_FRAGMENTS : 0;
    copyPiece(at, from, length);
    finishPiece(parcel.protocol, length, parcel.ttl, parcel.tos, id | more | (from >> 3));
    if (length < total) count(Counter.IpFragmentsOut);
  }
  return true;
}

/** Copy `length` octets of the payload from octet `from` on. */
function copyPiece(to: usize, from: u32, length: u32): void {
  if (from != 0) return memory.copy(to, parcel.data + from - parcel.headLength, length);
  memory.copy(to, parcel.head, parcel.headLength);
  memory.copy(to + parcel.headLength, parcel.data, length - parcel.headLength);
}
