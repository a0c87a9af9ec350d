import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { createNet, type Net, type Socket } from "../../host/node/net";
import { world, type World, type WorldOptions } from "../support/world";
import { closed, event } from "./stage";
import { pattern } from "./boards";

/** Two boards in virtual time, each with its node:net. */
interface Town {
  w: World;
  near: Net;
  far: Net;
  host: string;
  /** Let virtual time run until a promise settles. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

const HOUR = 3_600_000;

async function town(options: WorldOptions = {}): Promise<Town> {
  const w = await world({ profile: "host", ...options, boards: 2 });
  const [near, far] = w.stations.map(({ board }) => createNet(board));
  return { w, near, far, host: w.stations[1].ip, settle: (promise) => w.clock.settle(promise, 24 * HOUR) };
}

async function connected(t: Town): Promise<{ client: Socket; peer: Socket }> {
  const server = t.far.createServer().listen(80);
  const arriving = event(server, "connection");
  const client = t.near.connect(80, t.host);
  await t.settle(event(client, "connect"));
  return { client, peer: (await t.settle(arriving)) as Socket };
}

/** The error a socket ends with. */
async function failure(socket: Socket): Promise<unknown> {
  const [error] = (await once(socket, "error").catch((reason: unknown) => [reason])) as [unknown];
  return error;
}

describe("Time of createNet is the board's", () => {
  test("an hour of silence passes at once, and not a millisecond too early", async () => {
    const t = await town();
    const { client } = await connected(t);
    client.setTimeout(HOUR);
    const begin = t.w.now;
    await t.settle(event(client, "timeout"));
    expect(t.w.now - begin).toBe(HOUR);
    expect(client.destroyed).toBe(false);
  });

  test("traffic in either direction begins the silence anew", async () => {
    const t = await town();
    const { client, peer } = await connected(t);
    client.resume();
    client.setTimeout(1000);
    const begin = t.w.now;
    for (const [i, from] of [peer, client, peer].entries()) t.w.clock.at(begin + 700 * (i + 1), () => from.write("x"));
    peer.resume();
    await t.settle(event(client, "timeout"));
    expect(t.w.now - begin).toBeGreaterThanOrEqual(3100);
    expect(t.w.now - begin).toBeLessThan(3200);
  });

  test("the timeout of a connect that is not answered", async () => {
    const t = await town();
    const peer = t.w.peer();
    const client = t.near.connect({ port: 80, host: peer.ip, timeout: 5000 });
    await t.settle(event(client, "timeout"));
    expect([t.w.now > 5000, client.connecting]).toEqual([true, true]);
    client.destroy();
    await t.settle(closed(client));
  });

  test("a peer that never answers: ETIMEDOUT", async () => {
    const t = await town();
    const peer = t.w.peer();
    expect(await t.settle(failure(t.near.connect(80, peer.ip)))).toMatchObject({
      message: `connect ETIMEDOUT ${peer.ip}:80`,
      ...{ code: "ETIMEDOUT", errno: -110, syscall: "connect", address: peer.ip, port: 80 },
    });
  });

  test("nobody has that address: EHOSTUNREACH", async () => {
    const t = await town();
    expect(await t.settle(failure(t.near.connect(80, "10.0.0.77")))).toMatchObject({
      message: "connect EHOSTUNREACH 10.0.0.77:80",
      ...{ code: "EHOSTUNREACH", errno: -113, syscall: "connect" },
    });
  });

  test("no route: ENETUNREACH, with the local end as Node says it", async () => {
    const t = await town();
    const error = await t.settle(failure(t.near.connect(80, "192.0.2.1")));
    expect(error).toMatchObject({ message: "connect ENETUNREACH 192.0.2.1:80 - Local (0.0.0.0:0)", code: "ENETUNREACH" });
  });

  test("an IPv6 address: EAFNOSUPPORT", async () => {
    const t = await town();
    expect(await t.settle(failure(t.near.connect(80, "::1")))).toMatchObject({ code: "EAFNOSUPPORT", syscall: "connect" });
    const server = t.far.createServer().listen(80, "::");
    const [error] = (await once(server, "error").catch((reason: unknown) => [reason])) as [Error];
    expect(error.message).toBe("listen EAFNOSUPPORT: address family not supported :::80");
  });

  test("localhost is the board itself", async () => {
    const t = await town();
    t.near.createServer((socket) => socket.end("me")).listen(80);
    const client = t.near.connect(80);
    const [, address, family, name] = (await t.settle(once(client, "lookup"))) as unknown[];
    expect([address, family, name]).toEqual(["127.0.0.1", 4, "localhost"]);
    expect(String(await t.settle(event(client, "data")))).toBe("me");
    expect(client.remoteAddress).toBe("127.0.0.1");
  });

  test("several addresses: the one that says nothing is left after its time for the next", async () => {
    const t = await town();
    const silent = t.w.peer();
    t.far.createServer((socket) => socket.end("here")).listen(80);
    const addresses = [silent.ip, t.host].map((address) => ({ address, family: 4 }));
    const client = t.near.connect({
      ...{ port: 80, host: "board.example", autoSelectFamilyAttemptTimeout: 500 },
      lookup: (_name, _options, callback) => callback(null, addresses),
    });
    const timedOut = once(client, "connectionAttemptTimeout");
    const begin = t.w.now;
    await t.settle(event(client, "connect"));
    expect(await timedOut).toEqual([silent.ip, 80, 4]);
    expect(t.w.now - begin).toBeGreaterThanOrEqual(500);
    expect(client.remoteAddress).toBe(t.host);
    expect(String(await t.settle(event(client, "data")))).toBe("here");
    await t.settle(closed(client));
  });

  test("a cable that is cut: reading fails when the neighbour has not answered for long enough", async () => {
    const t = await town();
    const { client } = await connected(t);
    client.resume();
    t.w.stations[1].board.linkUp(false);
    client.write("anybody?");
    expect(await t.settle(failure(client))).toMatchObject({
      message: "read EHOSTUNREACH",
      code: "EHOSTUNREACH",
      syscall: "read",
    });
  });

  test("keepAlive notices a peer that is gone", async () => {
    const t = await town();
    const { client } = await connected(t);
    client.resume();
    client.setKeepAlive(true, 60_000);
    t.w.stations[1].board.linkUp(false);
    const begin = t.w.now;
    expect(await t.settle(failure(client))).toMatchObject({ code: "ETIMEDOUT", syscall: "read" });
    // Ten probes, one a second, as libuv asks for them.
    expect(t.w.now - begin).toBeGreaterThan(68_000);
    expect(t.w.now - begin).toBeLessThan(72_000);
  });

  test("a way that loses frames: every octet arrives, both ways", async () => {
    const t = await town({ faults: { loss: 0.05, reordering: 0.05, duplication: 0.02 } });
    const { client, peer } = await connected(t);
    peer.pipe(peer);
    const sent = pattern(300_000);
    client.end(sent);
    const chunks: Buffer[] = [];
    client.on("data", (chunk: Buffer) => chunks.push(chunk));
    await t.settle(closed(client));
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
  });
});

describe("What a board does not have", () => {
  test("local sockets, and descriptors of the system: refused in words", async () => {
    const { near } = await town();
    const code = "ERR_INVALID_ARG_VALUE";
    const refusal = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        return error;
      }
    };
    const paths = [
      () => near.connect("/tmp/socket"),
      () => near.connect({ path: "/tmp/socket" }),
      () => near.createServer().listen("/tmp/socket"),
    ];
    for (const call of paths) {
      expect(refusal(call)).toMatchObject({
        code,
        message: expect.stringContaining("a local socket, which a board does not have") as string,
      });
    }
    expect(refusal(() => new near.Socket({ fd: 1 } as object))).toMatchObject({ code });
    expect(refusal(() => near.createServer().listen({ fd: 1 }))).toMatchObject({ code });
  });
});

