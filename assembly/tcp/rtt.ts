import { TIMESTAMPS } from "../config";
import { rtoInitial, rtoMax, rtoMin } from "../settings";
import { now } from "../clock";
import { timestamp } from "./options";
import { seg } from "./segment";
import { Agreed, Flag } from "./flags";
import { Tcb } from "./tcb";
import { Seq } from "./seq";

/** RFC 6298: the retransmission timeout from measured round trips, in milliseconds. The clock granularity G is one. */

export function initRtt(tcb: Tcb): void {
  tcb.srtt = 0;
  tcb.rttvar = 0;
  tcb.rto = rtoInitial();
}

/** Start timing a segment that is sent for the first time, unless one is being timed: one sample per round trip. */
export function startTiming(tcb: Tcb, seq: Seq): void {
  if (tcb.has(Flag.Timing) || tcb.doubted) return;
  tcb.set(Flag.Timing);
  tcb.timedSeq = seq;
  tcb.timedAt = now();
}

/**
 * An acknowledgement of everything before `ack` has come, further than any before: take a sample if it covers the timed segment, or
 * if that was retransmitted, from the timestamp (RFC 7323 §4.1). Of what is in flight now there is one sample then (§4.2).
 */
export function sample(tcb: Tcb, ack: Seq): void {
  if (!ack.after(tcb.timedSeq)) return;
  if (tcb.has(Flag.Timing)) measured(tcb, now() - tcb.timedAt);
  else sampleTimestamp(tcb);
  tcb.clear(Flag.Timing);
  tcb.timedSeq = tcb.snd.max;
}

function sampleTimestamp(tcb: Tcb): void {
  if (!TIMESTAMPS || !tcb.uses(Agreed.Timestamps) || seg.tsEcr == 0) return;
  const roundTrip = timestamp(tcb) - seg.tsEcr;
  if (roundTrip <= rtoMax()) measured(tcb, roundTrip);
}

/** §2.2, §2.3. The smoothed values keep 3 and 2 bits of fraction; a round trip below G counts as G. */
export function measured(tcb: Tcb, roundTrip: u32): void {
  const r: i32 = max<i32>(1, min<u32>(roundTrip, rtoMax()));
  if (tcb.srtt == 0) {
    tcb.srtt = r << 3;
    tcb.rttvar = r << 1;
  } else {
    const error = r - <i32>(tcb.srtt >> 3);
    const deviation = error < 0 ? -error : error;
    tcb.rttvar += deviation - <i32>(tcb.rttvar >> 2);
    tcb.srtt += error;
  }
  tcb.backoff = 0; // only a sample ends the backing off (§5, Karn)
  tcb.rto = clampRto((tcb.srtt >> 3) + max<u32>(1, tcb.rttvar));
}

function clampRto(rto: u32): u32 {
  return min(max(rto, rtoMin()), rtoMax());
}

/** §5.5: the timeout after `backoff` expiries in a row, doubled each time. */
// prettier-ignore
@inline export function backedOff(tcb: Tcb): u32 {
  const shift = min<u32>(tcb.backoff, 16);
  return <u32>min<u64>((<u64>tcb.rto) << shift, rtoMax());
}
