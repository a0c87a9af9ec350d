import { LINUX_OPTIONS } from "../config";
import { Flag, Wish } from "./flags";
import { Tcb } from "./tcb";

/**
 * TCP_CORK and MSG_MORE: a segment that is not full waits for more text. Not for ever: when nothing is in flight any more it goes
 * after CORK_TIME, as on Linux.
 */
export const CORK_TIME: u32 = 200;

/** What is queued and does not fill a segment is held back. */
export function corked(tcb: Tcb): bool {
  return LINUX_OPTIONS && (tcb.wants(Wish.Cork) || tcb.has(Flag.More)) && !tcb.has(Flag.CorkOver);
}

/** What is queued now is held back no longer. */
export function uncork(tcb: Tcb): void {
  if (LINUX_OPTIONS) tcb.set(Flag.CorkOver);
  tcb.mark();
}

/** The user has queued text; with MSG_MORE it says that more will come. */
// prettier-ignore
@inline export function corkAfter(tcb: Tcb, more: bool): void {
  if (!LINUX_OPTIONS) return;
  tcb.clear(Flag.CorkOver);
  tcb.put(Flag.More, more);
}