describe("Several servers at one port", () => {
  test("with reusePort each gets some of the connections; without it the port is in use", async () => {
    const t = await town();
    const heard = [0, 0];
    const options = { port: 80, reusePort: true };
    heard.forEach((_, i) => t.far.createServer((socket) => void socket.end(String(heard[i]++))).listen(options));
    const clients = Array.from({ length: 40 }, () => t.near.connect(80, t.host).resume());
    await t.settle(closed(...clients));
    expect(heard[0] + heard[1]).toBe(40);
    expect(Math.min(...heard)).toBeGreaterThan(5);
    const third = t.far.createServer().listen(80);
    expect(await t.settle(event(third, "error"))).toMatchObject({ code: "EADDRINUSE", syscall: "listen", port: 80 });
  });
});

describe("A small board", () => {
  test("without room for another connection: an error of connect, none that is thrown", async () => {
    const t = await town({ profile: "tiny" });
    t.far.createServer(() => {}).listen(80, 2);
    const clients = Array.from({ length: 8 }, () => t.near.connect(80, t.host));
    const fates = await t.settle(
      Promise.all(clients.map((client) => Promise.race([event(client, "connect").then(() => "connected"), failure(client)]))),
    );
    const errors = fates.filter((fate) => fate !== "connected");
    expect(errors.length).toBeGreaterThan(0);
    expect(errors[0]).toMatchObject({ code: "ENOBUFS", syscall: "connect", address: t.host, port: 80 });
  });

  test("its buffers of 1 KiB carry 100,000 octets there and back", async () => {
    const t = await town({ profile: "tiny" });
    const { client, peer } = await connected(t);
    peer.pipe(peer);
    const sent = pattern(100_000);
    client.end(sent);
    const chunks: Buffer[] = [];
    client.on("data", (chunk: Buffer) => chunks.push(chunk));
    await t.settle(closed(client));
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
  });
});
