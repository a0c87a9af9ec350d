import { Counter } from "../abi";
import { RACK, TIMESTAMPS } from "../config";
import { now } from "../clock";
import { count } from "../stats";
import { Mending, Repair } from "./repair";
import { seg } from "./segment";
import { Mark, Sent } from "./sent";
import { Seq } from "./seq";
import { Agreed, Flag } from "./flags";
import { NONE, Tcb } from "./tcb";

/**
 * What is lost. RACK (RFC 8985 §6) judges by time: what was sent well before something that has arrived. Which of two was sent first
 * is told by counting transmissions, so a clock of one millisecond is fine enough. Without RACK: by counting (RFC 6675 §4).
 */

const DUP_THRESH: u32 = 3;
/** A minimum round trip is believed for five minutes. */
const MIN_RTT_AGE: u32 = 300000;
const REO_WND_PERSIST: u32 = 16;

/** §6.2, steps 1 to 3: octets of `record` up to `to` have arrived. */
export function delivered(tcb: Tcb, repair: Repair, record: Sent, to: Seq): void {
  const roundTrip = now() - record.at;
  const resent = record.has(Mark.Resent);
  if (resent) {
    if (isAmbiguous(tcb, record.at) || roundTrip < repair.minRtt) return;
  } else {
    repair.set(Mending.ProbeAllowed);
    if (!tcb.has(Flag.Loss) || !to.after(tcb.recover.plus(1))) repair.set(Mending.Original);
    noteMinRtt(repair, roundTrip);
    if (to.before(repair.fack)) noteReordering(repair);
  }
  if (to.after(repair.fack)) repair.fack = to;
  if (repair.has(Mending.Delivery) && !sentAfter(record.order, to, repair.rackOrder, repair.rackTo)) return;
  repair.set(Mending.Delivery);
  repair.rackOrder = record.order;
  repair.rackTo = to;
  repair.rackRtt = roundTrip;
}

// prettier-ignore
@inline function sentAfter(order: u32, to: Seq, otherOrder: u32, otherTo: Seq): bool {
  return order == otherOrder ? to.after(otherTo) : i32(order - otherOrder) > 0;
}

/** The acknowledgement may be for an earlier transmission: it echoes a timestamp from before the last one. */
function isAmbiguous(tcb: Tcb, at: u32): bool {
  return TIMESTAMPS && tcb.uses(Agreed.Timestamps) && seg.timestamps && i32(seg.tsEcr - tcb.tsOffset - at) < 0;
}

function noteMinRtt(repair: Repair, roundTrip: u32): void {
  const known = repair.has(Mending.Delivery) && now() - repair.minRttAt < MIN_RTT_AGE;
  if (known && roundTrip > repair.minRtt) return;
  repair.minRtt = roundTrip;
  repair.minRttAt = now();
}

function noteReordering(repair: Repair): void {
  if (!repair.has(Mending.Reordering)) count(Counter.TcpReorderings);
  repair.set(Mending.Reordering);
}

/** §6.2, step 4. Text has arrived twice, so we were too fast: once a round trip, be a quarter of a round trip more patient. */
export function becomePatient(tcb: Tcb, repair: Repair): void {
  const snd = tcb.snd;
  const round = repair.dsackRound;
  if (!RACK || (snd.una.before(round) && !round.after(snd.max))) return; // beyond all that was sent: it is long past, and has wrapped
  repair.dsackRound = snd.max;
  if (repair.reoWndMult < 0xff) repair.reoWndMult++;
  repair.reoWndPersist = <u8>REO_WND_PERSIST;
}

/** A recovery has ended: after some of them without text arriving twice, patience is back to normal. */
export function lessPatient(repair: Repair): void {
  if (!RACK || repair.reoWndPersist == 0) return;
  repair.reoWndPersist--;
  if (repair.reoWndPersist == 0) repair.reoWndMult = 1;
}

/** RACK.reo_wnd, ms. */
export function reorderingWindow(tcb: Tcb, repair: Repair): u32 {
  if (!repair.has(Mending.Reordering)) {
    if (tcb.has(Flag.Recovery | Flag.Loss)) return 0;
    if (tcb.dupAcks >= DUP_THRESH || repair.sacked >= DUP_THRESH * <u32>tcb.mss) return 0;
  }
  return max<u32>(1, min(<u32>repair.reoWndMult * (repair.minRtt >> 2), tcb.srtt >> 3));
}

/** §6.2, step 5: mark what is lost. Milliseconds until more may count as lost, 0 for no such thing. */
export function detectLoss(tcb: Tcb, repair: Repair): u32 {
  if (!RACK) return detectByCount(tcb, repair);
  if (!repair.has(Mending.Delivery)) return 0;
  const patience = repair.rackRtt + reorderingWindow(tcb, repair);
  let wait: u32 = 0;
  for (let i: u32 = repair.first; i != NONE;) {
    const record = Sent.of(i);
    i = record.next;
    if (record.has(Mark.Sacked | Mark.Lost)) continue;
    if (!sentAfter(repair.rackOrder, repair.rackTo, record.order, record.to)) continue;
    const left = i32(record.at + patience - now());
    if (left <= 0) lose(repair, record);
    else wait = max<u32>(wait, left);
  }
  return wait;
}

/** RFC 6675 §4, IsLost, and §5 (1): above it three runs of held text, or more than two segments' worth of it. */
function detectByCount(tcb: Tcb, repair: Repair): u32 {
  let above = repair.sacked;
  let runs: u32 = 0;
  for (let i: u32 = repair.first; i != NONE; i = Sent.of(i).next) if (Sent.of(i).has(Mark.Sacked)) runs++;
  for (let i: u32 = repair.first; i != NONE && above > 0;) {
    const record = Sent.of(i);
    const leading = i == repair.first && tcb.dupAcks >= DUP_THRESH;
    i = record.next;
    if (record.has(Mark.Sacked)) {
      above -= record.length;
      runs--;
    } else if (!record.has(Mark.Lost | Mark.Resent) && (leading || runs >= DUP_THRESH || above > 2 * <u32>tcb.mss)) {
      lose(repair, record);
    }
  }
  return 0;
}

/** `record` counts as lost from now on. */
export function lose(repair: Repair, record: Sent): void {
  record.set(Mark.Lost);
  repair.lost += record.length;
  repair.set(Mending.NewlyLost);
  if (!record.has(Mark.Resent)) return;
  count(Counter.TcpLostRetransmits);
  if (i32(record.order - repair.reducedAt) > 0) repair.set(Mending.LostAgain);
}

/** §6.3: the timer has fired; of `record`, which is not the first, it is believed only if its time has passed as well. */
export function lostByTimeout(repair: Repair, record: Sent, patience: u32): bool {
  return !RACK || !repair.has(Mending.Delivery) || i32(record.at + patience - now()) <= 0;
}
