import { boardNames, type BoardDescription, type EngineName, engineOf, readBoard } from "../tools/board/description";
import type { Engine } from "./engine";
import { isProfile, type Profile } from "./module";

/** Which board was asked for, and how it is to run the module. */
interface Wish {
  board?: string;
  engine?: Engine;
  profile?: Profile;
}

/** A board, its engine and the size of its module. */
interface Choice {
  board: BoardDescription;
  engine: EngineName;
  profile: Profile;
}

/** What was asked for, or what the board has first. Throws an Error of one line when there is no such board or engine. */
export function chosenBoard(wish: Wish): Choice {
  if (boardNames().length === 0) throw new Error("boards need a checkout of Sandwire: the package does not have their firmware");
  const board = readBoard(wish.board ?? "");
  const [first = "aot"] = Object.keys(board.engines) as EngineName[];
  const engine = (wish.engine ?? first) as EngineName;
  const profile = wish.profile ?? engineOf(board, engine).profile;
  if (!isProfile(profile)) throw new Error(`${board.name} runs the profile ${profile}, of which the gateway knows no limits`);
  return { board, engine, profile };
}
