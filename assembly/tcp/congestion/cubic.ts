import { CUBIC, MAX_TCBS } from "../../config";
import { now } from "../../clock";
import { Flag } from "../flags";
import { Tcb } from "../tcb";

/**
 * CUBIC (RFC 9438): after a loss the window returns quickly to near where it was, stays there, then probes beyond, along
 * W(t) = C(t - K)^3 + W_max. Windows are octets, times are milliseconds, everything is integer: C = 0.4 segments/s^3 is
 * 4 * SMSS / 10^10 octets/ms^3, beta = 0.7.
 */

/** What CUBIC knows of a connection (§4.1.2). */
@final
@unmanaged
class Cubic {
  /** W_max: where the last loss was, or the origin of the curve. 0 after a timeout: it will be where the next stage begins. */
  wMax: u32;
  /** cwnd_prior: the window when ssthresh was last set. */
  prior: u32;
  /** W_est: the window Reno would have. 0 while not in congestion avoidance. */
  wEst: u32;
  /** K: time from the beginning of the stage to W_max. */
  k: u32;
  /** t: time in this stage, without the time in which the window was not used (§4.2). */
  elapsed: u32;
  /** When the last acknowledgement came, or DRAINED. */
  ackedAt: u32;
  /** The first three before a reduction that may turn out to be a mistake; the others change only when the next stage begins. */
  savedMax: u32;
  savedPrior: u32;
  savedEst: u32;

  @inline static of(tcb: Tcb): Cubic {
    return changetype<Cubic>(table + <usize>tcb.index * SIZE);
  }
}

const SIZE: u32 = <u32>offsetof<Cubic>();
@lazy const table = memory.data(CUBIC ? MAX_TCBS * SIZE : 8, 4);
/** The last acknowledgement left nothing in flight: the time until the next is not the network's. */
const DRAINED: u32 = 0;
/** Further from K the window is beyond all bounds: 0.4 * 524^3 segments. It keeps the cube below 2^57. */
const FAR: u64 = 1 << 19;

/** The largest number whose cube is not above `x`: bit by bit from above, as the square root is done by hand. */
export function cubeRoot(x: u64): u32 {
  let root: u64 = 0;
  for (let shift: i64 = 63; shift >= 0; shift -= 3) {
    root <<= 1;
    const more = 3 * root * (root + 1) + 1; // (root + 1)^3 - root^3
    if (x >> shift < more) continue;
    x -= more << shift;
    root++;
  }
  return <u32>root;
}

/** C * ms^3, in octets. */
export function climb(ms: u64, mss: u32): u32 {
  const distance = min(ms, FAR);
  return <u32>min<u64>((((distance * distance * distance) / 10000) * (4 * mss)) / 1000000, u32.MAX_VALUE >> 1);
}

/** The time that `climb` takes to so many octets. */
export function timeTo(octets: u32, mss: u32): u32 {
  return cubeRoot((<u64>octets * 2500000000) / mss);
}

export function cubicInit(tcb: Tcb): void {
  memory.fill(changetype<usize>(Cubic.of(tcb)), 0, SIZE);
}

/** Slow start: the next stage of congestion avoidance begins anew (§4.10). */
export function cubicRestart(tcb: Tcb): void {
  Cubic.of(tcb).wEst = 0;
}

/** New data acknowledged in congestion avoidance; `limited`: cwnd is what kept more from being in flight. */
export function cubicAcked(tcb: Tcb, octets: u32, limited: bool): void {
  const cubic = Cubic.of(tcb);
  if (cubic.wEst == 0) beginStage(tcb, cubic);
  else if (limited) cubic.elapsed = <u32>min<u64>(<u64>cubic.elapsed + passed(tcb, cubic), 2 * FAR);
  cubic.ackedAt = tcb.snd.max == tcb.snd.una ? DRAINED : now();
  if (limited) grow(tcb, cubic, octets);
}

