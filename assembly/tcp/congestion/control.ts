import { initialWindow } from "../../settings";
import { Flag, Tcb } from "../tcb";
import { renoAcked, renoThreshold } from "./reno";

/** The congestion controller of a connection. There is one kind so far, so the questions go straight to it. */

const NO_THRESHOLD: u32 = 0x3fffffff;

/** RFC 6928 §2, with its ten segments as a knob. */
function atStart(mss: u32): u32 {
  return min<u32>(initialWindow() * mss, max<u32>(2 * mss, initialWindow() * 1460));
}

/** Ten segments (RFC 6928), or one if the SYN or its answer was lost (RFC 5681 §3.1). */
export function initCongestion(tcb: Tcb): void {
  const mss = <u32>tcb.mss;
  tcb.cwnd = tcb.has(Flag.SynLost) ? mss : atStart(mss);
  tcb.ssthresh = NO_THRESHOLD;
  tcb.ackedOctets = 0;
}

/** New data acknowledged, no loss being repaired. A window that was not used does not grow. */
export function onAcked(tcb: Tcb, octets: u32): void {
  if (!tcb.has(Flag.CwndLimited) || tcb.cwnd >= NO_THRESHOLD) return;
  renoAcked(tcb, octets);
}

/** A loss was noticed with `flight` octets under way: the new threshold. */
export function onLoss(tcb: Tcb, flight: u32): void {
  tcb.ssthresh = renoThreshold(tcb, flight);
  tcb.ackedOctets = 0;
}

/** The retransmission timer fired with `flight` octets under way: the new threshold. */
export function onTimeout(tcb: Tcb, flight: u32): void {
  onLoss(tcb, flight);
}

/** Remember what a reduction is about to change. */
export function saveCongestion(tcb: Tcb): void {
  tcb.priorCwnd = tcb.cwnd;
  tcb.priorSsthresh = tcb.ssthresh;
}

/** The reduction was a mistake (RFC 4015 §3, RFC 5682 §2.2). */
export function undoCongestion(tcb: Tcb): void {
  tcb.cwnd = max(tcb.cwnd, tcb.priorCwnd);
  tcb.ssthresh = max(tcb.ssthresh, tcb.priorSsthresh);
}

/** After an idle time longer than the timeout, start again from the initial window at most (RFC 5681 §4.1). */
export function onIdle(tcb: Tcb): void {
  tcb.cwnd = min(tcb.cwnd, atStart(tcb.mss));
}
