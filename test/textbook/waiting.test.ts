import { describe, expect, test } from "vitest";
import { Errno, Level, Poll, Shutdown, SocketOption, SocketType } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import type { Peer } from "../support/peer";
import { connecting, inState, passive, PORT, type Connection } from "../support/states";
import { Random } from "../support/random";
import type { Station } from "../support/station";
import { named, world, type World } from "../support/world";

const { SO_RCVTIMEO, SO_SNDTIMEO } = SocketOption;

/** Both words of a time, or the errno. */
function timeOf(board: Station, fd: number, name: number, length = 8): [number, number] | number {
  const at = board.calls.scratch() + 64;
  const result = board.calls.getsockopt(fd, Level.SOL_SOCKET, name, at, length);
  if (result < 0) return result;
  expect(result).toBe(8);
  const view = new DataView(board.board.memory.buffer);
  return [view.getInt32(at, true), view.getInt32(at + 4, true)];
}

/** A descriptor of each kind of socket this module has. */
function oneOfEach(board: Station): number[] {
  const { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET } = SocketType;
  return [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET].map((type) => board.socket(type, type === SOCK_RAW ? 1 : 0));
}

describe("Waiting: non-blocking", () => {
  test("what would wait elsewhere answers at once here: EAGAIN, EINPROGRESS, and time stands still", async () => {
    const w = await world();
    const { fd, listener, board } = passive(w);
    const start = w.now;
    expect(named(board.accept(listener))).toBe("-EAGAIN");
    expect(named(board.recv(fd))).toBe("-EAGAIN");
    board.send(fd, pattern(2048));
    expect(named(board.send(fd, text("x")))).toBe("-EAGAIN");
    expect(named(board.calls.send_room(fd))).toBe("-EAGAIN");
    expect(named(board.connect(board.socket(), "10.0.0.100", 5000))).toBe("-EINPROGRESS");
    expect(named(board.recv(board.datagram(53)))).toBe("-EAGAIN");
    board.setSocket(fd, "SO_LINGER", 1, 60);
    expect(board.close(fd)).toBe(0);
    expect(w.now).toBe(start);
  });
});

describe("Waiting: SO_RCVTIMEO, SO_SNDTIMEO", () => {
  test("every kind of socket keeps both for its host: seconds and microseconds, at first 0, for ever", async () => {
    const { board } = await world();
    for (const fd of oneOfEach(board).filter((fd) => fd >= 0)) {
      expect(timeOf(board, fd, SO_RCVTIMEO)).toEqual([0, 0]);
      expect(board.setSocket(fd, "SO_RCVTIMEO", 2, 500_000)).toBe(0);
      expect(board.setSocket(fd, "SO_SNDTIMEO", 7, 0)).toBe(0);
      expect(timeOf(board, fd, SO_RCVTIMEO)).toEqual([2, 500_000]);
      expect(timeOf(board, fd, SO_SNDTIMEO)).toEqual([7, 0]);
      expect(board.setSocket(fd, "SO_RCVTIMEO", 0, 0)).toBe(0);
      expect(timeOf(board, fd, SO_RCVTIMEO)).toEqual([0, 0]);
      expect(timeOf(board, fd, SO_SNDTIMEO)).toEqual([7, 0]);
    }
  });

  test("they are kept as milliseconds, rounded up: a wait is never shorter than was asked for", async () => {
    const { board } = await world();
    const fd = board.socket();
    for (const [asked, kept] of [
      [1, 1000],
      [999, 1000],
      [1000, 1000],
      [1001, 2000],
      [999_999, 1_000_000],
    ]) {
      expect(board.setSocket(fd, "SO_RCVTIMEO", 3, asked)).toBe(0);
      expect(timeOf(board, fd, SO_RCVTIMEO)).toEqual(kept === 1_000_000 ? [4, 0] : [3, kept]);
    }
    expect(board.setSocket(fd, "SO_RCVTIMEO", 2_147_482, 999_999)).toBe(0);
    expect(timeOf(board, fd, SO_RCVTIMEO)).toEqual([2_147_483, 0]);
  });

  test("EDOM for a million microseconds, for a negative time and for one too long; EINVAL for half of a value", async () => {
    const { board } = await world();
    const fd = board.socket();
    board.setSocket(fd, "SO_RCVTIMEO", 1, 2000);
    for (const [seconds, microseconds] of [
      [0, 1_000_000],
      [0, -1],
      [-1, 0],
      [2_147_483, 0],
    ]) {
      expect(named(board.setSocket(fd, "SO_RCVTIMEO", seconds, microseconds))).toBe("-EDOM");
    }
    expect(named(board.setSocket(fd, "SO_RCVTIMEO", 1))).toBe("-EINVAL");
    expect(named(timeOf(board, fd, SO_RCVTIMEO, 7) as number)).toBe("-EINVAL");
    expect(timeOf(board, fd, SO_RCVTIMEO)).toEqual([1, 2000]);
  });

  test("the core does not wait for them, an accepted socket has its listener's, a new socket none", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setSocket(listener, "SO_RCVTIMEO", 5, 0);
    w.board.setSocket(listener, "SO_SNDTIMEO", 6, 0);
    const { fd } = passive(w);
    expect(named(w.board.recv(fd))).toBe("-EAGAIN");
    expect([timeOf(w.board, fd, SO_RCVTIMEO), timeOf(w.board, fd, SO_SNDTIMEO)]).toEqual([
      [5, 0],
      [6, 0],
    ]);
    w.board.close(fd);
    expect(w.board.socket()).toBe(fd);
    expect(timeOf(w.board, fd, SO_SNDTIMEO)).toEqual([0, 0]);
  });

  test("unknown where they are left out", async () => {
    const { board } = await world({ profile: "tiny" });
    expect(named(board.setSocket(board.socket(), "SO_RCVTIMEO", 1, 0))).toBe("-ENOPROTOOPT");
    expect(named(timeOf(board, 0, SO_RCVTIMEO) as number)).toBe("-ENOPROTOOPT");
  });
});

