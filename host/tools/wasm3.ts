/**
 * `npm run build:wasm3`: the interpreter as a library for Node (build/wasm3/libsandwire-wasm3.so) and for C programs
 * (build/wasm3/libsandwire-wasm3.a), where they are stale or with `--force`. Also says, for firmware, which files wasm3 is.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "./declarations";
import { engineIncludes } from "./engine-sources";
import { locked, scratchFolder } from "./lock";
import { inParallel, root } from "./process";
import { compiler, perform, type Program } from "./program";
import { isStale } from "./stale";

/** wasm3 and our engine on it, ready to be compiled. */
export interface Wasm3Sources {
  /** wasm3's own files; not ours to keep free of warnings. */
  theirs: string[];
  /** Ours: the operations of the interpreter, which decide how fast it is, first. */
  ours: string[];
  /** Folders with headers, for `-I`. */
  includes: string[];
}

/** Those of wasm3's files that a module without imports needs; its compiler is part of host/wasm3/interpreter.c. */
const FILES = ["bind", "code", "core", "env", "function", "info", "module", "parse"];

/**
 * Where wasm3's source is: WASM3_DIR, which may be a checkout of it, or the package in node_modules. Throws an Error of one line that says
 * what to do when it is not there.
 */
export function wasm3Folder(): string {
  const chosen = process.env["WASM3_DIR"];
  const candidates = chosen === undefined ? [packaged()] : [resolve(chosen), resolve(chosen, "source")];
  const found = candidates.find((folder) => existsSync(join(folder, "m3_compile.c")));
  if (found !== undefined) return found;
  if (chosen !== undefined) throw new Error(`there is no source of wasm3 in WASM3_DIR=${chosen}: m3_compile.c is missing`);
  throw new Error("the source of wasm3 is missing: run `npm install`, or say in WASM3_DIR where a checkout of it is");
}

function packaged(): string {
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve("react-native-webassembly/package.json")), "cpp");
  } catch {
    return join(root, "node_modules/react-native-webassembly/cpp");
  }
}

/** The files of the interpreter. Throws as `wasm3Folder` does. */
export function wasm3Sources(): Wasm3Sources {
  const folder = wasm3Folder();
  return {
    theirs: FILES.map((name) => join(folder, `m3_${name}.c`)),
    ours: ["interpreter.c", "engine_wasm3.c"].map((name) => join(root, "host/wasm3", name)),
    includes: [...engineIncludes(), folder],
  };
}

const LIBRARY = "build/wasm3/libsandwire-wasm3";

/** The interpreter for Node. */
export const wasm3Library = join(root, `${LIBRARY}.so`);

/** Compiles one file; the object's path. */
async function object(source: string, folder: string, options: string[]): Promise<string> {
  const path = join(folder, `${basename(source, ".c")}.o`);
  await perform(compiler, [...options, "-c", source, "-o", path]);
  return path;
}

/** What both libraries are compiled with; wasm3's tail calls are calls unless the compiler is asked to optimize. */
const OPTIONS = ["-O2", "-fPIC", "-DNDEBUG", "-std=gnu11"];

const archiver: Program = { command: process.env["AR"] ?? "ar", remedy: "install binutils" };

/** Tells by what, and from which source of wasm3, the libraries were made. */
const STAMP = join(root, `${LIBRARY}.stamp`);

const stampOf = (): string => `${[compiler.command, archiver.command, ...OPTIONS, wasm3Folder()].join("\n")}\n`;

/** Whether both libraries are there and made of the present sources with the present compiler. Throws as `wasm3Folder` does. */
export function isWasm3Fresh(): boolean {
  if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== stampOf()) return false;
  const inputs = ["host/wasm3", "host/tools/wasm3.ts", "build/generated/sandwire_abi.h", relative(root, wasm3Folder())];
  return [".so", ".a"].every((ending) => !isStale(`${LIBRARY}${ending}`, inputs));
}

/**
 * Compiles both libraries into build/wasm3/, unless another process has just done so or `force` is set. Rejects with an Error of one line
 * when the compiler or wasm3's source is missing.
 */
export async function buildWasm3({ force = false } = {}): Promise<void> {
  const folder = join(root, dirname(LIBRARY));
  mkdirSync(folder, { recursive: true });
  const build = async (): Promise<void> => {
    if (force || !isWasm3Fresh()) await compileWasm3(folder);
  };
  await locked(join(folder, "wasm3.lock"), build, (line) => console.error(line));
}

async function compileWasm3(folder: string): Promise<void> {
  const { theirs, ours, includes } = wasm3Sources();
  const scratch = scratchFolder(join(folder, ".cc"));
  try {
    const common = [...OPTIONS, ...includes.map((path) => `-I${path}`)];
    const jobs = [
      ...[...theirs, ours[0] ?? ""].map((file) => () => object(file, scratch, [...common, "-w"])),
      ...[ours[1] ?? "", join(root, "host/wasm3/node.c")].map((file) => () => object(file, scratch, common)),
    ];
    const objects = await inParallel(jobs, availableParallelism());
    await perform(compiler, ["-shared", "-o", join(scratch, "shared"), ...objects, "-lm"]);
    await perform(archiver, ["rcs", join(scratch, "static"), ...objects]);
    // Between the two the libraries are of no one make.
    rmSync(STAMP, { force: true });
    renameSync(join(scratch, "shared"), wasm3Library);
    renameSync(join(scratch, "static"), join(root, `${LIBRARY}.a`));
    writeFileSync(STAMP, stampOf());
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  if (!(await generate())) throw new Error("no declarations, no engine");
  const force = process.argv.includes("--force");
  if (!force && isWasm3Fresh()) return console.log("nothing to build: the engine is newer than its sources");
  const started = performance.now();
  await buildWasm3({ force });
  console.log(`wasm3 ${((performance.now() - started) / 1000).toFixed(1)} s  ${LIBRARY}.so, ${LIBRARY}.a`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
