import { Counter, State } from "../abi";
import { KEEP_COUNT, KEEP_IDLE, KEEP_INTERVAL, MTU, SACK, SEQPACKET, TIMESTAMPS, TTL, USER_TIMEOUT_OPTION } from "../config";
import { congestionControl, quickAcks, sackOffered, scalingOffered, synRetries, timestampsOffered } from "../settings";
import { now } from "../clock";
import { count } from "../stats";
import { freeBuffer, takeBuffer } from "../storage/buddy";
import { NO_SCALE, TIMESTAMPS_SIZE } from "../wire/tcp_options";
import { initCongestion } from "./congestion/control";
import { initEcn, isAsked } from "./ecn";
import { timestampOffset } from "./isn";
import { leaveOrphans } from "./orphans";
import { agreeOnMss } from "./path";
import { scaleFor } from "./receiver";
import { waitForRoom } from "./record";
import { initRtt } from "./rtt";
import { initRepair } from "./repair";
import { clearScoreboard } from "./scoreboard";
import { initReport } from "./sack";
import { seg } from "./segment";
import { Seq } from "./seq";
import { removeConnection, removeListener } from "./table";
import { Agreed, Flag } from "./flags";
import { NONE, Tcb, tcbs, wipe, work } from "./tcb";
import { unschedule } from "./timers";

/** From the free list to a connection and back. */

const IP_AND_TCP_HEADER: u32 = 40;
/** What we announce in a SYN: what fits our MTU without options (RFC 9293 §3.7.1, RFC 6691). */
export const OUR_MSS: u32 = MTU - IP_AND_TCP_HEADER;
/** What the peer takes if it says nothing (MUST-15). */
const DEFAULT_MSS: u32 = 536;
/** What counts as full-sized until the peer has sent a larger segment: its send buffer may be small, whatever its MSS. */
const SMALL_SEGMENT: u32 = 256;
/** Below this a peer's MSS is not believed: a connection of tiny segments is an attack on the sender (CVE-2019-11479). */
const LEAST_MSS: u32 = 64;
const LARGEST_SCALE: u32 = 14;

/** A fresh Tcb in CLOSED, or NONE. */
export function takeTcb(): u32 {
  const i = tcbs.take();
  if (i < 0) return NONE;
  const tcb = Tcb.at(i);
  wipe(tcb);
  tcb.socket = <u16>NONE;
  tcb.listener = <u16>NONE;
  tcb.next = <u16>NONE;
  tcb.ttl = <u8>TTL;
  tcb.congestion = <u8>congestionControl();
  tcb.keepIdle = KEEP_IDLE;
  tcb.keepInterval = KEEP_INTERVAL;
  tcb.keepCount = <u8>KEEP_COUNT;
  tcb.synRetries = <u8>synRetries();
  tcb.receiveLowat = 1;
  tcb.ranges.init();
  initReport(tcb);
  return i;
}

/** Both buffers or none; the sizes are powers of two. */
export function takeBuffers(tcb: Tcb, receive: u32, send: u32): bool {
  const input = takeBuffer(receive);
  if (input == 0) return false;
  const output = takeBuffer(send);
  if (output == 0) {
    freeBuffer(input, receive);
    return false;
  }
  tcb.rcv.buffer = input;
  tcb.rcv.size = receive;
  tcb.snd.buffer = output;
  tcb.snd.size = send;
  if (SEQPACKET) waitForRoom(tcb, 0);
  return true;
}

export function freeBuffers(tcb: Tcb): void {
  if (tcb.rcv.buffer) freeBuffer(tcb.rcv.buffer, tcb.rcv.size);
  if (tcb.snd.buffer) freeBuffer(tcb.snd.buffer, tcb.snd.size);
  tcb.rcv.buffer = 0;
  tcb.snd.buffer = 0;
}

/** Nobody finds it any more, no timer runs, it will not send; what the user has not read stays readable. */
export function detach(tcb: Tcb): void {
  if (tcb.has(Flag.Hashed)) {
    if (tcb.state == State.Listen) removeListener(tcb);
    else removeConnection(tcb);
  }
  unschedule(tcb.index);
  tcb.timers = 0;
  clearScoreboard(tcb);
  if (work.has(tcb.index)) work.remove(tcb.index);
}

