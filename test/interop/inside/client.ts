import { createHash } from "node:crypto";
import type { Board } from "../../../host/node/board";
import { connect, type TcpSocket } from "../../../host/node/socket";

export interface FetchOptions {
  host: string;
  port: number;
  /** What to ask for, one after the other. */
  paths: string[];
  /** Ask for everything over one connection; otherwise each has its own. */
  keepAlive?: boolean;
  /** End our half of the connection after the last request, before its answer. */
  halfClose?: boolean;
}

export interface Fetched {
  status: number;
  length: number;
  sha256: string;
  /** Our port. */
  port: number;
}

/** Fetch over HTTP/1.1 with a board's sockets. */
export async function fetchMany(board: Board, options: FetchOptions): Promise<Fetched[]> {
  const { paths, keepAlive, ...rest } = options;
  if (keepAlive) return fetchAll(board, { ...rest, paths });
  const fetched: Fetched[] = [];
  for (const path of paths) fetched.push(...(await fetchAll(board, { ...rest, paths: [path] })));
  return fetched;
}

async function fetchAll(board: Board, { host, port, paths, halfClose }: FetchOptions): Promise<Fetched[]> {
  const socket = await connect(board, { host, port });
  const client = new Client(socket);
  const ours = socket.local.port;
  const fetched: Fetched[] = [];
  for (const [i, path] of paths.entries()) {
    const last = i === paths.length - 1;
    await socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${last ? "close" : "keep-alive"}\r\n\r\n`);
    if (last && halfClose) await socket.end();
    fetched.push({ ...(await client.response()), port: ours });
  }
  if (!halfClose) await socket.end();
  if (await client.more()) throw new Error("something came after the last response");
  await socket.closed;
  if (socket.error) throw socket.error;
  return fetched;
}

/** Reads responses that say how long they are. */
class Client {
  private buffer = Buffer.alloc(0);

  constructor(private readonly socket: TcpSocket) {}

  /** Wait for more octets; false at the end. */
  async more(): Promise<boolean> {
    const chunk = await this.socket.read();
    if (chunk) this.buffer = this.buffer.length ? Buffer.concat([this.buffer, chunk]) : Buffer.from(chunk);
    return chunk !== null;
  }

  private async head(): Promise<string> {
    let end = -1;
    while ((end = this.buffer.indexOf("\r\n\r\n")) < 0) {
      if (!(await this.more())) throw new Error("the connection ended within a head");
    }
    const head = this.buffer.toString("latin1", 0, end);
    this.buffer = this.buffer.subarray(end + 4);
    return head;
  }

  async response(): Promise<Omit<Fetched, "port">> {
    const head = await this.head();
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    const hash = createHash("sha256");
    for (let left = length; left > 0;) {
      if (this.buffer.length === 0 && !(await this.more())) throw new Error(`the connection ended ${left} octets too soon`);
      const taken = this.buffer.subarray(0, left);
      this.buffer = this.buffer.subarray(taken.length);
      hash.update(taken);
      left -= taken.length;
    }
    return { status, length, sha256: hash.digest("hex") };
  }
}
