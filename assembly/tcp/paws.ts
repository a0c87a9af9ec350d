import { TIMESTAMPS } from "../config";
import { now } from "../clock";
import { seg } from "./segment";
import { Agreed } from "./flags";
import { Tcb } from "./tcb";

/** Protection against old segments by their timestamps (RFC 7323 §5), and TS.Recent (§4.3). */

/** TS.Recent means nothing any more after so many ms of silence: 24 days (§5.5). */
const EXPIRY: u32 = 2073600000;

/** The segment was sent before one that has come already. */
export function isOld(tcb: Tcb): bool {
  if (i32(seg.tsVal - tcb.tsRecent) >= 0) return false;
  return now() - tcb.tsRecentAt < EXPIRY;
}

/** It carries the timestamp it must carry, and is not old. */
// prettier-ignore
@inline export function isFresh(tcb: Tcb): bool {
  return !TIMESTAMPS || !tcb.uses(Agreed.Timestamps) || (seg.timestamps && !isOld(tcb));
}

/** The segment is acceptable: echo its timestamp if it begins at or before the last acknowledgement sent (§4.3). */
// prettier-ignore
@inline export function noteTimestamp(tcb: Tcb): void {
  if (!TIMESTAMPS || !tcb.uses(Agreed.Timestamps) || !seg.timestamps) return;
  if (seg.seq.after(tcb.rcv.acked) || isOld(tcb)) return;
  tcb.tsRecent = seg.tsVal;
  tcb.tsRecentAt = now();
}
