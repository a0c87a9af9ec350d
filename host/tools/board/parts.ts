import { readdirSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { root } from "../process";
import type { BoardDescription } from "./description";
import { OWN, type SourceSet } from "./toolchain";

/** The programs there are of a board: one that lives on a network, and one that replays a session and ends. */
export type Program = "firmware" | "replay";

/** Of the common files, what a program takes. */
const TAKES: Record<Program, RegExp> = {
  firmware: /\/(?!cortex_|replay)\w+\.c$/,
  replay: /\/(start|heap|memory|replay\w*)\.c$/,
};

/** What every firmware of a board has, whatever runs its module. */
export function boardParts(board: BoardDescription, program: Program): SourceSet[] {
  const common = join(root, "host/boards/common");
  // The start-up code of families of chips: a board that wants one names it.
  const optional = board.sources.map((source) => normalize(join(board.folder, source)));
  const frame = cFiles(common).filter((path) => TAKES[program].test(path));
  const ports = ["port.c", "checksum.c", "device.c", "seed.c"].map((file) => join(root, "host/wasm3", file));
  const calls = cFiles(join(root, "host/wasm3")).filter((path) => /\/sandwire\w*\.c$/.test(path));
  return [
    { owner: "start-up and loop", sources: inside(frame), options: OWN },
    { owner: "driver", sources: inside(optional), options: OWN },
    { owner: "port", sources: inside(ports), options: OWN },
    { owner: "socket calls", sources: inside(calls), options: OWN },
  ];
}

/** Where headers are found. */
export const INCLUDES = ["build/generated", "host/wasm3", "host/boards", "host/boards/common"];

function cFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => join(folder, name));
}

/** Paths from the checkout, so that maps and messages do not depend on where it is. */
function inside(paths: string[]): string[] {
  return paths.map((path) => relative(root, path));
}
