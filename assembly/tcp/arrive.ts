import { Drop, Errno, State } from "../abi";
import { ECN, TIMESTAMPS, USER_TIMEOUT_OPTION } from "../config";
import { now } from "../clock";
import { drop } from "../stats";
import { TcpFlag } from "../wire/tcp";
import { options } from "../wire/tcp_options";
import { ackArrives, challenge } from "./acknowledge";
import { noteMarks } from "./ecn";
import { refuse } from "./emit";
import { over } from "./ending";
import { finArrives, goesOn } from "./finish";
import { acknowledged, synSentArrives } from "./handshake";
import { cookieArrives, cookieIn, halfOpenArrives, listenArrives } from "./listen";
import { isOld, noteTimestamp } from "./paws";
import { expectedArrives, isExpected } from "./predicted";
import { reportTwice } from "./sack";
import { readSegment, seg } from "./segment";
import { Seq } from "./seq";
import { HalfOpen, findHalfOpen } from "./synqueue";
import { findConnection, listenerFor } from "./table";
import { Agreed, Flag } from "./flags";
import { NONE, Tcb } from "./tcb";
import { textArrives } from "./text";
import { TimeWait, findTimeWait } from "./timewait";
import { urgentArrives } from "./urgent";
import { userTimeoutArrives } from "./user_timeout";
import { timeWaitArrives } from "./waiting";

/** RFC 9293 §3.10.7, SEGMENT ARRIVES. */

/** The present datagram carries TCP: find whom it is for. */
export function segmentArrives(): Drop {
  const why = readSegment();
  if (why != Drop.None) return why;
  const i = findConnection(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  if (i != NONE) return connectionArrives(Tcb.at(i));
  const half = findHalfOpen(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  if (half != NONE) return halfOpened(halfOpenArrives(HalfOpen.at(half)));
  const old = findTimeWait(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  if (old != NONE) return timeWaitArrives(TimeWait.at(old));
  const listener = listenerFor(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  if (listener != NONE) return listened(Tcb.at(listener));
  return refuse(Drop.TcpNoConnection); // CLOSED
}

/** A listener gets SYNs, and third steps that prove themselves by a cookie. */
function listened(listener: Tcb): Drop {
  const mss = cookieIn();
  return mss ? halfOpened(cookieArrives(listener, mss)) : listenArrives(listener, false, Seq.of(0));
}

/** The segment that completes a handshake may carry text and a FIN. */
function halfOpened(i: u32): Drop {
  return i == NONE ? Drop.None : rest(Tcb.at(i));
}

function connectionArrives(tcb: Tcb): Drop {
  if (isExpected(tcb)) return expectedArrives(tcb);
  if (tcb.state == State.SynSent) return synSent(tcb);
  if (!tcb.has(Flag.WasEstablished)) takeSyn(tcb);
  return otherwise(tcb);
}

function synSent(tcb: Tcb): Drop {
  if (!synSentArrives(tcb)) return Drop.None;
  withoutSyn();
  return rest(tcb);
}

/** A simultaneous open ends with the peer's SYN-ACK, whose SYN we already have (RFC 9293 figure 8): look at the rest of it. */
function takeSyn(tcb: Tcb): void {
  if (!seg.syn || !seg.hasAck || seg.seq != tcb.irs) return;
  withoutSyn();
  seg.wnd >>= tcb.snd.scale; // the window of a SYN is not scaled (RFC 7323 §2.2)
}

/** The SYN has been dealt with; the segment now begins behind it. */
function withoutSyn(): void {
  seg.seq = seg.seq.plus(1);
  seg.len--;
  if (seg.up) seg.up--;
  seg.flags &= ~TcpFlag.SYN;
}

/** §3.10.7.4, "Otherwise": the steps, in the order of the text. */
function otherwise(tcb: Tcb): Drop {
  if (TIMESTAMPS && tcb.uses(Agreed.Timestamps) && !seg.rst) {
    if (!seg.timestamps && !seg.syn) return drop(Drop.TcpNoTimestamp); // RFC 7323 §3.2; a SYN is challenged, whatever it has
    if (seg.timestamps && isOld(tcb)) return unacceptable(tcb, Drop.TcpPaws); // §5.3
  }
  if (!acceptable(tcb)) return unacceptable(tcb, Drop.TcpOutOfWindow); // first, sequence number
  if (seg.rst) return resetArrives(tcb); // second, RST (RFC 5961 §3.2)
  if (seg.syn) return challenge(tcb, Drop.TcpSyn); // fourth, SYN (RFC 5961 §4.2)
  if (!seg.hasAck) return drop(Drop.TcpNoAck); // fifth, ACK
  if (!tcb.has(Flag.WasEstablished)) {
    if (seg.ack != tcb.snd.max) return refuse(Drop.TcpBadAck);
    acknowledged(tcb);
    tcb.snd.wnd = seg.wnd << tcb.snd.scale;
  }
  tcb.heardAt = now();
  const why = ackArrives(tcb);
  if (why != Drop.None) return why;
  noteTimestamp(tcb); // not before its acknowledgement is believed: a forged clock would shut the peer out
  if (!goesOn(tcb)) return Drop.None;
  return rest(tcb);
}

/** URG, text, FIN (sixth to eighth). */
function rest(tcb: Tcb): Drop {
  if (ECN) noteMarks(tcb);
  if (seg.urg) urgentArrives(tcb);
  if (USER_TIMEOUT_OPTION && options.userTimeout) userTimeoutArrives(tcb);
  const why = textArrives(tcb);
  if (tcb.state == State.Closed) return why;
  if (why == Drop.None || why == Drop.TcpDuplicate) finArrives(tcb);
  return why;
}

/**
 * The four cases of table 6. With a closed window RFC 9293 still wants ACK, RST and URG of a segment at RCV.NXT looked at
 * (MUST-66), so it is acceptable; its text then finds no room.
 */
function acceptable(tcb: Tcb): bool {
  const rcv = tcb.rcv;
  const wnd = rcv.edge.since(rcv.nxt);
  const offset = seg.seq.since(rcv.nxt);
  if (offset < wnd) return true;
  if (wnd == 0) return offset == 0;
  return seg.len > 0 && seg.end.minus(1).since(rcv.nxt) < wnd;
}

/** Tell the peer where we are; text that came again always gets its answer, anything else from a small budget. */
function unacceptable(tcb: Tcb, why: Drop): Drop {
  if (seg.rst) return drop(why);
  if (seg.syn || (seg.textLength == 0 && !seg.fin)) return challenge(tcb, why);
  const rcv = tcb.rcv;
  const end = seg.seq.plus(seg.textLength);
  if (seg.seq.before(rcv.nxt)) reportTwice(tcb, seg.seq, end.after(rcv.nxt) ? rcv.nxt : end);
  return tcb.challenge(drop(why));
}

function resetArrives(tcb: Tcb): Drop {
  if (seg.seq != tcb.rcv.nxt) return challenge(tcb, Drop.TcpChallenged);
  const state = tcb.state;
  if (state == State.SynReceived) over(tcb, Errno.ECONNREFUSED);
  else if (state == State.CloseWait) over(tcb, Errno.EPIPE);
  else over(tcb, Errno.ECONNRESET);
  return drop(Drop.TcpReset);
}
