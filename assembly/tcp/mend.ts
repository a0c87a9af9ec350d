import { Counter } from "../abi";
import { count } from "../stats";
import { leftEdge, options, rightEdge } from "../wire/tcp_options";
import { onAcked, onLoss, onTimeout } from "./congestion/control";
import { beginPrr, prr } from "./prr";
import { becomePatient, detectLoss, lessPatient } from "./rack";
import { Mending, Repair, pipe } from "./repair";
import { backedOff } from "./rtt";
import { isCovered, loseByTimeout, markSacked, takeAcked } from "./scoreboard";
import { seg } from "./segment";
import { Seq } from "./seq";
import { probeAnswered, scheduleProbe } from "./tail";
import { Agreed, Flag, Timer } from "./flags";
import { Tcb } from "./tcb";
import { Pending, arm, armPending } from "./timers";
import { allCameTwice, beginUndo, isSpurious, lateUndo, noUndo, undo } from "./undo";

/** Loss recovery of a connection with SACK: the scoreboard says what is lost (RACK), PRR how much may leave. Only `output` sends. */

/** An acceptable acknowledgement has come; SND.UNA was `before`. */
export function ackScored(tcb: Tcb, before: Seq): void {
  const repair = Repair.of(tcb);
  const snd = tcb.snd;
  const octets = snd.una.since(before);
  const moved = octets > 0;
  repair.beginAck();
  if (moved) takeAcked(tcb, repair, snd.una);
  if (options.blockCount) readBlocks(tcb, repair, before);
  countDuplicates(tcb, repair, moved);
  probeAnswered(tcb, repair, seg.ack, moved);
  if (isSpurious(tcb, repair, moved)) undo(tcb, repair);
  const troubled = repair.sacked > 0 || repair.lost > 0 || tcb.has(Flag.Recovery | Flag.Loss);
  const wait = troubled ? detectLoss(tcb, repair) : 0;
  react(tcb, repair, octets);
  restartTimer(tcb, repair, moved, wait);
}

/** Blocks beyond SND.UNA are held by the peer; the first one may tell what it got twice (RFC 2018 §4, RFC 2883 §4). */
function readBlocks(tcb: Tcb, repair: Repair, before: Seq): void {
  const snd = tcb.snd;
  for (let i: u32 = 0; i < options.blockCount; i++) {
    const left = Seq.of(leftEdge(options.blocks, i));
    const right = Seq.of(rightEdge(options.blocks, i));
    if (i == 0 && isTwice(tcb, left, right)) {
      cameTwice(tcb, repair, left, right);
      continue;
    }
    const oldest = seg.ack.before(before) ? seg.ack : before;
    if (!right.after(left) || left.before(oldest) || right.after(snd.max)) count(Counter.TcpSackInvalid);
    else if (right.after(snd.una)) markSacked(tcb, repair, left, right);
  }
}

/** RFC 2883 §4: below what this segment acknowledges, which need not be all that is, or inside of the second block. */
function isTwice(tcb: Tcb, left: Seq, right: Seq): bool {
  const snd = tcb.snd;
  if (!right.after(left) || left.before(snd.una.minus(snd.maxWnd))) return false;
  if (!right.after(seg.ack)) return true;
  if (options.blockCount < 2 || right.after(snd.max)) return false;
  return !left.before(Seq.of(leftEdge(options.blocks, 1))) && !right.after(Seq.of(rightEdge(options.blocks, 1)));
}

function cameTwice(tcb: Tcb, repair: Repair, left: Seq, right: Seq): void {
  count(Counter.TcpDsacksIn);
  repair.set(Mending.Twice);
  becomePatient(tcb, repair);
  if (allCameTwice(repair, right.since(left), right)) undo(tcb, repair);
}

function countDuplicates(tcb: Tcb, repair: Repair, moved: bool): void {
  if (moved) tcb.dupAcks = 0;
  else if (repair.delivered > 0) {
    tcb.dupAcks++;
    count(Counter.TcpDuplicateAcks);
  }
  if (repair.delivered > 0) tcb.mark();
}

