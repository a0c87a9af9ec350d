import { Drop } from "../abi";
import { now } from "../clock";
import { MAX_BUF, MIN_BUF, REASSEMBLIES, REASSEMBLY_MAX, REASSEMBLY_MEMORY } from "../config";
import { drop } from "../stats";
import { freeBuffer, lendBuffer, returnLoan } from "../storage/buddy";
import { endLoan, lentOctets, loanAt, loanSize } from "../storage/loans";
import { datagram } from "./datagram";

/** Fragments are put together. */
export const REASSEMBLY: bool = REASSEMBLIES > 0;

/**
 * A datagram of which fragments have come. Its buffer, of a power of two octets, is on loan from the arena:
 *
 *     0   the header of fragment zero, ending at 64
 *     64  the payload, `capacityOf(size)` octets
 *         a bit for each eight of them that are there
 */
@final
@unmanaged
export class Partial {
  /** RFC 791 §3.2: what belongs together has the same source, destination, protocol and identification. */
  src: u32;
  dst: u32;
  id: u16;
  protocol: u8;
  open: bool;
  /** Why it was given up; what else comes of it is dropped for the same reason (RFC 5722 §4). Drop.None: it was not. */
  why: u8;
  /** The ECN fields of its fragments: a bit for each of the four values. */
  ecn: u8;
  /** Octets of the header of fragment zero; 0: it has not come. */
  headerLength: u8;
  linkBroadcast: bool;
  ipBroadcast: bool;
  loopback: bool;
  since: u32;
  /** Octets of the payload that are there, that there are (0: not known yet), and that the fragments seen so far reach to. */
  received: u32;
  total: u32;
  reach: u32;

  // prettier-ignore
  @inline static at(i: u32): Partial { return changetype<Partial>(partials + <usize>i * PARTIAL_SIZE); }
  // prettier-ignore
  @inline get index(): u32 { return <u32>(changetype<usize>(this) - partials) / PARTIAL_SIZE; }
  // prettier-ignore
  @inline get payload(): usize { return loanAt(this.index) + HEADER_ROOM; }
  // prettier-ignore
  @inline get header(): usize { return this.payload - this.headerLength; }
  // prettier-ignore
  @inline get map(): usize { return this.payload + capacityOf(loanSize(this.index)); }
}
const PARTIAL_SIZE: u32 = (<u32>offsetof<Partial>() + 3) & ~3;
@lazy const partials = memory.data(REASSEMBLY ? REASSEMBLIES * PARTIAL_SIZE : PARTIAL_SIZE, 4);
/** How many are open: nearly always none, and then nothing is looked at. */
@lazy const opened = memory.data(4, 4);

/** Octets before the payload, for a header with all options. */
const HEADER_ROOM: u32 = 64;
/** Octets of payload for each octet of the map. */
const PER_MAP_OCTET: u32 = 64;

/** Octets of payload a buffer of `size` octets takes. */
// prettier-ignore
@inline function capacityOf(size: u32): u32 {
  return ((size - HEADER_ROOM) / (PER_MAP_OCTET + 1)) * PER_MAP_OCTET;
}
const LARGEST: u32 = ((MAX_BUF - 64) / 65) * 64;
if (REASSEMBLY && REASSEMBLY_MAX > LARGEST) ERROR("CONFIG_MAX_BUF is too small for CONFIG_REASSEMBLY_MAX");
if (REASSEMBLY && REASSEMBLY_MEMORY < MAX_BUF && REASSEMBLY_MEMORY < 131072) ERROR("CONFIG_REASSEMBLY_MEMORY is too small");

export function initFragments(): void {
  memory.fill(partials, 0, REASSEMBLIES * PARTIAL_SIZE);
  store<u32>(opened, 0);
}

// prettier-ignore
@inline export function anyPartials(): bool { return load<u32>(opened) != 0; }

