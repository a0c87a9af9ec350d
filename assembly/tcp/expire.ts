import { Counter, Errno, State } from "../abi";
import { ARP_ERRORS, ECN, MAX_TCBS, RACK } from "../config";
import { now } from "../clock";
import { forgetPath } from "../ip/pmtu";
import { doubtRoute, isUnreachable } from "../ip/route";
import { count } from "../stats";
import { uncork } from "./cork";
import { release } from "./ecn";
import { abort, orphaned, over } from "./ending";
import { synAckDue } from "./listen";
import { reorderDue } from "./mend";
import { suspectBlackHole } from "./path";
import { tellUnreachable } from "./quoted";
import { timedOut } from "./recovery";
import { backedOff } from "./rtt";
import { clearScoreboard } from "./scoreboard";
import { HalfOpen } from "./synqueue";
import { probeDue } from "./tail";
import { Flag, Timer, Wish } from "./flags";
import { Tcb } from "./tcb";
import { Pending, arm, fired, nextDue, reschedule } from "./timers";
import { expireTimeWaits } from "./timewait";
import { idleLimit, isOverdue, nextTimeout, probedInVain } from "./user_timeout";

/** Run the timers that are due, `budget` at most; they only mark (RFC 9293 §3.10.8, TIMEOUTS). */
export function expireTimers(budget: u32): void {
  expireTimeWaits(budget);
  while (budget-- > 0) {
    const id = nextDue();
    if (id < 0) return;
    if (<u32>id < MAX_TCBS) connectionDue(Tcb.at(id));
    else synAckDue(HalfOpen.at(<u32>id - MAX_TCBS));
  }
}

function connectionDue(tcb: Tcb): void {
  if (fired(tcb, Timer.DelayedAck, tcb.ackAt)) delayedAckDue(tcb);
  if (fired(tcb, Timer.Keep, tcb.keepAt) && !keepDue(tcb)) return;
  if (fired(tcb, Timer.Retransmit, tcb.retransmitAt) && !retransmissionDue(tcb)) return;
  reschedule(tcb);
}

function delayedAckDue(tcb: Tcb): void {
  if (!tcb.has(Flag.AckDelayed)) return;
  count(Counter.TcpDelayedAcks);
  tcb.acknowledge();
}

/** After so many retransmissions of one segment IP is told that the way may be gone (RFC 9293 §3.8.3, SHLD-10). */
const R1: u32 = 3;

/**
 * So many probes of a closed window, a minute or two, are enough for a connection whose user has gone: its buffers are wanted.
 * Deviation: MUST-37 keeps it while it answers; RFC 6429 §4 lets the one who looks after resources decide.
 */
const ORPHAN_PROBES: u32 = 8;

/** The retransmission timer: persist, SYN or data. False if the connection is over. */
function retransmissionDue(tcb: Tcb): bool {
  const snd = tcb.snd;
  if (ARP_ERRORS && isUnreachable(tcb.foreignAddress) && tellUnreachable(tcb, Errno.EHOSTUNREACH)) return false;
  tcb.mark();
  if (!tcb.has(Flag.WasEstablished)) return synDue(tcb);
  if (<u32>tcb.pending != Pending.Timeout) return pendingDue(tcb);
  if (ECN && release(tcb)) return true;
  const persisting = snd.max == snd.una || tcb.has(Flag.Probed) || snd.wnd == 0;
  if (isOverdue(tcb, persisting ? tcb.backoff == 0 : tcb.unanswered == 0)) return giveUp(tcb);
  if (persisting && tcb.backoff >= ORPHAN_PROBES && orphaned(tcb)) {
    abort(tcb, 0);
    return false;
  }
  if (persisting) probe(tcb);
  else {
    count(Counter.TcpTimeouts);
    if (<u32>tcb.unanswered == R1) doubtRoute(tcb.foreignAddress);
    suspectBlackHole(tcb);
    timedOut(tcb);
  }
  tcb.unanswered++;
  if (tcb.backoff < 0xff) tcb.backoff++;
  arm(tcb, Timer.Retransmit, nextTimeout(tcb));
  return true;
}

/** The timer stood for something else than the timeout, which starts now. */
function pendingDue(tcb: Tcb): bool {
  if (<u32>tcb.pending == Pending.Cork) uncork(tcb);
  else if (!RACK) return true;
  else if (<u32>tcb.pending == Pending.Reorder) reorderDue(tcb);
  else {
    probeDue(tcb);
    arm(tcb, Timer.Retransmit, backedOff(tcb));
  }
  return true;
}

/** The window is still closed: ask again, each time after twice the pause (SHLD-30), for ever while answered (MUST-37). */
function probe(tcb: Tcb): void {
  count(Counter.TcpPersistProbes);
  clearScoreboard(tcb);
  tcb.snd.nxt = tcb.snd.una;
  tcb.clear(Flag.Timing);
  tcb.set(Flag.Probed);
  tcb.set(Flag.Probe);
}

function synDue(tcb: Tcb): bool {
  const patient = tcb.userTimeout == 0 || !isOverdue(tcb, tcb.backoff == 0);
  if (!patient || tcb.backoff >= tcb.synRetries) return giveUp(tcb);
  tcb.backoff++;
  tcb.unanswered++;
  tcb.set(Flag.SynLost);
  tcb.clear(Flag.Timing); // Karn
  tcb.snd.nxt = tcb.iss;
  arm(tcb, Timer.Retransmit, nextTimeout(tcb));
  return true;
}

/** The peer is silent: report what the network said about it, or that time is up. */
function giveUp(tcb: Tcb): bool {
  forgetPath(tcb.foreignAddress); // it was not the size
  over(tcb, tcb.softError ? tcb.softError : Errno.ETIMEDOUT);
  return false;
}

/** Keep-alive, or the end of an orphan's FIN-WAIT-2. False if the connection is over. */
function keepDue(tcb: Tcb): bool {
  if (tcb.state == State.FinWait2 && orphaned(tcb)) {
    over(tcb, 0);
    return false;
  }
  if (!tcb.wants(Wish.KeepAlive)) return true;
  const idle = now() - tcb.heardAt;
  const limit = idleLimit(tcb);
  if (tcb.keepProbes == 0 && idle < limit) {
    arm(tcb, Timer.Keep, limit - idle);
    return true;
  }
  if (tcb.snd.max != tcb.snd.una) {
    arm(tcb, Timer.Keep, tcb.keepInterval); // MUST-26: the retransmission timer watches
    return true;
  }
  if (probedInVain(tcb)) {
    abort(tcb, tcb.softError ? tcb.softError : Errno.ETIMEDOUT);
    return false;
  }
  tcb.keepProbes++;
  count(Counter.TcpKeepAlives);
  tcb.set(Flag.KeepAliveNow);
  tcb.mark();
  arm(tcb, Timer.Keep, tcb.keepInterval);
  return true;
}