describe("Waiting: `poll` over many descriptors", () => {
  const { POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP, POLLNVAL, POLLPRI } = Poll;

  test("one mask for each, all different, at one moment", async () => {
    const w = await world();
    const fresh = w.board.socket();
    const { fd: quiet, flow, listener, peer } = passive(w);
    const half = passive(w, { peer });
    half.flow.send({ flags: "FA" });
    const refused = connecting(w, { peer });
    refused.flow.expect({ flags: "S" });
    refused.flow.send({ flags: "RA" });
    const waiting = connecting(w, { peer });
    const datagrams = w.board.datagram(53);
    w.run(5);
    const masks = () => [fresh, listener, quiet, half.fd, refused.fd, waiting.fd, datagrams, 99].map((fd) => w.board.ready(fd));
    expect(masks()).toEqual([
      POLLOUT | POLLHUP,
      0,
      POLLOUT,
      POLLIN | POLLRDHUP | POLLOUT,
      POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP,
      0,
      POLLOUT,
      POLLNVAL,
    ]);
    flow.send({ flags: "PAU", data: text("!"), urgent: 1 });
    peer.flow({ to: PORT }).handshake();
    waiting.flow.accept();
    peer.udp({ src: 1, dst: 53 }, text("?"));
    w.board.close(half.fd);
    w.run(5);
    expect(masks()).toEqual([
      POLLOUT | POLLHUP,
      POLLIN,
      POLLOUT | POLLPRI,
      POLLNVAL,
      POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP,
      POLLOUT,
      POLLIN | POLLOUT,
      POLLNVAL,
    ]);
  });

  test("asking changes nothing: the same answer as often as asked, without an event", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    flow.data(text("x"));
    w.run(5);
    w.board.events.length = 0;
    const masks = Array.from({ length: 5 }, () => w.board.ready(fd));
    w.run(5);
    expect(new Set(masks).size).toBe(1);
    expect(w.board.events).toEqual([]);
  });
});

