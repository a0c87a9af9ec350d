import { AF_INET, SOCK_DGRAM, SOCK_STREAM, Socket } from "../../host/node/bsd/index";
import type { Board } from "../../host/node/board";
import type { TcpSegment } from "../support/packet";
import { world, type World, type WorldOptions } from "../support/world";

export { pattern, rejection } from "../socket/pair";

/** Virtual milliseconds in which everything a test waits for has happened. */
const LIMIT = 600_000;

/** Two boards on a wire: 10.0.0.1, the client's, and 10.0.0.2, the server's. */
export interface Pair {
  w: World;
  client: Board;
  server: Board;
  /** An address of the server. */
  at(port: number): { address: string; port: number };
  /** Let virtual time run until a promise settles. */
  settle<T>(promise: Promise<T>, limit?: number): Promise<T>;
}

export async function pair(options: WorldOptions = {}): Promise<Pair> {
  const w = await world({ ...options, boards: 2 });
  const [client, server] = w.stations;
  const settle = <T>(promise: Promise<T>, limit = LIMIT): Promise<T> => w.clock.settle(promise, limit);
  return { w, client: client.board, server: server.board, at: (port) => ({ address: server.ip, port }), settle };
}

/** A listening socket of the server. */
export function listening(p: Pair, port = 80, backlog?: number): Socket {
  const listener = new Socket(p.server, AF_INET, SOCK_STREAM);
  listener.bind({ address: "0.0.0.0", port });
  listener.listen(backlog);
  return listener;
}

/** A connection, the near end being the client's. */
export async function connected(p: Pair, port = 80): Promise<{ near: Socket; far: Socket; listener: Socket }> {
  const listener = listening(p, port);
  const near = new Socket(p.client);
  await p.settle(near.connect(p.at(port)));
  const [far] = await p.settle(listener.accept());
  return { near, far, listener };
}

/** Two bound datagram sockets whose boards know each other. */
export async function datagrams(p: Pair, port = 7): Promise<{ near: Socket; far: Socket }> {
  const far = new Socket(p.server, AF_INET, SOCK_DGRAM);
  far.bind({ address: "0.0.0.0", port });
  const near = new Socket(p.client, AF_INET, SOCK_DGRAM);
  await p.settle(near.sendTo("", p.at(port)));
  await p.settle(far.recv(1));
  return { near, far };
}

export const text = (octets: Uint8Array): string => Buffer.from(octets).toString();

/** How a promise stands now: "waits", or settled. */
export async function standing(promise: Promise<unknown>): Promise<string> {
  let state = "waits";
  promise.then(
    () => (state = "resolved"),
    () => (state = "rejected"),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return state;
}

/** The segments a station has sent so far. */
export function sent(p: Pair, station: string): TcpSegment[] {
  return p.w.ladder.sightings.flatMap(({ from, packet: { tcp } }) => (from === station && tcp ? [tcp] : []));
}
