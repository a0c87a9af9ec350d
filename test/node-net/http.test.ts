import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo, TcpNetConnectOpts } from "node:net";
import { describe, expect, test } from "vitest";
import { agentOver, serveOver, type Socket } from "../../host/node/net";
import { boards, type Boards, pattern } from "./boards";

interface Site {
  web: http.Server;
  port: number;
}

/** A web server on the far board. */
async function serve(b: Boards, handler: http.RequestListener, options: http.ServerOptions = {}): Promise<Site> {
  const web = serveOver(b.far, http.createServer(options, handler)).listen(0);
  await once(web, "listening");
  return { web, port: (web.address() as AddressInfo).port };
}

/** Options with which Node's client goes over the near board. */
function over(b: Boards, port: number, options: http.RequestOptions = {}): http.RequestOptions {
  return { host: b.host, port, createConnection: (to) => b.near.connect(to as TcpNetConnectOpts), ...options };
}

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  trailers: NodeJS.Dict<string>;
  body: Buffer;
}

function ask(
  options: http.RequestOptions,
  send: (request: http.ClientRequest) => void = (request) => request.end(),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status, headers, trailers } = response;
        resolve({ status, headers, trailers, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
    send(request);
  });
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Why a request failed. */
async function failure(asking: Promise<unknown>): Promise<NodeJS.ErrnoException> {
  return asking.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: NodeJS.ErrnoException) => error,
  );
}

