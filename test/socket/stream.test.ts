import { describe, expect, test } from "vitest";
import { connect, listen, type TcpSocket } from "../../host/node/socket";
import { connected, pair, pattern, readAll, rejection } from "./pair";

/** Rows of netstat that hold a descriptor. */
const described = (rows: { fd: number | null }[]): (number | null)[] => rows.map(({ fd }) => fd).filter((fd) => fd !== null);

describe("a TCP socket", () => {
  test("carries octets both ways and knows both ends", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.write("ping"));
    expect(Buffer.from((await p.settle(far.read()))!).toString()).toBe("ping");
    await p.settle(far.write(Uint8Array.of(1, 2, 3)));
    expect(await p.settle(near.read())).toEqual(Uint8Array.of(1, 2, 3));
    expect(near.remote).toEqual({ address: p.host, port: 80 });
    expect(far.local).toEqual({ address: p.host, port: 80 });
    expect(far.remote).toEqual(near.local);
  });

  test("read takes no more than it is asked for and leaves the rest", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.write("abcdef"));
    expect(Buffer.from((await p.settle(far.read(2)))!).toString()).toBe("ab");
    expect(Buffer.from((await p.settle(far.read(3)))!).toString()).toBe("cde");
    expect(Buffer.from((await p.settle(far.read()))!).toString()).toBe("f");
  });

  test("reads that wait are served in order", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const reads = [far.read(1), far.read(1), far.read()];
    await p.settle(near.write("xyz"));
    const got = await p.settle(Promise.all(reads));
    expect(got.map((chunk) => Buffer.from(chunk!).toString())).toEqual(["x", "y", "z"]);
  });

  test("write resolves only as the reader takes octets: more than both buffers hold waits", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const data = pattern(50_000);
    let written = false;
    const writing = near.write(data).then(() => (written = true));
    p.w.run(5000);
    await p.settle(Promise.resolve());
    expect(written).toBe(false);
    const reading = readAll(far);
    await p.settle(writing.then(() => near.end()));
    expect((await p.settle(reading)).equals(data)).toBe(true);
  });

  test("end() sends FIN after what was written before it; the other direction stays open", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const data = pattern(9000);
    const all = near.write(data).then(() => near.write("the end"));
    void all.then(() => near.end());
    const received = await p.settle(readAll(far));
    expect(received.subarray(9000).toString()).toBe("the end");
    await p.settle(far.write("answer").then(() => far.end()));
    expect((await p.settle(readAll(near))).toString()).toBe("answer");
    await p.settle(Promise.all([near.closed, far.closed]));
    expect(near.error ?? far.error).toBeUndefined();
  });

  test("writing after end() is refused with EPIPE", async () => {
    const p = await pair();
    const { near } = await connected(p);
    await p.settle(near.end());
    expect(await p.settle(rejection(near.write("late")))).toMatchObject({ code: "EPIPE", errno: -32, message: "write EPIPE" });
  });

  test("both ends ended: the descriptors are back, the lowest is given out again", async () => {
    const p = await pair();
    const first = await connected(p);
    await p.settle(Promise.all([first.near.end(), first.far.end(), readAll(first.near), readAll(first.far)]));
    await p.settle(Promise.all([first.near.closed, first.far.closed]));
    expect(described(p.client.sockets())).toEqual([]);
    expect(described(p.server.sockets())).toHaveLength(1);
    first.listener.close();
    expect(described(p.server.sockets())).toEqual([]);
  });

  test("destroy() rejects whoever waits with ECONNABORTED, once for all", async () => {
    const p = await pair();
    const { near } = await connected(p);
    const reading = rejection(near.read());
    const writing = rejection(near.write(pattern(100_000)));
    near.destroy();
    near.destroy();
    expect(await p.settle(reading)).toMatchObject({ code: "ECONNABORTED" });
    expect(await p.settle(writing)).toMatchObject({ code: "ECONNABORTED" });
    expect(await p.settle(rejection(near.read()))).toMatchObject({ code: "ECONNABORTED" });
    await p.settle(near.closed);
    expect(described(p.client.sockets())).toEqual([]);
  });

  test("a peer's reset rejects reading with ECONNRESET after the octets that came before it", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.write("last words"));
    p.w.run(100);
    near.reset();
    p.w.run(100);
    await p.settle(far.closed);
    expect(Buffer.from((await p.settle(far.read(4)))!).toString()).toBe("last");
    expect(Buffer.from((await p.settle(far.read()))!).toString()).toBe(" words");
    expect(await p.settle(rejection(far.read()))).toMatchObject({ code: "ECONNRESET", errno: -104, syscall: "read" });
    expect(await p.settle(rejection(far.write("?")))).toMatchObject({ code: "ECONNRESET" });
    expect(described(p.server.sockets())).toHaveLength(1);
  });

  test("a reset after the peer's end takes nothing away from what was read before it", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.write("complete").then(() => near.end()));
    p.w.run(100);
    near.reset();
    p.w.run(100);
    expect((await p.settle(readAll(far))).toString()).toBe("complete");
    expect(await p.settle(rejection(far.write("?")))).toMatchObject({ code: "EPIPE" });
    expect(described(p.server.sockets())).toHaveLength(1);
  });

  test("leaving the loop over its chunks destroys it", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.write("first"));
    const loop = async (): Promise<string> => {
      for await (const chunk of far) return Buffer.from(chunk).toString();
      return "";
    };
    expect(await p.settle(loop())).toBe("first");
    expect(far.destroyed).toBe(true);
  });

  test("takes options, and says which the module refuses", async () => {
    const p = await pair();
    const { near } = await connected(p, { near: { noDelay: true, keepAlive: 60, ttl: 7 } });
    expect(() => near.setOptions({ ttl: 999 })).toThrow("setsockopt EINVAL");
  });
});

