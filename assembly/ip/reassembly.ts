import { Counter, Drop, Protocol } from "../abi";
import { NEVER, now, until } from "../clock";
import { REASSEMBLIES, REASSEMBLY_MAX, REASSEMBLY_TIMEOUT } from "../config";
import { count, drop } from "../stats";
import { Presence, blocksPresent, setBlocks } from "../storage/blocks";
import { freeBuffer } from "../storage/buddy";
import { loanAt, loanSize } from "../storage/loans";
import { fold, sum } from "../wire/checksum";
import { REASSEMBLY_EXCEEDED } from "../wire/icmp";
import { Ipv4Header } from "../wire/ipv4";
import { datagram } from "./datagram";
import {
  Partial,
  anyPartials,
  closePartial,
  findPartial,
  giveUp,
  hasRoom,
  initFragments,
  openPartial,
  takeWhole,
} from "./fragments";
import { timeExceeded } from "./icmp";

/**
 * Fragments put together (RFC 791 §3.2, RFC 1122 §3.3.2). The work for one is bounded by its own length: a map says which blocks of
 * eight octets are there, so nothing is searched, however many holes an attacker leaves. Octets that contradict one another are the
 * end of their datagram (RFC 5722 §4, there for IPv6; RFC 6274 §4.1.2.6 has the attacks).
 */

/** Least of a segment that fragment zero has: the whole header without options (RFC 1858 §3.2.1 asks for the flags). */
const TCP_HEADER: u32 = 20;
const LARGEST: u32 = 65535;
const NOT_ECT: u32 = 1;
const CE: u32 = 8;
/** The buffer of the datagram that is being delivered, and its size. */
@lazy const delivering = memory.data(8, 4);

export function initReassembly(): void {
  initFragments();
  store<u32>(delivering, 0);
}

/**
 * A fragment, whose header is sound, is in `datagram`. Drop.None: now the whole it belongs to is, until `datagramDone`.
 * Drop.IpFragment, which is not counted: more must come.
 */
export function fragmentArrives(): Drop {
  count(Counter.IpFragmentsIn);
  const header = Ipv4Header.at(datagram.header);
  const from = header.fragmentOffset;
  const end = from + datagram.length;
  const more = header.moreFragments;
  if (datagram.length == 0 || (more && (end & 7) != 0)) return drop(Drop.IpFragmentSize);
  if (datagram.protocol == Protocol.IPPROTO_TCP && (from ? from : end) < TCP_HEADER) return drop(Drop.IpFragmentTiny);
  const found = findPartial(header.id);
  const tooLong = end > REASSEMBLY_MAX || end + header.size > LARGEST;
  if (tooLong && !found) return drop(Drop.IpFragmentTooLong);
  const partial = found ? found : openPartial(header.id);
  if (partial.why != Drop.None) return drop(<Drop>partial.why);
  if (tooLong) return giveUp(partial, Drop.IpFragmentTooLong);
  if (contradicts(partial, end, more)) return giveUp(partial, Drop.IpFragmentOverlap);
  if (!hasRoom(partial, end)) return giveUp(partial, Drop.IpFragmentNoRoom);
  return place(partial, from, end, more);
}

/** A second end, or something behind the end. */
function contradicts(partial: Partial, end: u32, more: bool): bool {
  const total = partial.total;
  if (more) return total != 0 && end >= total;
  return total != 0 ? end != total : end < partial.reach;
}

/** Put the octets where they belong, unless they are there. */
function place(partial: Partial, from: u32, end: u32, more: bool): Drop {
  const map = partial.map;
  const at = partial.payload + from;
  const presence = blocksPresent(map, from >> 3, (end + 7) >> 3);
  if (presence == Presence.All && memory.compare(at, datagram.payload, end - from) == 0) return drop(Drop.IpFragmentDuplicate);
  if (presence != Presence.None) return giveUp(partial, Drop.IpFragmentOverlap);
  memory.copy(at, datagram.payload, end - from);
  setBlocks(map, from >> 3, (end + 7) >> 3);
  partial.received += end - from;
  partial.reach = max(partial.reach, end);
  partial.ecn |= <u8>((<u32>1) << (datagram.tos & 3));
  partial.linkBroadcast = partial.linkBroadcast || datagram.linkBroadcast;
  if (!more) partial.total = end;
  if (from == 0) keepHeader(partial);
  return partial.received == partial.total ? deliver(partial) : Drop.IpFragment;
}

/** The header of the datagram is that of fragment zero. */
function keepHeader(partial: Partial): void {
  partial.headerLength = <u8>datagram.headerLength;
  memory.copy(partial.header, datagram.header, datagram.headerLength);
}

/** The datagram is whole. */
function deliver(partial: Partial): Drop {
  const header = Ipv4Header.at(partial.header);
  const total = header.size + partial.total;
  if (total > LARGEST) return giveUp(partial, Drop.IpFragmentTooLong);
  // RFC 3168 §5.3: congestion that one fragment met is the datagram's; if others could not have said so they are not of one datagram.
  const marked = (partial.ecn & CE) != 0;
  if (marked && (partial.ecn & NOT_ECT) != 0) return giveUp(partial, Drop.IpFragmentOverlap);
  header.makeWhole(total);
  describe(partial);
  if (marked) datagram.tos |= 3;
  header.checksum = fold(sum(changetype<usize>(header), header.size));
  store<u32>(delivering, <u32>loanAt(partial.index));
  store<u32>(delivering, loanSize(partial.index), 4);
  takeWhole(partial);
  count(Counter.IpReassembled);
  return Drop.None;
}

/** Make it, as far as its header goes, the present datagram. What the MAC said about checksums is not about all of it. */
function describe(partial: Partial): void {
  datagram.read(Ipv4Header.at(partial.header));
  datagram.linkBroadcast = partial.linkBroadcast;
  datagram.ipBroadcast = partial.ipBroadcast;
  datagram.loopback = partial.loopback;
  datagram.checksumOk = partial.loopback;
}

/** The present datagram has been delivered: if it was put together here, its buffer goes back to the arena. */
export function datagramDone(): void {
  const at = load<u32>(delivering);
  if (at == 0) return;
  store<u32>(delivering, 0);
  freeBuffer(at, load<u32>(delivering, 4));
}

/** Give up what has waited too long. To be called in every poll. */
export function reassemblyTick(): void {
  if (!anyPartials()) return;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const partial = Partial.at(i);
    if (partial.open && now() - partial.since >= REASSEMBLY_TIMEOUT) expire(partial);
  }
}

/** The sender is told, if fragment zero is there to be quoted (RFC 792, RFC 1122 §3.3.2). */
function expire(partial: Partial): void {
  if (partial.why == Drop.None) drop(Drop.IpFragmentTimeout);
  if (loanAt(partial.index) != 0 && partial.headerLength != 0) {
    describe(partial);
    timeExceeded(REASSEMBLY_EXCEEDED);
  }
  closePartial(partial);
}

/** Milliseconds until `reassemblyTick` has something to do, NEVER when nothing waits. */
export function reassemblyWait(): u32 {
  let wait = NEVER;
  if (!anyPartials()) return wait;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const partial = Partial.at(i);
    if (partial.open) wait = min(wait, until(partial.since + REASSEMBLY_TIMEOUT));
  }
  return wait;
}
