import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AnyModule, nativeModule, usualEngine } from "../../host/node/engine";
import { compile, firmware, readAsConfig } from "../../host/tools/compile";

export type Profile = "tiny" | "default" | "host";

export interface ModuleChoice {
  /** "default" unless told. */
  profile?: Profile;
  /** Build with assertions, invariants and the trace ring: the default, unless SANDWIRE_TEST_RELEASE is set. */
  debug?: boolean;
  /** Knobs of config.ts that differ from the profile: `{ CONFIG_RX_SLOTS: 1 }`. */
  knobs?: Record<string, number>;
}

/** Where the modules of the profiles lie. */
const built = process.env["SANDWIRE_MODULES"] ?? "build";
/** Where modules with other knobs are put. */
const special = join("build", "test");
const compiled = new Map<string, AnyModule>();

/** The module of that choice, for the engine under test (ENGINE); with knobs it is built into build/test/ when the sources changed. */
export async function moduleFor(choice: ModuleChoice = {}): Promise<AnyModule> {
  const path = choice.knobs ? await builtWith(choice, choice.knobs) : join(built, `sandwire.${targetName(choice)}.wasm`);
  const known = compiled.get(path);
  if (known) return known;
  if (!existsSync(path)) throw new Error(`${path} is absent: run npm run build`);
  const engine = usualEngine();
  const module = engine === "v8" ? new WebAssembly.Module(readFileSync(path)) : await nativeModule(engine, path);
  compiled.set(path, module);
  return module;
}

function targetName(choice: ModuleChoice): string {
  const debug = choice.debug ?? !process.env["SANDWIRE_TEST_RELEASE"];
  return `${choice.profile ?? "default"}${debug ? ".debug" : ""}`;
}

async function builtWith(choice: ModuleChoice, knobs: Record<string, number>): Promise<string> {
  const target = targetName(choice);
  const mark = createHash("sha1").update(JSON.stringify(knobs)).digest("hex").slice(0, 10);
  const name = `${target}.${mark}`;
  const path = join(special, `${name}.wasm`);
  if (existsSync(path) && statSync(path).mtimeMs > newest("assembly")) return path;
  mkdirSync(special, { recursive: true });
  // Several test processes may build the same module: each works under a name of its own.
  const own = join(special, `${name}.${process.pid}`);
  writeFileSync(`${own}.json`, JSON.stringify(configuration(target, knobs)));
  const { code, output } = await compile({ entry: firmware, target, outFile: `${own}.wasm`, config: `${own}.json` });
  if (code !== 0) throw new Error(`asc: ${output}`);
  renameSync(`${own}.wasm`, path);
  return path;
}

/** The project's configuration with one target whose knobs are replaced; its memory may be larger than the profile's budget. */
function configuration(target: string, knobs: Record<string, number>): object {
  const config = readAsConfig();
  const { lowMemoryLimit: _, ...chosen } = config.targets[target];
  const kept = chosen.use.filter((entry) => !(entry.split("=")[0] in knobs));
  const use = [...kept, ...Object.entries(knobs).map(([name, value]) => `${name}=${value}`)];
  const pages = Math.max(4, Number(chosen["maximumMemory"]));
  return { ...config, targets: { [target]: { ...chosen, use, initialMemory: pages, maximumMemory: pages } } };
}

function newest(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs;
  });
  return Math.max(0, ...times);
}
