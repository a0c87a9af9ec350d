import { Counter, Drop, State } from "../abi";
import { LINUX_OPTIONS, TIMESTAMPS } from "../config";
import { cookieMode, synAckRetries, timestampsOffered } from "../settings";
import { now } from "../clock";
import { count, drop } from "../stats";
import { sizeFor } from "../storage/buddy";
import { queueAccept } from "./accept";
import { agreedInClock, keepInClock, makeCookie, redeemCookie, scaleInClock } from "./cookie";
import { isAsked } from "./ecn";
import { emitHalfOpenAck, emitSynAck, refuse } from "./emit";
import { initialSequence, timestampOffset } from "./isn";
import { agree, beginReceiving, beginSending, believable, offered, release, shiftOf, takeBuffers, takeTcb } from "./lifecycle";
import { scaleFor } from "./receiver";
import { initRtt, measured } from "./rtt";
import { seg } from "./segment";
import { Seq } from "./seq";
import { HalfOpen, addHalfOpen, nameHalfOpen, removeHalfOpen, spareHalfOpen, synQueueFull, wakeHalfOpen } from "./synqueue";
import { addConnection } from "./table";
import { Agreed, Flag, Timer, Wish } from "./flags";
import { NONE, Tcb, inherit } from "./tcb";
import { arm } from "./timers";

/** The passive open: LISTEN, SYN-RECEIVED as an entry of the SYN queue or in a cookie. */

const SYNACK_TIMEOUT: u32 = 1000;
/** `cookieMode`; 1 is "when the SYN queue is full". */
const COOKIES_NEVER: u32 = 0;
const COOKIES_ALWAYS: u32 = 2;
/** A half-open connection answers what it cannot take this often, at most, ms. */
const ANSWER_INTERVAL: u32 = 500;
const LONGEST_TIMEOUT: u32 = 120000;
/** When the ring is full, try again after this many ms. */
const RING_PAUSE: u32 = 1;

