import { MAX_TCBS, SYN_QUEUE } from "../config";
import { NEVER, due, now } from "../clock";
import { HEAP_ENTRY, HEAP_HEADER, Heap } from "../storage/heap";
import { Timer } from "./flags";
import { Tcb } from "./tcb";

/**
 * One deadline per connection, in one heap. A connection has several timers, all kept in its Tcb; the heap holds the earliest.
 * Moving a timer later, or stopping it, leaves the heap alone: the entry is looked at again when it comes up.
 *
 * Ids below MAX_TCBS are connections, the rest are entries of the SYN queue.
 */
const TIMER_IDS: u32 = MAX_TCBS + SYN_QUEUE;
const heap = changetype<Heap>(memory.data(HEAP_HEADER + TIMER_IDS * HEAP_ENTRY, 8));

export function initTimers(): void {
  heap.init(TIMER_IDS);
}

/** What Timer.Retransmit waits for (RFC 8985 §8: one timer for all). */
export const enum Pending {
  /** The retransmission timeout, or the next probe of a closed window. */
  Timeout,
  /** A tail loss probe. */
  Probe,
  /** Until what may only have been overtaken counts as lost. */
  Reorder,
  /** Until a segment that is not full is held back no longer (TCP_CORK). */
  Cork,
}

/** Timer.Retransmit for something else than the timeout. */
export function armPending(tcb: Tcb, pending: Pending, ms: u32): void {
  arm(tcb, Timer.Retransmit, ms);
  tcb.pending = <u8>pending;
}

/** Let `timer` fire in `ms` milliseconds, instead of whenever it would have. */
export function arm(tcb: Tcb, timer: Timer, ms: u32): void {
  const at = now() + ms;
  if (timer == Timer.Retransmit) {
    tcb.retransmitAt = at;
    tcb.pending = <u8>Pending.Timeout;
  } else if (timer == Timer.DelayedAck) tcb.ackAt = at;
  else tcb.keepAt = at;
  tcb.timers |= <u8>timer;
  schedule(tcb.index, at);
}

// prettier-ignore
@inline export function disarm(tcb: Tcb, timer: Timer): void { tcb.timers &= ~(<u8>timer); }
// prettier-ignore
@inline export function armed(tcb: Tcb, timer: Timer): bool { return (tcb.timers & <u8>timer) != 0; }

/** True once if `timer` was armed and its time has come; it is then no longer armed. */
export function fired(tcb: Tcb, timer: Timer, at: u32): bool {
  if (!armed(tcb, timer) || !due(at)) return false;
  disarm(tcb, timer);
  return true;
}

/** Make sure the heap wakes `id` at `at` or earlier. */
export function schedule(id: u32, at: u32): void {
  if (!heap.has(id) || i32(at - heap.when(id)) < 0) heap.set(id, at);
}

export function unschedule(id: u32): void {
  if (heap.has(id)) heap.clear(id);
}

/** Put the earliest timer of a connection back into the heap. */
export function reschedule(tcb: Tcb): void {
  if (armed(tcb, Timer.Retransmit)) schedule(tcb.index, tcb.retransmitAt);
  if (armed(tcb, Timer.DelayedAck)) schedule(tcb.index, tcb.ackAt);
  if (armed(tcb, Timer.Keep)) schedule(tcb.index, tcb.keepAt);
}

/** True if no armed timer of a connection can be missed. */
export function wakesInTime(tcb: Tcb): bool {
  if (tcb.timers == 0) return true;
  if (!heap.has(tcb.index)) return false;
  const when = heap.when(tcb.index);
  if (armed(tcb, Timer.Retransmit) && i32(when - tcb.retransmitAt) > 0) return false;
  if (armed(tcb, Timer.DelayedAck) && i32(when - tcb.ackAt) > 0) return false;
  return !armed(tcb, Timer.Keep) || i32(when - tcb.keepAt) <= 0;
}

/** Take the next id that is due, or -1. */
export function nextDue(): i32 {
  const id = heap.earliest();
  if (id < 0 || !due(heap.when(id))) return -1;
  heap.clear(id);
  return id;
}

/** When the next timer may be due; meaningless when none waits (`timersWait`). */
export function timersDeadline(): u32 {
  const id = heap.earliest();
  return id < 0 ? NEVER : heap.when(id);
}

export function timersWait(): bool {
  return heap.earliest() >= 0;
}

/** Milliseconds until the earliest timer of a connection, NEVER for none. */
export function nextTimer(tcb: Tcb): u32 {
  let left: u32 = NEVER;
  if (armed(tcb, Timer.Retransmit)) left = min(left, remaining(tcb.retransmitAt));
  if (armed(tcb, Timer.DelayedAck)) left = min(left, remaining(tcb.ackAt));
  if (armed(tcb, Timer.Keep)) left = min(left, remaining(tcb.keepAt));
  return left;
}

function remaining(at: u32): u32 {
  const left = i32(at - now());
  return left > 0 ? left : 0;
}
