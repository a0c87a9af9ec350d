import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import {
  AF_INET,
  createConnection,
  createServer,
  poll,
  POLLIN,
  Socket,
  SOCK_DGRAM,
  SOCK_STREAM,
} from "../../host/node/bsd/index";
import { connected, listening, type Pair, pair, rejection } from "./pair";

/** A connection opened, used and closed, by calls that wait, time out and are aborted. */
async function visit(p: Pair, listener: Socket, signal: AbortSignal): Promise<void> {
  const near = await p.settle(createConnection(p.client, listener.getSockName(), { timeout: 1000, signal }));
  const [far] = await p.settle(listener.accept(signal));
  const copy = far.dup();
  const aborted = rejection(copy.recv(1, 0, signal));
  await copy.close();
  await aborted;
  expect(await p.settle(poll([{ socket: near, events: POLLIN }], 5, signal))).toEqual([]);
  await near.sendAll("x");
  expect(await p.settle(far.recv(1, 0, signal))).toHaveLength(1);
  await near.close();
  await far.close();
}

describe("Nothing is left behind", () => {
  it("by connections opened, used and closed: no descriptor, row, timer, or listener of a signal", async () => {
    const p = await pair({ profile: "host" });
    const abort = new AbortController();
    const listener = createServer(p.server, { address: "10.0.0.2", port: 80 });
    for (let i = 0; i < 50; i++) await visit(p, listener, abort.signal);
    await listener.close();
    p.w.run(300_000);
    expect([p.client.sockets(), p.server.sockets()]).toEqual([[], []]);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
    expect(new Socket(p.client).fd).toBe(0);
    expect(new Socket(p.server).fd).toBe(0);
  });

  it("by calls that time out or are aborted: no timer of theirs fires later", async () => {
    const p = await pair();
    const { far, listener } = await connected(p);
    const before = p.w.clock.pending;
    const abort = new AbortController();
    far.setTimeout(10_000);
    const calls = [far.recv(1, 0, abort.signal), poll([{ socket: listener, events: POLLIN }], 10_000, abort.signal)];
    expect(p.w.clock.pending).toBe(before + 2);
    abort.abort();
    for (const call of calls) expect(await rejection(call)).toHaveProperty("name", "AbortError");
    expect(p.w.clock.pending).toBe(before);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  it("by constructors and calls that fail", async () => {
    const p = await pair();
    listening(p, 80);
    for (let i = 0; i < 20; i++) {
      expect(() => createServer(p.server, { address: "0.0.0.0", port: 80 }, { reuseAddress: false })).toThrow("EADDRINUSE");
      expect(await p.settle(rejection(createConnection(p.client, p.at(81))))).toMatchObject({ code: "ECONNREFUSED" });
      expect(await rejection(createConnection(p.client, { address: "nowhere", port: 1 }))).toBeInstanceOf(RangeError);
      expect(() => new Socket(p.client, AF_INET, 99)).toThrow("socket");
    }
    p.w.run(1000);
    expect([p.client.sockets().length, p.server.sockets().length]).toEqual([0, 1]);
  });

  it("a board without room says EMFILE or ENOBUFS, and has room again when sockets are closed", async () => {
    const p = await pair();
    const sockets: Socket[] = [];
    const fill = (type: number): string => {
      for (;;) {
        try {
          sockets.push(new Socket(p.client, AF_INET, type));
        } catch (error) {
          return (error as { code: string }).code;
        }
      }
    };
    expect([fill(SOCK_DGRAM), fill(SOCK_STREAM)].every((code) => ["EMFILE", "ENOBUFS"].includes(code))).toBe(true);
    await Promise.all(sockets.map((socket) => socket.close()));
    expect(new Socket(p.client).fd).toBe(0);
  });
});
