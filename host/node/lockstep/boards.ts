import { join } from "node:path";
import { boardNames, type EngineName, engineOf, readBoard } from "../../tools/board/description";
import { builtFirmware } from "../emulator/firmware";
import { fileURLToPath } from "node:url";
import type { ReplayFirmware } from "./replay";

/** A board's name and an engine's, or all that run a session's profile. */
export type BoardChoice = "all" | readonly BoardEngine[];

/** A board with one of its engines; with its first, when none is named. */
interface BoardEngine {
  readonly board: string;
  readonly engine: string | undefined;
}

const FIRMWARE = fileURLToPath(new URL("../../../build/firmware/", import.meta.url));

/** "all", or "mps2-an385,mps2-an385:aot". */
export function readBoards(text: string): BoardChoice {
  if (text === "all") return "all";
  return text.split(",").map((each) => {
    const [board, engine] = each.trim().split(":");
    return { board, engine };
  });
}

/**
 * Build what replays a session of that profile on the boards that were chosen. Rejects with an Error of one line.
 *
 * @param say called with what takes long, and with what a compiler said
 */
export async function replayFirmwares(
  choice: BoardChoice,
  profile: string,
  say: (line: string) => void,
): Promise<ReplayFirmware[]> {
  if (boardNames().length === 0) throw new Error("boards need a checkout of Sandwire: the package does not have their firmware");
  const chosen = choice === "all" ? boardsWith(profile) : choice;
  const built: ReplayFirmware[] = [];
  for (const { board, engine } of chosen) built.push(await replayFirmware(board, engine, profile, say));
  return built;
}

/** Every board in the emulator, with every engine of it that runs that profile. */
function boardsWith(profile: string): BoardEngine[] {
  return boardNames().flatMap((name) => {
    const { engines, emulator } = readBoard(name);
    const fitting = Object.entries(engines).filter(([, engine]) => emulator && engine.profile === profile);
    return fitting.map(([engine]) => ({ board: name, engine }));
  });
}

async function replayFirmware(
  name: string,
  wanted: string | undefined,
  profile: string,
  say: (line: string) => void,
): Promise<ReplayFirmware> {
  const board = readBoard(name);
  const engine = (wanted ?? Object.keys(board.engines)[0]) as EngineName;
  const usual = engineOf(board, engine).profile === profile;
  if (!board.emulator) throw new Error(`${name} is not emulated: QEMU has no such machine`);
  const out = usual ? undefined : `${FIRMWARE}${name}.${engine}.${profile}.replay`;
  const folder = await builtFirmware(board, engine, { profile, replay: true, out }, say);
  return { name: `${name} (${engine})`, ...board.emulator, elf: join(folder, "firmware.elf") };
}
