import { USER_TIMEOUT_OPTION } from "../config";
import { now } from "../clock";
import { retries } from "../settings";
import { options } from "../wire/tcp_options";
import { backedOff } from "./rtt";
import { Flag, Wish } from "./flags";
import { Tcb } from "./tcb";

/** How long a peer may be silent (RFC 9293 §3.9.1.1): TCP_USER_TIMEOUT, and the option of RFC 5482 by which peers tell each other. */

const SECOND: u32 = 1000;
/** What an option can bring about, seconds (RFC 5482 §3.1): L_LIMIT is the RFC's, U_LIMIT is the usual time to the first keep-alive. */
const L_LIMIT: u32 = 100;
const U_LIMIT: u32 = 7200;
/** The field of the option: minutes, not seconds; 15 bits of number. */
const MINUTES: u32 = 0x8000;
const NUMBER: u32 = 0x7fff;
const MINUTE: u32 = 60;
/** The longest time the option can express, seconds. */
export const LONGEST: u32 = NUMBER * MINUTE;

/**
 * The retransmission timer has fired, for the `first` time since the peer last moved: has it been silent for too long? Until the user
 * says how long that is, retransmissions are counted (R2, MUST-20).
 */
export function isOverdue(tcb: Tcb, first: bool): bool {
  if (first) tcb.silentSince = now() - backedOff(tcb); // when the timer was started
  return tcb.userTimeout ? now() - tcb.silentSince >= tcb.userTimeout : <u32>tcb.unanswered >= retries();
}

/** The next timeout, not beyond the end of the user's patience. */
export function nextTimeout(tcb: Tcb): u32 {
  const timeout = backedOff(tcb);
  if (tcb.userTimeout == 0) return timeout;
  const waited = now() - tcb.silentSince;
  return min(timeout, tcb.userTimeout > waited ? tcb.userTimeout - waited : 1);
}

/** Keep-alive probes, `keepProbes` of them, were in vain for too long (Linux: the user's timeout counts instead of TCP_KEEPCNT). */
export function probedInVain(tcb: Tcb): bool {
  if (tcb.userTimeout) return tcb.keepProbes > 0 && now() - tcb.heardAt >= tcb.userTimeout;
  return tcb.keepProbes >= tcb.keepCount;
}

/** Idle time before the first keep-alive probe: not less than a timeout the peer has asked for (RFC 5482 §4.2). */
export function idleLimit(tcb: Tcb): u32 {
  if (!USER_TIMEOUT_OPTION || tcb.advUto == 0 || tcb.wants(Wish.UserTimeout)) return tcb.keepIdle;
  return max<u32>(tcb.keepIdle, tcb.userTimeout + SECOND);
}

/** TCP_USER_TIMEOUT: from now on no option changes it (RFC 5482 §3.1, CHANGEABLE), until it is 0 again. */
export function setUserTimeout(tcb: Tcb, ms: u32): void {
  tcb.userTimeout = ms;
  tcb.wish(Wish.UserTimeout, ms != 0);
}

/** Advertise so many seconds (ENABLED, ADV_UTO), and let the peer's advertisements count; 0: neither. */
export function advertise(tcb: Tcb, seconds: u32): void {
  tcb.advUto = <u16>(seconds <= NUMBER ? seconds : MINUTES | ((seconds + MINUTE - 1) / MINUTE));
  tcb.put(Flag.TellTimeout, seconds != 0);
  if (!seconds || !tcb.has(Flag.WasEstablished)) return;
  tcb.acknowledge();
}

/** The field's value in seconds. */
export function secondsOf(field: u32): u32 {
  return field & MINUTES ? (field & NUMBER) * MINUTE : field;
}

/** The present segment has the option; zero is no timeout (RFC 5482 §3.3). */
export function userTimeoutArrives(tcb: Tcb): void {
  const theirs = secondsOf(options.userTimeout);
  if (theirs == 0 || tcb.advUto == 0 || tcb.wants(Wish.UserTimeout)) return;
  const adopted = min(U_LIMIT, max(max(secondsOf(tcb.advUto), theirs), L_LIMIT));
  const timeout = max(adopted * SECOND, tcb.rto + SECOND);
  if (timeout == tcb.userTimeout) return;
  tcb.userTimeout = timeout;
  tcb.tell();
}
