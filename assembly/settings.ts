import { CongestionControl, Errno, Setting } from "./abi";
import {
  BUFFER_PRESSURE,
  CUBIC,
  DELAYED_ACK,
  ECN,
  FIN_WAIT2,
  INITIAL_WINDOW,
  MAX_BUF,
  MIN_BUF,
  MSL,
  RCV_BUF,
  RETRIES,
  RTO_INITIAL,
  RTO_MAX,
  RTO_MIN,
  SACK,
  SLOW_START_LIMIT,
  SND_BUF,
  SYNACK_RETRIES,
  SYN_RETRIES,
  TIMESTAMPS,
  TUNABLE,
} from "./config";

/** Knobs that a build with TUNABLE changes at run time. In all other builds each of these functions is its constant. */

const WORD: u32 = 4;
@lazy const values = memory.data(TUNABLE ? Setting.count * WORD : WORD, 4);
// prettier-ignore
/** Least and greatest value of each setting, and what it is after `init`. */
@lazy const limits = memory.data<u32>([
  1, 64, INITIAL_WINDOW,
  1, 60000, RTO_INITIAL,
  1, 60000, RTO_MIN,
  1000, 3600000, RTO_MAX,
  1, 499, DELAYED_ACK,
  1, 240000, MSL,
  1, 127, SYN_RETRIES,
  1, 16, SYNACK_RETRIES,
  1, 30, RETRIES,
  1, 2000000000, FIN_WAIT2,
  0, 1, 0,
  MIN_BUF, MAX_BUF, RCV_BUF,
  MIN_BUF, MAX_BUF, SND_BUF,
  0, 14, 0,
  0, SACK ? 1 : 0, SACK ? 1 : 0,
  0, TIMESTAMPS ? 1 : 0, TIMESTAMPS ? 1 : 0,
  0, 1, 1,
  0, ECN ? 2 : 0, ECN,
  0, CUBIC ? 1 : 0, CUBIC ? 1 : 0,
  0, 2, 1,
  1, 65536, BUFFER_PRESSURE,
  0, 16, 0,
  0, 8, SLOW_START_LIMIT,
  0, 1, 0,
])

export function initSettings(): void {
  if (!TUNABLE) return;
  for (let i: u32 = 0; i < <u32>Setting.count; i++) store<u32>(values + i * WORD, load<u32>(limits + i * 3 * WORD, 2 * WORD));
}

/** 0, -EINVAL for no such setting or a value out of its bounds, -ENOSYS in a build without TUNABLE. */
export function tune(which: u32, value: u32): i32 {
  if (!TUNABLE) return -Errno.ENOSYS;
  if (which >= <u32>Setting.count) return -Errno.EINVAL;
  const limit = limits + which * 3 * WORD;
  if (value < load<u32>(limit) || value > load<u32>(limit, WORD)) return -Errno.EINVAL;
  store<u32>(values + which * WORD, value);
  return 0;
}

/** The value of a setting; 0 for no such setting, and in a build without TUNABLE. */
export function tuned(which: u32): u32 {
  if (!TUNABLE || which >= <u32>Setting.count) return 0;
  return load<u32>(values + which * WORD);
}

// prettier-ignore
@inline function setting(which: Setting): u32 { return load<u32>(values + which * WORD); }

// prettier-ignore
@inline export function initialWindow(): u32 { return TUNABLE ? setting(Setting.InitialWindow) : INITIAL_WINDOW; }
// prettier-ignore
@inline export function rtoInitial(): u32 { return TUNABLE ? setting(Setting.RtoInitial) : RTO_INITIAL; }
// prettier-ignore
@inline export function rtoMin(): u32 { return TUNABLE ? setting(Setting.RtoMin) : RTO_MIN; }
// prettier-ignore
@inline export function rtoMax(): u32 { return TUNABLE ? setting(Setting.RtoMax) : RTO_MAX; }
// prettier-ignore
@inline export function delayedAck(): u32 { return TUNABLE ? setting(Setting.DelayedAck) : DELAYED_ACK; }
// prettier-ignore
@inline export function msl(): u32 { return TUNABLE ? setting(Setting.Msl) : MSL; }
// prettier-ignore
@inline export function synRetries(): u32 { return TUNABLE ? setting(Setting.SynRetries) : SYN_RETRIES; }
// prettier-ignore
@inline export function synAckRetries(): u32 { return TUNABLE ? setting(Setting.SynAckRetries) : SYNACK_RETRIES; }
// prettier-ignore
@inline export function retries(): u32 { return TUNABLE ? setting(Setting.Retries) : RETRIES; }
// prettier-ignore
@inline export function finWait2(): u32 { return TUNABLE ? setting(Setting.FinWait2) : FIN_WAIT2; }
/** The order of options is FreeBSD's, not Linux's. */
// prettier-ignore
@inline export function freeBsdOrder(): bool { return TUNABLE ? setting(Setting.OptionOrder) != 0 : false; }
// prettier-ignore
@inline export function receiveBuffer(): u32 { return TUNABLE ? setting(Setting.RcvBuf) : RCV_BUF; }
// prettier-ignore
@inline export function sendBuffer(): u32 { return TUNABLE ? setting(Setting.SndBuf) : SND_BUF; }
// prettier-ignore
@inline export function windowShift(): u32 { return TUNABLE ? setting(Setting.WindowShift) : 0; }
// prettier-ignore
@inline export function sackOffered(): bool { return TUNABLE ? setting(Setting.Sack) != 0 : SACK; }
// prettier-ignore
@inline export function timestampsOffered(): bool { return TUNABLE ? setting(Setting.Timestamps) != 0 : TIMESTAMPS; }
// prettier-ignore
@inline export function scalingOffered(): bool { return TUNABLE ? setting(Setting.WindowScaling) != 0 : true; }
// prettier-ignore
@inline export function ecnMode(): u32 { return TUNABLE ? setting(Setting.Ecn) : ECN; }
// prettier-ignore
@inline export function congestionControl(): u32 {
  return TUNABLE ? setting(Setting.Congestion) : CUBIC ? CongestionControl.Cubic : CongestionControl.Reno;
}
// prettier-ignore
@inline export function cookieMode(): u32 { return TUNABLE ? setting(Setting.Cookies) : 1; }
// prettier-ignore
@inline export function bufferPressure(): u32 { return TUNABLE ? setting(Setting.BufferPressure) : BUFFER_PRESSURE; }
// prettier-ignore
@inline export function quickAcks(): u32 { return TUNABLE ? setting(Setting.QuickAcks) : 0; }
// prettier-ignore
@inline export function slowStartLimit(): u32 { return TUNABLE ? setting(Setting.SlowStartLimit) : SLOW_START_LIMIT; }
// prettier-ignore
@inline export function lossFromCwnd(): bool { return TUNABLE ? setting(Setting.LossFromCwnd) != 0 : false; }
