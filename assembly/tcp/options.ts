import { freeBsdOrder } from "../settings";
import { TIMESTAMPS_SIZE, USER_TIMEOUT_SIZE, blocksThatFit, optionWriter, sackSize } from "../wire/tcp_options";
import { TIMESTAMPS, USER_TIMEOUT_OPTION } from "../config";
import { now } from "../clock";
import { blocksWanted, writeBlocks } from "./sack";
import { Agreed, Flag } from "./flags";
import { Tcb } from "./tcb";

/** The options of our segments, in the order and with the padding that Linux uses. Each function returns their octets. */

/** Our clock as the connection's peer sees it (RFC 7323 §4.1). */
// prettier-ignore
@inline export function timestamp(tcb: Tcb): u32 { return now() + tcb.tsOffset; }

/** Of a SYN or SYN-ACK: `offer` is a mask of Agreed, `value` and `echo` are TSval and TSecr. */
export function writeSynOptions(at: usize, mss: u32, shift: u32, offer: u32, value: u32, echo: u32): u32 {
  optionWriter.at = at;
  optionWriter.mss(mss);
  const scaled = (offer & Agreed.Scale) != 0;
  if (freeBsdOrder()) {
    if (scaled) optionWriter.scale(shift);
    if (!writePermissions(offer, value, echo) && offer & Agreed.Sack) optionWriter.sackPermittedLast();
  } else {
    if (!writePermissions(offer, value, echo) && offer & Agreed.Sack) optionWriter.sackPermitted();
    if (scaled) optionWriter.scale(shift);
  }
  return <u32>(optionWriter.at - at);
}

/** Behind the options of a SYN or SYN-ACK: the user timeout `field`, if it is not 0. */
export function writeTimeout(at: usize, field: u32): u32 {
  if (!USER_TIMEOUT_OPTION || field == 0) return 0;
  optionWriter.at = at;
  optionWriter.userTimeout(field);
  return USER_TIMEOUT_SIZE;
}

/** Timestamps, with SACK-permitted in the place of their padding. False without timestamps. */
function writePermissions(offer: u32, value: u32, echo: u32): bool {
  if (!TIMESTAMPS || !(offer & Agreed.Timestamps)) return false;
  if (offer & Agreed.Sack) optionWriter.sackPermittedTimestamps(value, echo);
  else optionWriter.timestamps(value, echo);
  return true;
}

/** Of any other segment: timestamps if agreed on, SACK blocks if there is something to report. */
export function writeOptions(tcb: Tcb, at: usize, blocks: u32): u32 {
  optionWriter.at = at;
  if (TIMESTAMPS && tcb.uses(Agreed.Timestamps)) optionWriter.timestamps(timestamp(tcb), tcb.tsRecent);
  if (tellsTimeout(tcb)) {
    optionWriter.userTimeout(tcb.advUto);
    tcb.clear(Flag.TellTimeout); // its arrival is assumed (RFC 5482 §3.2)
  }
  if (blocks) writeBlocks(tcb, blocks);
  return <u32>(optionWriter.at - at);
}

/** Of a segment that is sent for no Tcb. */
export function writeTimestamps(at: usize, value: u32, echo: u32): u32 {
  optionWriter.at = at;
  optionWriter.timestamps(value, echo);
  return TIMESTAMPS_SIZE;
}

/** Where segments carry no more text than this, all of it is needed. */
const LEAST_BESIDE_BLOCKS: u32 = 48;

/** SACK blocks the next segment shall carry. */
// prettier-ignore
@inline export function blocksToSend(tcb: Tcb): u32 {
  const wanted = blocksWanted(tcb);
  if (!wanted || <u32>tcb.mss <= LEAST_BESIDE_BLOCKS) return 0;
  return min(wanted, blocksThatFit((tcb.uses(Agreed.Timestamps) ? TIMESTAMPS_SIZE : 0) + timeoutSize(tcb)));
}

/** The next segment has the user timeout option. */
// prettier-ignore
@inline export function tellsTimeout(tcb: Tcb): bool { return USER_TIMEOUT_OPTION && tcb.has(Flag.TellTimeout); }
// prettier-ignore
@inline function timeoutSize(tcb: Tcb): u32 { return tellsTimeout(tcb) ? USER_TIMEOUT_SIZE : 0; }

/** Octets of text the next segment can carry (MUST-16). */
// prettier-ignore
@inline export function textRoom(tcb: Tcb): u32 { return <u32>tcb.mss - sackSize(blocksToSend(tcb)) - timeoutSize(tcb); }
