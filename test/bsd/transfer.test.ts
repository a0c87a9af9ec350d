import { describe, expect, it } from "vitest";
import {
  AF_INET,
  createConnection,
  MSG_MORE,
  MSG_PEEK,
  MSG_WAITALL,
  poll,
  POLLERR,
  POLLIN,
  POLLOUT,
  SHUT_WR,
  SO_ERROR,
  Socket,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../host/node/bsd/index";
import type { Profile } from "../support/modules";
import { Random } from "../support/random";
import { connected, listening, pair, pattern, rejection, text } from "./pair";

const TOTAL = 40_000;

/** Send it in pieces of any length, in any mode, with any flags. */
async function sendPieces(socket: Socket, octets: Uint8Array, random: Random): Promise<void> {
  for (let at = 0; at < octets.length;) {
    const piece = octets.subarray(at, at + 1 + random.below(3000));
    const flags = random.chance(0.2) ? MSG_MORE : 0;
    socket.setTimeout(random.chance(0.3) ? 3_600_000 : null);
    const whole = random.chance(0.5);
    if (whole) await socket.sendAll(piece, flags);
    at += whole ? piece.length : await socket.send(piece, flags);
  }
  socket.shutdown(SHUT_WR);
}

/** Read to the end in every way there is, and wait in every way there is. */
async function readPieces(socket: Socket, random: Random): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const max = 1 + random.below(4000);
    if (random.chance(0.2)) await poll([{ socket, events: POLLIN }]);
    const peeked = random.chance(0.2) ? await socket.recv(Math.min(max, 400), MSG_PEEK) : new Uint8Array(0);
    const data = await readSome(socket, max, random);
    expect(data.subarray(0, peeked.length)).toEqual(peeked.subarray(0, data.length));
    if (data.length === 0) return Buffer.concat(pieces);
    pieces.push(data);
  }
}

async function readSome(socket: Socket, max: number, random: Random): Promise<Uint8Array> {
  const flags = random.chance(0.3) ? MSG_WAITALL : 0;
  if (random.chance(0.5)) return socket.recv(max, flags);
  const buffer = new Uint8Array(max);
  return buffer.subarray(0, await socket.recvInto(buffer, flags));
}

describe("Whatever the calls and their order, the octets arrive in order", () => {
  const cases: [Profile, number][] = [
    ["tiny", 1],
    ["default", 2],
    ["default", 3],
    ["host", 4],
  ];
  it.each(cases)("between boards of the profile %s, over a bad wire, seed %i", async (profile, seed) => {
    const p = await pair({ profile, seed, faults: { loss: 0.02, duplication: 0.02, reordering: 0.05 } });
    const { near, far } = await connected(p);
    const octets = new Random(seed).bytes(TOTAL);
    const random = new Random(seed + 100);
    const sending = sendPieces(near, octets, random);
    expect(Buffer.compare(await p.settle(readPieces(far, new Random(seed + 200)), 3_600_000), octets)).toBe(0);
    await p.settle(sending);
  });
});

describe.each<Profile>(["tiny", "default", "host"])("The verbs on a board of the profile %s", (profile) => {
  it("connect, accept, send, recv, peek, wait, close", async () => {
    const p = await pair({ profile });
    const { near, far } = await connected(p);
    const sending = near.sendAll(pattern(3000)).then(() => near.shutdown(SHUT_WR));
    expect(await p.settle(far.recv(100, MSG_PEEK | MSG_WAITALL))).toEqual(pattern(100));
    expect(await p.settle(far.recv(3000, MSG_WAITALL))).toEqual(pattern(3000));
    await p.settle(sending);
    expect(await p.settle(far.recv(1))).toHaveLength(0);
    far.setTimeout(10);
    await Promise.all([near.close(), far.close()]);
    p.w.run(300_000);
    expect(p.client.sockets()).toEqual([]);
  });

  it("datagrams", async () => {
    const p = await pair({ profile });
    const far = new Socket(p.server, AF_INET, SOCK_DGRAM);
    far.bind({ address: "10.0.0.2", port: 7 });
    const near = new Socket(p.client, AF_INET, SOCK_DGRAM);
    await p.settle(near.sendTo("datagram", p.at(7)));
    expect(text((await p.settle(far.recvFrom(100)))[0])).toBe("datagram");
    expect(await p.settle(rejection(near.sendTo(pattern(66_000), p.at(7))))).toMatchObject({ code: "EMSGSIZE" });
  });
});

