/**
 * A file goes up to a board: a header of known length, the octets, a checksum. When the connection breaks, the next one resumes where
 * the server has got to.
 *
 *     npx tsx examples/node/upload.ts FILE
 *
 *     client -> server   u32 length of the header, header: JSON { name, size, sha256 }
 *     server -> client   u64 octets of this file it has already
 *     client -> server   the rest of the octets
 *     server -> client   u32 1 if the checksum is right, 0 if it is not
 *
 * Numbers are big-endian.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Address, type Board, connect, isSystemError, listen, type TcpSocket } from "sandwire";
import { boards, run } from "./lab";

interface Header {
  name: string;
  size: number;
  sha256: string;
}

/** Longer headers are a mistake, or worse. */
const LONGEST_HEADER = 4096;
/** A peer that acknowledges nothing for so long is gone, ms. */
const PATIENCE = 10_000;
const PIECE = 65536;

// ---- The server ----------------------------------------------------------------------------------------------------------

/** What has come of each file, by its checksum: a file half sent is still here when its sender comes back. */
export type Store = Map<string, Buffer>;

/** Take files until the board is switched off. `done` hears of each file that is whole and right. */
export async function serveUploads(board: Board, port: number, store: Store, done: (name: string) => void): Promise<void> {
  const options = { port, userTimeout: PATIENCE, keepAlive: 5, keepAliveInterval: 1, keepAliveCount: 5 };
  for await (const socket of listen(board, options)) void take(socket, store, done).finally(() => socket.destroy());
}

async function take(socket: TcpSocket, store: Store, done: (name: string) => void): Promise<void> {
  try {
    const reader = new Reader(socket);
    const header = await readHeader(reader);
    const before = store.get(header.sha256) ?? Buffer.alloc(0);
    await socket.write(u64(before.length));
    const file = await receiveRest(reader, header, before, store);
    const right = sha256(file) === header.sha256;
    if (!right) store.delete(header.sha256);
    await socket.write(u32(right ? 1 : 0));
    await socket.end();
    if (right) done(header.name);
  } catch (error) {
    if (!isSystemError(error) && !(error instanceof Broken)) throw error;
  }
}

async function receiveRest(reader: Reader, { size, sha256: key }: Header, before: Buffer, store: Store): Promise<Buffer> {
  const file = Buffer.alloc(size);
  before.copy(file);
  let have = before.length;
  while (have < size) {
    have += (await reader.some(size - have)).copy(file, have);
    store.set(key, file.subarray(0, have));
  }
  return file;
}

async function readHeader(reader: Reader): Promise<Header> {
  const length = (await reader.exactly(4)).readUInt32BE();
  if (length > LONGEST_HEADER) throw new Broken(`a header of ${length} octets`);
  const header = JSON.parse((await reader.exactly(length)).toString()) as Partial<Header>;
  const { name, size, sha256: sum } = header;
  if (typeof name !== "string" || typeof sum !== "string" || !Number.isSafeInteger(size)) throw new Broken("not a header");
  return { name: basename(name), size: Number(size), sha256: sum };
}

// ---- The client ----------------------------------------------------------------------------------------------------------

export interface UploadOptions {
  /** Hears of every step: octets the server will have, and of how many. */
  progress?: (sent: number, size: number) => void;
  /** How often to connect again after a break (default 5). */
  retries?: number;
}

/** Send a file. Resolves with how often it had to begin again; rejects when that was too often, or the checksum is wrong. */
export async function upload(
  board: Board,
  to: Address,
  name: string,
  file: Buffer,
  options: UploadOptions = {},
): Promise<number> {
  const { progress = () => undefined, retries = 5 } = options;
  for (let broken = 0; ; broken++) {
    try {
      await attempt(board, to, { name, size: file.length, sha256: sha256(file) }, file, progress);
      return broken;
    } catch (error) {
      if (broken >= retries || !(isSystemError(error) || error instanceof Broken)) throw error;
    }
  }
}

async function attempt(board: Board, to: Address, header: Header, file: Buffer, progress: (n: number, of: number) => void) {
  const socket = await connect(board, { host: to.address, port: to.port, userTimeout: PATIENCE, synRetries: 4 });
  try {
    const reader = new Reader(socket);
    const text = Buffer.from(JSON.stringify(header));
    await socket.write(Buffer.concat([u32(text.length), text]));
    let sent = Number((await reader.exactly(8)).readBigUInt64BE());
    for (; sent < file.length; sent = Math.min(sent + PIECE, file.length)) {
      progress(sent, file.length);
      await socket.write(file.subarray(sent, sent + PIECE));
    }
    progress(file.length, file.length);
    if ((await reader.exactly(4)).readUInt32BE() !== 1) throw new Error(`${header.name}: the server's checksum is another`);
    await socket.end();
  } finally {
    socket.destroy();
  }
}

/** "##########..........  50 %" */
export function bar(sent: number, size: number, width = 30): string {
  const part = size === 0 ? 1 : sent / size;
  const full = Math.round(part * width);
  return `${"#".repeat(full)}${".".repeat(width - full)} ${String(Math.floor(part * 100)).padStart(3)} %`;
}

// ---- Both ----------------------------------------------------------------------------------------------------------------

/** The other side said something that it may not, or fell silent in the middle. */
class Broken extends Error {}

/** A stream has no borders: a reader that gives as many octets as are asked for. */
class Reader {
  constructor(private readonly socket: TcpSocket) {}

  /** At least one octet, `max` at most. */
  async some(max: number): Promise<Buffer> {
    const chunk = await this.socket.read(max);
    if (!chunk) throw new Broken("the stream has ended early");
    return Buffer.from(chunk);
  }

  async exactly(length: number): Promise<Buffer> {
    const all = Buffer.alloc(length);
    for (let have = 0; have < length;) have += (await this.some(length - have)).copy(all, have);
    return all;
  }
}

function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

function u64(value: number): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(value));
  return octets;
}

function sha256(octets: Buffer): string {
  return createHash("sha256").update(octets).digest("hex");
}

run(import.meta.url, async ([path]) => {
  if (!path) throw new Error("which file? npx tsx examples/node/upload.ts FILE");
  const [client, server] = await boards(2);
  const stored = new Promise<string>((resolve) => void serveUploads(server, 7200, new Map(), resolve));
  const progress = (sent: number, size: number): void => void process.stderr.write(`\r${bar(sent, size)}`);
  await upload(client, { address: "10.0.0.3", port: 7200 }, path, await readFile(path), { progress });
  console.log(`\n${await stored} is there, and its checksum is right`);
});
