import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { readLayout, usedMemory } from "../compile";
import { root } from "../process";
import type { EngineName } from "./description";
import { OWN, type SourceSet } from "./toolchain";

/** The sources of an engine, and how it wants its module. */
export interface EngineParts {
  parts: SourceSet[];
  /** The module lies in flash as it is. */
  embeds: boolean;
}

/** What to compile for an engine that runs the module in `wasm`; what is generated goes into `folder`. */
export async function engineParts(engine: EngineName, wasm: string, folder: string): Promise<EngineParts> {
  const memory = memorySize(wasm);
  return engine === "wasm3" ? wasm3Parts(memory) : aotParts(wasm, memory, folder);
}

/** Octets of linear memory that the module uses, as its layout tells. */
export function memorySize(wasm: string): number {
  return Math.ceil(usedMemory(readLayout(relative(root, wasm))) / 64) * 64;
}

/** Of wasm3's sources those that a module without imports needs; m3_compile.c comes in through interpreter.c. */
const WASM3 = "bind code core env function info module parse".split(" ").map((name) => `m3_${name}.c`);

function wasm3Parts(memory: number): EngineParts {
  const wasm3 = process.env.WASM3_DIR ?? join(root, "node_modules/react-native-webassembly/cpp");
  if (!existsSync(join(wasm3, WASM3[0] ?? "")))
    throw new Error(`there is no wasm3 in ${wasm3}: run \`npm install\`, or set WASM3_DIR`);
  const options = [
    ...["-I", wasm3, "-DNDEBUG", "-Dd_m3HasFloat=0", "-Dd_m3VerboseErrorMessages=0", "-Dd_m3LogOutput=0"],
    ...[`-DSW_MEMORY_SIZE=${memory}`, "-DSW_WASM3_STACK=4096", "-Dd_m3CodePageAlignSize=1024", "-fomit-frame-pointer"],
  ];
  const own = ["host/wasm3/engine_wasm3.c"];
  return {
    parts: [
      { owner: "engine", sources: own, options: [...OWN, ...options, "-Wno-unused-parameter"] },
      {
        owner: "engine",
        sources: [...WASM3.map((file) => relative(root, join(wasm3, file))), "host/wasm3/interpreter.c"],
        options: ["-O2", "-w", ...options],
      },
    ],
    embeds: true,
  };
}

async function aotParts(_wasm: string, _memory: number, _folder: string): Promise<EngineParts> {
  throw new Error("the engine aot is not there yet");
}
