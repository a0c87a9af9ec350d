import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { serveOver, tlsOver } from "../../../host/node/net/over";
import { pattern, sha256 } from "../../interop/octets";
import type { Net } from "../../../host/node/net";
import type { Place } from "./place";

export interface Closed {
  code: number;
  reason: string;
}

/** What the two ends of a WebSocket have seen. */
export interface Conversation {
  /** What came back of messages of text. */
  texts: string[];
  /** Of binary ones: their length and digest. */
  octets: { length: number; sha256: string }[];
  /** The payload the client's ping came back with, and the server's. */
  pongs: { client: string; server: string };
  closed: { client: Closed; server: Closed };
}

const TEXTS = ["", "hello", "größer als ASCII: ✓", "x".repeat(200_000)];
/** Lengths around those at which the header of a frame grows, and a large one. */
const LENGTHS = [0, 125, 126, 65_535, 65_536, 5_000_000];

/** A WebSocket of the board: `ws` calls what it is given in the place of `net.connect`. */
function openWebSocket(net: Net, url: string, options: WebSocket.ClientOptions = {}): WebSocket {
  return new WebSocket(url, { ...options, createConnection: net.connect as never });
}

function buffer(data: RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
}

/** A server that sends everything back, pings who comes, and tells how that went and how the connection ended. */
function echo(server: WebSocketServer): Promise<{ pong: string; closed: Closed }> {
  return new Promise((resolve, reject) => {
    server.once("connection", (socket) => {
      let pong = "";
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on("pong", (data) => (pong = data.toString()));
      socket.on("close", (code, reason) => resolve({ pong, closed: { code, reason: reason.toString() } }));
      socket.on("error", reject);
      socket.ping("still there?");
    });
  });
}

async function answerTo(client: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = once(client, "message") as Promise<[RawData]>;
  client.send(message);
  return buffer((await answer)[0]);
}

/** One message in three fragments. */
async function answerToFragments(client: WebSocket): Promise<Buffer> {
  const answer = once(client, "message") as Promise<[RawData]>;
  client.send("in ", { fin: false });
  client.send("three ", { fin: false });
  client.send("pieces");
  return buffer((await answer)[0]);
}

async function converse(client: WebSocket, heard: ReturnType<typeof echo>): Promise<Conversation> {
  await once(client, "open");
  const texts: string[] = [];
  for (const text of TEXTS) texts.push((await answerTo(client, text)).toString());
  texts.push((await answerToFragments(client)).toString());
  const octets: Conversation["octets"] = [];
  for (const length of LENGTHS) {
    const back = await answerTo(client, pattern(length));
    octets.push({ length: back.length, sha256: sha256(back) });
  }
  const pong = once(client, "pong") as Promise<[Buffer]>;
  client.ping("ping of the client");
  const payload = (await pong)[0].toString();
  const closing = once(client, "close") as Promise<[number, Buffer]>;
  client.close(4001, "that was all");
  const [code, reason] = await closing;
  const server = await heard;
  return {
    texts,
    octets,
    pongs: { client: payload, server: server.pong },
    closed: { client: { code, reason: reason.toString() }, server: server.closed },
  };
}

/** A client of `ws` on the board, a server of `ws` at the kernel. */
export async function webSocketToKernel({ net }: Place, host: string, compressed: boolean): Promise<Conversation> {
  const server = new WebSocketServer({ host, port: 0, perMessageDeflate: compressed });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const client = new WebSocket(`ws://${host}:${port}`, {
      createConnection: net.connect as never,
      perMessageDeflate: compressed,
    });
    return await converse(client, echo(server));
  } finally {
    server.close();
  }
}

/** A server of `ws` on the board, a client of `ws` at the kernel. */
export async function webSocketToBoard({ net }: Place, host: string, compressed: boolean): Promise<Conversation> {
  const web = serveOver(net, http.createServer());
  const server = new WebSocketServer({ server: web, perMessageDeflate: compressed });
  web.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await converse(new WebSocket(`ws://${host}:${port}`, { perMessageDeflate: compressed }), echo(server));
  } finally {
    server.close();
    web.close();
  }
}

/** Over TLS: a client on the board at the port of a secure server; what it is greeted with when nobody upgrades. */
export async function webSocketRefused({ net }: Place, url: string): Promise<string> {
  const createConnection = url.startsWith("wss:") ? tlsOver(net) : net.connect;
  const client = new WebSocket(url, { createConnection: createConnection as never, rejectUnauthorized: false });
  const [error] = (await once(client, "error").catch((reason: unknown) => [reason])) as [Error];
  return error.message;
}

/** The code both ends give a connection that is cut in its middle, by the client on the board. */
export async function webSocketCut({ net }: Place, host: string): Promise<{ client: number; server: number }> {
  const server = new WebSocketServer({ host, port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const seen = new Promise<number>((resolve) => server.once("connection", (socket) => socket.once("close", resolve)));
  const client = openWebSocket(net, `ws://${host}:${port}`);
  await once(client, "open");
  const closed = once(client, "close") as Promise<[number]>;
  client.terminate();
  try {
    return { client: (await closed)[0], server: await seen };
  } finally {
    server.close();
  }
}