describe("Waiting: the event queue", () => {
  /** Leave the events in the module, for the test to take. */
  async function untaken(): Promise<{ w: World; take: () => number[] }> {
    const w = await world();
    const { board, calls } = w.board;
    const taken: number[] = [];
    board.onEvent = (fd) => taken.push(fd);
    const take = () => {
      for (let fd = calls.next_event(); fd >= 0; fd = calls.next_event()) taken.push(fd);
      return taken.splice(0);
    };
    return { w, take };
  }

  test("names each descriptor once, however much has happened to it, and then is empty: EAGAIN", async () => {
    const { w, take } = await untaken();
    const { fd, flow } = passive(w);
    take();
    w.board.send(fd, text("x"));
    flow.send({ flags: "PA", data: text("a"), ack: 2 });
    expect(take()).toEqual([]);
    w.run(5);
    expect(take()).toEqual([fd]);
    expect(named(w.board.calls.next_event())).toBe("-EAGAIN");
  });

  test("is an edge: news come once, though the octets stay; more octets are news again", async () => {
    const { w, take } = await untaken();
    const { fd, flow } = passive(w);
    take();
    for (const part of ["one ", "two"]) {
      flow.data(text(part));
      w.run(100);
      expect(take()).toEqual([fd]);
      w.run(100);
      expect(take()).toEqual([]);
    }
    expect(w.board.read(fd).data).toEqual(text("one two"));
  });

  test("names the lowest of a socket's descriptors, and none when it is closed", async () => {
    const { w, take } = await untaken();
    const { fd, flow } = passive(w);
    const copy = w.board.dup(fd);
    take();
    flow.data(text("a"));
    w.run(5);
    expect(take()).toEqual([fd]);
    w.board.close(fd);
    flow.data(text("b"));
    w.run(5);
    expect(take()).toEqual([copy]);
    flow.data(text("c"));
    w.board.close(copy);
    w.run(5);
    expect(take()).toEqual([]);
  });

  test("a writer who was told EAGAIN hears when there is room: a third of the buffer, not an octet", async () => {
    const { w, take } = await untaken();
    const { fd, flow } = passive(w);
    while (w.board.send(fd, pattern(1024)) > 0);
    const segments = flow.drain(50);
    take();
    flow.send({ flags: "A", ack: 1 + 300 });
    w.run(5);
    expect(take()).toEqual([]);
    expect(segments.length).toBeGreaterThan(0);
    flow.ack();
    w.run(5);
    expect(take()).toEqual([fd]);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
  });
});

const BITS = Poll.POLLIN | Poll.POLLPRI | Poll.POLLOUT | Poll.POLLERR | Poll.POLLHUP | Poll.POLLRDHUP;

/** What the peer does next to a connection, without looking at what it says. */
const fromTheWire: ((made: Connection, random: Random) => void)[] = [
  ({ flow }, random) => flow.data(pattern(1 + random.below(700))),
  ({ flow }) => flow.ack(),
  ({ flow }) => flow.ack(0),
  ({ flow }, random) => flow.send({ flags: "A", ack: Math.max(1, flow.rcv - random.below(500)) }),
  ({ flow }, random) => flow.send({ flags: "PA", seq: flow.nxt + random.below(600), data: pattern(1 + random.below(300)) }),
  ({ flow }) => flow.send({ flags: "PAU", data: text("!"), urgent: 1 }),
  ({ flow }) => flow.send({ flags: "AU", urgent: 50 }),
  ({ flow }, random) => (random.chance(0.3) ? flow.send({ flags: "FA" }) : flow.ack()),
  ({ flow }, random) => (random.chance(0.15) ? flow.send({ flags: "R" }) : flow.ack()),
];
/** What the user does. */
const fromTheSocket: ((made: Connection, random: Random) => void)[] = [
  ({ board, fd }, random) => board.send(fd, pattern(1 + random.below(1400))),
  ({ board, fd }, random) => board.recv(fd, 1 + random.below(1400)),
  ({ board, fd }, random) => board.setSocket(fd, "SO_RCVLOWAT", random.below(900)),
  ({ board, fd }, random) => board.setTcp(fd, "TCP_NOTSENT_LOWAT", random.below(2000)),
  ({ board, fd }, random) => board.setSocket(fd, "SO_OOBINLINE", random.below(2)),
  ({ board, fd }, random) => random.chance(0.1) && board.shutdown(fd, random.pick([Shutdown.SHUT_RD, Shutdown.SHUT_WR])),
  ({ board, fd }) => board.error(fd),
];

