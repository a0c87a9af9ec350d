import { Counter, State } from "../abi";
import { MTU, SACK } from "../config";
import { isOnLink } from "../ip/iface";
import { PMTU, lowerPath, pathMtu, pathVersion, stepBelow } from "../ip/pmtu";
import { count } from "../stats";
import { TIMESTAMPS_SIZE } from "../wire/tcp_options";
import { Repair } from "./repair";
import { loseAll } from "./scoreboard";
import { Agreed, Flag } from "./flags";
import { Tcb } from "./tcb";

/** A connection's segments are no larger than the way to its peer takes (RFC 1191 §6). */

const IP_AND_TCP_HEADER: u32 = 40;
/** What gets through to whoever is not on the link, as far as one knows who does not ask (RFC 1122 §3.3.3). */
const CAUTIOUS: u32 = 576;

/** What a segment of ours has beside its text. */
function overhead(tcb: Tcb): u32 {
  return IP_AND_TCP_HEADER + (tcb.uses(Agreed.Timestamps) ? TIMESTAMPS_SIZE : 0);
}

/** Octets of the largest datagram we send. */
export function largestSent(tcb: Tcb): u32 {
  return <u32>tcb.mss + overhead(tcb);
}

/** Both SYNs agreed on `mss` octets of text: that, or less if the way is known to take less. */
export function agreeOnMss(tcb: Tcb, mss: u32): void {
  tcb.agreedMss = <u16>mss;
  tcb.proven = false;
  tcb.mss = <u16>fitting(tcb);
}

function fitting(tcb: Tcb): u32 {
  if (!PMTU) return min<u32>(tcb.agreedMss, (isOnLink(tcb.foreignAddress) ? MTU : CAUTIOUS) - overhead(tcb));
  tcb.path = <u16>pathVersion();
  return min<u32>(tcb.agreedMss, pathMtu(tcb.foreignAddress) - overhead(tcb));
}

/** Some path has changed since this connection sent last: was it its own? */
export function followPath(tcb: Tcb): void {
  if (tcb.state < State.Established) return;
  const mss = fitting(tcb);
  const shrank = mss < <u32>tcb.mss;
  if (mss > <u32>tcb.mss) tcb.proven = false;
  tcb.mss = <u16>mss;
  if (!shrank) return;
  count(Counter.TcpPathMtuDecreases);
  if (tcb.snd.max != tcb.snd.una) pathShrank(tcb);
}

/**
 * What is in flight may be too large to arrive: it is sent again in smaller segments, at once. That is no sign of congestion: the
 * window stays as it is in octets, and grows as in slow start from there (RFC 1191 §6.4).
 */
function pathShrank(tcb: Tcb): void {
  if (tcb.ssthresh < tcb.cwnd) tcb.ssthresh = tcb.cwnd;
  tcb.clear(Flag.Timing); // Karn
  if (tcb.has(Flag.Probed)) return; // the persist timer repeats what it sent
  if (SACK && tcb.uses(Agreed.Sack)) return loseAll(tcb);
  tcb.snd.nxt = tcb.snd.una;
  tcb.clear(Flag.Recovery | Flag.Retransmit);
  tcb.recover = tcb.snd.max.minus(1);
  tcb.set(Flag.RecoverHolds); // what arrives twice says nothing of losses (RFC 6582 §3.2 step 2)
}

/** Timeouts in a row before no more than `mtu` is tried: the smaller it is, the less likely that it is the reason (R1 is 3). */
function patience(mtu: u32): u32 {
  if (mtu >= 1024) return 3;
  if (mtu >= 576) return 5;
  return mtu > 100 ? 8 : 11;
}

/**
 * The oldest segment has timed out again and again. If it is larger than what should get through everywhere, routers may be dropping
 * it without telling: try smaller ones (RFC 4821 §7.7, RFC 2923 §2.1). What the peer holds beyond it speaks against that, and so
 * does every segment of that size that has arrived before: then it is loss.
 */
export function suspectBlackHole(tcb: Tcb): void {
  if (!PMTU || tcb.proven) return;
  if (SACK && tcb.uses(Agreed.Sack) && Repair.of(tcb).sacked > 0) return;
  const lower = stepBelow(largestSent(tcb));
  const text = min<u32>(tcb.mss, tcb.snd.max.since(tcb.snd.una));
  if (lower == 0 || text + overhead(tcb) <= lower || <u32>tcb.unanswered < patience(lower)) return;
  count(Counter.TcpBlackHoles);
  lowerPath(tcb.foreignAddress, lower);
  tcb.mss = <u16>fitting(tcb); // the timer sends the oldest segment again, the others have their own reasons
}
