import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readLayout } from "../compile";
import { root } from "../process";
import { writeChanged } from "../stale";
import { BOOT_SIZE, type BoardDescription, type EngineName } from "./description";
import { piecesOf } from "./map";
import { boardParts, INCLUDES, type Program } from "./parts";
import { reportOf, tableOf, type Report } from "./report";
import { linkerScript } from "./script";
import { compileAll, digest, made, tool, type ObjectFile, type SourceSet } from "./toolchain";
import { uf2 } from "./uf2";

/** What makes one firmware. */
export interface Recipe {
  board: BoardDescription;
  program: Program;
  engine: EngineName;
  /** The module's file and what to call it: a target's name or an application's. */
  wasm: string;
  module: string;
  /** The engine's sources, made for this module where it is compiled ahead of time. */
  parts: SourceSet[];
  /** Whether the engine reads the module: it then lies in flash as it is. */
  embeds: boolean;
  /** Octets for what the engine allocates. */
  heap: number;
  /** Where everything goes. */
  folder: string;
}

/** Compiles, links, measures; what is fresh stays. Whoever calls it has the folder for itself. Rejects with an Error whose first line says what is wrong. */
export async function buildBoard(recipe: Recipe): Promise<Report> {
  const { board, folder, heap } = recipe;
  mkdirSync(folder, { recursive: true });
  const module: SourceSet = { owner: "module", sources: recipe.embeds ? [moduleFile(recipe)] : [], options: [] };
  const compile = (sets: SourceSet[]): Promise<ObjectFile[]> =>
    compileAll(sets, board.cpu, [...INCLUDES, folder], join(folder, "obj"));
  const objects = await compile([...boardParts(board, recipe.program), ...recipe.parts, module]);
  const script = linkerScript(board, { heap });
  const stamp = stampOf(recipe, script, objects);
  if (isLinked(folder, stamp)) return storedReport(folder);
  rmSync(join(folder, STAMP), { force: true });
  objects.push(...(await compile([{ owner: "start-up and loop", sources: [buildFile(recipe)], options: ["-Os"] }])));
  await link(recipe, script, objects);
  const report = await measure(recipe, objects);
  writeFileSync(join(folder, STAMP), stamp);
  return report;
}

/** Tells that everything in a folder was made of the same. */
const STAMP = "firmware.stamp";

/** What the results are made of: with the objects' contents, for who compiled them may have been ended before the link. */
function stampOf({ board, wasm, module }: Recipe, script: string, objects: ObjectFile[]): string {
  const contents = [wasm, ...objects.map(({ path }) => path)].map((path) => `${path} ${digest(readFileSync(path))}`);
  return digest([script, module, rxCursor(wasm), ...board.cpu, ...board.link, ...contents].join("\n"));
}

function isLinked(folder: string, stamp: string): boolean {
  const files = ["elf", "bin", "hex", "uf2", "symbols", "map", "stamp"].map((ending) => join(folder, `firmware.${ending}`));
  if (![...files, join(folder, "report.json")].every((path) => existsSync(path))) return false;
  return readFileSync(join(folder, STAMP), "utf8") === stamp;
}

function storedReport(folder: string): Report {
  return JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
}

/** The files made of the linked program, and the report. */
async function measure({ board, engine, module, folder }: Recipe, objects: ObjectFile[]): Promise<Report> {
  const file = (ending: string): string => join(folder, `firmware.${ending}`);
  await made(file("bin"), (part) => tool("objcopy", ["-O", "binary", file("elf"), part]));
  await made(file("hex"), (part) => tool("objcopy", ["-O", "ihex", file("elf"), part]));
  const start = board.memory.find(({ name }) => name === board.place.code)?.origin ?? 0;
  writeFileSync(file("uf2"), uf2(readFileSync(file("bin")), start, board.family));
  writeFileSync(file("symbols"), symbolsOf(await tool("nm", ["-n", "-S", "--defined-only", file("elf")])));
  const boot = { section: ".boot", owner: "boot block", size: BOOT_SIZE };
  const pieces = [...piecesOf(readFileSync(file("map"), "utf8"), objects), boot];
  const report = reportOf(board, engine, module, pieces);
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, "report.txt"), `${tableOf(report)}\n`);
  return report;
}

