import { Counter } from "../abi";
import { RACK } from "../config";
import { now } from "../clock";
import { count } from "../stats";
import { onLoss } from "./congestion/control";
import { Mending, Repair } from "./repair";
import { backedOff } from "./rtt";
import { seg } from "./segment";
import { Seq } from "./seq";
import { Flag } from "./flags";
import { Tcb } from "./tcb";
import { Pending, armPending } from "./timers";

/** Tail loss probes (RFC 8985 §7): when the end of a flight is lost, nothing behind it can tell; a probe can, before the timeout. */

/** WCDelAckT: how long a peer may delay the acknowledgement of a single segment, ms. */
const WORST_DELAYED_ACK: u32 = 200;
const PTO_WITHOUT_SAMPLE: u32 = 1000;

/**
 * §7.2: start the timer for a probe instead of the retransmission timer. False if none may be sent now. `anew`: the retransmission timer
 * would start now; otherwise it would be running, and sending more does not put off the probe beyond its end.
 */
export function scheduleProbe(tcb: Tcb, repair: Repair, anew: bool): bool {
  if (anew) repair.timeoutAt = now() + backedOff(tcb);
  if (!RACK || repair.sacked > 0 || repair.lost > 0 || tcb.has(Flag.Recovery | Flag.Loss | Flag.Probed)) return false;
  if (repair.has(Mending.ProbeOpen) || !repair.has(Mending.ProbeAllowed)) return false;
  const flight = tcb.snd.nxt.since(tcb.snd.una);
  if (flight == 0) return false;
  let timeout = tcb.srtt ? tcb.srtt >> 2 : PTO_WITHOUT_SAMPLE; // twice the smoothed round trip
  if (flight <= <u32>tcb.mss) timeout += WORST_DELAYED_ACK;
  armPending(tcb, Pending.Probe, max<i32>(1, min<i32>(timeout, repair.timeoutAt - now())));
  return true;
}

/** The probe timer has fired: `output` sends new text, or else the end of what is in flight again. */
export function probeDue(tcb: Tcb): void {
  tcb.set(Flag.TailProbe);
  tcb.mark();
}

/** §7.3: the probe has left, up to `end`; `resent`: it was old text. */
export function probeSent(tcb: Tcb, repair: Repair, resent: bool): void {
  count(Counter.TcpLossProbes);
  tcb.clear(Flag.TailProbe);
  repair.clear(Mending.ProbeAllowed | Mending.ProbeResent);
  repair.set(Mending.ProbeOpen);
  if (resent) repair.set(Mending.ProbeResent);
  repair.probeEnd = tcb.snd.max;
}

/** §7.4: an acknowledgement up to `ack` while a probe is out. */
export function probeAnswered(tcb: Tcb, repair: Repair, ack: Seq, moved: bool): void {
  if (!repair.has(Mending.ProbeOpen) || ack.before(repair.probeEnd)) return;
  const resent = repair.has(Mending.ProbeResent);
  const twice = repair.has(Mending.Twice); // the probe was not needed
  const duplicate = !moved && seg.len == 0;
  if (resent && !twice && ack == repair.probeEnd && !duplicate) return; // whose arrival this is, the next one tells
  repair.clear(Mending.ProbeOpen);
  if (!resent || twice || ack == repair.probeEnd || tcb.has(Flag.Recovery | Flag.Loss)) return;
  onLoss(tcb, tcb.snd.max.since(tcb.snd.una)); // the probe has repaired a loss
  tcb.cwnd = min(tcb.cwnd, tcb.ssthresh);
}
