import { Printer } from "../links/print";
import type { Passed } from "../session/frames";
import type { Layout } from "./layout";

type Names = readonly [string, string];

/** Regions named in a report. */
const REGIONS = 6;

/** Whether two engines passed different frames. */
export function framesDiffer(was: readonly Passed[], is: readonly Passed[]): boolean {
  return was.length !== is.length || was.some(({ octets }, i) => Buffer.compare(octets, is[i].octets) !== 0);
}

/** The first frame that differs, as both engines have it. */
export function framesOf([first, other]: Names, was: readonly Passed[], is: readonly Passed[]): string[] {
  const at = was.findIndex(({ octets }, i) => !is[i] || Buffer.compare(octets, is[i].octets) !== 0);
  const index = at < 0 ? was.length : at;
  const show = (name: string, frame: Passed | undefined): string => `frame: ${name} ${frame ? inWords(frame) : "none"}`;
  return [show(first, was[index]), show(other, is[index])];
}

function inWords({ octets }: Passed): string {
  return new Printer().line(0, octets).replace(/^\s*\S+\s+/, "");
}

/** The first octet of memory that differs, and where the others lie. */
export function differenceIn([first, other]: Names, was: Uint8Array, is: Uint8Array, layout: Layout): string[] {
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