/** Back to the free list. */
export function release(tcb: Tcb): void {
  detach(tcb);
  leaveOrphans(tcb);
  freeBuffers(tcb);
  tcbs.give(tcb.index);
}

/** Both sequence spaces at the start, before either SYN is acknowledged. */
export function beginSending(tcb: Tcb, iss: Seq): void {
  const snd = tcb.snd;
  tcb.iss = iss;
  snd.una = iss;
  snd.nxt = iss;
  snd.max = iss;
  snd.end = iss.plus(1);
  tcb.heardAt = now();
  tcb.rcv.mss = SMALL_SEGMENT;
  tcb.quickAcks = <u8>quickAcks();
  initRtt(tcb);
}

export function beginReceiving(tcb: Tcb, irs: Seq): void {
  const rcv = tcb.rcv;
  tcb.irs = irs;
  rcv.nxt = irs.plus(1);
  rcv.read = rcv.nxt;
  rcv.acked = rcv.nxt;
  rcv.edge = rcv.nxt;
}

/** What the SYN in `seg` offers and we do too: a mask of Agreed. */
export function offered(): u32 {
  let agreed: u32 = 0;
  if (seg.scale != NO_SCALE && scalingOffered()) agreed |= Agreed.Scale;
  if (TIMESTAMPS && seg.timestamps && timestampsOffered()) agreed |= Agreed.Timestamps;
  if (SACK && seg.sackPermitted && sackOffered()) agreed |= Agreed.Sack;
  if (isAsked()) agreed |= Agreed.Ecn;
  return agreed;
}

/**
 * What both SYNs said: the peer's MSS (0: none), its shift count, what both can do. Two segments at least fit into the send
 * buffer: with one and a bit, each would wait for the peer's delayed acknowledgement.
 */
export function agree(tcb: Tcb, mss: u32, scale: u32, agreed: u32): void {
  tcb.agreed = <u8>agreed;
  agreeOnMss(tcb, min(effectiveMss(mss, tcb.userMss, agreed), max(tcb.snd.size >> 1, LEAST_MSS)));
  const scaled = tcb.uses(Agreed.Scale);
  tcb.snd.scale = scaled ? scale : 0;
  tcb.rcv.scale = scaled ? scaleFor(tcb.rcv.size) : 0;
  if (TIMESTAMPS) tcb.tsOffset = timestampOffset(tcb.localAddress, tcb.localPort, tcb.foreignAddress, tcb.foreignPort);
  initRepair(tcb);
  if (USER_TIMEOUT_OPTION) tcb.put(Flag.TellTimeout, tcb.advUto != 0); // also in the first segment behind the SYN (RFC 5482 §3)
  initCongestion(tcb);
  initEcn(tcb);
}

/** Eff.snd.MSS (RFC 9293 §3.7.1, MUST-16): what our usual options leave of what the peer takes. */
function effectiveMss(theirs: u32, users: u32, agreed: u32): u32 {
  const offered = theirs == 0 ? DEFAULT_MSS : max(theirs, LEAST_MSS);
  const mss = users ? min(min(offered, OUR_MSS), users) : min(offered, OUR_MSS);
  return agreed & Agreed.Timestamps ? mss - TIMESTAMPS_SIZE : mss;
}

/** Count an MSS that will be raised to the floor. */
export function believable(mss: u32): u32 {
  if (mss != 0 && mss < LEAST_MSS) count(Counter.TcpMssClamped);
  return mss;
}

/** A shift count above 14 is used as 14 (RFC 7323 §2.3). */
export function shiftOf(scale: u32): u32 {
  if (scale == NO_SCALE || scale <= LARGEST_SCALE) return scale;
  count(Counter.TcpWindowScaleClamped);
  return LARGEST_SCALE;
}

/** The MSS we announce (MUST-67): the user's bound, if lower. */
export function announcedMss(userMss: u32): u32 {
  return userMss ? min(userMss, OUR_MSS) : OUR_MSS;
}
