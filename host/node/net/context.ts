import type { LookupFunction } from "node:net";
import type { Board } from "../board";
import type { Holds } from "./holds";
import type { Turns } from "./turns";

/** What the sockets and servers of one board share. */
export interface Context {
  readonly board: Board;
  readonly holds: Holds;
  readonly turns: Turns;
  /** Names become addresses with it, unless a call brings its own. */
  readonly lookup: LookupFunction;
  /** Try several addresses of a name, one after the other. */
  autoSelectFamily: boolean;
  /** How long each of them is given, ms. */
  attemptTimeout: number;
}
