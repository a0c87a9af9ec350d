import { createDgram } from "../../../host/node/dgram";
import { createNet } from "../../../host/node/net";
import { Lab } from "../../interop/inside/lab";
import * as datagrams from "./datagrams";
import * as http from "./http";
import * as mqtt from "./mqtt";
import type { Place } from "./place";
import * as redis from "./redis";
import * as tls from "./tls";
import * as undici from "./undici";
import * as websocket from "./websocket";

/** What programs do on a board: functions of the place they run at, and of what they are told. */
export const scenarios = { ...http, ...tls, ...websocket, ...undici, ...mqtt, ...redis, ...datagrams };

type Scenarios = typeof scenarios;
type Bound = {
  [Name in keyof Scenarios]: Scenarios[Name] extends (place: Place, ...args: infer A) => infer R ? (...args: A) => R : never;
};

/** A board of profile host as the kernel's neighbour, with Node's shapes over it. */
export class Ground extends Lab {
  private current: Place | undefined;

  /** Power the board on. */
  async begin(): Promise<void> {
    await this.boot({ profile: "host", serve: false });
    const board = this.present;
    this.current = { board, net: createNet(board), dgram: createDgram(board) };
  }

  get place(): Place {
    if (!this.current) throw new Error("begin first");
    return this.current;
  }
}

/** Everything that can be asked of the process in the namespace. */
export type Ecosystem = Omit<Ground, "place"> & Bound;
