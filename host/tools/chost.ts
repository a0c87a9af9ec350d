/**
 * The second step of `npm run build:wasm3`: devices as programs on a PC, in C (host/wasm3/posix/), one for each engine. They are
 * build/wasm3/sandwire-wasm3, which is given a module, and build/wasm3/sandwire-aot, which has one built in.
 *
 *     npm run build:wasm3 -- --app examples/c/echo.c [--engine wasm3|aot] [--profile P]    a C application: build/wasm3/echo-wasm3 ...
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { aotSource, wasm2c } from "./aot";
import { engineIncludes } from "./engine-sources";
import { locked } from "./lock";
import { root } from "./process";
import { compiler, MissingProgram, perform } from "./program";
import { isStale } from "./stale";
import { buildWasm3, isWasm3Fresh, wasm3Library } from "./wasm3";

/** What runs the module in a C program. */
export type NativeEngine = "wasm3" | "aot";

/** How a program is made. */
export interface ProgramOptions {
  engine: NativeEngine;
  /** A file with `sw_application` (host/wasm3/application.h), from the top folder; unless given, the program only runs the device. */
  application?: string;
  /** The module of an aot program; "default" unless given. */
  profile?: string;
  /** The program. */
  out: string;
  /** Make it although it is newer than its sources. */
  force?: boolean;
}

const FOLDER = "build/wasm3";
const ENGINES: readonly NativeEngine[] = ["wasm3", "aot"];
/** What every C program on a PC consists of besides its engine. */
const SHARED = ["device", "port", "checksum", "seed", "sandwire", "sandwire_wait", "sandwire_text"];
const INPUTS = ["host/wasm3", "host/tools/chost.ts", "host/tools/aot.ts", "host/tools/aot", "build/generated/sandwire_abi.h"];

function sources(): string[] {
  const posix = readdirSync(join(root, "host/wasm3/posix")).filter((name) => name.endsWith(".c"));
  return [...SHARED.map((name) => `host/wasm3/${name}.c`), ...posix.map((name) => `host/wasm3/posix/${name}`)];
}

/** The engine as something to link. */
async function engineFiles(engine: NativeEngine, profile: string): Promise<string[]> {
  if (engine === "aot") return [await aotObject(profile)];
  if (!isWasm3Fresh()) await buildWasm3();
  return [relative(root, wasm3Library.replace(/so$/, "a"))];
}

/** A profile's module compiled ahead of time, with the engine around it. */
async function aotObject(profile: string): Promise<string> {
  const wasm = `build/sandwire.${profile}.wasm`;
  if (!existsSync(join(root, wasm))) throw new Error(`${wasm} is missing: run \`npm run build -- ${profile}\` first`);
  const object = `${FOLDER}/aot.${profile}.o`;
  const options = ["-std=gnu11", "-O2", "-w"];
  const make = async (part: string): Promise<void> => {
    const { file, includes, defines } = await aotSource(join(root, wasm), join(root, FOLDER, `aot.${profile}`));
    const where = [...defines.map((one) => `-D${one}`), ...includes.map((path) => `-I${path}`)];
    await perform(compiler, [...options, ...where, "-r", "-nostdlib", file, "host/wasm3/engine_aot.c", "-o", part]);
  };
  await fresh({ out: object, inputs: [...INPUTS, wasm], stamp: [compiler.command, ...options], make });
  return object;
}

/** A file to make, unless it is there, newer than its inputs and made in the same way. Paths are from the checkout's top folder. */
interface Making {
  out: string;
  inputs: string[];
  /** How it is made. */
  stamp: string[];
  force?: boolean;
  /** Makes it under another name. */
  make: (part: string) => Promise<void>;
}

/** Of several processes that want one file at the same time, one makes it. */
async function fresh({ out, inputs, stamp, force = false, make }: Making): Promise<void> {
  const [at, text] = [join(root, out), `${stamp.join("\n")}\n`];
  const isFresh = (): boolean =>
    !isStale(out, inputs) && existsSync(`${at}.stamp`) && readFileSync(`${at}.stamp`, "utf8") === text;
  mkdirSync(dirname(at), { recursive: true });
  const work = async (): Promise<void> => {
    if (!force && isFresh()) return;
    await make(`${at}.part`);
    // A program without its stamp is made again, one with another's would be taken for it.
    rmSync(`${at}.stamp`, { force: true });
    renameSync(`${at}.part`, at);
    writeFileSync(`${at}.stamp`, text);
  };
  await locked(`${at}.lock`, work, (line) => console.error(line));
}

/** Compile and link a program; its path. Rejects with an Error of one line when something is missing, of several when it does not compile. */
export async function buildProgram({ engine, application, profile = "default", out, force }: ProgramOptions): Promise<string> {
  const own = application === undefined ? [] : [relative(root, resolve(root, application))];
  if (application !== undefined && !existsSync(resolve(root, application))) throw new Error(`${application} does not exist`);
  mkdirSync(join(root, FOLDER), { recursive: true });
  const files = [...own, ...(await engineFiles(engine, profile))];
  const options = ["-std=c11", "-O2", "-Wall"];
  const includes = [...engineIncludes(), join(root, "host/wasm3/posix")].map((path) => `-I${path}`);
  const make = async (part: string): Promise<void> => {
    await perform(compiler, [...options, ...includes, ...sources(), ...files, "-lm", "-o", part]);
  };
  await fresh({ out, inputs: [...INPUTS, ...files], stamp: [compiler.command, ...options, ...files], force, make });
  return out;
}

function isEngine(text: string): text is NativeEngine {
  return (ENGINES as readonly string[]).includes(text);
}

/** Both programs; the one with a module built in only where there is wasm2c, which makes it. */
async function buildDefault(force: boolean): Promise<void> {
  console.log(await buildProgram({ engine: "wasm3", out: `${FOLDER}/sandwire-wasm3`, force }));
  try {
    console.log(await buildProgram({ engine: "aot", out: `${FOLDER}/sandwire-aot`, force }));
  } catch (error) {
    if (!(error instanceof MissingProgram && error.program === wasm2c)) throw error;
    console.log(`without ${FOLDER}/sandwire-aot: ${error.message}`);
  }
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { app: text, engine: text, profile: text, force: { type: "boolean", default: false } },
  });
  const { app, engine, profile, force } = values;
  if (engine !== undefined && !isEngine(engine)) throw new Error(`--engine ${engine}: it is ${ENGINES.join(" or ")}`);
  if (app === undefined && engine === undefined && profile === undefined) return buildDefault(force);
  const name = app === undefined ? "sandwire" : basename(app, extname(app));
  for (const one of engine === undefined ? ENGINES : [engine]) {
    console.log(await buildProgram({ engine: one, application: app, profile, out: `${FOLDER}/${name}-${one}`, force }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
