import { Counter } from "../abi";
import { SACK, TUNABLE } from "../config";
import { now } from "../clock";
import { count } from "../stats";
import { TcpFlag } from "../wire/tcp";
import { plan } from "./emit";
import { Mending, Repair } from "./repair";
import { backedOff, startTiming } from "./rtt";
import { clearScoreboard, noteResent, noteSent } from "./scoreboard";
import { Seq } from "./seq";
import { probeSent, scheduleProbe } from "./tail";
import { Agreed, Flag, Timer } from "./flags";
import { Tcb } from "./tcb";
import { Pending, arm, armed } from "./timers";
import { stampRetransmission } from "./undo";

/** What a segment that has left changes: SND.NXT moves on, timers start, loss recovery remembers it. `output` decides, this records. */

/** The segment in `plan` is on its way. */
// prettier-ignore
@inline export function departed(tcb: Tcb): void {
  const snd = tcb.snd;
  const flags = plan.flags;
  tcb.clear(Flag.KeepAliveNow);
  if (flags & TcpFlag.RST) {
    tcb.clear(Flag.ResetNow);
    return;
  }
  const length = plan.length + <u32>((flags & TcpFlag.FIN) != 0) + <u32>((flags & TcpFlag.SYN) != 0);
  if (length == 0) return acknowledged(tcb);
  if (tcb.duplicatesOwed) tcb.set(Flag.AckNow); // text does not count as a duplicate
  tcb.clear(Flag.Retransmit);
  tcb.clear(Flag.Probe);
  tcb.sentAt = now();
  if (TUNABLE && plan.length > 0) tcb.quickAcks = 0; // it talks in both directions
  const end = plan.seq.plus(length);
  const again = plan.seq.before(snd.max);
  if (!again) {
    if (!tcb.has(Flag.Recovery | Flag.Loss)) startTiming(tcb, plan.seq);
    count(Counter.TcpOctetsOut, plan.length);
  } else {
    count(Counter.TcpRetransmits);
    if (tcb.retransmissions < 0xffff) tcb.retransmissions++;
  }
  const scored = SACK && tcb.uses(Agreed.Sack) && !(flags & TcpFlag.SYN);
  const old = scored && plan.seq != snd.nxt;
  if (old) sentAgain(tcb, end);
  else if (scored) noteSent(tcb, end, again);
  if (end.after(snd.max)) snd.max = end;
  if (end.after(snd.nxt)) snd.nxt = end;
  if (!armed(tcb, Timer.Retransmit) || <u32>tcb.pending == Pending.Cork) arm(tcb, Timer.Retransmit, backedOff(tcb));
  if (scored) watch(tcb, length, old);
}

/** Old text has left on a connection with SACK. */
function sentAgain(tcb: Tcb, end: Seq): void {
  const repair = Repair.of(tcb);
  stampRetransmission(tcb, repair);
  repair.clear(Mending.FirstDue);
  if (!tcb.timedSeq.before(plan.seq) && tcb.timedSeq.before(end)) tcb.clear(Flag.Timing); // Karn
  // RFC 6298 §5: a segment has one timeout's time from each time it is sent.
  if (plan.seq == tcb.snd.una && <u32>tcb.pending == Pending.Timeout) arm(tcb, Timer.Retransmit, backedOff(tcb));
  if (noteResent(tcb, plan.seq, end)) return;
  clearScoreboard(tcb); // no record left to tell which part of another has been sent again: repair without them
  tcb.snd.nxt = tcb.snd.una;
}

/** What loss recovery keeps of a segment that has left. */
function watch(tcb: Tcb, length: u32, old: bool): void {
  const repair = Repair.of(tcb);
  if (tcb.has(Flag.Recovery)) repair.prrOut += length;
  if (tcb.has(Flag.TailProbe)) {
    probeSent(tcb, repair, old);
    arm(tcb, Timer.Retransmit, backedOff(tcb));
  } else if (!old) scheduleProbe(tcb, repair, plan.seq == tcb.snd.una);
}

/** A bare acknowledgement has left; more of them may be owed. */
function acknowledged(tcb: Tcb): void {
  if (tcb.duplicatesOwed) tcb.duplicatesOwed--;
  if (tcb.duplicatesOwed) tcb.set(Flag.AckNow);
}
