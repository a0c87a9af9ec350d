import { Counter } from "../abi";
import { ECN, MAX_TCBS } from "../config";
import { ecnMode } from "../settings";
import { count } from "../stats";
import { TcpFlag } from "../wire/tcp";
import { backedOff } from "./rtt";
import { seg } from "./segment";
import { Seq } from "./seq";
import { Agreed, Flag, Timer } from "./flags";
import { Tcb } from "./tcb";
import { arm, armed } from "./timers";

/**
 * Explicit congestion notification (RFC 3168, RFC 8311): routers mark packets instead of dropping them, the receiver echoes the
 * mark until the sender says that it has slowed down. What the window does then is for congestion/control.ts.
 *
 * Only what is new goes out as ECT(0): a mark on anything else would be lost without a trace if the packet was (§6.1.4 - §6.1.6).
 */

const enum Mark {
  /** Receiver: ECE on every segment until the peer's CWR. */
  Echo = 1,
  /** Receiver: a marked packet has come since the last acknowledgement left; that one tells, whatever came in between. */
  Unreported = 2,
  /** Sender: CWR on the next new text. */
  Owed = 4,
  /** Sender: the window was reduced, and what was sent since has not begun to be acknowledged: SND.UNA is not after `high`. */
  Reduced = 8,
  /** Sender: a window of one segment is still too much; nothing new until the retransmission timer fires. */
  Held = 16,
}

@final
@unmanaged
class Marks {
  bits: u32;
  /** The highest number sent when the window was last reduced. */
  high: Seq;

  @inline static of(tcb: Tcb): Marks {
    return changetype<Marks>(table + ((<usize>tcb.index) << 3));
  }
  @inline has(mark: Mark): bool {
    return (this.bits & mark) != 0;
  }
  @inline set(mark: Mark): void {
    this.bits |= mark;
  }
  @inline clear(mark: Mark): void {
    this.bits &= ~mark;
  }
}
@lazy const table = memory.data(ECN ? MAX_TCBS * 8 : 8, 4);

const ECT0: u32 = 2;
const CE: u32 = 3;
const ASK: u32 = TcpFlag.ECE | TcpFlag.CWR;

export function initEcn(tcb: Tcb): void {
  if (ECN) Marks.of(tcb).bits = 0;
}

// ---- The handshake (§6.1.1) --------------------------------------------------------------------------------------------------

/** Our SYN asks. Not when it has to be repeated: something on the way may swallow SYNs that do (§6.1.1.1, at once, as Linux does). */
function asks(tcb: Tcb): bool {
  return ecnMode() == 1 && !tcb.has(Flag.SynLost);
}

/** The SYN in `seg` asks, and we are willing. */
export function isAsked(): bool {
  return ECN && ecnMode() != 0 && (seg.flags & ASK) == ASK;
}

/** What a connection in SYN-SENT agrees on: its own SYN must have asked, the peer's answers, or asks at the same time. */
export function answered(tcb: Tcb): u32 {
  const wanted = seg.hasAck ? TcpFlag.ECE : ASK;
  return ECN && asks(tcb) && (seg.flags & ASK) == wanted ? Agreed.Ecn : 0;
}

/** ECE and CWR of our SYN or SYN-ACK. */
function handshakeMarks(tcb: Tcb, flags: u32): u32 {
  if (flags & TcpFlag.ACK) return answerMarks(tcb.agreed);
  return asks(tcb) ? ASK : 0;
}

/** ECE of a SYN-ACK for what was agreed on. */
// prettier-ignore
@inline export function answerMarks(agreed: u32): u32 { return ECN && agreed & Agreed.Ecn ? TcpFlag.ECE : 0; }

// ---- The receiver (§6.1.3) ---------------------------------------------------------------------------------------------------

/** `seg` is acceptable: its mark, and the peer's word that it has slowed down. */
export function noteMarks(tcb: Tcb): void {
  if (!tcb.uses(Agreed.Ecn) || seg.len == 0) return;
  const marks = Marks.of(tcb);
  if (seg.flags & TcpFlag.CWR) {
    marks.clear(Mark.Echo);
    tcb.set(Flag.AckNow); // a window that small may be waiting for this acknowledgement alone
    tcb.mark();
  }
  if ((seg.tos & CE) != CE || seg.textLength == 0) return;
  count(Counter.TcpEcnMarks);
  marks.set(Mark.Echo | Mark.Unreported);
}

