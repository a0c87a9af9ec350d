import type { Board } from "../../../host/node/board";
import type { Dgram } from "../../../host/node/dgram";
import type { Net } from "../../../host/node/net";

/** The board the programs of a scenario run on, and what they take for Node's own modules. */
export interface Place {
  board: Board;
  net: Net;
  dgram: Dgram;
}
