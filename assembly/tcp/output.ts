import { State } from "../abi";
import { ECN, SACK, TRACE } from "../config";
import { now } from "../clock";
import { PMTU, pathVersion } from "../ip/pmtu";
import { TcpFlag } from "../wire/tcp";
import { onIdle } from "./congestion/control";
import { CORK_TIME, corked } from "./cork";
import { departed } from "./departed";
import { isHeld } from "./ecn";
import { emitPlan, plan } from "./emit";
import { settle } from "./ending";
import { checkInvariants } from "./invariants";
import { textRoom } from "./options";
import { followPath } from "./path";
import { bonus } from "./recovery";
import { backedOff } from "./rtt";
import { offerRoom } from "./room";
import { Mending, Repair, pipe } from "./repair";
import { firstLost } from "./scoreboard";
import { Sent } from "./sent";
import { Seq } from "./seq";
import { noUndo } from "./undo";
import { Agreed, Flag, Timer, Wish } from "./flags";
import { NONE, Sender, Tcb, work } from "./tcb";
import { Pending, arm, armPending, armed } from "./timers";
import { urging } from "./urgent";

/** The one place that decides what a connection sends next, and why. */

/** Let every connection on the work list send, until none has anything or the ring is full. True if work is left. */
export function outputAll(): bool {
  for (let turns = work.count; turns > 0; turns--) {
    const tcb = Tcb.at(work.pop());
    const done = output(tcb);
    if (tcb.wants(Wish.NotSentLowat)) offerRoom(tcb);
    if (TRACE) checkInvariants(tcb);
    if (done) settle(tcb);
    else {
      tcb.mark(); // behind the others, so that all get their turn
      return true;
    }
  }
  return work.count > 0;
}

/** False if the ring is full and something is left to send. */
function output(tcb: Tcb): bool {
  if (PMTU && <u32>tcb.path != pathVersion()) followPath(tcb);
  while (planNext(tcb)) {
    if (!emitPlan(tcb)) return false;
    departed(tcb);
  }
  waitForWindow(tcb);
  return true;
}

// prettier-ignore
@inline function planned(seq: Seq, length: u32, flags: u32): bool {
  plan.seq = seq;
  plan.length = length;
  plan.flags = flags;
  return true;
}

/** What to send next, into `plan`; false for nothing. */
function planNext(tcb: Tcb): bool {
  const state = tcb.state;
  if (state == State.Closed) return planReset(tcb);
  if (state == State.TimeWait) return planAck(tcb);
  if (!tcb.has(Flag.WasEstablished)) return planSyn(tcb);
  if (tcb.has(Flag.Retransmit)) return planRetransmission(tcb);
  if (tcb.has(Flag.Probe)) return planProbe(tcb);
  if (SACK && tcb.uses(Agreed.Sack)) {
    if (tcb.has(Flag.TailProbe)) return planTail(tcb);
    const what = planLost(tcb);
    if (what != Lost.Nothing) return what == Lost.Planned || planAck(tcb);
  }
  if (planText(tcb)) return true;
  if (tcb.has(Flag.KeepAliveNow)) return planned(tcb.snd.una.minus(1), 0, TcpFlag.ACK); // SHLD-12: no data
  return planAck(tcb);
}

/**
 * The number of a segment without text: the next after all that was sent, but none the peer must find outside of its window because a
 * probe, or text sent before it shrank the window, lies there.
 */
function nextSeq(tcb: Tcb): Seq {
  const snd = tcb.snd;
  const edge = snd.una.plus(snd.wnd);
  return snd.max.after(edge) ? edge : snd.max;
}

/** ABORT (RFC 9293 §3.10.5). */
function planReset(tcb: Tcb): bool {
  if (!tcb.has(Flag.ResetNow)) return false;
  return planned(nextSeq(tcb), 0, TcpFlag.RST | TcpFlag.ACK);
}

// prettier-ignore
@inline function planAck(tcb: Tcb): bool {
  return tcb.has(Flag.AckNow) && planned(nextSeq(tcb), 0, TcpFlag.ACK);
}

