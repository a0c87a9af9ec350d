import { Counter, Errno } from "../abi";
import { count } from "../stats";
import { TcpFlag, TcpHeader } from "../wire/tcp";
import { held } from "./receiver";
import { seg } from "./segment";
import { Seq } from "./seq";
import { mayReceive } from "./state";
import { Flag, Wish } from "./flags";
import { Tcb } from "./tcb";

/**
 * Urgent data (RFC 9293 §3.8.5, RFC 6093). SND.UP and RCV.UP are places in the stream, never lengths: the first octet behind the
 * urgent data (MUST-62). As in BSD and Linux, the octet before it can be read ahead of all others with MSG_OOB and is not in the
 * stream, unless SO_OOBINLINE leaves it there; a read ends before it, at the mark. Nothing is stored apart from the receive buffer.
 */

/** As far as the field of a header can point. */
const FARTHEST: u32 = 0xffff;

// ---- Sending -------------------------------------------------------------------------------------------------------------

/** What was queued last is urgent: the peer hears so with this poll, even if its window is closed. */
export function urge(tcb: Tcb): void {
  tcb.sndUp = tcb.snd.end;
  tcb.set(Flag.UrgentOut);
  tcb.set(Flag.AckNow);
  count(Counter.TcpUrgentOut);
}

/** Urgent data is not yet acknowledged; nothing of it is worth holding back. */
// prettier-ignore
@inline export function urging(tcb: Tcb): bool { return tcb.has(Flag.UrgentOut) && tcb.snd.una.before(tcb.sndUp); }

/** Set URG and the pointer in the header at `at`, that of a segment beginning with `seq`; the first one behind SND.UP ends it. */
export function pointOut(tcb: Tcb, at: usize, seq: Seq): void {
  if (!urging(tcb)) return tcb.clear(Flag.UrgentOut);
  if (!seq.before(tcb.sndUp)) return;
  const header = TcpHeader.at(at);
  header.flags = header.flags | TcpFlag.URG;
  header.urgent = min(tcb.sndUp.since(seq), FARTHEST);
}

// ---- Receiving -----------------------------------------------------------------------------------------------------------

/**
 * §3.10.7.4, sixth: `seg` has URG. RCV.UP only moves on, and only beyond what has been received: a repeated segment brings no news,
 * a pointer of zero points at nothing.
 */
export function urgentArrives(tcb: Tcb): void {
  const rcv = tcb.rcv;
  const up = seg.seq.plus(seg.up);
  if (seg.up == 0 || !up.after(rcv.nxt) || !mayReceive(tcb.state) || tcb.has(Flag.ReadShut)) return;
  if (tcb.records) return; // no octet of a record can be taken out of it
  if (tcb.has(Flag.UrgentIn)) {
    if (!up.after(tcb.rcvUp)) return;
    rcv.read = readFrom(tcb); // at the old mark: its octet was not in the stream, and is not now
  }
  tcb.rcvUp = up;
  tcb.set(Flag.UrgentIn);
  tcb.clear(Flag.UrgentRead);
  count(Counter.TcpUrgentIn);
  tcb.tell(); // MUST-32
}

/** The last urgent octet lies in the receive buffer. */
function arrived(tcb: Tcb): bool {
  return !tcb.rcv.read.plus(held(tcb)).before(tcb.rcvUp);
}

/** The user has read up to the last urgent octet. */
export function atMark(tcb: Tcb): bool {
  return tcb.has(Flag.UrgentIn) && tcb.rcvUp.since(tcb.rcv.read) == 1;
}

/** Octets up to the end of the urgent data, whether they have come or not (MUST-33). */
export function urgentLeft(tcb: Tcb): u32 {
  return tcb.has(Flag.UrgentIn) ? tcb.rcvUp.since(tcb.rcv.read) : 0;
}

/** Urgent data is announced or there, and has not been read: POLLPRI. */
export function urgentWaits(tcb: Tcb): bool {
  if (!tcb.has(Flag.UrgentIn) || tcb.has(Flag.UrgentRead)) return false;
  return arrived(tcb) || mayReceive(tcb.state);
}

/** Where the next read begins: behind the last urgent octet, if that is next and not in the stream. */
export function readFrom(tcb: Tcb): Seq {
  const read = tcb.rcv.read;
  return atMark(tcb) && !tcb.wants(Wish.OobInline) && held(tcb) > 0 ? read.plus(1) : read;
}

/** Octets the user can read at once: as far as the mark, or all behind it. */
// prettier-ignore
@inline export function readable(tcb: Tcb): u32 {
  return tcb.has(Flag.UrgentIn) ? readableToMark(tcb) : held(tcb);
}

function readableToMark(tcb: Tcb): u32 {
  const rcv = tcb.rcv;
  const mark = tcb.rcvUp.since(rcv.read) - 1;
  return mark ? min(mark, held(tcb)) : held(tcb) - readFrom(tcb).since(rcv.read);
}

/** What FIONREAD answers: nothing at the mark, and as if there were none before it is reached or when the urgent octet is in the stream. */
export function heldToMark(tcb: Tcb): u32 {
  if (!tcb.has(Flag.UrgentIn) || tcb.wants(Wish.OobInline) || !arrived(tcb)) return held(tcb);
  return tcb.rcvUp.since(tcb.rcv.read) - 1;
}

/** Octets that have come and were never given to the user. */
export function unread(tcb: Tcb): u32 {
  return held(tcb) - <u32>tcb.has(Flag.UrgentRead);
}

/** The user has read `octets` of the stream. */
// prettier-ignore
@inline export function readOn(tcb: Tcb, octets: u32): void {
  if (tcb.has(Flag.UrgentIn)) readOnToMark(tcb, octets);
  else tcb.rcv.read = tcb.rcv.read.plus(octets);
}

function readOnToMark(tcb: Tcb, octets: u32): void {
  if (octets == 0) return;
  const read = readFrom(tcb).plus(octets);
  tcb.rcv.read = read;
  if (!read.before(tcb.rcvUp)) forgetUrgent(tcb);
}

/** The mark is behind the user. */
export function forgetUrgent(tcb: Tcb): void {
  tcb.clear(Flag.UrgentIn);
  tcb.clear(Flag.UrgentRead);
}

/** MSG_OOB: the last urgent octet, once; -EAGAIN before it has come, -EINVAL if there is none, it was read, or it is in the stream. */
export function receiveUrgent(tcb: Tcb, to: usize, length: u32, peek: bool): i32 {
  if (!tcb.has(Flag.UrgentIn) || tcb.has(Flag.UrgentRead) || tcb.wants(Wish.OobInline)) return -Errno.EINVAL;
  if (!arrived(tcb)) return mayReceive(tcb.state) ? -Errno.EAGAIN : 0;
  if (length == 0) return 0;
  const rcv = tcb.rcv;
  store<u8>(to, load<u8>(rcv.buffer + (tcb.rcvUp.minus(1).bits & (rcv.size - 1))));
  if (!peek) tcb.set(Flag.UrgentRead);
  return 1;
}
