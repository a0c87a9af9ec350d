/**
 * Modules compiled ahead of time: wasm2c translates one to C, and what it puts before the module's own functions is replaced by ours
 * (host/wasm3/aot/). Used for hosts, where a module becomes a shared library, and for firmware, where it becomes a part of the program.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { translate } from "./aot/translate";
import { engineIncludes } from "./engine-sources";
import { root } from "./process";
import { perform, type Program } from "./program";
import { writeChanged } from "./stale";
import { parseWasm } from "./wasm";

/** What translates a module to C. */
export const wasm2c: Program = {
  command: process.env["WASM2C"] ?? "wasm2c",
  remedy: "install WABT (Debian: apt install wabt), or say in WASM2C where it is",
};

/** How a module is to be translated. */
export interface AotOptions {
  /** One instance whose memory is the array `sw_memory`, for firmware; otherwise any number of instances. */
  static?: boolean;
  /** Static only: octets of linear memory there are; whole pages unless given. What lies behind traps. */
  memorySize?: number;
}

/** C source for a module, ready to be compiled together with host/wasm3/engine_aot.c. */
export interface AotSource {
  /** The module's functions. */
  file: string;
  /** Folders with headers, for `-I`: those of the project first. */
  includes: string[];
  /** For `-D`. */
  defines: string[];
  /** Octets of linear memory. */
  memorySize: number;
}

/** The functions hosts may call, in the order of their numbers. */
function hostFunctions(): string[] {
  const header = join(root, "build/generated/sandwire_abi.h");
  if (!existsSync(header)) throw new Error("build/generated/sandwire_abi.h is missing: run `npm run build` first");
  return [...readFileSync(header, "utf8").matchAll(/^ {2}SW_FN_(\w+),$/gm)].map(([, name = ""]) => name.toLowerCase());
}

/**
 * Translates the module in a file to `folder`/sandwire_module.{c,h}. Rejects with an Error of one line when wasm2c is missing, or when
 * the module is not of Sandwire's kind: without imports, with one memory that cannot grow.
 */
export async function aotSource(wasm: string, folder: string, options: AotOptions = {}): Promise<AotSource> {
  const module = parseWasm(readFileSync(wasm));
  const pages = module.memories[0]?.initial ?? 0;
  if (module.imports.length > 0)
    throw new Error(`${wasm} imports ${module.imports[0]}: only modules without imports run ahead of time`);
  if (pages === 0 || module.memories[0]?.maximum !== pages) throw new Error(`${wasm}: its memory is not of a fixed size`);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".wasm2c-"));
  try {
    const raw = join(scratch, "sandwire_module.c");
    await perform(wasm2c, ["-n", "sandwire", wasm, "-o", raw]);
    const generated = { source: readFileSync(raw, "utf8"), header: readFileSync(raw.replace(/c$/, "h"), "utf8") };
    const names = module.functions.map(({ name }, index) => (name === String(index) ? "" : name));
    const text = translate(generated, { names, pages, functions: hostFunctions(), static: options.static ?? false });
    for (const kind of ["source", "header"] as const)
      writeChanged(join(folder, `sandwire_module.${kind === "source" ? "c" : "h"}`), text[kind]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const memorySize = (options.static ? options.memorySize : undefined) ?? pages * 65536;
  const defines = options.static ? ["SW_AOT_STATIC=1", `SW_MEMORY_SIZE=${memorySize}u`] : [];
  return { file: join(folder, "sandwire_module.c"), includes: [...engineIncludes(), folder], defines, memorySize };
}
