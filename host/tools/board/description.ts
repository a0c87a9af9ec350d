import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../process";

/** What runs the module in a firmware. */
export type EngineName = "wasm3" | "aot";

/** A piece of the chip's memory, as large as the chip has it: what does not fit does not link. */
export interface MemoryRegion {
  name: string;
  origin: number;
  size: number;
}

/** What an engine needs on a board. */
export interface EngineChoice {
  /** The target of asconfig.json whose module it runs, unless another is asked for. */
  profile: string;
  /** Octets for what the engine allocates; 0 for engines that allocate nothing. */
  heap: number;
  /** How generated code is optimised: `-O2` unless the board says otherwise. */
  options: string[];
}

/** How a board is programmed: the tool and its arguments, `{elf}`, `{bin}`, `{hex}` and `{uf2}` being the firmware's files. */
export interface FlashTool {
  tool: string;
  args: string[];
}

/** What parts of a firmware lie in which region. */
export type Part = "code" | "data" | "linear" | "heap" | "stack";

/** A board as its board.json tells it; sizes and addresses as numbers. */
export interface BoardDescription {
  name: string;
  title: string;
  chip: string;
  /** Options of the compiler that name the core. */
  cpu: string[];
  engines: Partial<Record<EngineName, EngineChoice>>;
  memory: MemoryRegion[];
  /** Region of each part: code goes to `flash`, all else to `ram`, unless the board says otherwise. */
  place: Record<Part, string>;
  /** Octets of the stack. */
  stack: number;
  /** Address of `struct sw_boot`: the last 64 octets of a region. */
  boot: number;
  /** Paths of C and assembler files, from the board's folder. */
  sources: string[];
  /** Libraries and options of the linker beyond the usual. */
  link: string[];
  flash: FlashTool | "emulated";
  /** The chip's number among the families of UF2, for boards that show themselves as a drive; 0 when it has none. */
  family: number;
  /** QEMU's machine and the options it needs beyond kernel, console and network; absent for boards that nobody emulates. */
  emulator?: { machine: string; args: string[] };
  /** Where it has run. */
  tried: "emulator" | "hardware" | "nowhere";
  /** The board's folder. */
  folder: string;
}

/** What is kept for `struct sw_boot` and what else survives a reset. */
export const BOOT_SIZE = 64;

const BOARDS = join(root, "host/boards");
const PARTS: Part[] = ["code", "data", "linear", "heap", "stack"];

/** Names of all boards. */
export function boardNames(): string[] {
  const folders = existsSync(BOARDS) ? readdirSync(BOARDS) : [];
  return folders.filter((name) => existsSync(join(BOARDS, name, "board.json"))).sort();
}

/** Reads a board's description. Throws an Error of one line when there is no such board or its board.json is not right. */
export function readBoard(name: string): BoardDescription {
  const names = boardNames();
  if (!names.includes(name)) throw new Error(`no such board: ${name} (there is ${names.join(", ")})`);
  const folder = join(BOARDS, name);
  return describe(JSON.parse(readFileSync(join(folder, "board.json"), "utf8")) as Json, folder);
}

/** The engine's part of a board. Throws an Error of one line when the board has no such engine. */
export function engineOf(board: BoardDescription, engine: string): EngineChoice {
  const choice = board.engines[engine as EngineName];
  if (choice) return choice;
  throw new Error(`${board.name} has no engine ${engine} (there is ${Object.keys(board.engines).join(", ")})`);
}

type Json = Record<string, unknown>;
type JsonEngines = Partial<Record<EngineName, { profile: string; heap?: number | string; options?: string[] }>>;

function describe(json: Json, folder: string): BoardDescription {
  const where = join(folder, "board.json");
  const missing = ["name", "title", "chip", "cpu", "engines", "memory", "stack", "boot", "sources", "flash", "tried"];
  for (const field of missing) if (!(field in json)) throw new Error(`${where} does not say ${field}`);
  const memory = (json.memory as { name: string; origin: unknown; size: unknown }[]).map((region) => ({
    name: region.name,
    origin: numberOf(region.origin, where),
    size: numberOf(region.size, where),
  }));
  const engines: BoardDescription["engines"] = {};
  for (const [name, { profile, heap = 0, options = ["-O2"] }] of Object.entries(json.engines as JsonEngines))
    engines[name as EngineName] = { profile, heap: numberOf(heap, where), options };
  const given = (json.place ?? {}) as Partial<Record<Part, string>>;
  const place = Object.fromEntries(
    PARTS.map((part) => [part, given[part] ?? (part === "code" ? "flash" : "ram")]),
  ) as BoardDescription["place"];
  const board = { link: [], ...json, memory, engines, place, folder } as unknown as BoardDescription;
  board.stack = numberOf(json.stack, where);
  board.boot = numberOf(json.boot, where);
  board.family = numberOf(json.family ?? 0, where);
  check(board, where);
  return board;
}

function check({ memory, place, boot, sources, folder }: BoardDescription, where: string): void {
  const names = memory.map(({ name }) => name);
  for (const region of Object.values(place)) if (!names.includes(region)) throw new Error(`${where} has no memory ${region}`);
  const ends = memory.map(({ origin, size }) => origin + size - BOOT_SIZE);
  if (!ends.includes(boot)) throw new Error(`${where}: boot must be the last ${BOOT_SIZE} octets of a memory`);
  for (const source of sources) if (!existsSync(join(folder, source))) throw new Error(`${where}: there is no ${source}`);
}

const UNITS: Record<string, number> = { "": 1, K: 1024, M: 1024 * 1024 };

/** 4096, "0x1000", "4K" and "4M" are numbers. */
function numberOf(value: unknown, where: string): number {
  if (typeof value === "number") return value;
  const [, digits, unit = ""] = /^(0x[0-9a-f]+|\d+)([KM]?)$/i.exec(String(value)) ?? [];
  if (digits === undefined) throw new Error(`${where}: "${String(value)}" is no number; write 4096, "0x1000" or "4K"`);
  return Number(digits) * UNITS[unit.toUpperCase()];
}
