import { now } from "../clock";
import { Purpose, siphash } from "../random";
import { Seq } from "./seq";

/** ISN = M + F(local, foreign, secret), M counting 4-microsecond ticks (RFC 6528 §3; RFC 9293 MUST-8, MUST-9, SHLD-1). */
export function initialSequence(local: u32, localPort: u32, foreign: u32, foreignPort: u32): Seq {
  const tuple = ((<u64>localPort) << 16) | foreignPort | ((<u64>Purpose.InitialSequence) << 32);
  const f = <u32>siphash(((<u64>local) << 32) | foreign, tuple);
  return Seq.of(now() * 250 + f);
}
