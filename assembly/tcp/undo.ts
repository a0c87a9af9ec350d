import { Counter } from "../abi";
import { TIMESTAMPS } from "../config";
import { count } from "../stats";
import { saveCongestion, undoCongestion } from "./congestion/control";
import { timestamp } from "./options";
import { Mending, Repair } from "./repair";
import { loseNothing } from "./scoreboard";
import { seg } from "./segment";
import { Seq } from "./seq";
import { Agreed, Flag } from "./flags";
import { Tcb } from "./tcb";

/**
 * Taking back a reduction of the window that was a mistake. Three ways to see it: an acknowledgement echoes a timestamp from before the
 * first retransmission (Eifel, RFC 3522), everything sent again was reported to have come twice (RFC 3708), and without timestamps,
 * after a timeout, what was sent before it goes on arriving (F-RTO, RFC 5682).
 */

/** The window is about to be reduced. */
export function beginUndo(tcb: Tcb, repair: Repair): void {
  saveCongestion(tcb);
  repair.set(Mending.MayUndo);
  repair.clear(Mending.TimeoutDoubted | Mending.TimeoutTested | Mending.Stamped);
  repair.resent = 0;
  repair.reducedAt = repair.order;
  repair.reducedFrom = tcb.snd.una;
}

/** A retransmission has left: if it is the first since the reduction, its timestamp tells old from new. */
export function stampRetransmission(tcb: Tcb, repair: Repair): void {
  if (!TIMESTAMPS || repair.has(Mending.Stamped) || !tcb.uses(Agreed.Timestamps)) return;
  repair.set(Mending.Stamped | Mending.StampAwaited);
  repair.retransmitStamp = timestamp(tcb);
}

/**
 * The reduction was a mistake, as the present acknowledgement shows. Only the first one for new text after the retransmission tells by
 * its timestamp (RFC 3522 §3.2, step 5): what fills later holes may have been overtaken where the first was lost.
 */
export function isSpurious(tcb: Tcb, repair: Repair, moved: bool): bool {
  if (moved && repair.has(Mending.StampAwaited)) {
    repair.clear(Mending.StampAwaited);
    return repair.has(Mending.MayUndo) && i32(seg.tsEcr - repair.retransmitStamp) < 0;
  }
  if (!repair.has(Mending.TimeoutTested)) return false;
  if (repair.has(Mending.Original)) return true;
  if (moved || repair.delivered > 0) noUndo(repair); // RFC 5682 §3.1, step 3a: the timeout was right
  return false;
}

/** `octets` of text, the last before `right`, have come twice; if all that was sent again did, nothing had been lost. */
export function allCameTwice(repair: Repair, octets: u32, right: Seq): bool {
  if (!repair.has(Mending.MayUndo) || repair.resent == 0 || !right.after(repair.reducedFrom)) return false;
  repair.resent -= min(octets, repair.resent);
  return repair.resent == 0;
}

/** Everything as it was before the reduction. */
export function undo(tcb: Tcb, repair: Repair): void {
  count(tcb.has(Flag.Loss) ? Counter.TcpSpuriousTimeouts : Counter.TcpSpuriousRecoveries);
  undoCongestion(tcb);
  loseNothing(repair);
  tcb.clear(Flag.Recovery | Flag.Loss);
  repair.clear(Mending.FirstDue);
  tcb.backoff = 0;
  noUndo(repair);
}

/** Recovery is over. Only that what was sent again came twice can still be told, and is, by the next acknowledgement or so. */
export function lateUndo(repair: Repair): void {
  repair.clear(Mending.StampAwaited | Mending.TimeoutDoubted | Mending.TimeoutTested);
}

/** What was reduced stays so. */
export function noUndo(repair: Repair): void {
  repair.clear(Mending.MayUndo | Mending.TimeoutDoubted | Mending.TimeoutTested);
}