/** What the acknowledgement means for the congestion window. `octets` were acknowledged in sequence. */
function react(tcb: Tcb, repair: Repair, octets: u32): void {
  const recovering = tcb.has(Flag.Recovery);
  if (tcb.has(Flag.Recovery | Flag.Loss) && tcb.snd.una.after(tcb.recover)) leave(tcb, repair);
  if (tcb.has(Flag.Recovery)) {
    if (repair.has(Mending.LostAgain)) return enterRecovery(tcb, repair); // RFC 5681 §4.3: two losses, two reductions
    return prr(tcb, repair, octets > 0);
  }
  if (!tcb.has(Flag.Loss) && repair.lost > 0) return enterRecovery(tcb, repair);
  if (octets == 0 || recovering) return; // the end of recovery leaves cwnd at ssthresh
  if (tcb.has(Flag.Loss)) doubt(tcb, repair);
  else if (repair.has(Mending.MayUndo) && tcb.snd.una.since(tcb.recover) > tcb.priorCwnd) noUndo(repair);
  onAcked(tcb, repair.delivered); // what was told to have arrived before has been counted, or was under repair
}

/** RFC 5682 §3.1: the first acknowledgement after a timeout that is for a part of the flight: two new segments will tell. */
function doubt(tcb: Tcb, repair: Repair): void {
  if (!repair.has(Mending.TimeoutDoubted)) return;
  repair.clear(Mending.TimeoutDoubted);
  if (tcb.snd.end.after(tcb.snd.nxt)) repair.set(Mending.TimeoutTested);
}

/** All that was in flight when the loss was noticed has arrived. */
function leave(tcb: Tcb, repair: Repair): void {
  if (tcb.has(Flag.Recovery)) tcb.cwnd = tcb.ssthresh;
  tcb.clear(Flag.Recovery | Flag.Loss);
  tcb.dupAcks = 0;
  lateUndo(repair);
  lessPatient(repair);
}

function enterRecovery(tcb: Tcb, repair: Repair): void {
  const snd = tcb.snd;
  if (!tcb.has(Flag.Recovery)) {
    count(Counter.TcpFastRetransmits);
    count(Counter.TcpSackRecoveries);
  }
  beginUndo(tcb, repair);
  onLoss(tcb, min(tcb.cwnd, snd.max.since(snd.una)));
  tcb.recover = snd.max.minus(1);
  tcb.set(Flag.Recovery);
  tcb.clear(Flag.Timing); // Karn
  beginPrr(tcb, repair);
  prr(tcb, repair, false);
  tcb.mark();
}

/** The one timer: until more counts as lost, for a probe of the tail, for the retransmission timeout (RFC 8985 §8). */
function restartTimer(tcb: Tcb, repair: Repair, moved: bool, wait: u32): void {
  if (tcb.snd.max == tcb.snd.una) return;
  if (wait) return armPending(tcb, Pending.Reorder, wait);
  if (moved) {
    tcb.clear(Flag.TailProbe);
    repair.clear(Mending.FirstDue);
  } else if (<u32>tcb.pending == Pending.Timeout) return;
  else if (<u32>tcb.pending == Pending.Probe && repair.delivered == 0) return;
  if (moved && scheduleProbe(tcb, repair, true)) return;
  arm(tcb, Timer.Retransmit, backedOff(tcb));
}

/** What was sent before something that has arrived has had its time (RFC 8985 §6.2, step 5). */
export function reorderDue(tcb: Tcb): void {
  const repair = Repair.of(tcb);
  repair.beginAck();
  const wait = detectLoss(tcb, repair);
  react(tcb, repair, 0);
  tcb.mark();
  if (wait) armPending(tcb, Pending.Reorder, wait);
  else arm(tcb, Timer.Retransmit, backedOff(tcb));
}

/** The retransmission timer has fired. False if no record tells what is in flight: then all of it is to be sent again. */
export function timeoutScored(tcb: Tcb): bool {
  const repair = Repair.of(tcb);
  const snd = tcb.snd;
  if (!isCovered(tcb, repair)) return false;
  if (!tcb.has(Flag.Loss)) {
    beginUndo(tcb, repair);
    onTimeout(tcb, snd.max.since(snd.una));
    if (!tcb.uses(Agreed.Timestamps)) repair.set(Mending.TimeoutDoubted);
  } else repair.clear(Mending.TimeoutDoubted | Mending.TimeoutTested);
  repair.beginAck();
  loseByTimeout(tcb, repair);
  repair.set(Mending.FirstDue);
  repair.clear(Mending.ProbeOpen);
  tcb.cwnd = pipe(tcb) + tcb.mss; // one segment, beside what was sent too late to count as lost
  tcb.dupAcks = 0;
  tcb.recover = snd.max.minus(1);
  tcb.clear(Flag.Recovery | Flag.Timing | Flag.TailProbe);
  tcb.set(Flag.Loss | Flag.CwndLimited);
  return true;
}
