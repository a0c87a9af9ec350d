import { onTestFinished } from "vitest";
import { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import { wire } from "../../host/node/links/wire";
import { moduleFor, type ModuleChoice } from "../support/modules";
import { Browser, type Response } from "./browser";

/** Virtual milliseconds in which everything a test waits for has happened. */
const LIMIT = 600_000;
const SERVER = "10.0.0.2";

/** A board with its applications and, a millisecond away, one with room for thousands of clients. */
export class Site {
  readonly host = SERVER;

  private constructor(
    readonly clock: VirtualClock,
    readonly server: Board,
    readonly client: Board,
  ) {}

  static async open(choice: ModuleChoice = {}): Promise<Site> {
    const clock = new VirtualClock(1000);
    const [near, far] = wire({ clock, latency: 1 });
    const module = await moduleFor(choice);
    const server = await Board.create({ name: "server", clock, module, seed: 1, address: `${SERVER}/24`, serve: true });
    const many = await moduleFor({ profile: "host", debug: false });
    const client = await Board.create({ name: "client", clock, module: many, seed: 2, address: "10.0.0.1/24" });
    server.attach(near);
    client.attach(far);
    const site = new Site(clock, server, client);
    onTestFinished(() => site.close());
    clock.advanceBy(5);
    return site;
  }

  /** Let virtual time run until a promise settles. */
  settle<T>(promise: Promise<T>, limit = LIMIT): Promise<T> {
    return this.clock.settle(promise, limit);
  }

  browser(): Promise<Browser> {
    return this.settle(Browser.open(this.client, SERVER));
  }

  /** One request on a connection of its own. */
  async ask(head: string, body?: Uint8Array | string): Promise<Response> {
    const browser = await this.browser();
    const response = await this.settle(browser.ask(head, body));
    browser.close();
    return response;
  }

  /** Connections the web server holds now. */
  get held(): number {
    return this.server.sockets().filter((row) => row.owner === "Http" && row.fd !== null && row.state !== "Listen").length;
  }

  close(): void {
    this.server.close();
    this.client.close();
  }
}

/** A request with no body. */
export function request(target: string, { method = "GET", version = "HTTP/1.1", fields = ["Host: board"] } = {}): string {
  return [`${method} ${target} ${version}`, ...fields, "", ""].join("\r\n");
}

/** The head of an upload. */
export function upload(...fields: string[]): string {
  return request("/upload", { method: "PUT", fields: ["Host: board", ...fields] });
}

/** CRC-32 by the definition, a bit at a time. */
export function crc32(octets: Uint8Array): string {
  let crc = 0xffffffff;
  for (const octet of octets) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

/** What an upload is answered with. */
export function receipt(octets: Uint8Array): string {
  return `{"length":${octets.length},"crc32":"${crc32(octets)}"}\n`;
}

/** `body` in chunks of those sizes, the last size again and again. */
export function chunked(body: Uint8Array, sizes: number[], extension = "", trailer = ""): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = Math.min(sizes[Math.min(i, sizes.length - 1)], body.length - at);
    parts.push(
      Buffer.from(`${size.toString(16)}${extension}\r\n`),
      Buffer.from(body.subarray(at, at + size)),
      Buffer.from("\r\n"),
    );
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)]);
}
