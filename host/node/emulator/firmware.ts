import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BoardEngine, BoardFile } from "./catalogue";

const FOLDER = fileURLToPath(new URL("../../../build/firmware/", import.meta.url));

/** The folder of a board's firmware. Throws an Error of one line that says what to do when it is not built. */
export function firmwareOf(board: BoardFile, engine: BoardEngine): string {
  const folder = `${FOLDER}${board.name}.${engine}`;
  if (existsSync(`${folder}/firmware.elf`)) return folder;
  throw new Error(
    `the firmware of ${board.name} is not built: run \`npm run firmware -- --board ${board.name} --engine ${engine}\` first`,
  );
}
