import { Counter, Drop, Errno } from "../abi";
import { TUNABLE } from "../config";
import { delayedAck } from "../settings";
import { count, drop } from "../stats";
import { ringWrite } from "../storage/ring";
import { abort, orphaned } from "./ending";
import { freeSpace, hasRecord, held, isCut, receivedTo } from "./receiver";
import { largestRecord, recordSize } from "./record";
import { reportArrival, reportTwice } from "./sack";
import { seg } from "./segment";
import { Seq } from "./seq";
import { mayReceive } from "./state";
import { Flag, Timer, Wish } from "./flags";
import { Tcb } from "./tcb";
import { arm, armed } from "./timers";

/** The text of a segment: RFC 9293 §3.10.7.4, seventh. It goes to its place in the receive buffer at once, in order or not. */
export function textArrives(tcb: Tcb): Drop {
  if (seg.textLength == 0) return Drop.None;
  if (!mayReceive(tcb.state)) return drop(Drop.TcpAfterClose);
  const rcv = tcb.rcv;
  let end = seg.seq.plus(seg.textLength);
  if (tcb.has(Flag.FinSeen) && end.after(rcv.finAt)) end = rcv.finAt; // behind a FIN there is no text
  if (!end.after(rcv.nxt) || !end.after(seg.seq)) return repeated(tcb, end);
  const length = end.since(seg.seq);
  if (tcb.has(Flag.ReadShut) || orphaned(tcb)) return unwanted(tcb);
  if (end.since(rcv.nxt) > freeSpace(rcv)) return noRoom(tcb);
  if (length > rcv.mss) rcv.mss = length;
  if (seg.seq.before(rcv.nxt)) reportTwice(tcb, seg.seq, rcv.nxt);
  count(Counter.TcpOctetsIn, length);
  if (seg.seq.after(rcv.nxt)) return outOfOrder(tcb, end);
  const start = rcv.nxt;
  const from = seg.text + start.since(seg.seq);
  if (tcb.has(Flag.Holes)) fillGap(tcb, from, start, end);
  else append(tcb, from, end);
  heard(tcb);
  return Drop.None;
}

/** The text that was expected next, and nothing is held: [RCV.NXT, end) is at `from`. */
// prettier-ignore
@inline function append(tcb: Tcb, from: usize, end: Seq): void {
  const rcv = tcb.rcv;
  ringWrite(rcv.buffer, rcv.size - 1, rcv.nxt.bits, from, end.since(rcv.nxt));
  receivedTo(rcv, end);
  delayAck(tcb);
}

/** The same for a segment that is known to begin at RCV.NXT, to fit, and to meet no hole (tcp/predicted.ts). */
export function expectedText(tcb: Tcb): void {
  const length = seg.textLength;
  const rcv = tcb.rcv;
  if (length > rcv.mss) rcv.mss = length;
  count(Counter.TcpOctetsIn, length);
  append(tcb, seg.text, rcv.nxt.plus(length));
  heard(tcb);
}

/** There is more to read. */
// prettier-ignore
@inline function heard(tcb: Tcb): void {
  if (tcb.records) recordArrives(tcb);
  else tcb.tell();
}

/** Whole records are told to the user; of room that the next one waits for, the peer. */
function recordArrives(tcb: Tcb): void {
  if (endsInRecord(tcb)) return;
  if (hasRecord(tcb)) tcb.tell();
  else if (isCut(tcb)) tcb.acknowledge();
}

/** The record that is read next is longer than the receive buffer can ever hold: the connection ends, with EMSGSIZE and a RST. */
export function endsInRecord(tcb: Tcb): bool {
  if (!mayReceive(tcb.state) || recordSize(tcb.rcv, held(tcb)) <= largestRecord(tcb.rcv)) return false;
  abort(tcb, Errno.EMSGSIZE);
  return true;
}

function repeated(tcb: Tcb, end: Seq): Drop {
  reportTwice(tcb, seg.seq, end);
  return tcb.challenge(drop(Drop.TcpDuplicate));
}

