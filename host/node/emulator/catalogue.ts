import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isProfile, type Profile } from "../module";

/** How a firmware runs the module: interpreted or compiled ahead of time. */
export const BOARD_ENGINES = ["wasm3", "aot"] as const;
/** One of them. */
export type BoardEngine = (typeof BOARD_ENGINES)[number];

/** What host/boards/NAME/board.json says, as far as it takes to run and to flash the board. */
export interface BoardFile {
  name: string;
  /** What it is, in words. */
  title: string;
  /** How a firmware runs the module there, and which size of module. */
  engines: Partial<Record<BoardEngine, { profile: Profile }>>;
  /** Where `struct sw_boot` lies. */
  boot: number;
  /** QEMU's machine, and what else QEMU is told. */
  emulator?: { machine: string; args: string[] };
  /** What programs the real board, "{elf}" and the like stand for the firmware's files; absent where there is only the emulator. */
  flash?: { tool: string; args: string[] };
  /** What it has run on. */
  tried: "emulator" | "hardware";
}

const FOLDER = fileURLToPath(new URL("../../boards/", import.meta.url));

/** The boards there are, by name. */
export function boardNames(folder = FOLDER): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(`${folder}/${name}/board.json`))
    .sort();
}

/** What is known of a board. Throws an Error of one line when there is none of that name, or its file is not as it should be. */
export function readBoard(name: string, folder = FOLDER): BoardFile {
  const names = boardNames(folder);
  if (names.length === 0) throw new Error("boards run from a checkout of Sandwire; the package does not have them");
  if (!names.includes(name)) throw new Error(`there is no board ${name}: the boards are ${names.join(", ")}`);
  const text = readFileSync(`${folder}/${name}/board.json`, "utf8");
  try {
    return checked(name, JSON.parse(text) as Record<string, unknown>);
  } catch (error) {
    throw new Error(`host/boards/${name}/board.json: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function checked(name: string, file: Record<string, unknown>): BoardFile {
  const boot = Number(file["boot"]);
  if (file["boot"] === undefined || !Number.isInteger(boot)) throw new Error("boot is no address");
  return {
    name,
    title: typeof file["title"] === "string" ? file["title"] : name,
    engines: enginesOf(file["engines"]),
    boot,
    emulator: emulatorOf(file["emulator"]),
    flash: flashOf(file["flash"]),
    tried: file["tried"] === "hardware" ? "hardware" : "emulator",
  };
}

function enginesOf(value: unknown): BoardFile["engines"] {
  const engines: BoardFile["engines"] = {};
  const given = recordOf(value ?? {}, "engines");
  for (const engine of BOARD_ENGINES) {
    if (given[engine] === undefined) continue;
    const { profile = "default" } = recordOf(given[engine], `engines.${engine}`);
    if (typeof profile !== "string" || !isProfile(profile)) throw new Error(`engines.${engine}.profile is none`);
    engines[engine] = { profile };
  }
  if (Object.keys(engines).length === 0) throw new Error("engines names none");
  return engines;
}

function emulatorOf(value: unknown): BoardFile["emulator"] {
  if (value === undefined) return undefined;
  const { machine, args } = recordOf(value, "emulator");
  if (typeof machine !== "string") throw new Error("emulator.machine is missing");
  return { machine, args: textsOf(args, "emulator.args") };
}

function flashOf(value: unknown): BoardFile["flash"] {
  if (value === undefined || value === "emulated") return undefined;
  const { tool, args } = recordOf(value, "flash");
  if (typeof tool !== "string") throw new Error("flash.tool is missing");
  return { tool, args: textsOf(args, "flash.args") };
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error(`${what} is missing`);
  return value as Record<string, unknown>;
}

function textsOf(value: unknown, what: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string")) throw new Error(`${what} is no list of texts`);
  return value;
}

/** The engine a board is to run with: the one asked for, or its first. Throws an Error of one line when it has none of that name. */
export function engineOf(board: BoardFile, wanted: string | undefined): BoardEngine {
  const has = BOARD_ENGINES.filter((engine) => board.engines[engine]);
  const found = wanted === undefined ? has[0] : has.find((engine) => engine === wanted);
  if (found) return found;
  throw new Error(`${board.name} does not run ${wanted}: its engines are ${has.join(", ")}`);
}
