import { Counter, State } from "../abi";
import { LINUX_OPTIONS } from "../config";
import { finWait2 } from "../settings";
import { count } from "../stats";
import { detach, release } from "./lifecycle";
import { joinOrphans } from "./orphans";
import { windowToAnnounce } from "./receiver";
import { removeConnection } from "./table";
import { Flag, Timer, Wish } from "./flags";
import { NONE, NOT_AT_ALL, Tcb, work } from "./tcb";
import { arm, unschedule } from "./timers";
import { remember } from "./timewait";
import { unread } from "./urgent";

/** The ways a connection ends. */

/** No user holds it and no listener has it waiting. */
// prettier-ignore
@inline export function orphaned(tcb: Tcb): bool { return <u32>tcb.socket == NONE && <u32>tcb.listener == NONE; }

/** It is over, for the reason `error` (an errno, 0 for a proper end): the user hears of it, the four-tuple is free. */
export function over(tcb: Tcb, error: u32): void {
  const listener = <u32>tcb.listener;
  if (tcb.has(Flag.WasEstablished)) {
    if (error) count(Counter.TcpEstablishedResets);
  } else count(Counter.TcpAttemptFails);
  detach(tcb);
  if (tcb.state != State.Closed) tcb.enter(State.Closed);
  if (error) tcb.error = <u16>error;
  tcb.clear(Flag.ResetNow);
  if (listener != NONE) return; // it stays in the accept queue: accept hands it out, the first call on it tells the error
  if (<u32>tcb.socket == NONE) release(tcb);
  else tcb.tell();
}

/** End it with a RST to the peer; the RST leaves with this poll. */
export function abort(tcb: Tcb, error: u32): void {
  detach(tcb);
  count(Counter.TcpResetsOut);
  if (tcb.has(Flag.WasEstablished)) count(Counter.TcpEstablishedResets);
  tcb.enter(State.Closed);
  tcb.error = <u16>error;
  tcb.set(Flag.ResetNow);
  tcb.mark();
  tcb.tell();
}

/** Both FINs are acknowledged: a small record waits in its place, the Tcb stays only for the last ACK and for its user. */
export function enterTimeWait(tcb: Tcb): void {
  tcb.enter(State.TimeWait);
  removeConnection(tcb);
  unschedule(tcb.index);
  tcb.timers = 0;
  remember(tcb, min<u32>(windowToAnnounce(tcb) >> tcb.rcv.scale, 0xffff));
  tcb.mark();
  tcb.tell();
}

/** Our FIN has been acknowledged while the peer may still send; nobody may be left to read that. */
export function enterFinWait2(tcb: Tcb): void {
  tcb.enter(State.FinWait2);
  if (orphaned(tcb)) waitForFin(tcb);
  tcb.tell();
}

/** How long a connection without a user waits in FIN-WAIT-2, ms (Linux: tcp_fin_timeout, TCP_LINGER2). */
export function finWait2Of(tcb: Tcb): u32 {
  return LINUX_OPTIONS && tcb.linger2 ? <u32>tcb.linger2 * 1000 : finWait2();
}

/** Deviation: RFC 9293 lets FIN-WAIT-2 last for ever; nobody would take what the peer may still say (MAY: RFC 6429 §4). */
function waitForFin(tcb: Tcb): void {
  if (LINUX_OPTIONS && <u32>tcb.linger2 == NOT_AT_ALL) abort(tcb, 0);
  else arm(tcb, Timer.Keep, finWait2Of(tcb));
}

/** The user lets go of it (the last descriptor was closed): RFC 9293 §3.10.4, CLOSE. */
export function orphan(tcb: Tcb): void {
  tcb.socket = <u16>NONE;
  const state = tcb.state;
  if (state == State.Closed) return disposed(tcb);
  if (state == State.TimeWait) return disposed(tcb);
  if (state == State.SynSent) return over(tcb, 0);
  const hardly = tcb.wants(Wish.Linger) && tcb.lingerSeconds == 0;
  if (unread(tcb) > 0 || hardly) return abort(tcb, 0); // SHLD-3
  if (!joinOrphans(tcb)) {
    count(Counter.TcpOrphansReset);
    return abort(tcb, 0);
  }
  if (state == State.FinWait2) waitForFin(tcb);
  else closeSending(tcb);
}

/** It has ended before its user let go. Only what still has to be sent keeps it. */
function disposed(tcb: Tcb): void {
  if (!work.has(tcb.index)) release(tcb);
}

/** A FIN follows the last octet queued; the state changes now (RFC 9293 §3.10.4). */
export function closeSending(tcb: Tcb): void {
  if (tcb.has(Flag.FinQueued)) return;
  tcb.set(Flag.FinQueued);
  if (tcb.state == State.CloseWait) tcb.enter(State.LastAck);
  else if (tcb.state == State.Established || tcb.state == State.SynReceived) tcb.enter(State.FinWait1);
  tcb.mark();
}

/** After it had its turn to send: an ended connection nobody holds is released. */
export function settle(tcb: Tcb): void {
  if (<u32>tcb.socket != NONE || <u32>tcb.listener != NONE) return;
  if (tcb.state == State.Closed || tcb.state == State.TimeWait) release(tcb);
}
