import { Tcb } from "../tcb";

/** Reno's growth and reduction (RFC 5681 §3.1). Windows are octets. */

/** New data has been acknowledged outside of recovery. */
export function renoAcked(tcb: Tcb, octets: u32): void {
  const mss = <u32>tcb.mss;
  if (tcb.cwnd < tcb.ssthresh) {
    tcb.cwnd += min(octets, mss);
    return;
  }
  tcb.ackedOctets += octets;
  if (tcb.ackedOctets < tcb.cwnd) return;
  tcb.ackedOctets -= tcb.cwnd;
  tcb.cwnd += mss;
}

/** The slow start threshold after a loss, from what was in flight, not from cwnd (equation 4). */
export function renoThreshold(tcb: Tcb, flight: u32): u32 {
  return max(flight >> 1, (<u32>tcb.mss) << 1);
}