describe("Node's http over two boards", () => {
  test("a request and its answer", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => response.end(`you asked for ${request.url}`));
    const { status, body } = await ask(over(b, port, { path: "/a" }));
    expect([status, body.toString()]).toEqual([200, "you asked for /a"]);
  });

  test("the server knows both ends", async () => {
    const b = await boards();
    const { port } = await serve(b, ({ socket }, response) => response.end(`${socket.remoteAddress} ${socket.localPort}`));
    expect((await ask(over(b, port))).body.toString()).toBe(`10.0.0.1 ${port}`);
  });

  test("10 MB there and back at the same time", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => void request.pipe(response));
    const sent = pattern(10_000_000);
    const { body } = await ask(over(b, port, { method: "POST" }), (request) => request.end(sent));
    expect(body.equals(sent)).toBe(true);
  });

  test("chunks and trailers, both ways", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => void answer(request, response));
    const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
      const text = await textOf(request);
      response.writeHead(201, { Trailer: "X-Sum" });
      for (const letter of text) response.write(letter);
      response.addTrailers({ "X-Sum": `${text.length} ${request.trailers["x-mine"]}` });
      response.end();
    };
    const answered = await ask(over(b, port, { method: "PUT" }), (request) => {
      request.setHeader("Trailer", "X-Mine");
      request.write("one ");
      request.write("two");
      request.addTrailers({ "X-Mine": "yes" });
      request.end();
    });
    expect(answered).toMatchObject({ status: 201, trailers: { "x-sum": "7 yes" }, headers: { "transfer-encoding": "chunked" } });
    expect(answered.body.toString()).toBe("one two");
  });

  test("keep-alive: an Agent sends many requests over one connection, then lets it go", async () => {
    const b = await boards();
    const { port, web } = await serve(b, (_, response) => response.end("ok"));
    let connections = 0;
    web.on("connection", () => connections++);
    const agent = agentOver(b.near, { keepAlive: true, maxSockets: 1 });
    const options = { host: b.host, port, agent };
    for (let i = 0; i < 10; i++) expect((await ask(options)).body.toString()).toBe("ok");
    expect(connections).toBe(1);
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    agent.destroy();
    web.close();
    await once(web, "close");
    expect(b.server.sockets().filter(({ fd }) => fd !== null)).toEqual([]);
  });

  test("an Agent finds another connection when the idle one has been closed by the server", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => {
      response.end("ok");
      if (request.url === "/last") response.on("finish", () => request.socket.end());
    });
    const agent = agentOver(b.near, { keepAlive: true });
    await ask({ host: b.host, port, agent, path: "/last" });
    await Promise.all(
      Object.values(agent.freeSockets)
        .flat()
        .map((socket) => once(socket!, "close")),
    );
    expect((await ask({ host: b.host, port, agent })).body.toString()).toBe("ok");
    agent.destroy();
  });

  test("requests in a pipeline are answered in order", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => {
      const delay = request.url === "/0" ? 3 : 0;
      const answer = (turns: number): void => void (turns ? setImmediate(answer, turns - 1) : response.end(`[${request.url}]`));
      answer(delay);
    });
    const socket = b.near.connect(port, b.host);
    socket.write(
      [0, 1, 2].map((i) => `GET /${i} HTTP/1.1\r\nHost: board\r\n${i === 2 ? "Connection: close\r\n" : ""}\r\n`).join(""),
    );
    const text = await textOf(socket);
    expect(text.match(/\[.*?\]/g)).toEqual(["[/0]", "[/1]", "[/2]"]);
  });

  test("a client that ends its side behind the request still gets its answer, with httpAllowHalfOpen", async () => {
    const b = await boards();
    const { port, web } = await serve(b, (_, response) => void setImmediate(() => response.end("late")));
    Object.assign(web, { httpAllowHalfOpen: true });
    const socket = b.near.connect(port, b.host);
    socket.end("GET / HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n");
    expect(await textOf(socket)).toContain("late");
  });

  test("50 clients at once", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => response.end(request.url));
    await ask(over(b, port)); // ARP holds few frames for a neighbour it does not know yet
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(over(b, port, { path: `/${i}` }))));
    expect(answers.map(({ body }) => body.toString())).toEqual(answers.map((_, i) => `/${i}`));
  });

  test("Expect: 100-continue", async () => {
    const b = await boards();
    const { port } = await serve(b, (request, response) => void request.pipe(response));
    const { body } = await ask(over(b, port, { method: "POST", headers: { Expect: "100-continue" } }), (request) => {
      request.on("continue", () => request.end("now"));
      request.flushHeaders();
    });
    expect(body.toString()).toBe("now");
  });

  test("an upgrade hands over both sockets", async () => {
    const b = await boards();
    const { port, web } = await serve(b, () => {});
    web.on("upgrade", (_, socket: Socket, head: Buffer) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.write(head);
      socket.pipe(socket);
    });
    const request = http.request(over(b, port, { headers: { Connection: "Upgrade", Upgrade: "echo" } }));
    request.end();
    const [, socket] = (await once(request, "upgrade")) as [http.IncomingMessage, Socket, Buffer];
    socket.end("hello");
    expect(await textOf(socket)).toBe("hello");
  });

  test("a CONNECT tunnels", async () => {
    const b = await boards();
    const { port, web } = await serve(b, () => {});
    web.on("connect", (_, socket: Socket) => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      socket.pipe(socket);
    });
    const request = http.request(over(b, port, { method: "CONNECT", path: "elsewhere:443" }));
    request.end();
    const [, socket] = (await once(request, "connect")) as [http.IncomingMessage, Socket, Buffer];
    socket.end("through");
    expect(await textOf(socket)).toBe("through");
  });

  test("a client that aborts: the server's response closes unfinished", async () => {
    const b = await boards();
    const abort = new AbortController();
    let closing: Promise<unknown> = Promise.resolve();
    const { port } = await serve(b, (_, response) => {
      closing = once(response, "close").then(() => response.writableFinished);
      response.write("the beginning");
      setImmediate(() => abort.abort());
    });
    expect(await failure(ask(over(b, port, { signal: abort.signal })))).toMatchObject({ name: "AbortError" });
    expect(await closing).toBe(false);
  });

  test("a server that breaks off: the client hears ECONNRESET", async () => {
    const b = await boards();
    const { port } = await serve(b, (_, response) => {
      response.writeHead(200, { "Content-Length": 1000 });
      response.write("part", () => response.destroy());
    });
    expect(await failure(ask(over(b, port)))).toMatchObject({ code: "ECONNRESET", message: "aborted" });
  });

  test("a server that hangs up without a word: socket hang up", async () => {
    const b = await boards();
    const { port } = await serve(b, (request) => void request.socket.destroy());
    expect(await failure(ask(over(b, port)))).toMatchObject({ code: "ECONNRESET", message: "socket hang up" });
  });

  test("nobody listens: ECONNREFUSED", async () => {
    const b = await boards();
    expect(await failure(ask(over(b, 81)))).toMatchObject({
      code: "ECONNREFUSED",
      syscall: "connect",
      address: b.host,
      port: 81,
    });
  });

  test("a response that takes too long: 'timeout' at the client", async () => {
    const b = await boards();
    const { port } = await serve(b, () => {});
    const request = http.request(over(b, port, { timeout: 20 }));
    request.on("error", () => {});
    request.end();
    await once(request, "timeout");
    request.destroy();
  });

  test("a client that says nothing: the server's timeout ends it", async () => {
    const b = await boards();
    const { port, web } = await serve(b, () => {});
    web.setTimeout(20);
    const socket = b.near.connect(port, b.host);
    socket.resume();
    await once(socket, "close");
    expect(socket.errored).toBe(null);
  });

  test("close(): idle connections are ended, the port is free when the last request is answered", async () => {
    const b = await boards();
    const { port, web } = await serve(b, (_, response) => response.end("ok"));
    const agent = agentOver(b.near, { keepAlive: true });
    await ask({ host: b.host, port, agent });
    web.close();
    await once(web, "close");
    expect(b.server.sockets().filter(({ fd }) => fd !== null)).toEqual([]);
  });

  test("a body the server does not read waits at the client", async () => {
    const b = await boards();
    let arrived: (request: http.IncomingMessage) => void = () => {};
    const arriving = new Promise<http.IncomingMessage>((resolve) => (arrived = resolve));
    const { port } = await serve(b, (request, response) => {
      arrived(request);
      request.on("end", () => response.end("all of it"));
    });
    const sent = pattern(20_000_000);
    const asking = ask(over(b, port, { method: "POST" }), (request) => request.end(sent));
    const request = await arriving;
    for (let i = 0; i < 300; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(request.socket.bytesRead).toBeLessThan(1_000_000);
    request.resume();
    expect((await asking).body.toString()).toBe("all of it");
  });
});
