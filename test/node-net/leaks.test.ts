import { getEventListeners, setMaxListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import { openDescriptors } from "../../host/node/descriptor";
import type { Server, Socket } from "../../host/node/net";
import { boards, type Boards } from "./boards";
import { closed, event } from "./stage";

const CONNECTIONS = 10_000;
const AT_ONCE = 40;
/** Long after the last TIME-WAIT, ms. */
const LATER = 600_000;

setFlagsFromString("--expose_gc");
const collectGarbage = runInNewContext("gc") as () => void;

interface Town extends Boards {
  clock: VirtualClock;
  settle<T>(promise: Promise<T>): Promise<T>;
}

async function town(): Promise<Town> {
  const clock = new VirtualClock();
  const b = await boards({ clock });
  return { ...b, clock, settle: (promise) => clock.settle(promise, LATER) };
}

async function serving(t: Town, answer: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = t.far.createServer({ allowHalfOpen: true }, answer).listen(0, 600);
  await t.settle(event(server, "listening"));
  return { server, port: server.address()!.port };
}

/** One visit of a client; how it ends depends on `i`. */
async function visit(t: Town, port: number, signal: AbortSignal, i: number): Promise<Socket> {
  const socket = t.near.connect({ port, host: t.host, signal, timeout: 60_000, keepAlive: true, noDelay: true });
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.write(`visit ${i}`);
  expect(await event(socket, "data")).toBe(`visit ${i}`);
  if (i % 4 === 0) socket.end();
  else if (i % 4 === 1) socket.destroy();
  else if (i % 4 === 2) socket.resetAndDestroy();
  else socket.end("end");
  await closed(socket);
  return socket;
}

/** How many connections a pair of boards can hold at once: what its slots, descriptors and buffers allow. */
async function capacity(t: Town): Promise<number> {
  const { server, port } = await serving(t, () => {});
  const open: Socket[] = [];
  let failed: unknown;
  while (!failed && open.length < 5000) {
    const batch = Array.from({ length: AT_ONCE }, () => t.near.connect(port, t.host));
    for (const socket of batch) socket.once("error", (error) => (failed = error));
    await t.settle(Promise.all(batch.map((socket) => Promise.race([event(socket, "connect"), event(socket, "close")]))));
    open.push(...batch.filter((socket) => !socket.destroyed));
  }
  for (const socket of open) socket.destroy();
  server.close();
  return open.length;
}

/** What of the module's is still in use: rows of netstat, and descriptors on our side. */
function inUse(board: Board): number {
  return board.sockets().length + openDescriptors(board);
}

const timeouts = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test(`${CONNECTIONS} connections opened, used and closed leave no descriptor, slot, timer or listener behind`, async () => {
  const t = await town();
  const before = timeouts();
  const abort = new AbortController();
  setMaxListeners(AT_ONCE, abort.signal);
  let ended = 0;
  const refs: WeakRef<Socket>[] = [];
  const { server, port } = await serving(t, (peer) => {
    peer.setTimeout(60_000);
    peer.on("error", () => {});
    peer.on("close", () => ended++);
    peer.pipe(peer);
    if (refs.length < 500) refs.push(new WeakRef(peer));
  });
  for (let i = 0; i < CONNECTIONS; i += AT_ONCE) {
    const visits = Array.from({ length: AT_ONCE }, (_, j) => visit(t, port, abort.signal, i + j));
    const gone = await t.settle(Promise.all(visits));
    if (refs.length < 500) refs.push(...gone.map((socket) => new WeakRef(socket)));
  }
  const listeners = server.eventNames().map((name) => [name, server.listenerCount(name)]);
  server.close();
  await t.settle(closed(server));
  t.clock.advanceBy(LATER);

  expect(ended).toBe(CONNECTIONS);
  expect(listeners).toEqual([["connection", 1]]);
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  expect([inUse(t.client), inUse(t.server)]).toEqual([0, 0]);
  expect(t.clock.pending).toBe(0);
  expect(timeouts()).toBeLessThanOrEqual(before);
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  // Slots and buffers: as many connections fit as into boards that never had one.
  expect(await capacity(t)).toBe(await capacity(await town()));
}, 180_000);
