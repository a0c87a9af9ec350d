import { Counter } from "../abi";
import { TIMESTAMPS } from "../config";
import { count } from "../stats";
import { saveCongestion, undoCongestion } from "./congestion/control";
import { timestamp } from "./options";
import { Mending, Repair } from "./repair";
import { loseNothing } from "./scoreboard";
import { seg } from "./segment";
import { Agreed, Flag, Tcb } from "./tcb";

/**
 * Taking back a reduction of the window that was a mistake. Three ways to see it: an acknowledgement echoes a timestamp from before the
 * first retransmission (Eifel, RFC 3522), everything sent again was reported to have come twice (RFC 3708), and without timestamps,
 * after a timeout, what was sent before it goes on arriving (F-RTO, RFC 5682).
 */

/** The window is about to be reduced. */
export function beginUndo(tcb: Tcb, repair: Repair): void {
  saveCongestion(tcb);
  repair.set(Mending.MayUndo);
  repair.clear(Mending.TimeoutDoubted | Mending.TimeoutTested);
  repair.retransmitStamp = 0;
  repair.resent = 0;
  repair.reducedAt = repair.order;
}

/** A retransmission has left: if it is the first since the reduction, its timestamp tells old from new. */
export function stampRetransmission(tcb: Tcb, repair: Repair): void {
  if (!TIMESTAMPS || repair.retransmitStamp != 0 || !tcb.uses(Agreed.Timestamps)) return;
  repair.retransmitStamp = max<u32>(timestamp(tcb), 1);
}

/** The reduction was a mistake, as the present acknowledgement shows. */
export function isSpurious(tcb: Tcb, repair: Repair, moved: bool): bool {
  if (!repair.has(Mending.MayUndo)) return false;
  if (moved && repair.retransmitStamp != 0) return seg.timestamps && i32(seg.tsEcr - repair.retransmitStamp) < 0;
  return repair.has(Mending.TimeoutTested) && repair.has(Mending.Original);
}

/** `octets` of text have come twice; if all that was sent again did, nothing had been lost. */
export function allCameTwice(repair: Repair, octets: u32): bool {
  if (!repair.has(Mending.MayUndo) || repair.resent == 0) return false;
  repair.resent -= min(octets, repair.resent);
  return repair.resent == 0;
}

/** Everything as it was before the reduction. */
export function undo(tcb: Tcb, repair: Repair): void {
  count(tcb.has(Flag.Loss) ? Counter.TcpSpuriousTimeouts : Counter.TcpSpuriousRecoveries);
  undoCongestion(tcb);
  loseNothing(repair);
  tcb.clear(Flag.Recovery | Flag.Loss);
  tcb.backoff = 0;
  noUndo(repair);
}

/** What was reduced stays so. */
export function noUndo(repair: Repair): void {
  repair.clear(Mending.MayUndo | Mending.TimeoutDoubted | Mending.TimeoutTested);
}
