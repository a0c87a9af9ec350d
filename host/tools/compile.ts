import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { isCheckout, root, runNode, type Outcome } from "./process";

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
export const transforms = ["text", "layout", "size", "speed"].map((name) => `host/tools/${name}-transform.mjs`);

/** What a target asks of the optimizer: octets where flash is scarcer than time, speed on hosts, nothing where a person debugs. */
function goalOf(target: string): "size" | "speed" | undefined {
  if (/^(tiny|default)(\.bare)?$/.test(target)) return "size";
  return target === "host" ? "speed" : undefined;
}

function transformsOf(target: string): string[] {
  const goal = goalOf(target);
  return transforms.filter((transform) => !/(size|speed)-/.test(transform) || (goal && transform.includes(`${goal}-`)));
}

/** One compilation. Paths are absolute or start where it runs. */
export interface Compilation {
  entry: string;
  target: string;
  /** The layout goes beside it, ending in `.layout.json`. */
  outFile: string;
  /** The configuration file; the project's own asconfig.json when absent. */
  config?: string;
  extra?: string[];
  /** Where it runs, and looks for packages: the checkout's top folder when absent. */
  cwd?: string;
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

/** Where asc finds the package `sandwire`: in node_modules, or in the checkout under a name that leads back to it. */
function packages(): string {
  if (!isCheckout) return dirname(root);
  const folder = join(root, "build/packages");
  const link = join(folder, "sandwire");
  mkdirSync(folder, { recursive: true });
  try {
    if (!existsSync(link)) symlinkSync(root, link, "junction");
  } catch (error) {
    // Another build was faster.
    if (!existsSync(link)) throw error;
  }
  return folder;
}

/** The compiler's file. Throws an Error that says how to get it. */
function compilerFile(): string {
  try {
    return createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
  } catch {
    const text = readFileSync(join(root, "package.json"), "utf8");
    const { peerDependencies } = JSON.parse(text) as { peerDependencies: { assemblyscript: string } };
    const wanted = `assemblyscript@${peerDependencies.assemblyscript}`;
    throw new Error(`the compiler is not installed: run \`npm install --save-dev ${wanted}\``);
  }
}

/** Runs asc in a process of its own. Rejects with an Error of one line when it is not installed. */
export async function compile(job: Compilation): Promise<Outcome> {
  const { entry, target, config = join(root, "asconfig.json"), extra = [], cwd = root } = job;
  const outFile = resolve(cwd, job.outFile);
  mkdirSync(dirname(outFile), { recursive: true });
  const options = ["--config", resolve(cwd, config), "--target", target, "--outFile", outFile, "--path", packages()];
  const args = [compilerFile(), entry, ...options, ...extra];
  // Given here, since asc resolves a relative path in asconfig.json as a package's name.
  for (const transform of transformsOf(target)) args.push("--transform", join(root, transform));
  // A constant used several times in a function is written once, into a local.
  if (goalOf(target) === "size") args.push("--runPasses", "const-hoisting");
  return runNode(args, { cwd, env: { SANDWIRE_LAYOUT: layoutFile(outFile) }, limit: 300_000 });
}
