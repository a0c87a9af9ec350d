import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { aotSource } from "../aot";
import { locked, scratchFolder } from "../lock";
import { root } from "../process";
import { compiler, perform } from "../program";

/** How a library is compiled. */
export interface LibraryOptions {
  /** Told when it takes a while. */
  say?: (line: string) => void;
}

/** What decides how a module is translated, besides itself. */
const INPUTS = [
  ...["host/tools/aot.ts", "host/tools/aot/translate.ts", "host/tools/aot/library.ts", "build/generated/sandwire_abi.h"],
  ...["engine.h", "engine_aot.c", "node.c", "where.h", "aot/macros.h", "aot/module.h", "aot/trap.h", "aot/wasm-rt.h"].map(
    (name) => `host/wasm3/${name}`,
  ),
];

/** The compiler's optimization: -O2, or what is faster to compile. */
const optimize = process.env["SANDWIRE_AOT_OPTIMIZE"] ?? "-O2";

const FOLDER = join(root, "build/aot");

/**
 * The module in a file as a shared library for Node, compiled where that has not been done: equal modules share one, whatever they are
 * called. Rejects with an Error of one line when wasm2c or the compiler is missing.
 */
export async function aotLibrary(wasm: string, { say }: LibraryOptions = {}): Promise<string> {
  const hash = createHash("sha256").update(`${optimize} ${compiler.command}`);
  for (const path of [wasm, ...INPUTS.map((path) => join(root, path))]) hash.update(readFileSync(path));
  const library = join(FOLDER, `${hash.digest("hex").slice(0, 20)}.so`);
  mkdirSync(FOLDER, { recursive: true });
  if (existsSync(library)) return library;
  // Rather than the same thing again, processes that want one library at the same time wait for the one that has begun.
  await locked(`${library}.lock`, async () => existsSync(library) || compile(wasm, library, say), say);
  return library;
}

async function compile(wasm: string, library: string, say: LibraryOptions["say"]): Promise<void> {
  const scratch = scratchFolder(join(FOLDER, ".cc"));
  try {
    const timer = setTimeout(() => say?.(`compiling ${wasm} ahead of time ...`), 500);
    const { file, includes } = await aotSource(wasm, scratch);
    const options = [optimize, "-std=gnu11", "-fPIC", "-w", ...includes.map((path) => `-I${path}`)];
    const own = ["engine_aot.c", "node.c"].map((name) => join(root, "host/wasm3", name));
    await perform(compiler, [...options, "-shared", "-o", join(scratch, "library"), file, ...own, "-lm"]).finally(() =>
      clearTimeout(timer),
    );
    renameSync(join(scratch, "library"), library);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
