/**
 * The second step of `npm run build:wasm3`: devices as programs on a PC, in C (host/wasm3/posix/), one for each engine. They are
 * build/wasm3/sandwire-wasm3, which is given a module, and build/wasm3/sandwire-aot, which has one built in.
 *
 *     npm run build:wasm3 -- --app examples/c/echo.c [--engine wasm3|aot] [--profile P]    a C application: build/wasm3/echo-wasm3 ...
 */
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { aotSource } from "./aot";
import { engineIncludes } from "./engine-sources";
import { root } from "./process";
import { compiler, perform } from "./program";
import { isStale } from "./stale";
import { buildWasm3, wasm3Library } from "./wasm3";

/** What runs the module in a C program. */
export type NativeEngine = "wasm3" | "aot";

/** How a program is made. */
export interface ProgramOptions {
  engine: NativeEngine;
  /** A file with `sw_application` (host/wasm3/application.h); unless given, the program only runs the device. */
  application?: string;
  /** The module of an aot program; "default" unless given. */
  profile?: string;
  /** The program. */
  out: string;
}

const FOLDER = "build/wasm3";
const ENGINES: readonly NativeEngine[] = ["wasm3", "aot"];
/** What every C program on a PC consists of besides its engine. */
const SHARED = ["device", "port", "checksum", "seed", "sandwire", "sandwire_wait", "sandwire_text"];
const INPUTS = ["host/wasm3", "host/tools/chost.ts", "host/tools/aot.ts", "host/tools/aot", "build/generated/sandwire_abi.h"];

const ENGINE = ["engine_wasm3.c", "interpreter.c", "engine.h"].map((name) => `host/wasm3/${name}`);

function sources(): string[] {
  const posix = readdirSync(join(root, "host/wasm3/posix")).filter((name) => name.endsWith(".c"));
  return [...SHARED.map((name) => `host/wasm3/${name}.c`), ...posix.map((name) => `host/wasm3/posix/${name}`)];
}

/** The engine as something to link. */
async function engineFiles(engine: NativeEngine, profile: string): Promise<string[]> {
  if (engine === "aot") return [await aotObject(profile)];
  const library = relative(root, wasm3Library.replace(/so$/, "a"));
  if (isStale(library, ENGINE)) await buildWasm3();
  return [library];
}

/** A profile's module compiled ahead of time, with the engine around it. */
async function aotObject(profile: string): Promise<string> {
  const wasm = `build/sandwire.${profile}.wasm`;
  if (!existsSync(join(root, wasm))) throw new Error(`${wasm} is missing: run \`npm run build -- ${profile}\` first`);
  const object = `${FOLDER}/aot.${profile}.o`;
  if (!isStale(object, [...INPUTS, wasm])) return object;
  const { file, includes, defines } = await aotSource(join(root, wasm), join(root, FOLDER, `aot.${profile}`));
  const options = ["-std=gnu11", "-O2", "-w", ...defines.map((one) => `-D${one}`), ...includes.map((path) => `-I${path}`)];
  const made = `${object}.${process.pid}`;
  await perform(compiler, [...options, "-r", "-nostdlib", file, "host/wasm3/engine_aot.c", "-o", made]);
  renameSync(join(root, made), join(root, object));
  return object;
}

/** Compile and link a program; its path. Rejects with an Error of one line when something is missing, of several when it does not compile. */
export async function buildProgram({ engine, application, profile = "default", out }: ProgramOptions): Promise<string> {
  const own = application === undefined ? [] : [application];
  if (application !== undefined && !existsSync(join(root, application))) throw new Error(`${application} does not exist`);
  mkdirSync(join(root, dirname(out)), { recursive: true });
  const files = await engineFiles(engine, profile);
  if (
    !isStale(
      out,
      [...INPUTS, ...files, ...own].filter((path) => !path.startsWith("/")),
    )
  )
    return out;
  const includes = [...engineIncludes(), join(root, "host/wasm3/posix")].map((path) => `-I${path}`);
  const made = `${out}.${process.pid}`; // several processes may want one program at the same time
  await perform(compiler, ["-std=c11", "-O2", "-Wall", ...includes, ...sources(), ...own, ...files, "-lm", "-o", made]);
  renameSync(join(root, made), join(root, out));
  return out;
}

function isEngine(text: string): text is NativeEngine {
  return (ENGINES as readonly string[]).includes(text);
}

/** Both programs; the one with a module built in only where there is what makes it. */
async function buildDefault(): Promise<void> {
  console.log(await buildProgram({ engine: "wasm3", out: `${FOLDER}/sandwire-wasm3` }));
  try {
    console.log(await buildProgram({ engine: "aot", out: `${FOLDER}/sandwire-aot` }));
  } catch (error) {
    console.log(`without ${FOLDER}/sandwire-aot: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { app: text, engine: text, profile: text } });
  const { app, engine, profile } = values;
  if (engine !== undefined && !isEngine(engine)) throw new Error(`--engine ${engine}: it is ${ENGINES.join(" or ")}`);
  if (app === undefined && engine === undefined) return buildDefault();
  const name = app === undefined ? "sandwire" : basename(app, extname(app));
  for (const one of engine === undefined ? ENGINES : [engine]) {
    console.log(await buildProgram({ engine: one, application: app, profile, out: `${FOLDER}/${name}-${one}` }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
