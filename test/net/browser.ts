import { errnoMessage, Family, Protocol, SocketType } from "../../host/node/abi";
import { writeAddress } from "../../host/node/address";
import type { Board } from "../../host/node/board";
import { connect, type TcpOptions, TcpSocket } from "../../host/node/socket";

/** One response, as it came over the wire. */
export interface Response {
  status: number;
  reason: string;
  version: string;
  /** Names in lower case; of repeated fields the last. */
  headers: Record<string, string>;
  body: Buffer;
  /** Lengths of the chunks, where the body came in chunks. */
  chunks?: number[];
}

/** The connection ended before the response did. */
export class Truncated extends Error {}

/** An HTTP client that writes exactly what it is told, and believes nothing that RFC 9112 does not promise. */
export class Browser {
  private pending = Buffer.alloc(0);

  private constructor(readonly socket: TcpSocket) {}

  /** @param from the port of ours; any when 0 */
  static async open(board: Board, host: string, port = 80, options: TcpOptions = {}, from = 0): Promise<Browser> {
    if (from === 0) return new Browser(await connect(board, { ...options, host, port }));
    const { exports, view } = board;
    const fd = exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, Protocol.IPPROTO_TCP);
    const socket = new TcpSocket(board, fd);
    socket.setOptions(options);
    writeAddress(view, exports.scratch(), { address: "0.0.0.0", port: from });
    const result = exports.bind(fd, exports.scratch());
    if (result < 0) throw new Error(`bind to port ${from}: ${errnoMessage[-result]}`);
    await socket.dial({ address: host, port });
    return new Browser(socket);
  }

  write(text: string | Uint8Array): Promise<void> {
    return this.socket.write(text);
  }

  /** Send a request and wait for the answer. */
  async ask(head: string, body: Uint8Array | string = ""): Promise<Response> {
    await this.write(head);
    if (body.length) await this.write(body);
    return this.response(head.startsWith("HEAD "));
  }

  /** Read one response; `bare` ones have a head only (RFC 9112 §6.3). */
  async response(bare = false): Promise<Response> {
    const head = (await this.line("\r\n\r\n")).split("\r\n");
    const [, version, status, reason] = /^HTTP\/(\d\.\d) (\d{3}) (.+)$/.exec(head[0]) ?? [];
    if (!status) throw new Error(`not a status line: ${head[0]}`);
    const headers: Record<string, string> = {};
    for (const field of head.slice(1)) {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+): (.*)$/.exec(field) ?? [];
      if (!name) throw new Error(`not a header field: ${field}`);
      headers[name.toLowerCase()] = value!;
    }
    const response: Response = { status: Number(status), reason: reason, version: version, headers, body: Buffer.alloc(0) };
    if (bare || response.status < 200) return response;
    if (headers["transfer-encoding"]) await this.chunks(response);
    else if (headers["content-length"]) response.body = await this.exactly(Number(headers["content-length"]));
    else response.body = await this.rest();
    return response;
  }

  private async chunks(response: Response): Promise<void> {
    if (response.headers["transfer-encoding"] !== "chunked" || response.headers["content-length"])
      throw new Error("a length too many");
    const parts: Buffer[] = [];
    response.chunks = [];
    for (;;) {
      const size = await this.line("\r\n");
      if (!/^[0-9a-f]{1,8}$/.test(size)) throw new Error(`not a chunk size: ${JSON.stringify(size)}`);
      parts.push(await this.exactly(parseInt(size, 16)));
      const end = await this.exactly(2);
      if (end.toString() !== "\r\n") throw new Error("no line end behind a chunk");
      if (parseInt(size, 16) === 0) break;
      response.chunks.push(parseInt(size, 16));
    }
    response.body = Buffer.concat(parts);
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Buffer> {
    while (await this.more());
    return this.cut(this.pending.length);
  }

  /** Octets that came and were not asked for. */
  get unread(): Buffer {
    return this.pending;
  }

  async exactly(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      if (this.pending.length === 0 && !(await this.more())) throw new Truncated(`${missing} of ${length} octets are missing`);
      const part = this.cut(Math.min(missing, this.pending.length));
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  private async line(end: string): Promise<string> {
    for (;;) {
      const at = this.pending.indexOf(end);
      if (at >= 0) return this.cut(at + end.length).toString("latin1", 0, at);
      if (!(await this.more())) throw new Truncated(`ends in ${JSON.stringify(this.pending.toString("latin1"))}`);
    }
  }

  private async more(): Promise<boolean> {
    const chunk = await this.socket.read();
    if (chunk) this.pending = Buffer.concat([this.pending, chunk]);
    return chunk !== null;
  }

  private cut(length: number): Buffer {
    const part = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return part;
  }

  close(): void {
    this.socket.destroy();
  }
}