// ---- What leaves -------------------------------------------------------------------------------------------------------------

/** ECT(0) for `length` octets of text from `seq` on if they are new and no window probe, else 0. */
export function codepoint(tcb: Tcb, seq: Seq, length: u32): u32 {
  if (!tcb.uses(Agreed.Ecn) || length == 0) return 0;
  return seq.before(tcb.snd.max) || tcb.has(Flag.Probe) ? 0 : ECT0;
}

/** ECE and CWR of a segment that is about to leave; `ect`: it carries new text. */
export function marksOut(tcb: Tcb, flags: u32, ect: u32): u32 {
  if (flags & TcpFlag.SYN) return handshakeMarks(tcb, flags);
  if (!tcb.uses(Agreed.Ecn) || flags & TcpFlag.RST) return 0;
  const marks = Marks.of(tcb);
  const out: u32 = marks.has(Mark.Echo | Mark.Unreported) ? TcpFlag.ECE : 0;
  marks.clear(Mark.Unreported);
  if (ect == 0 || !marks.has(Mark.Owed)) return out;
  marks.clear(Mark.Owed);
  return out | TcpFlag.CWR;
}

// ---- The sender (§6.1.2) -----------------------------------------------------------------------------------------------------

/** The acknowledgement in `seg` carries an echo: the window does not grow by it. */
// prettier-ignore
@inline export function isEcho(tcb: Tcb): bool { return ECN != 0 && tcb.uses(Agreed.Ecn) && (seg.flags & TcpFlag.ECE) != 0; }

/** An acknowledgement has been processed. True if it asks for a reduction: once for a window of data, as for a loss. */
export function takeEcho(tcb: Tcb): bool {
  if (!tcb.uses(Agreed.Ecn)) return false;
  const marks = Marks.of(tcb);
  if (tcb.snd.una.after(marks.high)) marks.clear(Mark.Reduced);
  return isEcho(tcb) && !tcb.has(Flag.Recovery | Flag.Loss) && !marks.has(Mark.Reduced);
}

/** The window has been reduced, for whatever reason. */
export function noteReduction(tcb: Tcb): void {
  if (!tcb.uses(Agreed.Ecn)) return;
  const marks = Marks.of(tcb);
  marks.set(Mark.Owed | Mark.Reduced);
  marks.high = tcb.snd.max;
}

/** The reduction is undone; the peer need not know of it. */
export function forgetReduction(tcb: Tcb): void {
  Marks.of(tcb).clear(Mark.Owed | Mark.Reduced);
}

/** Some of what was in flight at the last reduction has not been acknowledged: a loss among it is no second reason for one. */
export function wasReduced(tcb: Tcb): bool {
  return tcb.uses(Agreed.Ecn) && Marks.of(tcb).has(Mark.Reduced) && tcb.snd.una.before(Marks.of(tcb).high);
}

/** The last reduction is not over (TCP_INFO). */
export function isReducing(tcb: Tcb): bool {
  return ECN != 0 && tcb.uses(Agreed.Ecn) && Marks.of(tcb).has(Mark.Reduced);
}

/** An echo, and the window is a single segment already: slow down to one segment for each timeout. */
export function hold(tcb: Tcb): void {
  if (tcb.snd.max == tcb.snd.una) Marks.of(tcb).set(Mark.Held);
  arm(tcb, Timer.Retransmit, backedOff(tcb));
}

export function isHeld(tcb: Tcb): bool {
  if (!tcb.uses(Agreed.Ecn) || !Marks.of(tcb).has(Mark.Held)) return false;
  if (armed(tcb, Timer.Retransmit)) return true;
  Marks.of(tcb).clear(Mark.Held);
  return false;
}

/** The retransmission timer has fired: true if it was only for `hold`. A window that closed meanwhile is waited for from now on. */
export function release(tcb: Tcb): bool {
  if (!tcb.uses(Agreed.Ecn) || !Marks.of(tcb).has(Mark.Held)) return false;
  Marks.of(tcb).clear(Mark.Held);
  return tcb.snd.max == tcb.snd.una;
}
