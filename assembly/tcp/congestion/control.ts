import { CongestionControl, Counter } from "../../abi";
import { CUBIC, ECN } from "../../config";
import { initialWindow, lossFromCwnd } from "../../settings";
import { count } from "../../stats";
import { forgetReduction, hold, isEcho, noteReduction, wasReduced } from "../ecn";
import { Flag } from "../flags";
import { Tcb } from "../tcb";
import { cubicAcked, cubicInit, cubicLoss, cubicReduced, cubicRestart, cubicSave, cubicTimeout, cubicUndo } from "./cubic";
import { renoAcked, renoReduced, slowStart } from "./reno";

/** The congestion controller of a connection: what all have in common, and the question which one it is. */

export const NO_THRESHOLD: u32 = 0x3fffffff;

// prettier-ignore
@inline function isCubic(tcb: Tcb): bool { return CUBIC && <u32>tcb.congestion == CongestionControl.Cubic; }

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
  if (CUBIC) cubicInit(tcb);
}

/** The user wants another algorithm (TCP_CONGESTION): it goes on from the same window, with no memory of losses. */
export function chooseCongestion(tcb: Tcb, which: CongestionControl): void {
  tcb.congestion = <u8>which;
  tcb.ackedOctets = 0;
  if (CUBIC) cubicInit(tcb);
}

/** New data acknowledged, no loss being repaired. A window that was not used does not grow, nor by an echo (RFC 3168 §6.1.2). */
export function onAcked(tcb: Tcb, octets: u32): void {
  const limited = tcb.has(Flag.CwndLimited) && tcb.cwnd < NO_THRESHOLD && !isEcho(tcb);
  if (tcb.cwnd < tcb.ssthresh) {
    if (isCubic(tcb)) cubicRestart(tcb);
    if (limited) slowStart(tcb, octets);
  } else if (isCubic(tcb)) cubicAcked(tcb, octets, limited);
  else if (limited) renoAcked(tcb, octets);
}

/** What is left of the window after `flight` octets proved too much. */
function reduced(tcb: Tcb, flight: u32): u32 {
  return isCubic(tcb) ? cubicReduced(flight) : renoReduced(flight);
}

/** The new threshold. In recovery cwnd is only what may be sent now. */
function reduce(tcb: Tcb, flight: u32): void {
  if (lossFromCwnd() && !tcb.has(Flag.Recovery)) flight = tcb.cwnd;
  if (isCubic(tcb)) cubicLoss(tcb);
  tcb.ssthresh = max<u32>(reduced(tcb, flight), 2 * <u32>tcb.mss);
  tcb.ackedOctets = 0;
  if (ECN) noteReduction(tcb);
}

/** A loss was noticed with `flight` octets under way. The caller reduces cwnd to ssthresh, after this. */
export function onLoss(tcb: Tcb, flight: u32): void {
  if (ECN && !tcb.has(Flag.Recovery) && wasReduced(tcb)) return; // a mark in the same window has told it before (RFC 3168 §6.1.2)
  reduce(tcb, flight);
}

/** The retransmission timer fired for the first time with `flight` octets under way. The caller sets cwnd, after this. */
export function onTimeout(tcb: Tcb, flight: u32): void {
  reduce(tcb, flight);
  if (isCubic(tcb)) cubicTimeout(tcb);
}

/** The network has marked a packet of this window instead of dropping it: the same, but down to one segment (RFC 9438 §4.6). */
export function onEcnEcho(tcb: Tcb, flight: u32): void {
  const least = <u32>tcb.mss;
  if (tcb.cwnd <= least) hold(tcb);
  const used = lossFromCwnd() ? tcb.cwnd : min(flight, tcb.cwnd);
  reduce(tcb, used);
  tcb.cwnd = max(reduced(tcb, used), least);
  count(Counter.TcpEcnReductions);
}

/** Remember what a reduction is about to change. */
export function saveCongestion(tcb: Tcb): void {
  tcb.priorCwnd = tcb.cwnd;
  tcb.priorSsthresh = tcb.ssthresh;
  if (isCubic(tcb)) cubicSave(tcb);
}

/** The reduction was a mistake (RFC 4015 §3, RFC 5682 §2.2, RFC 9438 §4.9). */
export function undoCongestion(tcb: Tcb): void {
  tcb.cwnd = max(tcb.cwnd, tcb.priorCwnd);
  tcb.ssthresh = max(tcb.ssthresh, tcb.priorSsthresh);
  if (isCubic(tcb)) cubicUndo(tcb);
  if (ECN) forgetReduction(tcb);
}

/** After an idle time longer than the timeout, start again from the initial window at most (RFC 5681 §4.1). */
export function onIdle(tcb: Tcb): void {
  tcb.cwnd = min(tcb.cwnd, atStart(tcb.mss));
}
