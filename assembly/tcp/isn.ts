import { now } from "../clock";
import { Purpose, siphash } from "../random";
import { Seq } from "./seq";

/** ISN = M + F(local, foreign, secret), M counting 4-microsecond ticks (RFC 6528 §3; RFC 9293 MUST-8, MUST-9, SHLD-1). */
export function initialSequence(local: u32, localPort: u32, foreign: u32, foreignPort: u32): Seq {
  const tuple = ((<u64>localPort) << 16) | foreignPort | ((<u64>Purpose.InitialSequence) << 32);
  const f = <u32>siphash(((<u64>local) << 32) | foreign, tuple);
  return Seq.of(now() * 250 + f);
}

/** What a connection adds to the clock for its timestamps, so that they tell nobody how long we have been up (RFC 7323 §7.1). */
export function timestampOffset(local: u32, localPort: u32, foreign: u32, foreignPort: u32): u32 {
  const tuple = ((<u64>localPort) << 16) | foreignPort | ((<u64>Purpose.Timestamp) << 32);
  return <u32>siphash(((<u64>local) << 32) | foreign, tuple);
}
