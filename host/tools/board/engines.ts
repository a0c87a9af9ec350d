import { basename, join, relative } from "node:path";
import { aotSource } from "../aot";
import { readLayout, usedMemory } from "../compile";
import { engineIncludes } from "../engine-sources";
import { root } from "../process";
import { wasm3Folder, wasm3Sources } from "../wasm3";
import { compactWasm3 } from "./compact";
import type { EngineChoice, EngineName } from "./description";
import { OWN, type SourceSet } from "./toolchain";

/** An engine for one module: its sources, and how it wants the module. */
export interface EngineParts {
  parts: SourceSet[];
  /** The module lies in flash as it is. */
  embeds: boolean;
}

/**
 * What to compile for an engine that runs the module in `wasm`; what is generated goes into `folder`. `flash`: where code begins, for
 * the interpreter, whose operations lie in its first 64 KiB.
 */
export async function engineParts(
  engine: EngineName,
  { options }: EngineChoice,
  wasm: string,
  folder: string,
  flash = 0,
): Promise<EngineParts> {
  const memory = memorySize(wasm);
  return engine === "wasm3" ? wasm3Parts(memory, flash, folder) : aotParts(wasm, memory, options, folder);
}

/** Octets of linear memory that the module uses, as its layout tells; what lies behind them is not there, and traps. */
function memorySize(wasm: string): number {
  return Math.ceil(usedMemory(readLayout(relative(root, wasm))) / 64) * 64;
}

/**
 * wasm3 as small as it gets without a patch: no floating point, which the core has not; small code pages, since what is left of one
 * is lost; and room for functions as deep as ours are.
 */
const SMALL = [
  ..."NDEBUG d_m3HasFloat=0 d_m3VerboseErrorMessages=0 d_m3MaxDuplicateFunctionImpl=1".split(" "),
  ..."d_m3CodePageAlignSize=1024 d_m3MaxFunctionStackHeight=256 SW_WASM3_STACK=4096 SW_WASM3_RESERVE=8192u".split(" "),
];

/** Operations of the interpreter end in a jump to the next, so no register is worth keeping: see host/wasm3/interpreter.c. */
const OPERATIONS = "-O2 -w -fomit-frame-pointer -fcall-used-r4 -fcall-used-r5 -fcall-used-r6 -DSW_WASM3_INNER".split(" ");

function wasm3Parts(memory: number, flash: number, folder: string): EngineParts {
  const sources = wasm3Sources();
  const [operations = "", engine = ""] = sources.ours;
  const wasm3 = join(folder, "wasm3");
  compactWasm3(wasm3Folder(), wasm3);
  const theirs = sources.theirs.map((path) => join(wasm3, basename(path)));
  const defines = [...SMALL, `SW_MEMORY_SIZE=${memory}`, `SW_OPERATIONS=${flash}u`];
  const options = ["-include", "host/wasm3/wasm3_arm.h", ...optionsOf([...engineIncludes(), wasm3], defines)];
  return {
    parts: [
      { owner: "engine", sources: inside([engine]), options: [...OWN, "-Wno-unused-parameter", ...options] },
      { owner: "engine", sources: inside(theirs), options: ["-Os", "-w", ...options] },
      { owner: "engine", sources: inside([operations]), options: [...OPERATIONS, ...options] },
    ],
    embeds: true,
  };
}

async function aotParts(wasm: string, memory: number, optimise: string[], folder: string): Promise<EngineParts> {
  // A multiple of 256 is a number that an instruction of Thumb has room for.
  const memorySize = Math.ceil(memory / 256) * 256;
  const { file, includes, defines } = await aotSource(wasm, join(folder, "aot"), { static: true, memorySize });
  const options = optionsOf(includes, defines);
  return {
    parts: [
      { owner: "engine", sources: ["host/wasm3/engine_aot.c"], options: [...OWN, ...options] },
      { owner: "generated code", sources: inside([file]), options: [...optimise, "-w", ...options] },
    ],
    embeds: false,
  };
}

function optionsOf(includes: string[], defines: string[]): string[] {
  return [...includes.flatMap((path) => ["-I", path]), ...defines.map((define) => `-D${define}`)];
}

/** Paths from the checkout, as the compiler runs there. */
function inside(paths: string[]): string[] {
  return paths.map((path) => relative(root, path));
}
