import { Counter, Drop, Protocol } from "../abi";
import { ECN, SACK, TIMESTAMPS, TTL } from "../config";
import { now } from "../clock";
import { sackOffered, scalingOffered, timestampsOffered } from "../settings";
import { Answer, mayAnswer } from "../ip/limit";
import { begin, finish, tryAgain, whyNot } from "../ip/output";
import { count, drop } from "../stats";
import { ringRead } from "../storage/ring";
import { TCP_HEADER, TcpFlag, TcpHeader } from "../wire/tcp";
import { answerMarks, codepoint, marksOut } from "./ecn";
import { timestampOffset } from "./isn";
import { announcedMss } from "./lifecycle";
import { blocksToSend, tellsTimeout, timestamp, writeOptions, writeSynOptions, writeTimeout, writeTimestamps } from "./options";
import { freeSpace, scaleFor, windowToAnnounce } from "./receiver";
import { seg } from "./segment";
import { Seq } from "./seq";
import { HalfOpen } from "./synqueue";
import { Agreed, Flag, Timer } from "./flags";
import { Receiver, Tcb } from "./tcb";
import { TimeWait } from "./timewait";
import { disarm } from "./timers";
import { pointOut } from "./urgent";

/** Segments are written here, straight into a slot of the ring: header, options, text from the send buffer. */

const LARGEST_WINDOW: u32 = 0xffff;

/** The segment `output` wants to send next. */
@final
@unmanaged
export class Plan {
  seq: Seq;
  /** Octets of text. */
  length: u32;
  flags: u32;
}
export const plan = changetype<Plan>(memory.data(12, 4));

function writeHeader(at: usize, ports: u32, seq: Seq, ack: Seq, size: u32, flags: u32, wnd: u32): void {
  const header = TcpHeader.at(at);
  header.srcPort = ports >> 16;
  header.dstPort = ports & 0xffff;
  header.seq = seq.bits;
  header.ack = flags & TcpFlag.ACK ? ack.bits : 0;
  header.size = size;
  header.flags = flags;
  header.window = wnd;
  header.checksum = 0;
  header.urgent = 0;
  count(Counter.TcpOut);
}

/** Send `plan` on a connection. False if the ring is full: nothing has changed, try again later. */
export function emitPlan(tcb: Tcb): bool {
  const at = begin(tcb.localAddress, tcb.foreignAddress);
  const flags = plan.flags;
  if (at == 0) {
    if (tryAgain()) return false;
    announce(tcb, flags); // lost on the way out is lost like any other segment
    return true;
  }
  let size = TCP_HEADER;
  if (flags & TcpFlag.SYN) size += synOptions(tcb, at + size, flags);
  else if (tcb.agreed || tellsTimeout(tcb)) size += writeOptions(tcb, at + size, flags & TcpFlag.RST ? 0 : blocksToSend(tcb));
  const ports = ((<u32>tcb.localPort) << 16) | tcb.foreignPort;
  const ect: u32 = ECN ? codepoint(tcb, plan.seq, plan.length) : 0;
  const marks: u32 = ECN ? marksOut(tcb, flags, ect) : 0;
  writeHeader(at, ports, plan.seq, tcb.rcv.nxt, size, flags | marks, announce(tcb, flags));
  if (tcb.has(Flag.UrgentOut) && !(flags & (TcpFlag.SYN | TcpFlag.RST))) pointOut(tcb, at, plan.seq);
  const snd = tcb.snd;
  if (plan.length) ringRead(snd.buffer, snd.size - 1, plan.seq.bits, at + size, plan.length);
  finish(Protocol.IPPROTO_TCP, size + plan.length, tcb.ttl, tcb.tos | ect);
  return true;
}

/** A SYN offers all we can; a SYN-ACK repeats what the peer's SYN had. */
function synOptions(tcb: Tcb, at: usize, flags: u32): u32 {
  const answer = (flags & TcpFlag.ACK) != 0;
  const offer = answer ? <u32>tcb.agreed : ourOffer();
  if (TIMESTAMPS && !answer) tcb.tsOffset = timestampOffset(tcb.localAddress, tcb.localPort, tcb.foreignAddress, tcb.foreignPort);
  const size = writeSynOptions(at, announcedMss(tcb.userMss), scaleFor(tcb.rcv.size), offer, timestamp(tcb), tcb.tsRecent);
  return size + writeTimeout(at + size, tcb.advUto);
}

/** A mask of Agreed. */
function ourOffer(): u32 {
  let offer: u32 = scalingOffered() ? Agreed.Scale : 0;
  if (TIMESTAMPS && timestampsOffered()) offer |= Agreed.Timestamps;
  if (SACK && sackOffered()) offer |= Agreed.Sack;
  return offer;
}