/** The user has closed or shut its reading side: the peer must learn that its data is lost (RFC 9293 §3.6.1). */
function unwanted(tcb: Tcb): Drop {
  abort(tcb, 0);
  return drop(Drop.TcpAfterClose);
}

/** What does not fit is dropped whole, never cut. */
function noRoom(tcb: Tcb): Drop {
  return tcb.challenge(drop(Drop.TcpNoRoom));
}

/** Beyond a hole: hold it, and let the peer know at once (RFC 5681 §4.2). */
function outOfOrder(tcb: Tcb, end: Seq): Drop {
  const rcv = tcb.rcv;
  tcb.acknowledgeHole();
  reportHeldTwice(tcb, seg.seq, end);
  writeGaps(tcb, seg.text, seg.seq, end);
  if (!tcb.ranges.add(rcv.nxt.bits, seg.seq.bits, end.bits)) return drop(Drop.TcpRangesFull);
  tcb.set(Flag.Holes);
  reportArrival(tcb, seg.seq);
  count(Counter.TcpOutOfOrder);
  return Drop.None;
}

/** The hole, or its beginning, is filled: go on as far as held text reaches, acknowledge at once. */
function fillGap(tcb: Tcb, from: usize, start: Seq, end: Seq): void {
  const rcv = tcb.rcv;
  writeGaps(tcb, from, start, end);
  let nxt = end;
  for (let more = tcb.ranges.take(nxt.bits); more; more = tcb.ranges.take(nxt.bits)) nxt = nxt.plus(more);
  if (tcb.has(Flag.FinSeen) && nxt.after(rcv.finAt)) nxt = rcv.finAt; // a liar's text beyond its own FIN
  receivedTo(rcv, nxt);
  tcb.put(Flag.Holes, tcb.ranges.count > 0);
  tcb.duplicatesOwed = 0;
  tcb.acknowledge();
}

/** Some of [start, end) is held already: the first such piece is reported. */
function reportHeldTwice(tcb: Tcb, start: Seq, end: Seq): void {
  const ranges = tcb.ranges;
  for (let i: u32 = 0; i < ranges.count; i++) {
    const from = Seq.of(ranges.start(i));
    const to = Seq.of(ranges.end(i));
    if (!to.after(start) || !from.before(end)) continue;
    return reportTwice(tcb, from.after(start) ? from : start, to.before(end) ? to : end);
  }
}

/** Write [start, end) except where text is already held: what came first stays (one rule, whatever the overlap). */
function writeGaps(tcb: Tcb, from: usize, start: Seq, end: Seq): void {
  const ranges = tcb.ranges;
  const rcv = tcb.rcv;
  const mask = rcv.size - 1;
  for (let i: u32 = 0; i < ranges.count && start.before(end); i++) {
    const heldFrom = Seq.of(ranges.start(i));
    const heldTo = Seq.of(ranges.end(i));
    if (!heldTo.after(start)) continue;
    if (!heldFrom.before(end)) break;
    if (heldFrom.after(start)) ringWrite(rcv.buffer, mask, start.bits, from, heldFrom.since(start));
    from += heldTo.since(start);
    start = heldTo;
  }
  if (start.before(end)) ringWrite(rcv.buffer, mask, start.bits, from, end.since(start));
}

/** Tests may want the first segments acknowledged at once, as Linux does. */
// prettier-ignore
@inline function quickly(tcb: Tcb): bool {
  if (!TUNABLE || tcb.quickAcks == 0) return false;
  tcb.quickAcks--;
  return true;
}

/** Every second full-sized segment at once, otherwise after DELAYED_ACK (RFC 9293 §3.8.6.3, SHLD-19, MUST-40). */
function delayAck(tcb: Tcb): void {
  const rcv = tcb.rcv;
  if (rcv.nxt.since(rcv.acked) >= 2 * rcv.mss || tcb.wants(Wish.QuickAck) || quickly(tcb)) {
    tcb.acknowledge();
    return;
  }
  tcb.set(Flag.AckDelayed);
  if (!armed(tcb, Timer.DelayedAck)) arm(tcb, Timer.DelayedAck, delayedAck());
}