describe("Establishing, the textbook's way: non-blocking connect, poll, SO_ERROR", () => {
  it("writable and no error: connected", async () => {
    const p = await pair();
    listening(p);
    const near = new Socket(p.client);
    near.setBlocking(false);
    expect(await rejection(near.connect(p.at(80)))).toMatchObject({ code: "EINPROGRESS" });
    expect(await poll([{ socket: near, events: POLLOUT }], 0)).toEqual([]);
    const [{ revents }] = await p.settle(poll([{ socket: near, events: POLLOUT }], 5000));
    expect([revents, near.getSockOpt(SOL_SOCKET, SO_ERROR)]).toEqual([POLLOUT, 0]);
    expect(near.getPeerName()).toEqual(p.at(80));
  });

  it("refused: POLLERR, and ECONNREFUSED in SO_ERROR, which reading clears", async () => {
    const p = await pair();
    const near = new Socket(p.client);
    near.setBlocking(false);
    await rejection(near.connect(p.at(80)));
    const [{ revents }] = await p.settle(poll([{ socket: near, events: POLLOUT }], 5000));
    expect(revents & POLLERR).toBe(POLLERR);
    expect([near.getSockOpt(SOL_SOCKET, SO_ERROR), near.getSockOpt(SOL_SOCKET, SO_ERROR)]).toEqual([111, 0]);
    listening(p);
    near.setBlocking(true);
    await p.settle(near.connect(p.at(80)));
  });

  it("poll takes sockets of several boards", async () => {
    const p = await pair();
    const listener = listening(p);
    const near = new Socket(p.client);
    near.setBlocking(false);
    await rejection(near.connect(p.at(80)));
    const entries = [
      { socket: near, events: POLLOUT },
      { socket: listener, events: POLLIN },
    ];
    const seen = new Set<Socket>();
    while (seen.size < 2)
      for (const { socket } of await p.settle(poll(entries.filter(({ socket }) => !seen.has(socket))))) seen.add(socket);
    expect((await listener.accept())[1]).toEqual(near.getSockName());
  });

  it("a datagram socket connects at once, to another peer again, and to nobody by disconnect", async () => {
    const p = await pair();
    const near = new Socket(p.client, AF_INET, SOCK_DGRAM);
    await near.connect(p.at(7));
    await near.connect(p.at(8));
    expect(near.getPeerName()).toEqual(p.at(8));
    near.disconnect();
    expect(() => near.getPeerName()).toThrow("getpeername ENOTCONN");
    expect(() => new Socket(p.client).disconnect()).toThrow("connect EAFNOSUPPORT");
  });

  it("unanswered ARP is EHOSTUNREACH, no route ENETUNREACH", async () => {
    const p = await pair();
    expect(await p.settle(rejection(createConnection(p.client, { address: "10.0.0.77", port: 80 })))).toMatchObject({
      code: "EHOSTUNREACH",
      syscall: "connect",
    });
    expect(await rejection(createConnection(p.client, { address: "172.16.0.1", port: 80 }))).toMatchObject({
      code: "ENETUNREACH",
    });
  });
});

describe("Arguments that are none", () => {
  it("are RangeErrors", async () => {
    const p = await pair();
    const { far } = await connected(p);
    for (const max of [-1, 1.5, NaN]) expect(await rejection(far.recv(max))).toBeInstanceOf(RangeError);
    expect(await rejection(poll([], 1000))).toBeInstanceOf(RangeError);
    expect(() => far.bind({ address: "10.0.0.2", port: 70_000 })).toThrow(RangeError);
  });
});
