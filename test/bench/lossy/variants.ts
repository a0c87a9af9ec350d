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

/** Its release build. */
export function moduleOf({ knobs }: Variant): Promise<WebAssembly.Module> {
  return moduleFor({ profile: "host", debug: false, knobs });
}
