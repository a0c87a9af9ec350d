import { State } from "../abi";
import { SACK } from "../config";
import { freeSpace } from "./receiver";
import { Repair } from "./repair";
import { Mark, Sent } from "./sent";
import { Agreed, Flag, Timer } from "./flags";
import { NONE, Tcb } from "./tcb";
import { armed, wakesInTime } from "./timers";

/** What must hold for every connection after it had its turn. Debug builds stop when it does not; release builds never look. */
export function checkInvariants(tcb: Tcb): void {
  if (tcb.state < State.SynSent || tcb.state == State.TimeWait) return;
  assert(tcb.has(Flag.Hashed), "a live connection can be found");
  checkSender(tcb);
  if (SACK && tcb.uses(Agreed.Sack)) checkScoreboard(tcb);
  if (tcb.state != State.SynSent) checkReceiver(tcb);
  assert(wakesInTime(tcb), "the heap wakes a connection no later than its earliest timer");
}

function checkSender(tcb: Tcb): void {
  const snd = tcb.snd;
  assert(!snd.una.after(snd.nxt), "SND.UNA =< SND.NXT");
  assert(!snd.nxt.after(snd.max), "SND.NXT =< the highest ever sent");
  assert(!snd.max.after(snd.end.plus(1)), "nothing is sent that was not queued");
  assert(snd.una.after(snd.end) || snd.end.since(snd.una) <= snd.size, "the send buffer holds what is not acknowledged");
  assert(tcb.cwnd > 0 || !tcb.has(Flag.WasEstablished), "cwnd > 0");
  assert(snd.max == snd.una || armed(tcb, Timer.Retransmit), "what is in flight is watched by a timer");
}

/** The records follow one another and add up. */
function checkScoreboard(tcb: Tcb): void {
  const repair = Repair.of(tcb);
  let sacked: u32 = 0;
  let lost: u32 = 0;
  let records: u32 = 0;
  let at = <u32>repair.first == NONE ? tcb.snd.una : Sent.of(repair.first).from;
  assert(!at.before(tcb.snd.una), "no record tells of what is acknowledged");
  for (let i: u32 = repair.first; i != NONE; i = Sent.of(i).next) {
    const record = Sent.of(i);
    assert(record.from == at && record.to.after(at), "records follow one another");
    assert(!record.has(Mark.Sacked) || !record.has(Mark.Lost), "what the peer holds is not lost");
    if (record.has(Mark.Sacked)) sacked += record.length;
    if (record.has(Mark.Lost)) lost += record.length;
    at = record.to;
    records++;
    assert(record.next != NONE || <u32>repair.last == i, "the last record is known");
  }
  assert(!at.after(tcb.snd.nxt), "no record tells of what was not sent");
  assert(records == <u32>repair.records, "the records are counted");
  assert(sacked == repair.sacked && lost == repair.lost, "the scoreboard adds up");
}

function checkReceiver(tcb: Tcb): void {
  const rcv = tcb.rcv;
  assert(!rcv.read.after(rcv.nxt), "the user reads no further than RCV.NXT");
  assert(rcv.nxt.since(rcv.read) <= rcv.size + 1, "the receive buffer holds what was not read");
  assert(!rcv.nxt.after(rcv.edge), "RCV.NXT is never beyond the right edge");
  assert(!tcb.has(Flag.UrgentIn) || tcb.rcvUp.after(tcb.rcv.read), "a mark lies before the user");
  const ranges = tcb.ranges;
  assert(ranges.count == 0 || tcb.has(Flag.Holes), "held text is known of");
  let last = rcv.nxt.bits;
  for (let i: u32 = 0; i < ranges.count; i++) {
    assert(i32(ranges.start(i) - last) > 0, "ranges are sorted and apart");
    assert(i32(ranges.end(i) - ranges.start(i)) > 0, "no range is empty");
    last = ranges.end(i);
  }
  assert(last - rcv.nxt.bits <= freeSpace(rcv), "held text lies in the buffer");
}
