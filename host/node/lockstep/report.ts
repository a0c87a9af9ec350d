import type { Counts, Difference } from "./course";

const number = new Intl.NumberFormat("en");

/** "v8 and wasm3: 14,458 steps, ..." */
export function equality(names: readonly string[], { steps, frames, octets }: Counts, memory: number): string {
  const sent = `${number.format(frames)} frames sent (${number.format(octets)} octets)`;
  return `${names.join(", ")}: no difference in ${number.format(steps)} steps, ${sent} and in ${number.format(memory)} octets of memory`;
}

/** A difference, in as many lines as it takes. */
export function story({ step, now, call, between, what, frames }: Difference): string {
  const title = `${between.join(" and ")} differ in step ${step}, at ${(now / 1000).toFixed(3)} s, in ${call}:`;
  const before = frames.length > 0 ? ["the last frames, > sent by the module, < received:", ...frames] : ["no frames before it"];
  return [title, ...what.map((line) => `  ${line}`), ...before].join("\n");
}