/** What the C sources cannot know: the module's name and SHA-256, where its receive cursor lies, and a seed that no other build has. */
function buildFile({ wasm, module, embeds, folder }: Recipe): string {
  const hash = createHash("sha256").update(readFileSync(wasm)).digest();
  const words = Array.from({ length: 4 }, () => `0x${randomBytes(4).toString("hex")}`);
  const none = "const uint8_t build_module[1] = {0};\nconst uint32_t build_module_size = 0;\n";
  const path = join(folder, "build.c");
  writeFileSync(
    path,
    `/* Made by host/tools/board/build.ts, different for each build. */
#include <stdint.h>
const char build_profile[] = "${module}";
const uint32_t build_seed[4] = {${words.join(", ")}};
const uint32_t build_rx_cursor = ${rxCursor(wasm)};
const uint8_t build_module_hash[32] = {${[...hash].join(", ")}};
${embeds ? "" : none}`,
  );
  return relative(root, path);
}

/** Where the module's receive cursor lies; 0 where it has none. */
function rxCursor(wasm: string): number {
  const layout = readLayout(relative(root, wasm));
  return layout.find(({ name }) => name === "assembly/driver/mac_ring/rxCursor")?.address ?? 0;
}

/** The module's octets as they are, in a section of their own. */
function moduleFile({ wasm, folder }: Recipe): string {
  const path = join(folder, "module.S");
  // The compiler knows nothing of the file that is put in: its digest makes this one change when that does.
  const text = `/* ${digest(readFileSync(wasm))} */
  .section .module, "a"
  .balign 8
  .global build_module, build_module_size
build_module:
  .incbin "${wasm}"
module_end:
  .balign 4
build_module_size:
  .word module_end - build_module
`;
  writeChanged(path, text);
  return relative(root, path);
}

async function link({ board, folder }: Recipe, text: string, objects: ObjectFile[]): Promise<void> {
  const script = join(folder, "firmware.ld");
  writeFileSync(script, text);
  const map = `-Wl,-Map=${join(folder, "firmware.map")}`;
  const warnings = ["-Wl,--gc-sections", "-Wl,--fatal-warnings", "-Wl,--no-warn-rwx-segments", map];
  const base = [...board.cpu, "-nostartfiles", "--specs=nano.specs", "-T", script, ...warnings, ...board.link];
  try {
    const inputs = objects.map(({ path }) => path);
    await made(join(folder, "firmware.elf"), (part) => tool("gcc", [...base, ...inputs, "-o", part]));
  } catch (error) {
    throw new Error(explain(error instanceof Error ? error.message : String(error), board), { cause: error });
  }
}

/** What does not fit, and by how much; what else the linker complains of as it is. */
function explain(message: string, board: BoardDescription): string {
  const [, region, more] = /region `(\w+)' overflowed by (\d+) bytes/.exec(message) ?? [];
  const size = board.memory.find(({ name }) => name === region)?.size;
  if (region === undefined || size === undefined) return `the firmware does not link\n${message}`;
  const [has, lacks] = [size, Number(more)].map((octets) => octets.toLocaleString("en"));
  return `the firmware does not fit into ${board.name}: ${region} has ${has} octets, ${lacks} too few`;
}

/** Address, size and name of every function, for what shows the console. */
function symbolsOf(nm: string): string {
  const rows = nm.split("\n").map((line) => /^([0-9a-f]+) ([0-9a-f]+) [tTwW] (\S+)$/.exec(line));
  return rows.flatMap((row) => (row ? [`${row.slice(1).join(" ")}\n`] : [])).join("");
}
