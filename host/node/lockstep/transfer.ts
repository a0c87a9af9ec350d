import { Board } from "../board";
import { VirtualClock } from "../clock";
import { type Faults, faulty } from "../links/fault";
import { wire } from "../links/wire";
import type { Recorder } from "../session/recorder";
import { connect, listen, type TcpServer, type TcpSocket } from "../socket";

/** A transfer over a bad cable. */
export interface Transfer {
  readonly module: WebAssembly.Module;
  /** Everything random follows from it. */
  readonly seed: number;
  /** Octets, each way. */
  readonly octets: number;
  /** What happens to frames, each way. */
  readonly faults: Faults;
  /** Milliseconds, each way. */
  readonly latency: number;
}

const PORT = 7000;
/** Virtual milliseconds after which a transfer has failed: it takes a hundredth of that. */
const LIMIT = 24 * 3600_000;
const CHUNK = 4096;

/**
 * Send that many octets from a board to the recorded one and as many back, at the same time, in virtual time; then get the recorded
 * one's status page. Rejects when an octet is not the one that was sent.
 */
export async function recordTransfer(transfer: Transfer, recorder: Recorder): Promise<void> {
  const { module, seed, faults, latency } = transfer;
  const clock = new VirtualClock();
  const [left, right] = wire({ clock, latency });
  const board = await Board.create({ clock, module, seed, address: "10.0.0.2/24", serve: true, recorder });
  const peer = await Board.create({ name: "peer", clock, module, seed: seed ^ 0x5eed, address: "10.0.0.1/24" });
  board.attach(faulty(left, { clock, seed, sending: faults, receiving: faults }));
  peer.attach(right);
  try {
    await clock.settle(converse(board, peer, transfer.octets), LIMIT);
  } finally {
    for (const each of [board, peer]) each.close();
  }
}

async function converse(board: Board, peer: Board, octets: number): Promise<void> {
  const server = listen(board, { port: PORT });
  await Promise.all([serve(server, octets), call(peer, octets)]);
  await page(peer);
}

async function serve(server: TcpServer, octets: number): Promise<void> {
  const socket = await server.accept();
  server.close();
  await exchange(socket, octets, 0);
}

async function call(peer: Board, octets: number): Promise<void> {
  const socket = await connect(peer, { host: "10.0.0.2", port: PORT });
  await exchange(socket, octets, 1);
}

/** Send and receive; the octets of the two directions are not the same. */
async function exchange(socket: TcpSocket, octets: number, side: number): Promise<void> {
  await Promise.all([send(socket, octets, side), receive(socket, octets, 1 - side)]);
}

async function send(socket: TcpSocket, octets: number, side: number): Promise<void> {
  for (let at = 0; at < octets; at += CHUNK) {
    await socket.write(text(at, Math.min(CHUNK, octets - at), side));
  }
  await socket.end();
}

async function receive(socket: TcpSocket, octets: number, side: number): Promise<void> {
  let at = 0;
  for await (const chunk of socket) {
    const wanted = text(at, chunk.length, side);
    if (Buffer.compare(chunk, wanted) !== 0) throw new Error(`the octets from ${at} on are not those that were sent`);
    at += chunk.length;
  }
  if (at !== octets) throw new Error(`${at} octets have arrived of ${octets}`);
}

/** Octets of a stream that does not repeat itself where a segment or a buffer would. */
function text(from: number, length: number, side: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i + ((from + i) >> 8) * 7 + side * 101) % 251);
}

async function page(peer: Board): Promise<void> {
  const socket = await connect(peer, { host: "10.0.0.2", port: 80 });
  await socket.write("GET /stats.json HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n");
  let length = 0;
  for await (const chunk of socket) length += chunk.length;
  await socket.end();
  if (length === 0) throw new Error("the status page is empty");
}
