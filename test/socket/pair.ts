import type { Board } from "../../host/node/board";
import { connect, type ConnectOptions, listen, type ListenOptions, type TcpServer, type TcpSocket } from "../../host/node/socket";
import { world, type World, type WorldOptions } from "../support/world";

/** Virtual milliseconds in which everything a test waits for has happened. */
const LIMIT = 120_000;

/** Two boards on a wire, the first a client of the second. */
export interface Pair {
  w: World;
  client: Board;
  server: Board;
  host: string;
  /** Let virtual time run until a promise settles. */
  settle<T>(promise: Promise<T>, limit?: number): Promise<T>;
}

export async function pair(options: WorldOptions = {}): Promise<Pair> {
  const w = await world({ ...options, boards: 2 });
  const [client, server] = w.stations;
  const settle = <T>(promise: Promise<T>, limit = LIMIT): Promise<T> => w.clock.settle(promise, limit);
  return { w, client: client.board, server: server.board, host: server.ip, settle };
}

export interface Connection {
  near: TcpSocket;
  far: TcpSocket;
  listener: TcpServer;
}

/** A connection between the two boards, the near end being the client's. */
export async function connected(
  p: Pair,
  { port = 80, near = {}, far = {} }: { port?: number; near?: Partial<ConnectOptions>; far?: Partial<ListenOptions> } = {},
): Promise<Connection> {
  const listener = listen(p.server, { port, ...far });
  const accepting = listener.accept();
  const made = await p.settle(connect(p.client, { host: p.host, port, ...near }));
  return { near: made, far: await p.settle(accepting), listener };
}

/** `length` octets that differ from their neighbours, octet i being i mod 251. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** Everything up to the end of the peer's data. */
export async function readAll(socket: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a promise was rejected with; an Error when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => Promise.reject(new Error(`resolved with ${String(value)}`)),
    (error: unknown) => error,
  );
}
