import { ECN, SACK } from "../config";
import { now } from "../clock";
import { Purpose, siphash } from "../random";
import { seg } from "./segment";
import { Seq } from "./seq";
import { Agreed } from "./flags";

/**
 * SYN cookies (RFC 4987 §3.6, appendix A): when the SYN queue is full of entries too young to give way, the half-open connection is
 * remembered in the initial sequence number itself: 5 bits of a slow clock, 3 bits of MSS, 24 bits of keyed hash. What else was
 * agreed on goes into the lower bits of our timestamp, as in Linux, and is lost without timestamps; so cookies are made only then,
 * and believed only for a while after that.
 */
const overflow = memory.data(8, 4);
const PERIOD: u32 = 64000;
/** A cookie is good for this many periods beside its own. */
const PERIODS: u32 = 2;
const sizes = memory.data<u16>([64, 256, 512, 536, 1024, 1440, 1452, 1460]);

export function initCookies(): void {
  store<u32>(overflow, 0);
  store<u32>(overflow, 0, 4);
}

/** The cookie for the SYN in `seg`. */
export function makeCookie(): Seq {
  store<u32>(overflow, now());
  store<u32>(overflow, 1, 4);
  return Seq.of(cookie(now() / PERIOD, indexOf(seg.mss), seg.seq));
}

/** The largest size in the table that is no larger than what the peer can take. */
function indexOf(mss: u32): u32 {
  const wanted: u32 = mss == 0 ? 536 : mss;
  let index: u32 = 7;
  while (index > 0 && <u32>load<u16>(sizes + (index << 1)) > wanted) index--;
  return index;
}

function cookie(period: u32, index: u32, irs: Seq): u32 {
  const addresses = ((<u64>seg.localAddress) << 32) | seg.foreignAddress;
  const rest = ((<u64>Purpose.Cookie) << 61) | ((<u64>(period & 0x1f)) << 56) | ((<u64>index) << 53);
  const hash = <u32>(
    siphash(addresses, rest ^ siphash(((<u64>seg.localPort) << 48) | ((<u64>seg.foreignPort) << 32) | irs.bits, rest))
  );
  return ((period & 0x1f) << 27) | (index << 24) | (hash & 0x00ffffff);
}

/** In our TSval: the peer's shift count, or NO_SHIFT, and two bits of Agreed. */
const SHIFT: u32 = 0xf;
const NO_SHIFT: u32 = 0xf;
const SACK_BIT: u32 = 0x10;
const ECN_BIT: u32 = 0x20;
const KEPT: u32 = 0x3f;

/** The latest TSval not after `value` that says what was agreed on, so that our clock does not go back afterwards. */
export function keepInClock(value: u32, agreed: u32, scale: u32): u32 {
  let bits = agreed & Agreed.Scale ? scale : NO_SHIFT;
  if (agreed & Agreed.Sack) bits |= SACK_BIT;
  if (agreed & Agreed.Ecn) bits |= ECN_BIT;
  const kept = (value & ~KEPT) | bits;
  return kept > value ? kept - KEPT - 1 : kept;
}

/** What `keepInClock` kept, as the peer echoes it: a mask of Agreed. */
export function agreedInClock(echo: u32): u32 {
  let agreed: u32 = Agreed.Timestamps;
  if ((echo & SHIFT) != NO_SHIFT) agreed |= Agreed.Scale;
  if (SACK && echo & SACK_BIT) agreed |= Agreed.Sack;
  if (ECN && echo & ECN_BIT) agreed |= Agreed.Ecn;
  return agreed;
}

// prettier-ignore
@inline export function scaleInClock(echo: u32): u32 { return echo & SHIFT; }

/** The MSS that the acknowledgement in `seg` proves a cookie of ours to have carried; 0 if it proves nothing. */
export function redeemCookie(): u32 {
  if (load<u32>(overflow, 4) == 0) return 0;
  if (now() - load<u32>(overflow) > (PERIODS + 1) * PERIOD) {
    store<u32>(overflow, 0, 4);
    return 0;
  }
  const claimed = seg.ack.minus(1).bits;
  const index = (claimed >> 24) & 7;
  const present = now() / PERIOD;
  for (let age: u32 = 0; age <= PERIODS; age++) {
    if (cookie(present - age, index, seg.seq.minus(1)) == claimed) return load<u16>(sizes + (index << 1));
  }
  return 0;
}
