import { moduleFor } from "../../support/modules";

/** A way Sandwire can send. */
export interface Variant {
  name: string;
  title: string;
  knobs: Record<string, number>;
  /** TCP_CONGESTION; the module's own unless given. */
  congestion?: string;
}

export const variants: Variant[] = [
  { name: "cubic", title: "RACK, PRR, CUBIC", knobs: {} },
  { name: "reno", title: "SACK, Reno", knobs: { CONFIG_RACK: 0 }, congestion: "reno" },
  { name: "newreno", title: "NewReno without SACK", knobs: { CONFIG_SACK: 0, CONFIG_RACK: 0 }, congestion: "reno" },
];

export function variantNamed(name: string): Variant {
  const found = variants.find((variant) => variant.name === name);
  if (!found) throw new Error(`no such variant: ${name} (there is ${variants.map((variant) => variant.name).join(", ")})`);
  return found;
}

/** Its release build; or, for tests, its debug build, which asserts invariants at every step. */
export function moduleOf(name: string, debug = false): Promise<WebAssembly.Module> {
  const { knobs } = variantNamed(name);
  const asItIs = debug && Object.keys(knobs).length === 0;
  return moduleFor({ profile: "host", debug, ...(asItIs ? {} : { knobs }) });
}
