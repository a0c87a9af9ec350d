import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

export type Profile = "tiny" | "default" | "host";

export interface ModuleChoice {
  /** "default" unless told. */
  profile?: Profile;
  /** Build with assertions, invariants and the trace ring (default), unless SANDWIRE_TEST_RELEASE is set. */
  debug?: boolean;
  /** Knobs of config.ts that differ from the profile: `{ CONFIG_RX_SLOTS: 1 }`. */
  knobs?: Record<string, number>;
}

const compiledModules = new Map<string, WebAssembly.Module>();

/** The module of that choice, compiled; with knobs it is built into build/test/ when the sources changed. */
export function moduleFor(choice: ModuleChoice = {}): WebAssembly.Module {
  const path = choice.knobs ? builtWith(choice, choice.knobs) : join("build", `sandwire.${targetName(choice)}.wasm`);
  const known = compiledModules.get(path);
  if (known) return known;
  if (!existsSync(path)) throw new Error(`${path} is absent: run npm run build`);
  const module = new WebAssembly.Module(readFileSync(path));
  compiledModules.set(path, module);
  return module;
}

function targetName(choice: ModuleChoice): string {
  const debug = choice.debug ?? !process.env["SANDWIRE_TEST_RELEASE"];
  return `${choice.profile ?? "default"}${debug ? ".debug" : ""}`;
}

interface Target {
  use?: string[];
  [option: string]: unknown;
}

function builtWith(choice: ModuleChoice, knobs: Record<string, number>): string {
  const target = targetName(choice);
  const mark = createHash("sha1").update(JSON.stringify(knobs)).digest("hex").slice(0, 10);
  const path = join("build", "test", `${target}.${mark}.wasm`);
  if (existsSync(path) && statSync(path).mtimeMs > newest("assembly")) return path;
  mkdirSync(join("build", "test"), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  const asc = join("node_modules", "assemblyscript", "bin", "asc.js");
  const run = spawnSync(process.execPath, [asc, "assembly/apps/board.ts", ...flags(target, knobs), "--outFile", fresh], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`asc: ${run.stderr}${run.stdout}`);
  renameSync(fresh, path);
  return path;
}

/** The target's options with its knobs replaced; memory may be larger than the profile's budget. */
function flags(target: string, knobs: Record<string, number>): string[] {
  const config = JSON.parse(readFileSync("asconfig.json", "utf8")) as { targets: Record<string, Target> };
  const { use = [], ...options } = config.targets[target]!;
  const kept = use.filter((entry) => !(entry.split("=")[0]! in knobs));
  const uses = [...kept, ...Object.entries(knobs).map(([name, value]) => `${name}=${value}`)];
  const pages = Math.max(64, Number(options["maximumMemory"]));
  const optimized = options["debug"] ? ["--debug"] : ["-O3", "--noAssert"];
  const memory = ["--initialMemory", String(pages), "--maximumMemory", String(pages)];
  return ["--config", "none", "--runtime", "stub", "--bindings", "raw", ...optimized, ...memory, ...uses.flatMap((entry) => ["--use", entry])];
}

function newest(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs;
  });
  return Math.max(0, ...times);
}