/** Another client, which connects if it is answered. */
function arrive(peer: Peer): void {
  const flow = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
  if (flow.next(4)) flow.send({ flags: "A" });
}

describe("Waiting: no wake-up is lost", () => {
  test.each(Array.from({ length: 40 }, (_, i) => i + 1))(
    "whatever the wire and the user do (seed %i): when a bit of `ready` turns on, an event has come since it was off",
    async (seed) => {
      const w = await world({ seed, referee: false });
      const random = new Random(seed);
      const { board } = w;
      const peer = w.peer();
      const first = passive(w, { peer });
      const connections = [first, passive(w, { peer }), connecting(w, { peer }), connecting(w, { peer })];
      const fds = [first.listener, ...connections.map(({ fd }) => fd)];
      connections.slice(2).forEach(({ flow }) => flow.expect({ flags: "S" }));
      for (let step = 0; step < 60; step++) {
        if (random.chance(0.2)) board.close(board.accept(first.listener));
        for (let n = random.below(4); n > 0; n--) random.pick(fromTheSocket)(random.pick(connections), random);
        const before = fds.map((fd) => board.ready(fd));
        board.events.length = 0;
        const made = random.pick(connections);
        const opening = named(board.recv(made.fd, 0)) === "-EAGAIN" && made.state() === "SynSent";
        if (opening) made.flow.send({ flags: random.chance(0.8) ? "SA" : "RA", mss: 1460 });
        else random.pick(fromTheWire)(made, random);
        if (random.chance(0.1)) arrive(peer);
        if (random.chance(0.1)) w.run(random.below(2000));
        w.run(5);
        connections.forEach(({ flow }) => flow.drain(0));
        fds.forEach((fd, i) => {
          const turnedOn = board.ready(fd) & ~before[i] & BITS;
          if (turnedOn) expect(board.events, `fd ${fd}: ${turnedOn} at step ${step}\n${w.story()}`).toContain(fd);
        });
      }
    },
  );

  test("nor over the lifetime of a connection between two boards, whoever looks", async () => {
    const w = await world({ boards: 2, seed: 7 });
    const [near, far] = w.stations;
    const listener = far.listen(PORT);
    const fd = near.open(far.ip, PORT);
    const seen: number[] = [];
    const watch = (station: Station, one: number, act: () => void) => {
      const before = station.ready(one);
      station.events.length = 0;
      act();
      w.run(300);
      seen.push(station.ready(one) & ~before & BITS);
      if (seen.at(-1)) expect(station.events).toContain(one);
    };
    watch(far, listener, () => {});
    const other = far.accept(listener);
    watch(near, fd, () => far.send(other, text("x")));
    watch(near, fd, () => far.shutdown(other, Shutdown.SHUT_WR));
    watch(near, fd, () => near.close(near.dup(fd)));
    watch(far, other, () => near.shutdown(fd, Shutdown.SHUT_WR));
    expect(seen.filter((bits) => bits)).toHaveLength(4);
    expect(near.recv(fd)).toEqual(text("x"));
    expect(near.recv(fd)).toEqual(text(""));
    expect(-Errno.EAGAIN).toBe(-11);
  });

  test("a state the user can only see by an event: FIN-WAIT-2's end, a keep-alive that failed, retries that ran out", async () => {
    const w = await world();
    const kept = inState(w, "FinWait2");
    w.board.setSocket(kept.fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(kept.fd, "TCP_KEEPIDLE", 1);
    w.board.setTcp(kept.fd, "TCP_KEEPINTVL", 1);
    w.board.setTcp(kept.fd, "TCP_KEEPCNT", 2);
    const lost = passive(w, { peer: kept.peer });
    w.board.send(lost.fd, text("anyone?"));
    w.board.events.length = 0;
    w.run(5_000_000);
    for (const { fd } of [kept, lost]) {
      expect(w.board.events).toContain(fd);
      expect(w.board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
      expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
    }
  });
});