describe("connect", () => {
  test("to a port nobody listens on: Node's words for ECONNREFUSED", async () => {
    const p = await pair();
    const error = await p.settle(rejection(connect(p.client, { host: p.host, port: 81 })));
    expect(error).toMatchObject({ code: "ECONNREFUSED", errno: -111, syscall: "connect", address: p.host, port: 81 });
    expect(error).toHaveProperty("message", `connect ECONNREFUSED ${p.host}:81`);
    expect(described(p.client.sockets())).toEqual([]);
  });

  test("to an address nobody has ends with ETIMEDOUT or EHOSTUNREACH, sooner with fewer SYNs", async () => {
    const p = await pair();
    const start = p.w.now;
    const error = await p.settle(rejection(connect(p.client, { host: "10.0.0.77", port: 80, synRetries: 2 })));
    expect(["ETIMEDOUT", "EHOSTUNREACH"]).toContain((error as { code: string }).code);
    expect(p.w.now - start).toBeLessThan(16_000);
  });

  test("to an address no route leads to: ENETUNREACH at once", async () => {
    const p = await pair();
    const error = await p.settle(rejection(connect(p.client, { host: "192.0.2.1", port: 80 })), 1);
    expect(error).toMatchObject({ code: "ENETUNREACH" });
    expect(described(p.client.sockets())).toEqual([]);
  });

  test("can be aborted", async () => {
    const p = await pair();
    const abort = new AbortController();
    const connecting = rejection(connect(p.client, { host: "10.0.0.77", port: 80, signal: abort.signal }));
    p.w.run(50);
    abort.abort();
    expect(await p.settle(connecting)).toHaveProperty("name", "AbortError");
    expect(described(p.client.sockets())).toEqual([]);
  });

  test("refuses what is no address or port before anything is sent", async () => {
    const p = await pair();
    expect(await rejection(connect(p.client, { host: "board", port: 80 }))).toBeInstanceOf(RangeError);
    expect(await rejection(connect(p.client, { host: p.host, port: 70_000 }))).toBeInstanceOf(RangeError);
    expect(described(p.client.sockets())).toEqual([]);
  });
});

describe("listen", () => {
  test("a port in use: EADDRINUSE with the address", async () => {
    const p = await pair();
    listen(p.server, { port: 80 });
    expect(() => listen(p.server, { port: 80 })).toThrow("bind EADDRINUSE 0.0.0.0:80");
    expect(described(p.server.sockets())).toHaveLength(1);
  });

  test("port 0 takes a free one and says which", async () => {
    const p = await pair();
    const listener = listen(p.server, { port: 0 });
    const { port } = listener.local;
    expect(port).toBeGreaterThan(1023);
    const near = await p.settle(connect(p.client, { host: p.host, port }));
    expect(near.remote.port).toBe(port);
  });

  test("for await serves many, one after the other and at the same time, until it is closed", async () => {
    const p = await pair({ profile: "host" });
    const listener = listen(p.server, { port: 7 });
    const echo = async (socket: TcpSocket): Promise<void> => {
      for await (const chunk of socket) await socket.write(chunk);
      await socket.end();
    };
    const serving = (async () => {
      for await (const socket of listener) void echo(socket);
    })();
    const ask = async (i: number): Promise<string> => {
      const socket = await connect(p.client, { host: p.host, port: 7 });
      await socket.write(`call ${i}`);
      await socket.end();
      return (await readAll(socket)).toString();
    };
    const answers = await p.settle(Promise.all(Array.from({ length: 50 }, (_, i) => ask(i))));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `call ${i}`));
    listener.close();
    await p.settle(serving);
    expect(described(p.server.sockets())).toEqual([]);
    expect(described(p.client.sockets())).toEqual([]);
  });

  test("close() rejects accept() with ECONNABORTED", async () => {
    const p = await pair();
    const listener = listen(p.server, { port: 80 });
    const accepting = rejection(listener.accept());
    listener.close();
    expect(await accepting).toMatchObject({ code: "ECONNABORTED", syscall: "accept" });
    expect(await rejection(listener.accept())).toMatchObject({ code: "ECONNABORTED" });
  });
});

test("a thousand connections in a row leave no descriptor and no connection behind", async () => {
  const p = await pair();
  const listener = listen(p.server, { port: 80 });
  for (let i = 0; i < 1000; i++) {
    const accepting = listener.accept();
    const near = await p.settle(connect(p.client, { host: p.host, port: 80 }));
    const far = await p.settle(accepting);
    const [first, second] = i % 2 ? [near, far] : [far, near];
    await p.settle(first.end().then(() => readAll(second)));
    await p.settle(second.end().then(() => readAll(first)));
  }
  p.w.run(100);
  const kinds = [...p.client.sockets(), ...p.server.sockets()]
    .filter(({ kind }) => kind !== "TimeWait")
    .map(({ state }) => state);
  expect(kinds).toEqual(["Listen"]);
}, 60_000);