/** SYN-SENT sends a SYN, SYN-RECEIVED after a simultaneous open a SYN-ACK; both again when the timer put SND.NXT back. */
function planSyn(tcb: Tcb): bool {
  const passive = tcb.state != State.SynSent;
  if (tcb.snd.nxt != tcb.iss) return passive && planAck(tcb);
  return planned(tcb.iss, 0, passive ? TcpFlag.SYN | TcpFlag.ACK : TcpFlag.SYN);
}

/** The oldest segment again: the third duplicate acknowledgement, or the next hole. */
function planRetransmission(tcb: Tcb): bool {
  const snd = tcb.snd;
  const text = min<u32>(textRoom(tcb), min(snd.end.since(snd.una), snd.max.since(snd.una)));
  return planned(snd.una, text, flagsAt(tcb, snd.una, text, snd.max.after(snd.end)));
}

const enum Lost {
  /** Nothing is lost. */
  Nothing,
  /** It is planned to be sent again. */
  Planned,
  /** A window forbids it now; new text has to wait behind it. */
  Waits,
}

/** The first lost text again, as far as both windows allow (RFC 6675 §4, NextSeg (1)). */
function planLost(tcb: Tcb): Lost {
  const repair = Repair.of(tcb);
  if (repair.lost == 0) return Lost.Nothing;
  if (repair.has(Mending.TimeoutTested)) {
    if (planText(tcb)) return Lost.Planned;
    if (tcb.snd.max.after(tcb.recover.plus(1))) return Lost.Nothing; // what tells has left
    noUndo(repair); // nothing new may leave
  }
  const i = firstLost(repair);
  if (i == NONE) return Lost.Nothing;
  const record = Sent.of(i);
  const snd = tcb.snd;
  const flying = pipe(tcb);
  const edge = snd.una.plus(max<u32>(snd.wnd, 1));
  if (!record.from.before(edge)) return Lost.Waits;
  const to = record.to.before(edge) ? record.to : edge;
  const text = min(textUpTo(snd, record.from, to), textRoom(tcb));
  if (flying > 0 && flying + text > tcb.cwnd && !repair.has(Mending.FirstDue)) {
    tcb.set(Flag.CwndLimited);
    return Lost.Waits;
  }
  planned(record.from, text, flagsAt(tcb, record.from, text, to.after(snd.end)));
  return Lost.Planned;
}

/** Octets of text in [from, to): a FIN sits behind the last. */
function textUpTo(snd: Sender, from: Seq, to: Seq): u32 {
  const end = to.after(snd.end) ? snd.end : to;
  return from.before(end) ? end.since(from) : 0;
}

/** A tail loss probe: new text if the peer has room for it, else the end of what is in flight (RFC 8985 §7.3). */
function planTail(tcb: Tcb): bool {
  const snd = tcb.snd;
  const repair = Repair.of(tcb);
  const room = textRoom(tcb);
  const flight = snd.nxt.since(snd.una);
  const usable = usableWindow(snd.wnd, flight);
  const fresh = snd.nxt.after(snd.end) ? 0 : min(min(snd.end.since(snd.nxt), usable), room);
  if (fresh > 0) return planned(snd.nxt, fresh, flagsAt(tcb, snd.nxt, fresh, false));
  tcb.clear(Flag.TailProbe);
  if (<u32>repair.last == NONE || repair.sacked > 0 || flight == 0) return planAck(tcb);
  tcb.set(Flag.TailProbe);
  const last = Sent.of(repair.last);
  const text = min(textUpTo(snd, last.from, last.to), room);
  const from = (last.to.after(snd.end) ? snd.end : last.to).minus(text);
  return planned(from, text, flagsAt(tcb, from, text, last.to.after(snd.end)));
}

/** One octet, or the FIN, into a closed window, or what a small window takes (RFC 9293 §3.8.6.1, MUST-36). */
function planProbe(tcb: Tcb): bool {
  const snd = tcb.snd;
  const queued = snd.end.since(snd.una);
  const text = min(queued, max<u32>(1, min(snd.wnd, textRoom(tcb))));
  return planned(snd.una, text, flagsAt(tcb, snd.una, text, queued == 0));
}

