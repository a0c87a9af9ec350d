import { slowStartLimit } from "../../settings";
import { Tcb } from "../tcb";

/** Reno's growth and reduction (RFC 5681 §3.1). Windows are octets. */

/** New data has been acknowledged below ssthresh, whatever the algorithm: at most a segment more for each acknowledgement. */
export function slowStart(tcb: Tcb, octets: u32): void {
  const limit = slowStartLimit();
  tcb.cwnd += limit ? min<u32>(octets, limit * tcb.mss) : octets;
}

/** New data has been acknowledged in congestion avoidance: a segment more for each window. */
export function renoAcked(tcb: Tcb, octets: u32): void {
  tcb.ackedOctets += octets;
  if (tcb.ackedOctets < tcb.cwnd) return;
  tcb.ackedOctets -= tcb.cwnd;
  tcb.cwnd += tcb.mss;
}

/** What a loss leaves of the octets in flight, not of cwnd (equation 4). */
// prettier-ignore
@inline export function renoReduced(flight: u32): u32 { return flight >> 1; }
