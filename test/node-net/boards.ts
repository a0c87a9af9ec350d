import { onTestFinished } from "vitest";
import { Board } from "../../host/node/board";
import { type Clock, RealClock } from "../../host/node/clock";
import { wire } from "../../host/node/links/wire";
import type { Profile } from "../../host/node/module";
import { createNet, type Net } from "../../host/node/net";

/** Two boards with a cable between them, each with its node:net. */
export interface Boards {
  clock: Clock;
  client: Board;
  server: Board;
  /** The server's address. */
  host: string;
  near: Net;
  far: Net;
}

/** Boards that live as long as the test, in the time of the day unless told otherwise. */
export async function boards({
  clock = new RealClock(),
  profile = "host",
}: { clock?: Clock; profile?: Profile } = {}): Promise<Boards> {
  const make = (name: string, address: string, seed: number): Promise<Board> =>
    Board.create({ name, clock, profile, debug: true, seed, address: `${address}/24` });
  const client = await make("client", "10.0.0.1", 1);
  const server = await make("server", "10.0.0.2", 2);
  const [left, right] = wire({ clock });
  client.attach(left);
  server.attach(right);
  onTestFinished(() => [client, server].forEach((board) => board.close()));
  return { clock, client, server, host: "10.0.0.2", near: createNet(client), far: createNet(server) };
}

/** `length` octets that differ from their neighbours. */
export function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251));
}