/** The window field of the next segment; what it promises is remembered. */
// prettier-ignore
@inline function announce(tcb: Tcb, flags: u32): u32 {
  if (flags & TcpFlag.RST) return 0;
  const rcv = tcb.rcv;
  const wnd = windowToAnnounce(tcb);
  if (flags & TcpFlag.SYN) {
    const field = min(wnd, LARGEST_WINDOW);
    rcv.edge = rcv.nxt.plus(field);
    return field;
  }
  const field = min(inUnits(wnd, rcv), LARGEST_WINDOW);
  const edge = rcv.nxt.plus(field << rcv.scale);
  if (edge.after(rcv.edge)) rcv.edge = edge;
  rcv.acked = rcv.nxt;
  tcb.clear(Flag.AckNow);
  tcb.clear(Flag.AckDelayed);
  disarm(tcb, Timer.DelayedAck);
  return field;
}

/** In units of the scale, rounded up where that still fits: rounding down would pull the right edge back (RFC 7323 §2.4). */
function inUnits(wnd: u32, rcv: Receiver): u32 {
  const up = (wnd + (1 << rcv.scale) - 1) >> rcv.scale;
  return up << rcv.scale <= freeSpace(rcv) ? up : wnd >> rcv.scale;
}

/** Our SYN-ACK for a half-open connection. False if it could not be sent now. */
export function emitSynAck(entry: HalfOpen, userMss: u32, ttl: u32, tos: u32): bool {
  const at = begin(entry.localAddress, entry.foreignAddress);
  if (at == 0) return !tryAgain(); // lost on the way out counts as sent
  const receive = (<u32>1) << entry.receiveOrder;
  const value = now() + entry.timestampOffset;
  const mss = announcedMss(userMss);
  let size = TCP_HEADER + writeSynOptions(at + TCP_HEADER, mss, scaleFor(receive), entry.agreed, value, entry.tsRecent);
  size += writeTimeout(at + size, Tcb.at(entry.listener).advUto);
  const ports = ((<u32>entry.localPort) << 16) | entry.foreignPort;
  const flags = TcpFlag.SYN | TcpFlag.ACK | answerMarks(entry.agreed);
  writeHeader(at, ports, entry.iss, entry.irs.plus(1), size, flags, min(receive, LARGEST_WINDOW));
  finish(Protocol.IPPROTO_TCP, size, ttl, tos);
  return true;
}

/** A bare acknowledgement for a half-open connection that got something unacceptable. */
export function emitHalfOpenAck(entry: HalfOpen): void {
  const listener = Tcb.at(entry.listener);
  const receive = (<u32>1) << entry.receiveOrder;
  const shift = entry.agreed & Agreed.Scale ? scaleFor(receive) : 0;
  reply.wnd = min(receive, LARGEST_WINDOW) >> shift;
  reply.stamped = (entry.agreed & Agreed.Timestamps) != 0;
  reply.echo = entry.tsRecent;
  bare(entry.iss.plus(1), entry.irs.plus(1), TcpFlag.ACK, listener.ttl, listener.tos);
}

/** The last acknowledgement, again. */
export function emitTimeWaitAck(record: TimeWait): void {
  reply.wnd = record.wnd;
  reply.stamped = record.timestamps;
  reply.echo = record.tsRecent;
  bare(record.sndNxt, record.rcvNxt, TcpFlag.ACK, record.ttl, record.tos);
}

/** What else a segment of header only says: its window, and the timestamp it echoes, if any. */
@final
@unmanaged
class Reply {
  wnd: u32;
  echo: u32;
  stamped: bool;
}
const reply = changetype<Reply>(memory.data(12, 4));

/** Answer `seg` with a segment of header only and what `reply` says; lost if the ring is full. */
function bare(seq: Seq, ack: Seq, flags: u32, ttl: u32, tos: u32): void {
  const at = begin(seg.localAddress, seg.foreignAddress);
  if (at == 0) {
    if (tryAgain()) drop(whyNot()); // nobody will
    return;
  }
  let size = TCP_HEADER;
  if (TIMESTAMPS && reply.stamped) {
    const offset = timestampOffset(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
    size += writeTimestamps(at + size, now() + offset, reply.echo);
  }
  writeHeader(at, (seg.localPort << 16) | seg.foreignPort, seq, ack, size, flags, reply.wnd);
  finish(Protocol.IPPROTO_TCP, size, ttl, tos);
}

/** Answer `seg`, which belongs to no connection, with a RST it must believe (RFC 9293 §3.10.7.1); never answer a RST. */
export function refuse(why: Drop): Drop {
  if (seg.rst || !mayAnswer(Answer.Reset)) return drop(why);
  count(Counter.TcpResetsOut);
  reply.wnd = 0;
  reply.stamped = false;
  if (seg.hasAck) bare(seg.ack, Seq.of(0), TcpFlag.RST, TTL, 0);
  else bare(Seq.of(0), seg.end, TcpFlag.RST | TcpFlag.ACK, TTL, 0);
  return drop(why);
}
