import { get, request } from "node:http";
import { connect as dial, createServer, type Socket } from "node:net";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Board } from "../../host/node/board";
import { RealClock } from "../../host/node/clock";
import { Gateway, type GatewayOptions } from "../../host/node/gateway";
import { wire } from "../../host/node/links/wire";
import { listen } from "../../host/node/socket";
import { pattern } from "../socket/pair";

/** A board of the default profile with its applications, and a gateway to it. */
let board: Board;
let gateway: Gateway;

async function open(options: Partial<GatewayOptions> = {}): Promise<void> {
  const clock = new RealClock();
  const [near, far] = wire();
  board = await Board.create({ clock, address: "10.0.0.2/24", serve: true });
  board.attach(near);
  gateway = await Gateway.create({ clock, link: far, ...options });
}

beforeEach(() => open());
afterEach(async () => {
  await gateway.close();
  board.close();
});

/** A client of a forwarded port. */
async function client(port: number): Promise<Socket> {
  const socket = dial({ host: "127.0.0.1", port, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.on("error", () => undefined);
  return socket;
}

/** How a client's connection ended: "end", or the code of its error. */
function ending(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("end", () => resolve("end"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.resume();
  });
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve, reject) => socket.once("end", resolve).once("error", reject));
  return Buffer.concat(chunks);
}

/** The body of a response to GET on a connection of its own. */
function fetchBody(port: number, path: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on("error", reject);
    }).on("error", reject);
  });
}

function upload(port: number, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const put = request({
      host: "127.0.0.1",
      port,
      path: "/upload",
      method: "PUT",
      agent: false,
      headers: { "Content-Length": body.length },
    });
    put.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    put.on("error", reject);
    put.end(body);
  });
}

/** Wait until a condition holds; an Error after ten seconds. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Connections of a stack that hold buffers, or descriptors. */
const live = (stack: Board): object[] =>
  stack.sockets().filter(({ kind, state }) => kind !== "TimeWait" && kind !== "Udp" && state !== "Listen");

describe("a forwarded port", () => {
  test("carries octets both ways, and the client's end as an end", async () => {
    const { port } = await gateway.forward(0, 7);
    const socket = await client(port);
    const data = Buffer.from(pattern(1_000_000));
    const back = readAll(socket);
    socket.end(data);
    expect((await back).equals(data)).toBe(true);
    await until("the connection is gone", () => gateway.state.active === 0);
    expect(live(gateway.board)).toEqual([]);
  });

  test("the board's end reaches the client, who can still send", async () => {
    const { port } = await gateway.forward(0, 5000);
    const listener = listen(board, { port: 5000 });
    const socket = await client(port);
    const far = await listener.accept();
    await far.write("bye");
    await far.end();
    expect((await readAll(socket)).toString()).toBe("bye");
    socket.end("and thanks");
    const heard: Buffer[] = [];
    for await (const chunk of far) heard.push(Buffer.from(chunk));
    expect(Buffer.concat(heard).toString()).toBe("and thanks");
  });

  test("a client's reset resets the board's connection", async () => {
    const { port } = await gateway.forward(0, 5000);
    const listener = listen(board, { port: 5000 });
    const socket = await client(port);
    const far = await listener.accept();
    socket.resetAndDestroy();
    await far.closed;
    expect(far.error).toMatchObject({ code: "ECONNRESET" });
  });

  test("the board's reset resets the client's connection, after what came before", async () => {
    const { port } = await gateway.forward(0, 5000);
    const listener = listen(board, { port: 5000 });
    const socket = await client(port);
    const far = await listener.accept();
    const heard: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => heard.push(chunk));
    await far.write("last words");
    await until("they have come", () => heard.length > 0);
    far.reset();
    expect(await ending(socket)).toBe("ECONNRESET");
    expect(Buffer.concat(heard).toString()).toBe("last words");
  });

  test("a port of the board nobody listens on: the client is reset", async () => {
    const { port } = await gateway.forward(0, 81);
    expect(await ending(dial({ host: "127.0.0.1", port }))).toBe("ECONNRESET");
    expect(gateway.state).toMatchObject({ active: 0, failed: 1 });
  });

  test("a client that is not read from has to wait", async () => {
    const { port } = await gateway.forward(0, 5000);
    const listener = listen(board, { port: 5000 });
    const socket = await client(port);
    const far = await listener.accept();
    socket.write(Buffer.alloc(30_000_000));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(gateway.state.octets).toBeLessThan(1_000_000);
    far.reset();
    await ending(socket);
  });

  test("a host port in use: node's EADDRINUSE", async () => {
    const { port } = await gateway.forward(0, 7);
    await expect(gateway.forward(port, 7)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("closing the gateway resets its clients and the board's connections, and frees the port", async () => {
    const { port } = await gateway.forward(0, 7);
    const ended = ending(await client(port));
    await until("it is forwarded", () => gateway.state.forwarded === 1 && live(board).length === 1);
    await gateway.close();
    expect(await ended).toBe("ECONNRESET");
    await until("the board is free", () => live(board).length === 0);
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ host: "127.0.0.1", port }, resolve));
    server.close();
  });
});