/** `text` octets from `from` on: ACK always, PSH if they empty the send buffer (MUST-61), FIN if it may and this is the end. */
function flagsAt(tcb: Tcb, from: Seq, text: u32, mayFinish: bool): u32 {
  const snd = tcb.snd;
  if (from.plus(text) != snd.end) return TcpFlag.ACK;
  const push = text > 0 ? TcpFlag.PSH : 0;
  return TcpFlag.ACK | push | (mayFinish && tcb.has(Flag.FinQueued) ? TcpFlag.FIN : 0);
}

/** Text, or the FIN, from SND.NXT on, as far as both windows, Nagle and the silly window allow (RFC 9293 §3.7.4, §3.8.6.2.1). */
function planText(tcb: Tcb): bool {
  const snd = tcb.snd;
  if (snd.nxt.after(snd.end)) return false; // the FIN is out
  if (ECN && isHeld(tcb)) return false;
  const queued = snd.end.since(snd.nxt);
  if (queued == 0 && !tcb.has(Flag.FinQueued)) return false;
  const flight = snd.nxt.since(snd.una);
  if (flight == 0 && snd.max == snd.una && now() - tcb.sentAt > tcb.rto) onIdle(tcb);
  const usable = min(usableWindow(snd.wnd, flight), usableCwnd(tcb, flight));
  const room = textRoom(tcb);
  const text = min(min(queued, usable), room);
  tcb.put(Flag.CwndLimited, queued > usable && flight + usable < snd.wnd);
  const fin = text == queued && tcb.has(Flag.FinQueued) && flight + text < snd.wnd;
  if (text == 0 && !fin) return false;
  if (text != room && !worthSending(tcb, text, queued, fin)) return false;
  const flags = TcpFlag.ACK | (text > 0 && text == queued ? TcpFlag.PSH : 0) | (fin ? TcpFlag.FIN : 0);
  return planned(snd.nxt, text, flags);
}

// prettier-ignore
@inline function usableWindow(wnd: u32, used: u32): u32 { return wnd > used ? wnd - used : 0; }

/** What the congestion window still allows. */
// prettier-ignore
@inline function usableCwnd(tcb: Tcb, flight: u32): u32 {
  if (!SACK || !tcb.uses(Agreed.Sack)) return usableWindow(tcb.cwnd + bonus(tcb), flight);
  const flying = pipe(tcb);
  if (Repair.of(tcb).has(Mending.TimeoutTested)) return usableWindow(2 * <u32>tcb.mss, tcb.snd.max.since(tcb.recover) - 1);
  return usableWindow(tcb.cwnd, flying);
}

function worthSending(tcb: Tcb, text: u32, queued: u32, fin: bool): bool {
  const snd = tcb.snd;
  if (fin) return true;
  if (snd.nxt.before(snd.max)) return true; // it was sent before
  const idle = snd.nxt == snd.una;
  // Nagle; but a writer that waits for room will add nothing, so there is nothing to wait for.
  if (text == queued) return urging(tcb) || (!corked(tcb) && (idle || tcb.wants(Wish.NoDelay) || tcb.has(Flag.WriterWaits)));
  return idle && text >= snd.maxWnd >> 1; // Fs = 1/2
}

/** Something is queued, nothing is in flight, and the window does not let it go: the persist timer will (SHLD-29). */
function waitForWindow(tcb: Tcb): void {
  const snd = tcb.snd;
  if (!tcb.has(Flag.WasEstablished) || snd.max != snd.una || armed(tcb, Timer.Retransmit)) return;
  if (tcb.state == State.Closed || tcb.state == State.TimeWait) return;
  if (snd.end == snd.una && !tcb.has(Flag.FinQueued)) return;
  if (snd.una.after(snd.end)) return;
  if (corked(tcb) && snd.end.since(snd.una) <= snd.wnd) armPending(tcb, Pending.Cork, CORK_TIME);
  else arm(tcb, Timer.Retransmit, backedOff(tcb));
}