function beginStage(tcb: Tcb, cubic: Cubic): void {
  const cwnd = tcb.cwnd;
  cubic.wMax = max(cubic.wMax, cwnd); // above it, or after a timeout: K = 0 (§4.8)
  cubic.k = timeTo(cubic.wMax - cwnd, tcb.mss);
  cubic.wEst = cwnd;
  cubic.elapsed = 0;
  tcb.ackedOctets = 0;
}

/** Time since the last acknowledgement, or, if nothing was in flight after it, since about the first segment sent then. */
function passed(tcb: Tcb, cubic: Cubic): u32 {
  return cubic.ackedAt == DRAINED ? tcb.srtt >> 3 : now() - cubic.ackedAt;
}

/** W_cubic(t). */
function curve(cubic: Cubic, t: u32, mss: u32): u32 {
  if (t >= cubic.k) return cubic.wMax + climb(t - cubic.k, mss);
  const below = climb(cubic.k - t, mss);
  return cubic.wMax > below ? cubic.wMax - below : 0;
}

function grow(tcb: Tcb, cubic: Cubic, octets: u32): void {
  const mss = <u32>tcb.mss;
  const cwnd = tcb.cwnd;
  renoEstimate(tcb, cubic, octets);
  if (curve(cubic, cubic.elapsed, mss) < cubic.wEst) {
    tcb.cwnd = max(cwnd, cubic.wEst); // §4.3, Reno-friendly region
    return;
  }
  const target = min(curve(cubic, cubic.elapsed + (tcb.srtt >> 3), mss), cwnd + (cwnd >> 1));
  if (target > cwnd) tcb.cwnd = cwnd + <u32>((<u64>(target - cwnd) * min(octets, cwnd)) / cwnd); // §4.4, §4.5, by octets
}

/** W_est: alpha = 9/17 segments more for each window makes up for beta = 0.7; beyond cwnd_prior it is one, as in Reno (§4.3). */
function renoEstimate(tcb: Tcb, cubic: Cubic, octets: u32): void {
  const window = cubic.wEst < cubic.prior ? tcb.cwnd + (tcb.cwnd / 9) * 8 : tcb.cwnd;
  tcb.ackedOctets += octets;
  if (tcb.ackedOctets < window) return;
  tcb.ackedOctets -= window;
  cubic.wEst += tcb.mss;
}

/** A loss, before cwnd is reduced (§4.6, §4.7). In recovery cwnd is what may be sent now, and ssthresh the window. */
export function cubicLoss(tcb: Tcb): void {
  const cubic = Cubic.of(tcb);
  const cwnd = tcb.has(Flag.Recovery) ? min(tcb.cwnd, tcb.ssthresh) : tcb.cwnd;
  cubic.prior = cwnd;
  cubic.wMax = cwnd < cubic.wMax ? <u32>((<u64>cwnd * 17) / 20) : cwnd; // fast convergence: (1 + beta) / 2
  cubic.wEst = 0;
}

/** After a timeout, which is a loss too, the next stage has K = 0 and begins at its own W_max (§4.8). */
export function cubicTimeout(tcb: Tcb): void {
  Cubic.of(tcb).wMax = 0;
}

/** What a loss leaves of the octets in flight: beta. */
// prettier-ignore
@inline export function cubicReduced(flight: u32): u32 { return <u32>(<u64>flight * 7 / 10); }

/** Before a reduction that may turn out to be a mistake (§4.9). */
export function cubicSave(tcb: Tcb): void {
  const cubic = Cubic.of(tcb);
  cubic.savedMax = cubic.wMax;
  cubic.savedPrior = cubic.prior;
  cubic.savedEst = cubic.wEst;
}

/** It was one: the stage goes on, unless another has begun meanwhile; then one begins at the restored window. */
export function cubicUndo(tcb: Tcb): void {
  const cubic = Cubic.of(tcb);
  cubic.wEst = cubic.wEst == 0 ? cubic.savedEst : 0;
  cubic.wMax = cubic.savedMax;
  cubic.prior = cubic.savedPrior;
}