test("closing the gateway while handshakes are under way and clients wait ends them all", async () => {
  await gateway.close();
  await open({ board: "10.0.0.77", limits: { connections: 2, handshakes: 1, segment: 1024 } });
  const { port } = await gateway.forward(0, 80);
  const ended = (await Promise.all([1, 2, 3, 4].map(() => client(port)))).map(ending);
  await until("they have come", () => gateway.state.active + gateway.state.waiting === 4);
  await gateway.close();
  expect(await Promise.all(ended)).toEqual(Array(4).fill("ECONNRESET"));
  expect(gateway.state).toMatchObject({ active: 0, waiting: 0, forwarded: 0 });
});

test("a client that leaves during the handshake leaves no connection behind", async () => {
  const { port } = await gateway.forward(0, 7);
  for (let i = 0; i < 50; i++) {
    const socket = dial({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.resetAndDestroy();
  }
  await until("all are gone", () => gateway.state.active === 0 && live(gateway.board).length === 0 && live(board).length === 0);
});

test("a board that does not answer: the client is reset when the SYNs are used up", async () => {
  await gateway.close();
  await open({ board: "10.0.0.77", synRetries: 1 });
  const { port } = await gateway.forward(0, 80);
  expect(await ending(await client(port))).toBe("ECONNRESET");
}, 10_000);

describe("the demonstration through a gateway", () => {
  test("200 clients at once all get the page of a board with 8 connections", async () => {
    const { port } = await gateway.forward(0, 80);
    const pages = await Promise.all(Array.from({ length: 200 }, () => fetchBody(port, "/")));
    expect(pages.filter(({ status, body }) => status === 200 && body.includes("</main>"))).toHaveLength(200);
    await until("all are gone", () => gateway.state.active === 0);
    expect(gateway.state).toMatchObject({ forwarded: 200, failed: 0, waiting: 0 });
  }, 20_000);

  test("10 MB come and go unharmed, in seconds", async () => {
    const { port } = await gateway.forward(0, 80);
    const { body } = await fetchBody(port, "/bytes/10000000");
    expect(body.equals(Buffer.from(pattern(10_000_000)))).toBe(true);
    const answer = await upload(port, body);
    const sum = crc32(body);
    expect(
      [sum.toString(), sum.toString(16).padStart(8, "0")].some((text) => answer.toLowerCase().includes(text)),
      answer,
    ).toBe(true);
  }, 20_000);

  test("three thousand clients in a row leave nothing behind", async () => {
    const echo = await gateway.forward(0, 7);
    const web = await gateway.forward(0, 80);
    for (let i = 0; i < 1500; i++) {
      const socket = await client(echo.port);
      const back = readAll(socket);
      socket.end("x");
      expect((await back).toString()).toBe("x");
      expect((await fetchBody(web.port, "/stats.json")).status).toBe(200);
    }
    await until("all are gone", () => gateway.state.active === 0);
    expect(gateway.state).toMatchObject({ forwarded: 3000, failed: 0, waiting: 0 });
    await until("the stacks are empty", () => live(gateway.board).length === 0 && live(board).length === 0);
    expect(gateway.board.sockets().filter(({ fd }) => fd !== null)).toEqual([]);
  }, 60_000);
});