/** RFC 9293 §3.10.7.2, LISTEN. `above` is the lowest initial sequence number a reused four-tuple may get. */
export function listenArrives(listener: Tcb, reused: bool, above: Seq): Drop {
  if (seg.rst) return drop(Drop.TcpReset); // first, RST
  if (seg.hasAck) return refuse(Drop.TcpNoConnection); // second, ACK (cookies have been looked for before)
  if (!seg.syn) return drop(Drop.TcpNotSyn); // fourth, anything else
  if (seg.fin) return drop(Drop.TcpSynFin);
  if (listener.accepting >= listener.backlog) return drop(Drop.TcpAcceptQueueFull);
  if (cookieMode() == COOKIES_ALWAYS || synQueueFull()) return withoutEntry(listener);
  const entry = addHalfOpen(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort); // third, SYN
  const iss = initialSequence(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  describe(entry, listener, reused && !iss.after(above) ? above : iss, seg.seq, believable(seg.mss), offered());
  const out = sendSynAck(entry);
  wakeHalfOpen(entry, now() + (out ? SYNACK_TIMEOUT : RING_PAUSE));
  return Drop.None;
}

function describe(entry: HalfOpen, listener: Tcb, iss: Seq, irs: Seq, mss: u32, agreed: u32): void {
  entry.iss = iss;
  entry.irs = irs;
  entry.at = now();
  entry.answeredAt = <u16>(now() - ANSWER_INTERVAL);
  entry.mss = <u16>mss;
  entry.agreed = <u8>agreed;
  entry.scale = <u8>(agreed & Agreed.Scale ? shiftOf(seg.scale) : 0);
  if (TIMESTAMPS && agreed & Agreed.Timestamps) {
    entry.tsRecent = seg.tsVal;
    entry.timestampOffset = timestampOffset(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  }
  entry.receiveOrder = <u8>ctz(sizeFor(listener.wantedRcv));
  entry.sendOrder = <u8>ctz(sizeFor(listener.wantedSnd));
  entry.listener = <u16>listener.index;
}

/** Too many SYNs at once to remember this one: the client will. Lost if the ring is full; it tries again. */
function withoutEntry(listener: Tcb): Drop {
  if (cookieMode() == COOKIES_NEVER) return drop(Drop.TcpSynQueueFull);
  const entry = spareHalfOpen();
  nameHalfOpen(entry, seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  const agreed = offered();
  describe(entry, listener, makeCookie(), seg.seq, seg.mss, agreed & Agreed.Timestamps ? agreed : 0);
  const clock = now() + entry.timestampOffset;
  entry.timestampOffset -= clock - keepInClock(clock, agreed, entry.scale);
  if (emitSynAck(entry, listener.userMss, listener.ttl, listener.tos)) count(Counter.TcpCookiesOut);
  return drop(Drop.TcpSynQueueFull);
}

/** A segment for a listener may be the third step of a handshake nobody remembers: the MSS its cookie carried, or 0. */
export function cookieIn(): u32 {
  return seg.hasAck && !seg.syn && !seg.rst ? redeemCookie() : 0;
}

/** A valid cookie completes a handshake: the connection, or NONE if there is no room for it; then its next segment tries again. */
export function cookieArrives(listener: Tcb, mss: u32): u32 {
  const entry = spareHalfOpen();
  nameHalfOpen(entry, seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  const clocked = TIMESTAMPS && seg.timestamps && timestampsOffered();
  describe(entry, listener, seg.ack.minus(1), seg.seq.minus(1), mss, clocked ? agreedInClock(seg.tsEcr) : 0);
  if (entry.agreed & Agreed.Scale) entry.scale = <u8>scaleInClock(seg.tsEcr);
  const i = complete(entry);
  if (i != NONE) count(Counter.TcpCookiesIn);
  return i;
}

/**
 * A segment for a half-open connection: RFC 9293 §3.10.7.4 for a SYN-RECEIVED that came from LISTEN. Returns the connection if
 * the segment completed the handshake (its text and FIN are still to be looked at), else NONE.
 */
export function halfOpenArrives(entry: HalfOpen): u32 {
  const nxt = entry.irs.plus(1);
  const wnd = min((<u32>1) << entry.receiveOrder, 0xffff);
  if (seg.syn && seg.seq == entry.irs && !seg.hasAck && !seg.rst) return repeated(entry);
  if (TIMESTAMPS && !seg.rst && entry.agreed & Agreed.Timestamps) {
    if (!seg.timestamps) return dropped(Drop.TcpNoTimestamp); // RFC 7323 §3.2
    if (i32(seg.tsVal - entry.tsRecent) < 0) return unacceptable(entry, Drop.TcpPaws); // §5.3
  }
  if (seg.seq.since(nxt) >= wnd) return unacceptable(entry, Drop.TcpOutOfWindow); // first, sequence number
  if (seg.rst) return resetHalfOpen(entry, nxt); // second, RST: back to LISTEN
  if (seg.syn) {
    removeHalfOpen(entry); // fourth, SYN: back to LISTEN
    return dropped(Drop.TcpSyn);
  }
  if (!seg.hasAck) return dropped(Drop.TcpNoAck); // fifth, ACK
  if (seg.ack != entry.iss.plus(1)) return otherAck(entry);
  if (LINUX_OPTIONS && seg.len == 0 && <u32>entry.retries < <u32>Tcb.at(entry.listener).deferAccept) return deferred(entry);
  return complete(entry);
}

/** Nobody is interested before there is text: the peer believes itself connected, we remember that it answered, as Linux does. */
function deferred(entry: HalfOpen): u32 {
  entry.deferred = true;
  return dropped(Drop.TcpDeferred);
}

function dropped(why: Drop): u32 {
  drop(why);
  return NONE;
}

/** Not the answer to this entry's SYN-ACK; but its SYN may have come twice, and been answered with a cookie before. */
function otherAck(entry: HalfOpen): u32 {
  const mss = cookieIn();
  if (mss) {
    removeHalfOpen(entry);
    return cookieArrives(Tcb.at(entry.listener), mss);
  }
  refuse(Drop.TcpBadAck);
  return NONE;
}

/** False if the ring is full. */
function sendSynAck(entry: HalfOpen): bool {
  const listener = Tcb.at(entry.listener);
  if (!emitSynAck(entry, listener.userMss, listener.ttl, listener.tos)) return false;
  if (entry.sent < 0xff) entry.sent++;
  return true;
}

/** The SYN came again: our answer was lost. */
function repeated(entry: HalfOpen): u32 {
  if (seg.timestamps && i32(seg.tsVal - entry.tsRecent) > 0) entry.tsRecent = seg.tsVal; // RFC 7323 §4.3
  if (!isAsked()) entry.agreed &= ~(<u8>Agreed.Ecn); // it came again without asking (RFC 3168 §6.1.1.1)
  sendSynAck(entry);
  return dropped(Drop.TcpDuplicate);
}

function unacceptable(entry: HalfOpen, why: Drop): u32 {
  if (!seg.rst) answer(entry);
  return dropped(why);
}

/** Say where we are, not too often (RFC 5961 §7). */
function answer(entry: HalfOpen): void {
  if (((now() - entry.answeredAt) & 0xffff) < ANSWER_INTERVAL) return;
  entry.answeredAt = <u16>now();
  count(Counter.TcpChallengeAcks);
  emitHalfOpenAck(entry);
}

function resetHalfOpen(entry: HalfOpen, nxt: Seq): u32 {
  if (seg.seq != nxt) {
    answer(entry); // RFC 5961 §3.2
    return dropped(Drop.TcpChallenged);
  }
  count(Counter.TcpAttemptFails);
  removeHalfOpen(entry);
  return dropped(Drop.TcpReset);
}

/** The third step: a Tcb and buffers now, and a place in the accept queue. Without them the client's next segment tries again. */
function complete(entry: HalfOpen): u32 {
  const listener = Tcb.at(entry.listener);
  if (listener.accepting >= listener.backlog) return dropped(Drop.TcpAcceptQueueFull);
  const i = takeTcb();
  if (i == NONE) return dropped(Drop.TcpNoMemory);
  const tcb = Tcb.at(i);
  if (!takeBuffers(tcb, sizeFor(1 << entry.receiveOrder), sizeFor(1 << entry.sendOrder))) {
    release(tcb);
    return dropped(Drop.TcpNoMemory);
  }
  inherit(tcb, listener);
  establish(tcb, entry);
  removeHalfOpen(entry);
  queueAccept(listener, tcb);
  return i;
}

function establish(tcb: Tcb, entry: HalfOpen): void {
  tcb.localAddress = entry.localAddress;
  tcb.localPort = entry.localPort;
  tcb.foreignAddress = entry.foreignAddress;
  tcb.foreignPort = entry.foreignPort;
  beginSending(tcb, entry.iss);
  beginReceiving(tcb, entry.irs);
  tcb.rcv.edge = tcb.rcv.nxt.plus(min(tcb.rcv.size, 0xffff));
  tcb.put(Flag.SynLost, entry.sent > 1);
  agree(tcb, entry.mss, entry.scale, entry.agreed);
  if (tcb.uses(Agreed.Scale)) tcb.rcv.scale = scaleFor(1 << entry.receiveOrder); // as announced, though memory may be scarce now
  tcb.tsRecent = seg.timestamps ? seg.tsVal : entry.tsRecent;
  tcb.tsRecentAt = now();
  const snd = tcb.snd;
  snd.una = entry.iss.plus(1);
  snd.nxt = snd.una;
  snd.max = snd.una;
  snd.wnd = seg.wnd << snd.scale;
  snd.maxWnd = snd.wnd;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  if (entry.deferred)
    initRtt(tcb); // it answered at once, we did not listen
  else if (entry.retries > 0)
    tcb.rto = 3000; // RFC 6298 §5.7
  else if (entry.sent == 1) measured(tcb, now() - entry.at);
  tcb.set(Flag.WasEstablished);
  if (tcb.wants(Wish.KeepAlive)) arm(tcb, Timer.Keep, tcb.keepIdle);
  tcb.enter(State.Established);
  addConnection(tcb);
  count(Counter.TcpPassiveOpens);
}

/** The SYN-ACK was not answered in time: send it again, twice as patient, or give up. */
export function synAckDue(entry: HalfOpen): void {
  const patience: u32 = LINUX_OPTIONS ? <u32>Tcb.at(entry.listener).deferAccept : 0;
  if (entry.retries >= synAckRetries() && (!entry.deferred || <u32>entry.retries >= patience)) {
    count(Counter.TcpAttemptFails);
    removeHalfOpen(entry);
    return;
  }
  if (entry.deferred && <u32>entry.retries + 1 < patience) {
    entry.retries++; // time passes, but the peer has our SYN-ACK
    return wakeHalfOpen(entry, now() + synAckTimeout(entry));
  }
  const again = entry.sent > 0;
  if (!sendSynAck(entry)) return wakeHalfOpen(entry, now() + RING_PAUSE);
  if (again) {
    entry.retries++;
    count(Counter.TcpRetransmits);
  }
  wakeHalfOpen(entry, now() + synAckTimeout(entry));
}

/** Twice as long each time. */
function synAckTimeout(entry: HalfOpen): u32 {
  return min<u32>(SYNACK_TIMEOUT << min<u32>(entry.retries, 7), LONGEST_TIMEOUT);
}
