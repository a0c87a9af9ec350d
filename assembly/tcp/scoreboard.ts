import { now } from "../clock";
import { SACK, SENT_RECORDS } from "../config";
import { delivered, lose, lostByTimeout, reorderingWindow } from "./rack";
import { Mending, Repair } from "./repair";
import { Mark, Sent, giveSent, sentLeft, takeSent } from "./sent";
import { Seq } from "./seq";
import { Agreed } from "./flags";
import { NONE, Tcb } from "./tcb";

/**
 * The scoreboard of a connection with SACK: records of everything from SND.UNA to SND.NXT, in sequence. Records come from a pool
 * all connections share; when it runs dry, neighbours share a record, and what no record covers is repaired by the timer alone.
 */

/** Records kept back for splitting: more use than starting new ones. */
const RESERVE: u32 = 2;

/** Text up to `to` has left; `again`: not for the first time, but no record tells of it. */
export function noteSent(tcb: Tcb, to: Seq, again: bool): void {
  const repair = Repair.of(tcb);
  const last: u32 = repair.last;
  const marks = again ? <u32>Mark.Resent : 0;
  const shared = last != NONE && <u32>Sent.of(last).marks == marks;
  if (shared && Sent.of(last).order == repair.order && Sent.of(last).at == now()) {
    Sent.of(last).to = to;
    return;
  }
  repair.order++;
  const i = sentLeft() > RESERVE ? takeSent() : NONE;
  if (i == NONE) {
    if (shared) extend(Sent.of(last), repair.order, to);
    return;
  }
  repair.records++;
  const record = Sent.of(i);
  record.from = last == NONE ? tcb.snd.una : Sent.of(last).to;
  record.next = <u16>NONE;
  record.marks = <u8>marks;
  extend(record, repair.order, to);
  if (last == NONE) repair.first = <u16>i;
  else Sent.of(last).next = <u16>i;
  repair.last = <u16>i;
}

function extend(record: Sent, order: u32, to: Seq): void {
  record.to = to;
  record.at = now();
  record.order = order;
}

/** [from, to) has left again. False if the pool is too empty to remember which part of a record that was. */
export function noteResent(tcb: Tcb, from: Seq, to: Seq): bool {
  const repair = Repair.of(tcb);
  repair.order++;
  let i: u32 = repair.first;
  while (i != NONE && !Sent.of(i).to.after(from)) i = Sent.of(i).next;
  if (i == NONE) return false;
  if (Sent.of(i).from.before(from)) {
    if (!split(repair, i, from)) return false;
    i = Sent.of(i).next;
  }
  const record = Sent.of(i);
  if (record.to.after(to) && !split(repair, i, to)) return false;
  if (record.has(Mark.Lost)) repair.lost -= record.length;
  record.clear(Mark.Lost);
  record.set(Mark.Resent);
  record.at = now();
  record.order = repair.order;
  repair.resent += record.length;
  return true;
}

/** Record `i` ends at `at` now, a new one behind it has the rest. False if there is none. */
function split(repair: Repair, i: u32, at: Seq): bool {
  const j = takeSent();
  if (j == NONE) return false;
  repair.records++;
  const record = Sent.of(i);
  const rest = Sent.of(j);
  rest.from = at;
  rest.to = record.to;
  rest.at = record.at;
  rest.order = record.order;
  rest.marks = record.marks;
  rest.next = record.next;
  record.to = at;
  record.next = <u16>j;
  if (<u32>repair.last == i) repair.last = <u16>j;
  return true;
}

/** Everything before `ack` has arrived. */
export function takeAcked(tcb: Tcb, repair: Repair, ack: Seq): void {
  while (<u32>repair.first != NONE) {
    const i: u32 = repair.first;
    const record = Sent.of(i);
    if (!record.from.before(ack)) return;
    const to = record.to.after(ack) ? ack : record.to;
    const length = to.since(record.from);
    if (record.has(Mark.Sacked)) repair.sacked -= length;
    else {
      repair.delivered += length;
      delivered(tcb, repair, record, to);
    }
    if (record.has(Mark.Lost)) repair.lost -= length;
    record.from = to;
    if (to != record.to) return;
    repair.first = record.next;
    repair.records--;
    giveSent(i);
  }
  repair.last = <u16>NONE;
}

/**
 * A peer that cuts what is in flight into crumbs by its SACK blocks would take every record from the other connections, and our time:
 * it gets half of the pool at most, and four records for each segment.
 */
function mayCut(tcb: Tcb, repair: Repair): bool {
  const segments = tcb.snd.nxt.since(tcb.snd.una) / <u32>tcb.mss;
  return <u32>repair.records < min(SENT_RECORDS >> 1, 8 + 4 * segments);
}

