import { Counter, Drop } from "../abi";
import { CHALLENGE_ACKS, ECN, SACK } from "../config";
import { PMTU } from "../ip/pmtu";
import { now } from "../clock";
import { count, drop } from "../stats";
import { onEcnEcho } from "./congestion/control";
import { isHeld, takeEcho } from "./ecn";
import { ackScored } from "./mend";
import { duplicateAck, newAck } from "./recovery";
import { backedOff, sample } from "./rtt";
import { clearScoreboard } from "./scoreboard";
import { offerRoom } from "./room";
import { seg } from "./segment";
import { Seq } from "./seq";
import { Agreed, Flag, Timer } from "./flags";
import { Tcb } from "./tcb";
import { arm, disarm } from "./timers";

/** The ACK field of a segment in a synchronized state: RFC 9293 §3.10.7.4, fifth. */

const CHALLENGE_INTERVAL: u32 = 5000;

/** An acknowledgement that tells a blind attacker nothing and a confused peer where we are; CHALLENGE_ACKS in 5 s (RFC 5961 §7). */
export function challenge(tcb: Tcb, why: Drop): Drop {
  drop(why);
  if (now() - tcb.challengedAt >= CHALLENGE_INTERVAL || tcb.challenges == 0) {
    tcb.challengedAt = now();
    tcb.challenges = 0;
  }
  if (<u32>tcb.challenges >= CHALLENGE_ACKS) return why;
  tcb.challenges++;
  count(Counter.TcpChallengeAcks);
  return tcb.challenge(why);
}

/** Drop.None if the segment may go on to the next step. */
export function ackArrives(tcb: Tcb): Drop {
  const snd = tcb.snd;
  const ack = seg.ack;
  if (ack.after(snd.max)) return challenge(tcb, Drop.TcpAckUnsent);
  if (ack.before(snd.una.minus(snd.maxWnd))) return challenge(tcb, Drop.TcpAckOld); // RFC 5961 §5.2
  if (tcb.has(Flag.Probed)) tcb.unanswered = 0; // MUST-37
  tcb.keepProbes = 0;
  const wnd = seg.wnd << snd.scale;
  const before = snd.una;
  const scored = SACK && tcb.uses(Agreed.Sack);
  if (ack.after(before)) advance(tcb, ack, scored);
  else if (!scored && ack == before && isDuplicate(tcb, wnd)) duplicateAck(tcb);
  if (scored) ackScored(tcb, before);
  if (!ack.before(snd.una)) updateWindow(tcb, wnd);
  if (ECN && takeEcho(tcb) && !ack.before(before)) onEcnEcho(tcb, snd.max.since(before));
  return Drop.None;
}

/** RFC 5681 §2: data is outstanding, no text, no FIN, nothing new in it. */
function isDuplicate(tcb: Tcb, wnd: u32): bool {
  const snd = tcb.snd;
  return seg.len == 0 && wnd == snd.wnd && snd.max != snd.una && !tcb.has(Flag.Probed);
}

/** Octets up to `ack` have arrived. */
function advance(tcb: Tcb, ack: Seq, scored: bool): void {
  const snd = tcb.snd;
  const octets = ack.since(snd.una);
  if (PMTU && octets >= <u32>tcb.mss) tcb.proven = true; // as good as known: no smaller segments make up for it but by chance
  sample(tcb, ack);
  snd.una = ack;
  if (snd.nxt.before(ack)) snd.nxt = ack;
  tcb.unanswered = 0;
  tcb.softError = 0;
  tcb.clear(Flag.Probed | Flag.Probe);
  const restart = !scored && newAck(tcb, ack, octets);
  if (snd.max == ack) disarm(tcb, Timer.Retransmit);
  else if (restart) arm(tcb, Timer.Retransmit, backedOff(tcb));
  if (snd.max == ack) tcb.clear(Flag.Retransmit);
  tcb.mark();
  offerRoom(tcb);
}

/** Only a segment that is not older than the last one that did may change the window (RFC 9293 §3.10.7.4). */
// prettier-ignore
@inline function updateWindow(tcb: Tcb, wnd: u32): void {
  const snd = tcb.snd;
  if (seg.seq.before(snd.wl1) || (seg.seq == snd.wl1 && seg.ack.before(snd.wl2))) return;
  const opened = wnd > snd.wnd;
  snd.wnd = wnd;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  if (wnd > snd.maxWnd) snd.maxWnd = wnd;
  if (!opened) return;
  tcb.mark();
  if (tcb.has(Flag.Probed)) {
    // The probe's octet was beyond the window: send it again, with what follows it.
    tcb.clear(Flag.Probed);
    clearScoreboard(tcb);
    snd.nxt = snd.una;
  }
  if (snd.nxt != snd.una || (ECN && isHeld(tcb))) return;
  tcb.backoff = 0;
  if (snd.max == snd.una) disarm(tcb, Timer.Retransmit);
  else arm(tcb, Timer.Retransmit, backedOff(tcb));
}
