import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageFile, root, runNode, type Outcome } from "./process";

/** One target of asconfig.json: options of asc by name. */
export interface Target {
  outFile: string;
  use: string[];
  [option: string]: unknown;
}

export interface AsConfig {
  options: Record<string, unknown>;
  targets: Record<string, Target>;
}

/**
 * The firmware of a target: the demonstration, or for `.bare` targets the stack alone. Not in asconfig.json: asc would add that entry
 * to any other it is given.
 */
export function firmwareOf(target: string): string {
  return target.endsWith(".bare") ? "assembly/apps/bare.ts" : firmware;
}

/** The demonstration: web server, echo and discard. */
export const firmware = "assembly/apps/board.ts";

/** What changes the source between the parser and the compiler, or looks at the result before the optimiser. */
export const transforms = ["host/tools/text-transform.mjs", "host/tools/layout-transform.mjs", "host/tools/size-transform.mjs"];

/** Targets whose flash is scarcer than their time: `@inline` is left to the optimizer there, which saves 6 KB. */
function transformsOf(target: string): string[] {
  const small = /^(tiny|default)(\.bare)?$/.test(target);
  return transforms.filter((transform) => small || !transform.includes("size-transform"));
}

/** One compilation. */
export interface Compilation {
  entry: string;
  target: string;
  /** From the top of the checkout. The layout goes beside it, ending in `.layout.json`. */
  outFile: string;
  /** The configuration file, from the top of the checkout; asconfig.json when absent. */
  config?: string;
  extra?: string[];
}

/** Memory that is claimed by one `memory.data`. */
export interface Region {
  address: number;
  size: number;
  /** The constant that holds the address, `assembly/tcp/tcb/table`; empty for literals. */
  name: string;
}

/** Reads asconfig.json. */
export function readAsConfig(): AsConfig {
  return JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8")) as AsConfig;
}

/** The path of the layout that belongs to a module. */
export function layoutFile(outFile: string): string {
  return outFile.replace(/\.wasm$/, ".layout.json");
}

/** The static memory of a compiled module, sorted by address. */
export function readLayout(outFile: string): Region[] {
  return JSON.parse(readFileSync(join(root, layoutFile(outFile)), "utf8")) as Region[];
}

/** The address behind the last region: the linear memory that the module uses. */
export function usedMemory(layout: Region[]): number {
  return Math.max(0, ...layout.map(({ address, size }) => address + size));
}

/** Runs asc in a process of its own. */
export function compile({ entry, target, outFile, config = "asconfig.json", extra = [] }: Compilation): Promise<Outcome> {
  mkdirSync(join(root, dirname(outFile)), { recursive: true });
  const asc = packageFile("assemblyscript/bin/asc.js");
  const args = [asc, entry, "--config", config, "--target", target, "--outFile", relative(root, join(root, outFile)), ...extra];
  // Given here, since asc resolves a relative path in asconfig.json as a package's name.
  for (const transform of transformsOf(target)) args.push("--transform", `./${transform}`);
  return runNode(args, { env: { SANDWIRE_LAYOUT: join(root, layoutFile(outFile)) }, limit: 300_000 });
}