/** The peer holds [left, right). */
export function markSacked(tcb: Tcb, repair: Repair, left: Seq, right: Seq): void {
  let before: u32 = NONE;
  let i: u32 = repair.first;
  while (i != NONE && Sent.of(i).from.before(right)) {
    const record = Sent.of(i);
    if (record.to.after(left) && !record.has(Mark.Sacked)) {
      if (record.from.before(left)) {
        if (!mayCut(tcb, repair) || !split(repair, i, left)) return;
      } else {
        if (record.to.after(right) && !(mayCut(tcb, repair) && split(repair, i, right))) return;
        hold(tcb, repair, record);
        join(repair, i);
        if (before != NONE && join(repair, before)) i = before;
      }
    }
    before = i;
    i = Sent.of(i).next;
  }
}

/** All of `record` is held by the peer. */
function hold(tcb: Tcb, repair: Repair, record: Sent): void {
  const length = record.length;
  repair.delivered += length;
  delivered(tcb, repair, record, record.to);
  if (record.has(Mark.Lost)) repair.lost -= length;
  repair.sacked += length;
  record.marks = <u8>Mark.Sacked;
}

/** Record `i` and the one behind it become one, if the peer holds both. */
function join(repair: Repair, i: u32): bool {
  const record = Sent.of(i);
  const j: u32 = record.next;
  if (j == NONE || !record.has(Mark.Sacked) || !Sent.of(j).has(Mark.Sacked)) return false;
  record.to = Sent.of(j).to;
  record.next = Sent.of(j).next;
  if (<u32>repair.last == j) repair.last = <u16>i;
  repair.records--;
  giveSent(j);
  return true;
}

/** The first lost record, or NONE. */
export function firstLost(repair: Repair): u32 {
  let i: u32 = repair.lost ? repair.first : NONE;
  while (i != NONE && !Sent.of(i).has(Mark.Lost)) i = Sent.of(i).next;
  return i;
}

/**
 * The retransmission timer has fired: the first record is lost, of the others what its time has passed for (RFC 8985 §6.3). A peer that
 * holds the first one without acknowledging it has thrown held text away: no mark is believed any more (RFC 2018 §8).
 */
export function loseByTimeout(tcb: Tcb, repair: Repair): void {
  const reneged = <u32>repair.first != NONE && Sent.of(repair.first).has(Mark.Sacked);
  const patience = repair.rackRtt + reorderingWindow(tcb, repair);
  for (let i: u32 = repair.first; i != NONE; i = Sent.of(i).next) {
    const record = Sent.of(i);
    if (reneged) record.clear(Mark.Sacked);
    if (record.has(Mark.Sacked | Mark.Lost)) continue;
    if (i == repair.first || reneged || lostByTimeout(repair, record, patience)) lose(repair, record);
  }
  if (reneged) repair.sacked = 0;
}

/** Everything in flight that the peer does not hold shall be sent again, though it need not be lost. */
export function loseAll(tcb: Tcb): void {
  const repair = Repair.of(tcb);
  for (let i: u32 = repair.first; i != NONE; i = Sent.of(i).next) {
    if (!Sent.of(i).has(Mark.Sacked | Mark.Lost)) lose(repair, Sent.of(i));
  }
}

/** Nothing is lost after all. */
export function loseNothing(repair: Repair): void {
  for (let i: u32 = repair.first; i != NONE && repair.lost > 0; i = Sent.of(i).next) {
    const record = Sent.of(i);
    if (!record.has(Mark.Lost)) continue;
    record.clear(Mark.Lost);
    repair.lost -= record.length;
  }
}

/** Forget all records: SND.NXT goes back to SND.UNA, or the connection ends. */
export function clearScoreboard(tcb: Tcb): void {
  if (!SACK || !tcb.uses(Agreed.Sack)) return;
  const repair = Repair.of(tcb);
  for (let i: u32 = repair.first; i != NONE;) {
    const next: u32 = Sent.of(i).next;
    giveSent(i);
    i = next;
  }
  repair.first = <u16>NONE;
  repair.last = <u16>NONE;
  repair.records = 0;
  repair.sacked = 0;
  repair.lost = 0;
  repair.clear(Mending.ProbeOpen | Mending.FirstDue | Mending.TimeoutDoubted | Mending.TimeoutTested);
}

/** Records tell of everything in flight. */
export function isCovered(tcb: Tcb, repair: Repair): bool {
  return <u32>repair.first != NONE && Sent.of(repair.last).to == tcb.snd.nxt;
}