/** What there is of the datagram that the present fragment, with this identification, belongs to. */
export function findPartial(id: u32): Partial | null {
  if (!anyPartials()) return null;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const partial = Partial.at(i);
    if (!partial.open || <u32>partial.id != id || <u32>partial.protocol != datagram.protocol) continue;
    if (partial.src == datagram.src && partial.dst == datagram.dst) return partial;
  }
  return null;
}

/** A new one for the present fragment. When all are taken an old one gives way: nobody can lock others out for long. */
export function openPartial(id: u32): Partial {
  const partial = leastWanted();
  if (partial.open) {
    if (partial.why == Drop.None) drop(Drop.IpFragmentNoRoom);
    closePartial(partial);
  }
  memory.fill(changetype<usize>(partial), 0, PARTIAL_SIZE);
  partial.src = datagram.src;
  partial.dst = datagram.dst;
  partial.id = <u16>id;
  partial.protocol = <u8>datagram.protocol;
  partial.ipBroadcast = datagram.ipBroadcast;
  partial.loopback = datagram.loopback;
  partial.open = true;
  partial.since = now();
  store<u32>(opened, load<u32>(opened) + 1);
  return partial;
}

/** A free one, else the oldest that was given up, else the oldest. */
function leastWanted(): Partial {
  let best = Partial.at(0);
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const partial = Partial.at(i);
    if (!partial.open) return partial;
    const givenUp = partial.why != Drop.None;
    if (givenUp == (best.why != Drop.None) ? isOlder(partial, best) : givenUp) best = partial;
  }
  return best;
}

// prettier-ignore
@inline function isOlder(partial: Partial, other: Partial): bool { return i32(partial.since - other.since) < 0; }

export function closePartial(partial: Partial): void {
  returnLoan(partial.index);
  partial.open = false;
  store<u32>(opened, load<u32>(opened) - 1);
}

/** Give it up: its octets go back to the arena, and what else comes of it is dropped. */
export function giveUp(partial: Partial, why: Drop): Drop {
  returnLoan(partial.index);
  partial.why = <u8>why;
  return drop(why);
}

/** Its buffer takes `end` octets of payload afterwards; false when there is no memory for that. */
export function hasRoom(partial: Partial, end: u32): bool {
  const i = partial.index;
  const old = loanAt(i);
  if (!old && partial.received != 0) return false; // it was taken back
  const oldSize = old ? loanSize(i) : 0;
  if (old && end <= capacityOf(oldSize)) return true;
  let size = max<u32>(MIN_BUF, oldSize << 1);
  while (capacityOf(size) < end) size <<= 1;
  while (lentOctets() - oldSize + size > REASSEMBLY_MEMORY && oldestGivesWay(i)) {}
  let buffer = lendBuffer(i, size);
  while (!buffer && oldestGivesWay(i)) buffer = lendBuffer(i, size);
  if (!buffer) return false;
  const map = buffer + HEADER_ROOM + capacityOf(size);
  memory.fill(map, 0, capacityOf(size) / PER_MAP_OCTET);
  if (old) moveTo(buffer, map, old, oldSize);
  return true;
}

function moveTo(buffer: usize, map: usize, old: usize, oldSize: u32): void {
  const used = HEADER_ROOM + capacityOf(oldSize);
  memory.copy(buffer, old, used);
  memory.copy(map, old + used, capacityOf(oldSize) / PER_MAP_OCTET);
  freeBuffer(old, oldSize);
}

/** The oldest that holds memory, number `but` aside, is given up; false when there is none. */
function oldestGivesWay(but: u32): bool {
  const victim = oldestHolder(but);
  if (victim < 0) return false;
  giveUp(Partial.at(victim), Drop.IpFragmentNoRoom);
  return true;
}

function oldestHolder(but: u32): i32 {
  let best: i32 = -1;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    if (i == but || loanAt(i) == 0) continue;
    if (best < 0 || isOlder(Partial.at(i), Partial.at(best))) best = i;
  }
  return best;
}

/** The buffer of a datagram that is whole is its own until `freeBuffer`, and its place is free. */
export function takeWhole(partial: Partial): void {
  endLoan(partial.index);
  closePartial(partial);
}
