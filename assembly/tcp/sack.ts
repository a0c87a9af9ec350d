import { Counter } from "../abi";
import { MAX_TCBS, SACK } from "../config";
import { count } from "../stats";
import { optionWriter } from "../wire/tcp_options";
import { Seq } from "./seq";
import { Agreed, Flag } from "./flags";
import { Tcb } from "./tcb";

/** What we report of text that came out of order (RFC 2018) or twice (RFC 2883): the receiver's half of SACK. */

/** Blocks fit into a header without timestamps; so many arrivals are remembered. */
const REMEMBERED: u32 = 4;

/** Of one connection: one octet of each range that grew lately, newest first, and the text that came twice last. */
@final
@unmanaged
class Report {
  twiceFrom: Seq;
  twiceTo: Seq;
  /** Arrivals remembered, and whether `twice` is still to be told. */
  count: u8;
  twice: bool;

  @inline static of(tcb: Tcb): Report {
    return changetype<Report>(reports + <usize>tcb.index * REPORT_SIZE);
  }
  @inline arrival(i: u32): Seq {
    return Seq.of(load<u32>(changetype<usize>(this) + ARRIVALS + (i << 2)));
  }
  @inline setArrival(i: u32, seq: Seq): void {
    store<u32>(changetype<usize>(this) + ARRIVALS + (i << 2), seq.bits);
  }
}
const ARRIVALS: u32 = (<u32>offsetof<Report>() + 3) & ~3;
const REPORT_SIZE: u32 = ARRIVALS + REMEMBERED * 4;
const reports = memory.data(SACK ? MAX_TCBS * REPORT_SIZE : 4, 4);

export function initReport(tcb: Tcb): void {
  if (!SACK) return;
  const report = Report.of(tcb);
  report.count = 0;
  report.twice = false;
}

/** A segment at `seq` is being held beyond a hole: its range goes first (RFC 2018 §4). */
export function reportArrival(tcb: Tcb, seq: Seq): void {
  if (!SACK || !tcb.uses(Agreed.Sack)) return;
  const report = Report.of(tcb);
  const range = rangeAt(tcb, seq);
  let kept: u32 = 0;
  let moved = seq;
  for (let i: u32 = 0; i < <u32>report.count; i++) {
    const other = report.arrival(i);
    const gone = rangeAt(tcb, other);
    if (gone < 0 || gone == range) continue; // delivered, or the same range
    report.setArrival(kept++, moved);
    moved = other;
  }
  if (kept < REMEMBERED) report.setArrival(kept++, moved);
  report.count = <u8>kept;
}

/** Text in [from, to) came again: the next acknowledgement says so, once (RFC 2883 §4). */
export function reportTwice(tcb: Tcb, from: Seq, to: Seq): void {
  if (!SACK || !tcb.uses(Agreed.Sack) || !to.after(from)) return;
  const report = Report.of(tcb);
  report.twiceFrom = from;
  report.twiceTo = to;
  report.twice = true;
}

/** Index of the held range that contains `seq`, or -1. */
function rangeAt(tcb: Tcb, seq: Seq): i32 {
  const ranges = tcb.ranges;
  for (let i: u32 = 0; i < ranges.count; i++) {
    if (!seq.before(Seq.of(ranges.start(i))) && seq.before(Seq.of(ranges.end(i)))) return i;
  }
  return -1;
}

/** How many blocks there are to report. */
// prettier-ignore
@inline export function blocksWanted(tcb: Tcb): u32 {
  if (!SACK || !tcb.uses(Agreed.Sack)) return 0;
  const held = tcb.has(Flag.Holes) ? tcb.ranges.count : 0;
  return held + <u32>Report.of(tcb).twice;
}

/** Arrival `i` stands for a range that no newer arrival stands for. */
function isBlock(tcb: Tcb, report: Report, i: u32): bool {
  const range = rangeAt(tcb, report.arrival(i));
  if (range < 0) return false;
  for (let newer: u32 = 0; newer < i; newer++) if (rangeAt(tcb, report.arrival(newer)) == range) return false;
  return true;
}

/** An arrival is remembered in range `range`. */
function isRemembered(tcb: Tcb, report: Report, range: i32): bool {
  for (let i: u32 = 0; i < <u32>report.count; i++) if (rangeAt(tcb, report.arrival(i)) == range) return true;
  return false;
}

/** Write the first `blocks` of them: what came twice, then ranges, the one that grew last first, those long forgotten last. */
export function writeBlocks(tcb: Tcb, blocks: u32): void {
  const report = Report.of(tcb);
  optionWriter.sack(blocks);
  if (report.twice) {
    optionWriter.block(report.twiceFrom.bits, report.twiceTo.bits);
    count(Counter.TcpDsacksOut);
    report.twice = false;
    blocks--;
  }
  const ranges = tcb.ranges;
  for (let i: u32 = 0; i < <u32>report.count && blocks > 0; i++) {
    if (!isBlock(tcb, report, i)) continue;
    const range = <u32>rangeAt(tcb, report.arrival(i));
    optionWriter.block(ranges.start(range), ranges.end(range));
    blocks--;
  }
  for (let i: u32 = 0; i < ranges.count && blocks > 0; i++) {
    if (isRemembered(tcb, report, i)) continue;
    optionWriter.block(ranges.start(i), ranges.end(i));
    blocks--;
  }
}
