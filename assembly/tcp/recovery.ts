import { Counter } from "../abi";
import { SACK, TIMESTAMPS } from "../config";
import { count } from "../stats";
import { onAcked, onLoss, onTimeout, saveCongestion, undoCongestion } from "./congestion/control";
import { timeoutScored } from "./mend";
import { timestamp } from "./options";
import { clearScoreboard } from "./scoreboard";
import { seg } from "./segment";
import { Seq } from "./seq";
import { Agreed, Flag } from "./flags";
import { Tcb } from "./tcb";

/** Loss recovery without SACK: fast retransmit and NewReno's fast recovery (RFC 5681 §3.2, RFC 6582), limited transmit. */

const DUP_THRESH: u32 = 3;

/** A duplicate acknowledgement has come (RFC 5681 §2). */
export function duplicateAck(tcb: Tcb): void {
  count(Counter.TcpDuplicateAcks);
  tcb.mark();
  tcb.dupAcks++;
  if (tcb.has(Flag.Recovery)) {
    // §3.2 step 4: a segment has left the network; no more of them than were in it.
    if (tcb.cwnd < tcb.ssthresh + tcb.snd.max.since(tcb.snd.una)) tcb.cwnd += tcb.mss;
    return;
  }
  if (tcb.dupAcks != DUP_THRESH) return; // the first two: limited transmit, see `bonus`
  const snd = tcb.snd;
  if (tcb.has(Flag.RecoverHolds) && !snd.una.minus(1).after(tcb.recover)) return; // RFC 6582 §3.2 step 2: what was sent twice
  const flight = snd.max.since(snd.una);
  const limited = min(flight, 2 * <u32>tcb.mss);
  doubt(tcb);
  onLoss(tcb, flight > tcb.cwnd ? flight - min(limited, flight - tcb.cwnd) : flight);
  tcb.recover = snd.max.minus(1);
  tcb.set(Flag.RecoverHolds);
  tcb.cwnd = tcb.ssthresh + DUP_THRESH * <u32>tcb.mss;
  tcb.set(Flag.Recovery);
  tcb.set(Flag.Retransmit);
  tcb.clear(Flag.Partial);
  tcb.clear(Flag.Timing); // Karn
  count(Counter.TcpFastRetransmits);
}

/** The window is about to be reduced: with timestamps, the first answer to the retransmission tells whether rightly (RFC 3522). */
function doubt(tcb: Tcb): void {
  if (!TIMESTAMPS || !tcb.uses(Agreed.Timestamps) || tcb.uses(Agreed.Sack)) return;
  saveCongestion(tcb);
  tcb.doubted = true;
  tcb.timedAt = timestamp(tcb);
}

/** The first acknowledgement of new data since then. If it answers what was sent before, all is as it was (RFC 4015 §3). */
function wasMistaken(tcb: Tcb): bool {
  tcb.doubted = false;
  if (i32(seg.tsEcr - tcb.timedAt) >= 0) return false;
  count(tcb.has(Flag.Recovery) ? Counter.TcpSpuriousRecoveries : Counter.TcpSpuriousTimeouts);
  tcb.cwnd = min(tcb.cwnd, tcb.priorCwnd); // without what duplicates had added
  undoCongestion(tcb);
  tcb.clear(Flag.Recovery | Flag.Retransmit | Flag.Partial);
  tcb.backoff = 0;
  tcb.snd.nxt = tcb.snd.max; // nothing of it needs to be sent again
  return true;
}

/** Octets that may be sent beyond cwnd: limited transmit, one segment for each of the first two duplicates (RFC 3042). */
export function bonus(tcb: Tcb): u32 {
  if (tcb.has(Flag.Recovery) || tcb.dupAcks == 0) return 0;
  return min(tcb.dupAcks, DUP_THRESH - 1) * <u32>tcb.mss;
}

/**
 * New data acknowledged up to `ack`; SND.UNA is already there. True if the retransmission timer shall start anew (RFC 6582
 * §3.2 step 3: in recovery only for the first partial acknowledgement).
 */
// prettier-ignore
@inline export function newAck(tcb: Tcb, ack: Seq, octets: u32): bool {
  tcb.dupAcks = 0;
  if (TIMESTAMPS && tcb.doubted && wasMistaken(tcb)) return true;
  if (!tcb.has(Flag.Recovery)) {
    if (tcb.has(Flag.RecoverHolds) && ack.minus(1).after(tcb.recover)) tcb.clear(Flag.RecoverHolds);
    onAcked(tcb, octets);
    return true;
  }
  const mss = <u32>tcb.mss;
  if (ack.after(tcb.recover)) {
    const flight = tcb.snd.max.since(ack);
    tcb.cwnd = min(tcb.ssthresh, max(flight, mss) + mss);
    tcb.clear(Flag.Recovery);
    return true;
  }
  tcb.set(Flag.Retransmit); // the next hole
  tcb.cwnd = max(tcb.cwnd > octets ? tcb.cwnd - octets : 0, mss);
  if (octets >= mss) tcb.cwnd += mss;
  const first = !tcb.has(Flag.Partial);
  tcb.set(Flag.Partial);
  return first;
}

/** The retransmission timer fired: everything in flight counts as lost, start over from SND.UNA (RFC 5681 §3.1, RFC 6582). */
export function timedOut(tcb: Tcb): void {
  if (SACK && tcb.uses(Agreed.Sack) && timeoutScored(tcb)) return;
  const snd = tcb.snd;
  if (tcb.unanswered == 0) {
    doubt(tcb);
    onTimeout(tcb, snd.max.since(snd.una));
  }
  tcb.cwnd = tcb.mss;
  tcb.ackedOctets = 0;
  tcb.dupAcks = 0;
  tcb.recover = snd.max.minus(1);
  tcb.set(Flag.RecoverHolds);
  tcb.clear(Flag.Recovery);
  tcb.clear(Flag.Retransmit);
  tcb.clear(Flag.Timing); // Karn
  clearScoreboard(tcb);
  snd.nxt = snd.una;
}
