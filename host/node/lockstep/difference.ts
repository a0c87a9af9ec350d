import { Printer } from "../links/print";
import type { Passed } from "../session/frames";
import type { Names } from "./course";
import type { Layout } from "./layout";

/** Regions named in a report. */
const REGIONS = 6;

/** How a call ended: by a result, or a trap and its reason. */
interface Ending {
  readonly result: number;
  readonly trap: string | undefined;
}

/** The line about calls that ended differently; none when they did not. Traps are equal, whatever engines call them. */
export function outcomeOf([first, other]: Names, was: Ending, is: Ending): string[] {
  const trapped = [was, is].map(({ trap }) => trap !== undefined);
  const equal = trapped[0] === trapped[1] && (trapped[0] || was.result === is.result);
  return equal ? [] : [`result: ${first} ${inNumbers(was)}, ${other} ${inNumbers(is)}`];
}

/** Results near 2^32 are errnos. */
function inNumbers({ result, trap }: Ending): string {
  if (trap !== undefined) return trap === "" ? "trapped" : `trapped: ${trap}`;
  return String(result > 0xfffff000 ? result | 0 : result);
}

/** The first frame that differs, as both engines have it, in two lines; none when all are equal. */
export function framesDifference([first, other]: Names, was: readonly Passed[], is: readonly Passed[]): string[] {
  const length = Math.max(was.length, is.length);
  for (let i = 0; i < length; i++) {
    if (was[i] && is[i] && Buffer.compare(was[i].octets, is[i].octets) === 0) continue;
    return [`frame: ${first} ${inWords(was[i])}`, `frame: ${other} ${inWords(is[i])}`];
  }
  return [];
}

function inWords(frame: Passed | undefined): string {
  if (!frame) return "none";
  const { octets } = frame;
  return new Printer().line(0, octets).replace(/^\s*\S+\s+/, "");
}

/** The first octet of memory that differs, and where the others lie, in two lines; none when all are equal. */
export function memoryDifference([first, other]: Names, was: Uint8Array, is: Uint8Array, layout: Layout): string[] {
  if (Buffer.compare(was, is) === 0) return [];
  const differing: number[] = [];
  for (let at = 0; at < was.length; at++) if (was[at] !== is[at]) differing.push(at);
  const [at] = differing;
  const values = `${first} 0x${hex(was[at])}, ${other} 0x${hex(is[at])}`;
  const word = at & ~3;
  const words = `the word at 0x${word.toString(16).padStart(8, "0")}: ${first} ${wordAt(was, word)}, ${other} ${wordAt(is, word)}`;
  return [`memory: ${layout.describe(at)}: ${values}; ${words}`, `memory: ${summary(differing, layout)}`];
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, "0");
}

function wordAt(memory: Uint8Array, at: number): string {
  const value = new DataView(memory.buffer, memory.byteOffset).getUint32(at, true);
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** "36 octets differ: 8 in tcp/tcb/table, 28 in driver/mac_ring/slots" */
function summary(differing: readonly number[], layout: Layout): string {
  const regions = new Map<string, number>();
  for (const at of differing) {
    const name = layout.regionAt(at) || "no region";
    regions.set(name, (regions.get(name) ?? 0) + 1);
  }
  const parts = [...regions].map(([name, count]) => `${count} in ${name}`);
  const more = parts.length > REGIONS ? `, and in ${parts.length - REGIONS} more` : "";
  const octets = differing.length === 1 ? "1 octet differs" : `${differing.length} octets differ`;
  return `${octets}: ${parts.slice(0, REGIONS).join(", ")}${more}`;
}
