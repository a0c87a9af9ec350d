import { TUNABLE } from "../config";
import { receiveBuffer, windowShift } from "../settings";
import { recordSize } from "./record";
import { Seq } from "./seq";
import { Flag, Wish } from "./flags";
import { Receiver, Tcb } from "./tcb";

/** The receive window: how much is free, and how much of that we say (RFC 9293 §3.8.6.2.2). */

/** Octets received in order that the user has not passed. */
// prettier-ignore
@inline export function held(tcb: Tcb): u32 {
  return tcb.rcv.nxt.since(tcb.rcv.read) - <u32>tcb.has(Flag.FinReceived);
}

// prettier-ignore
@inline export function freeSpace(rcv: Receiver): u32 {
  const held = rcv.nxt.since(rcv.read);
  return held < rcv.size ? rcv.size - held : 0;
}

/** What of the free space the window field can express, and the user lets us say (TCP_WINDOW_CLAMP). */
// prettier-ignore
@inline function offerable(tcb: Tcb): u32 {
  const rcv = tcb.rcv;
  const free = min(freeSpace(rcv), <u32>0xffff << rcv.scale);
  return tcb.wants(Wish.WindowClamp) ? min(free, tcb.windowClamp) : free;
}

/** Everything before `nxt` has been received. A probe, or a FIN, may lie beyond what was announced. */
// prettier-ignore
@inline export function receivedTo(rcv: Receiver, nxt: Seq): void {
  rcv.nxt = nxt;
  if (nxt.after(rcv.edge)) rcv.edge = nxt;
}

/** The window to announce now, before scaling: the old right edge until it can move by a segment or half the buffer. */
// prettier-ignore
@inline export function windowToAnnounce(tcb: Tcb): u32 {
  const rcv = tcb.rcv;
  const free = offerable(tcb);
  const announced = rcv.edge.since(rcv.nxt);
  if (tcb.records && isCut(tcb)) return max(free, announced);
  if (free < announced + step(tcb)) return announced;
  return free;
}

/** A whole record can be read. */
export function hasRecord(tcb: Tcb): bool {
  return recordSize(tcb.rcv, held(tcb)) <= held(tcb);
}

/**
 * The record that is read next ends beyond the window: the peer waits for room, the user for the record. So whatever room there is must
 * be announced, silly as the window may be.
 */
export function isCut(tcb: Tcb): bool {
  const rcv = tcb.rcv;
  return rcv.edge.before(rcv.read.plus(recordSize(rcv, held(tcb))));
}

/** Half of the largest window there can be. */
// prettier-ignore
@inline function half(tcb: Tcb): u32 {
  const size = tcb.rcv.size;
  return (tcb.wants(Wish.WindowClamp) ? min(size, tcb.windowClamp) : size) >> 1;
}

/** The least the right edge may move: min(half the buffer, a full-sized segment). */
// prettier-ignore
@inline function step(tcb: Tcb): u32 {
  return min(half(tcb), tcb.rcv.mss);
}

/** The user has read: is the window so much larger that the peer must hear of it at once? */
export function worthAnnouncing(tcb: Tcb): bool {
  const rcv = tcb.rcv;
  const announced = rcv.edge.since(rcv.nxt);
  const free = offerable(tcb);
  const gain = free > announced ? free - announced : 0;
  if (gain >= min(half(tcb), 2 * rcv.mss)) return true;
  if (tcb.records && gain && isCut(tcb)) return true;
  return announced < rcv.mss && gain >= step(tcb);
}

/**
 * The smallest shift that fits a buffer into 16 bits of window, less one unit at most (RFC 7323 §2.3). 64 KiB do without: the window
 * is then exact, where larger units would have to be rounded as RCV.NXT moves.
 */
export function scaleFor(size: u32): u32 {
  // The least shift is for the system's own buffers; a smaller one that was asked for has what it needs, as in Linux.
  let shift = TUNABLE && size < receiveBuffer() ? 0 : windowShift();
  while (shift < 14 && size >> shift > 0x10000) shift++;
  return shift;
}
