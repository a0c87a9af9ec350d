import { CaState, State, TcpInfoOption, TcpInfoRecord } from "../abi";
import { SACK } from "../config";
import { pathMtu } from "../ip/pmtu";
import { delayedAck } from "../settings";
import { now } from "../clock";
import { NO_THRESHOLD } from "./congestion/control";
import { isReducing } from "./ecn";
import { announcedMss } from "./lifecycle";
import { Repair } from "./repair";
import { backedOff } from "./rtt";
import { Mark, Sent } from "./sent";
import { Agreed, Flag } from "./flags";
import { NONE, Tcb } from "./tcb";
import { TIMESTAMPS_SIZE } from "../wire/tcp_options";

/** TCP_INFO: what Linux tells about a connection, in its layout and its units. */

/** TCP_INFINITE_SSTHRESH. */
const INFINITE: u32 = 0x7fffffff;
/** Duplicate acknowledgements that mean a loss (RFC 5681 §3.2); Linux counts what reordering it has seen on top. */
const DUP_THRESH: u32 = 3;
const MS: u32 = 1000;

/** Fields are written as far as the caller's buffer has room for them. */
@final
@unmanaged
class InfoWriter {
  at: usize;
  room: u32;

  octet(field: u32, value: u32): void {
    if (field < this.room) store<u8>(this.at + field, <u8>value);
  }
  word(field: u32, value: u32): void {
    if (field + 4 <= this.room) store<u32>(this.at + field, value);
  }
}
@lazy const writer = changetype<InfoWriter>(memory.data(8, 4));

/** Write a TcpInfoRecord to `at`, `room` octets of it at most; how many were written. */
export function writeInfo(tcb: Tcb, at: usize, room: u32): u32 {
  const size = min<u32>(room, TcpInfoRecord.size);
  memory.fill(at, 0, size);
  writer.at = at;
  writer.room = size;
  writeState(tcb);
  if (tcb.state == State.Listen) {
    writer.word(TcpInfoRecord.unacked, tcb.accepting);
    writer.word(TcpInfoRecord.sacked, tcb.backlog);
    return size;
  }
  writeSegments(tcb);
  writeTimes(tcb);
  writeWindows(tcb);
  return size;
}

/** Octet n is the TcpInfoState of State n. */
@lazy const STATES = memory.data<u8>([
  7, // Closed
  10, // Listen
  2, // SynSent
  3, // SynReceived
  1, // Established
  4, // FinWait1
  5, // FinWait2
  8, // CloseWait
  11, // Closing
  9, // LastAck
  6, // TimeWait
]);

function writeState(tcb: Tcb): void {
  const probing = tcb.has(Flag.Probed);
  writer.octet(TcpInfoRecord.state, load<u8>(STATES + <usize>tcb.state));
  writer.octet(TcpInfoRecord.caState, caState(tcb));
  writer.octet(TcpInfoRecord.retransmits, probing ? 0 : <u32>tcb.unanswered);
  writer.octet(TcpInfoRecord.probes, probing ? <u32>tcb.unanswered : <u32>tcb.keepProbes);
  writer.octet(TcpInfoRecord.backoff, tcb.backoff);
  writer.octet(TcpInfoRecord.options, optionsOf(tcb));
  writer.octet(TcpInfoRecord.wscale, tcb.snd.scale | (tcb.rcv.scale << 4));
}

function optionsOf(tcb: Tcb): u32 {
  let options: u32 = 0;
  if (tcb.uses(Agreed.Timestamps)) options |= TcpInfoOption.Timestamps;
  if (tcb.uses(Agreed.Sack)) options |= TcpInfoOption.Sack;
  if (tcb.uses(Agreed.Scale)) options |= TcpInfoOption.WindowScale;
  if (tcb.uses(Agreed.Ecn)) options |= TcpInfoOption.Ecn;
  return options;
}

/** What congestion control believes: Linux's ca_state. */
function caState(tcb: Tcb): u32 {
  if (tcb.has(Flag.Recovery)) return CaState.Recovery;
  if (tcb.has(Flag.Loss) || (tcb.unanswered > 0 && !tcb.has(Flag.Probed))) return CaState.Loss;
  if (isReducing(tcb)) return CaState.CWR;
  const sacked = SACK && tcb.uses(Agreed.Sack) && Repair.of(tcb).sacked > 0;
  return sacked || tcb.dupAcks ? CaState.Disorder : CaState.Open;
}

/** Segments that so many octets make. */
function segments(tcb: Tcb, octets: u32): u32 {
  const mss = max<u32>(tcb.mss, 1);
  return (octets + mss - 1) / mss;
}

function writeSegments(tcb: Tcb): void {
  const snd = tcb.snd;
  writer.word(TcpInfoRecord.sndMss, tcb.mss);
  writer.word(TcpInfoRecord.rcvMss, tcb.rcv.mss);
  writer.word(TcpInfoRecord.unacked, segments(tcb, snd.max.since(snd.una)));
  if (SACK && tcb.uses(Agreed.Sack)) writeScoreboard(tcb, Repair.of(tcb));
  writer.word(TcpInfoRecord.totalRetrans, tcb.retransmissions);
  writer.word(TcpInfoRecord.reordering, DUP_THRESH);
  writer.word(TcpInfoRecord.pmtu, pathMtu(tcb.foreignAddress));
  const usual: u32 = tcb.uses(Agreed.Timestamps) ? TIMESTAMPS_SIZE : 0;
  writer.word(TcpInfoRecord.advmss, announcedMss(tcb.userMss) - usual);
}

/** A segment that was sent again counts as lost, and as sent again, until it arrives (Linux: lost_out, retrans_out). */
function writeScoreboard(tcb: Tcb, repair: Repair): void {
  let resent: u32 = 0;
  for (let i: u32 = repair.first; i != NONE; i = Sent.of(i).next) {
    const record = Sent.of(i);
    if (record.has(Mark.Resent) && !record.has(Mark.Lost | Mark.Sacked)) resent += record.length;
  }
  writer.word(TcpInfoRecord.sacked, segments(tcb, repair.sacked));
  writer.word(TcpInfoRecord.lost, segments(tcb, repair.lost + resent));
  writer.word(TcpInfoRecord.retrans, segments(tcb, resent));
}

function writeTimes(tcb: Tcb): void {
  writer.word(TcpInfoRecord.rto, backedOff(tcb) * MS);
  writer.word(TcpInfoRecord.ato, delayedAck() * MS);
  writer.word(TcpInfoRecord.rtt, (tcb.srtt * MS) >> 3);
  writer.word(TcpInfoRecord.rttvar, (tcb.rttvar * MS) >> 2);
  if (tcb.snd.max != tcb.iss) writer.word(TcpInfoRecord.lastDataSent, now() - tcb.sentAt);
  writer.word(TcpInfoRecord.lastDataRecv, now() - tcb.heardAt);
  writer.word(TcpInfoRecord.lastAckRecv, now() - tcb.heardAt);
}

function writeWindows(tcb: Tcb): void {
  const rcv = tcb.rcv;
  const mss = max<u32>(tcb.mss, 1);
  writer.word(TcpInfoRecord.sndCwnd, tcb.cwnd / mss);
  writer.word(TcpInfoRecord.sndSsthresh, tcb.ssthresh >= NO_THRESHOLD ? INFINITE : tcb.ssthresh / mss);
  writer.word(TcpInfoRecord.rcvSsthresh, rcv.size);
  writer.word(TcpInfoRecord.rcvSpace, rcv.size);
}
