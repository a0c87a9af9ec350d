import { describe, expect, test } from "vitest";
import { Errno, IpOption, Level, SocketOption, State } from "../../host/node/abi";
import { listen } from "../../host/node/socket";
import { Flag, ipNumber, pattern, text } from "../support/packet";
import { active, passive, PORT } from "../support/states";
import type { Station } from "../support/station";
import { named, world } from "../support/world";

/** Of the default profile. */
const SYN_QUEUE = 8;
const SOMAXCONN = 4;
const HALF_OPEN = 1;

type Where = "0.0.0.0" | "127.0.0.1" | "127.0.0.2" | "10.0.0.1";
type Wish = "" | "SO_REUSEADDR" | "SO_REUSEPORT";

/** A new socket with a wish; what `bind` says to it. */
function bound(board: Station, where: string, port: number, wish: Wish = ""): { fd: number; result: string | number } {
  const fd = board.socket();
  if (wish) expect(board.setSocket(fd, wish, 1)).toBe(0);
  return { fd, result: named(board.bind(fd, port, where)) as string | number };
}

/** A listener on that address; negative errno of the call that failed. */
function listening(board: Station, where: string, port = PORT, wish: Wish = "", backlog = 4): number {
  const { fd, result } = bound(board, where, port, wish);
  expect(result, `bind ${where}`).toBe(0);
  const listened = board.listenOn(fd, backlog);
  return listened < 0 ? listened : fd;
}

describe("Listening: `listen` keeps two queues, incomplete (SYN-RECEIVED) and completed", () => {
  test("a SYN goes into the first, the third step moves it into the second, `accept` takes it from there", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", ack: 1 });
    expect(w.board.rows().filter(({ kind }) => kind === HALF_OPEN)).toHaveLength(1);
    expect(w.board.row(listener)).toMatchObject({ accepting: 0 });
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    flow.send({ flags: "A" });
    w.run(5);
    expect(w.board.rows().filter(({ kind }) => kind === HALF_OPEN)).toHaveLength(0);
    expect(w.board.row(listener)).toMatchObject({ accepting: 1, receiveQueue: 1 });
    const fd = w.board.accept(listener);
    expect(w.board.row(fd)).toMatchObject({ state: State.Established, foreignPort: flow.port });
    expect(w.board.row(listener)).toMatchObject({ accepting: 0 });
  });

  test("first come, first served: in the order in which handshakes were completed, not begun", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    const flows = [1, 2, 3].map(() => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA" }));
    for (const flow of [...flows].reverse()) flow.send({ flags: "A" });
    w.run(5);
    const ports = flows.map(() => (w.board.peerName(w.board.accept(listener)) as { port: number }).port);
    expect(ports).toEqual([...flows].reverse().map(({ port }) => port));
  });

  test.each([
    ["-1", -1, 1],
    ["0", 0, 1],
    ["1", 1, 1],
    ["3", 3, 3],
    ["100: SOMAXCONN", 100, SOMAXCONN],
    ["the largest number: SOMAXCONN", 0x7fffffff, SOMAXCONN],
  ])("backlog bounds the completed one, min(backlog, SOMAXCONN): %s", async (_, backlog, most) => {
    const w = await world();
    const listener = w.board.listen(PORT, backlog);
    expect(w.board.row(listener)).toMatchObject({ sendQueue: most });
    const peer = w.peer();
    const flows = Array.from({ length: most + 1 }, () => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA" }).flags);
    flows.forEach((flow) => flow.send({ flags: "A" }));
    w.run(5);
    expect(w.board.row(listener)).toMatchObject({ accepting: most });
    expect(w.board.drops()).toMatchObject({ TcpAcceptQueueFull: 1 });
  });

  test("who finds it full is not refused: his third step is dropped, our second comes again, and there may be room by then", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 1);
    const peer = w.peer();
    const flows = [1, 2].map(() => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA" }));
    flows.forEach((flow) => flow.send({ flags: "A" }));
    flows[1].expectNothing(500);
    w.accepted(w.board, listener);
    flows[1].expect({ flags: "SA", seq: 0 }, 1000);
    flows[1].send({ flags: "A", seq: 1, ack: 1 });
    expect(w.board.peerName(w.accepted(w.board, listener))).toMatchObject({ port: flows[1].port });
  });

  test("and a SYN that finds it full is dropped without a word: the client's timer brings it again", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 1);
    const peer = w.peer();
    peer.flow({ to: PORT }).handshake();
    const late = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    late.expectNothing(900);
    w.accepted(w.board, listener);
    late.send({ flags: "S", seq: 0, mss: 1460 }).expect({ flags: "SA", ack: 1 });
  });

  test("the incomplete one has its own limit, SYN_QUEUE for all listeners; beyond it cookies stand for entries", async () => {
    const w = await world();
    w.board.listen(PORT, 1);
    const peer = w.peer();
    const flows = Array.from({ length: SYN_QUEUE + 3 }, () => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA", ack: 1 }));
    expect(w.board.rows().filter(({ kind }) => kind === HALF_OPEN)).toHaveLength(SYN_QUEUE);
    expect(w.board.counters()).toMatchObject({ TcpCookiesOut: 3 });
  });

  test("an entry nobody completes is forgotten after SYNACK_RETRIES, and `accept` never hears of it", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    expect(flow.drain(70_000).map(({ flags }) => flags & (Flag.S | Flag.A))).toEqual(Array(6).fill(Flag.S | Flag.A));
    expect(w.board.rows()).toHaveLength(1);
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
  });

  test("listen() once more changes the backlog only; what waits is kept", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 4);
    const peer = w.peer();
    for (let i = 0; i < 3; i++) peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(w.board.listenOn(listener, 1)).toBe(0);
    expect(w.board.row(listener)).toMatchObject({ accepting: 3, sendQueue: 1 });
    for (let i = 0; i < 3; i++) expect(w.board.accept(listener)).toBeGreaterThan(0);
  });
});

describe("Listening: the accepted socket", () => {
  test("shares the listener's local port and address; the caller gets the peer's address", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    const flow = peer.flow({ to: PORT }).handshake();
    w.run(5);
    const at = w.board.putAddress("0.0.0.0", 0);
    const fd = w.board.calls.accept(listener, at);
    const view = new DataView(w.board.board.memory.buffer);
    expect([
      view.getUint16(at, true),
      view.getUint16(at + 2, true),
      [...w.board.board.u8.slice(at + 4, at + 8)].join("."),
    ]).toEqual([2, flow.port, peer.ip]);
    expect(w.board.localName(fd)).toMatchObject({ ip: w.board.ip, port: PORT });
    expect(w.board.localName(listener)).toMatchObject({ ip: "0.0.0.0", port: PORT });
    expect(w.board.calls.accept(w.board.listen(81), 0)).toBe(-Errno.EAGAIN); // 0: the caller does not want it
  });

  test("inherits what its listener was told, and not what the listener is told later", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setTcp(listener, "TCP_NODELAY", 1);
    w.board.setIp(listener, "IP_TTL", 33);
    w.board.setSocket(listener, "SO_KEEPALIVE", 1);
    const { fd } = passive(w);
    w.board.setIp(listener, "IP_TTL", 44);
    expect(w.board.tcp(fd, "TCP_NODELAY")).toBe(1);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_TTL)).toBe(33);
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE)).toBe(1);
    expect(w.board.setSocket(fd, "SO_KEEPALIVE", 0)).toBe(0);
    expect(w.board.option(listener, Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE)).toBe(1);
  });

  test("goes on when its listener is closed; what was not accepted is reset", async () => {
    const w = await world();
    const { fd, flow, listener, peer } = passive(w);
    const waiting = peer.flow({ to: PORT }).handshake();
    w.run(5);
    w.board.close(listener);
    expect(waiting.expect({ seq: 1 }).flags & Flag.R).toBe(Flag.R);
    flow.data(text("still here"));
    w.run(50);
    expect(w.board.read(fd).data).toEqual(text("still here"));
    peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }).expect({ flags: "RA" });
  });

  test("keeps its connection when there is no descriptor for it: EMFILE, and the next accept gets it", async () => {
    const w = await world({ knobs: { CONFIG_CONNECTIONS: 2, CONFIG_LISTENERS: 1, CONFIG_UDP_SOCKETS: 1 } });
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).handshake();
    flow.data(text("patient"));
    w.run(50);
    const dups: number[] = [];
    for (let fd = w.board.dup(listener); fd >= 0; fd = w.board.dup(listener)) dups.push(fd);
    expect(named(w.board.accept(listener))).toBe("-EMFILE");
    expect(w.board.ready(listener)).toBe(1);
    flow.drain(10);
    w.board.close(dups[0]);
    expect(w.board.read(w.board.accept(listener)).data).toEqual(text("patient"));
  });

  test("that was reset while it waited is handed out all the same (Linux): its first call says ECONNRESET, not ECONNABORTED", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.peer().flow({ to: PORT }).handshake().send({ flags: "R" });
    w.run(5);
    const fd = w.board.accept(listener);
    expect(fd).toBeGreaterThan(0);
    expect(named(w.board.recv(fd))).toBe("-ECONNRESET");
    expect(w.board.recv(fd)).toEqual(text(""));
  });
});

describe("Listening: the listener never carries data", () => {
  test("send: EPIPE, recv and shutdown: ENOTCONN, getpeername: ENOTCONN, connect: EISCONN (Linux)", async () => {
    const w = await world();
    const { listener, peer } = passive(w);
    expect(named(w.board.send(listener, text("x")))).toBe("-EPIPE");
    expect(named(w.board.recv(listener))).toBe("-ENOTCONN");
    expect(named(w.board.shutdown(listener, 2))).toBe("-ENOTCONN");
    expect(named(w.board.peerName(listener) as number)).toBe("-ENOTCONN");
    expect(named(w.board.connect(listener, peer.ip, 1))).toBe("-EISCONN");
    expect(named(w.board.calls.send_room(listener))).toBe("-EPIPE");
    expect(named(w.board.calls.recv_ready(listener))).toBe("-ENOTCONN");
  });

  test("text in a SYN waits: it is not acknowledged, comes again, and is the connection's", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w
      .peer()
      .flow({ to: PORT })
      .send({ flags: "S", mss: 1460, data: text("early") });
    flow.expect({ flags: "SA", ack: 1 });
    flow.send({ flags: "PA", seq: 1, data: text("early") });
    expect(w.board.read(w.accepted(w.board, listener)).data).toEqual(text("early"));
  });
});

describe("Listening: `bind` to one of several local addresses or the wildcard", () => {
  const where = (board: Station, fd: number) => (board.localName(fd) as { ip: string }).ip;

  test("the more specific listener wins, whichever listened first", async () => {
    for (const order of [
      ["0.0.0.0", "127.0.0.2"],
      ["127.0.0.2", "0.0.0.0"],
    ]) {
      const w = await world();
      const listeners = order.map((ip) => listening(w.board, ip, PORT, "SO_REUSEADDR"));
      const [everywhere, one] = order[0] === "0.0.0.0" ? listeners : [...listeners].reverse();
      for (const ip of ["127.0.0.2", "127.0.0.3", w.board.ip]) {
        w.board.open(ip, PORT);
        expect(where(w.board, w.accepted(w.board, ip === "127.0.0.2" ? one : everywhere))).toBe(ip);
      }
    }
  });

  test("on a board with two addresses on its wire: one listener each, one for the rest; what goes out comes from where it came in", async () => {
    const w = await world({ profile: "host" });
    const [first, second, third] = [w.board.ip, "10.0.0.50", "10.0.0.51"];
    for (const ip of [second, third]) expect(w.board.calls.address_add(0, ipNumber(ip), 24)).toBe(0);
    const listeners = [first, second, "0.0.0.0"].map((ip) => listening(w.board, ip, PORT, "SO_REUSEADDR"));
    for (const [i, ip] of [first, second, third].entries()) {
      const peer = w.peer();
      peer.toIp = ip;
      const flow = peer.flow({ to: PORT }).handshake();
      const fd = w.accepted(w.board, listeners[i]);
      expect(where(w.board, fd)).toBe(ip);
      w.board.send(fd, text("from here"));
      flow.expect({ len: 9 });
      expect(w.ladder.sightings.filter(({ from }) => from === w.board.name).at(-1).packet.ip!.src).toBe(ip);
    }
  });

  test("a client bound to one of them comes from it; not to be had when it is taken away", async () => {
    const w = await world({ profile: "host" });
    const ip = "10.0.0.50";
    expect(bound(w.board, ip, 5000).result).toBe("-EADDRNOTAVAIL");
    expect(w.board.calls.address_add(0, ipNumber(ip), 24)).toBe(0);
    const { fd, result } = bound(w.board, ip, 5000);
    expect(result).toBe(0);
    const peer = w.peer();
    const flow = peer.flow({ port: 6000 });
    expect(named(w.board.connect(fd, peer.ip, 6000))).toBe("-EINPROGRESS");
    w.run(5);
    const { packet } = w.ladder.sightings.filter(({ packet: { tcp } }) => tcp).at(-1);
    expect(`${packet.ip!.src}:${packet.tcp!.src}`).toBe(`${ip}:5000`);
    expect(flow.expect({ flags: "S" }).len).toBe(0);
    expect(w.board.calls.address_remove(0, ipNumber(ip))).toBe(0);
    expect(bound(w.board, ip, 5001).result).toBe("-EADDRNOTAVAIL");
  });

  test("a listener of one address refuses the others", async () => {
    const w = await world();
    listening(w.board, "127.0.0.1");
    w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 }).expect({ flags: "RA", ack: 1 });
  });

  test("when the specific one closes, the wildcard gets its connections", async () => {
    const w = await world();
    const everywhere = listening(w.board, "0.0.0.0", PORT, "SO_REUSEADDR");
    w.board.close(listening(w.board, w.board.ip, PORT, "SO_REUSEADDR"));
    w.peer().flow({ to: PORT }).handshake();
    w.accepted(w.board, everywhere);
  });

  test("clients get an ephemeral port, one that nobody listens on, another for each", async () => {
    const w = await world();
    const peer = w.peer();
    const ports = Array.from({ length: 5 }, () => (w.board.localName(active(w, { peer }).fd) as { port: number }).port);
    expect(new Set(ports).size).toBe(5);
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(1024);
  });

  test("port 0 is a free one as well, even where SO_REUSEADDR would allow a taken one", async () => {
    const w = await world({ profile: "host" });
    const ports = Array.from({ length: 200 }, () => {
      const { fd, result } = bound(w.board, "0.0.0.0", 0, "SO_REUSEADDR");
      expect(result).toBe(0);
      return (w.board.localName(fd) as { port: number }).port;
    });
    expect(new Set(ports).size).toBe(200);
  });

  test("listen without bind listens on an ephemeral port of all addresses", async () => {
    const w = await world();
    const fd = w.board.socket();
    expect(w.board.listenOn(fd, 1)).toBe(0);
    const { ip, port } = w.board.localName(fd) as { ip: string; port: number };
    expect(ip).toBe("0.0.0.0");
    w.peer().flow({ to: port }).handshake();
    w.accepted(w.board, fd);
  });
});

describe("Listening: EADDRINUSE, EADDRNOTAVAIL, EINVAL where POSIX has them", () => {
  // First and second socket of one port: where they bind and what both wish; what the second bind says while the first is only bound,
  // and while it listens.
  test.each<[Where, Where, Wish, "ok" | "in use", "ok" | "in use"]>([
    ["0.0.0.0", "0.0.0.0", "", "in use", "in use"],
    ["0.0.0.0", "10.0.0.1", "", "in use", "in use"],
    ["10.0.0.1", "0.0.0.0", "", "in use", "in use"],
    ["10.0.0.1", "10.0.0.1", "", "in use", "in use"],
    ["10.0.0.1", "127.0.0.1", "", "ok", "ok"],
    ["127.0.0.1", "127.0.0.2", "", "ok", "ok"],
    ["0.0.0.0", "0.0.0.0", "SO_REUSEADDR", "ok", "in use"],
    ["10.0.0.1", "10.0.0.1", "SO_REUSEADDR", "ok", "in use"],
    ["0.0.0.0", "10.0.0.1", "SO_REUSEADDR", "ok", "ok"], // Linux says "in use" beside a listener, BSD and the textbooks do not
    ["10.0.0.1", "0.0.0.0", "SO_REUSEADDR", "ok", "ok"],
    ["0.0.0.0", "0.0.0.0", "SO_REUSEPORT", "ok", "ok"],
    ["10.0.0.1", "10.0.0.1", "SO_REUSEPORT", "ok", "ok"],
    ["0.0.0.0", "10.0.0.1", "SO_REUSEPORT", "ok", "ok"],
  ])("%s, then %s, both %s: %s while bound, %s while listening", async (first, second, wish, whileBound, whileListening) => {
    const { board } = await world();
    const result = { ok: 0, "in use": "-EADDRINUSE" };
    expect(bound(board, first, 5000, wish).result).toBe(0);
    expect(bound(board, second, 5000, wish).result).toBe(result[whileBound]);
    expect(listening(board, first, 5001, wish)).toBeGreaterThan(0);
    expect(bound(board, second, 5001, wish).result).toBe(result[whileListening]);
  });

  test("one of the two without the wish: in use", async () => {
    const { board } = await world();
    for (const [port, first, second] of [
      [5000, "SO_REUSEADDR", ""],
      [5001, "", "SO_REUSEADDR"],
      [5002, "SO_REUSEPORT", ""],
      [5003, "", "SO_REUSEPORT"],
      [5004, "SO_REUSEADDR", "SO_REUSEPORT"],
    ] as const) {
      expect(bound(board, "0.0.0.0", port, first).result).toBe(0);
      expect(bound(board, "0.0.0.0", port, second).result, `${first} ${second}`).toBe("-EADDRINUSE");
    }
  });

  test("two bound to the same by SO_REUSEADDR: the second to listen hears EADDRINUSE, and may when the first has closed", async () => {
    const { board } = await world();
    const [one, two] = [bound(board, "0.0.0.0", 5000, "SO_REUSEADDR"), bound(board, "0.0.0.0", 5000, "SO_REUSEADDR")];
    expect(board.listenOn(one.fd, 1)).toBe(0);
    expect(named(board.listenOn(two.fd, 1))).toBe("-EADDRINUSE");
    board.close(one.fd);
    expect(board.listenOn(two.fd, 1)).toBe(0);
  });

  test("a connection holds its port as a socket does, until it is over, even if its descriptor is not closed", async () => {
    const w = await world();
    const { fd, flow, listener } = passive(w);
    w.board.close(listener);
    expect(bound(w.board, "0.0.0.0", PORT).result).toBe("-EADDRINUSE");
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.row(fd)).toMatchObject({ state: State.Closed });
    expect(bound(w.board, "0.0.0.0", PORT).result).toBe(0);
  });

  test("an address that is not ours: EADDRNOTAVAIL", async () => {
    const { board } = await world();
    for (const ip of ["10.0.0.2", "10.0.0.255", "255.255.255.255", "224.0.0.1", "192.0.2.1"]) {
      expect(bound(board, ip, 5000).result, ip).toBe("-EADDRNOTAVAIL");
    }
  });

  test("bind twice, bind when connected, listen when connected, accept without listen: EINVAL", async () => {
    const w = await world();
    const { fd } = active(w);
    const twice = bound(w.board, "0.0.0.0", 5000).fd;
    expect(named(w.board.bind(twice, 5001))).toBe("-EINVAL");
    expect(named(w.board.bind(fd, 5001))).toBe("-EINVAL");
    expect(named(w.board.listenOn(fd, 1))).toBe("-EINVAL");
    expect(named(w.board.accept(fd))).toBe("-EINVAL");
    expect(named(w.board.accept(twice))).toBe("-EINVAL");
    expect(named(w.board.calls.bind(twice, 0))).toBe("-EINVAL");
    expect(named(w.board.calls.bind(twice, w.board.putAddress("0.0.0.0", 1, 10)))).toBe("-EAFNOSUPPORT");
  });

  test("SO_REUSEADDR against TIME-WAIT: without it the port is in use for 2 MSL, with it at once", async () => {
    const w = await world();
    const { fd, flow, listener, state } = passive(w);
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A" });
    w.board.close(listener);
    expect(state()).toBe("TimeWait");
    const later = bound(w.board, "0.0.0.0", PORT);
    expect(later.result).toBe("-EADDRINUSE");
    const restarted = bound(w.board, "0.0.0.0", PORT, "SO_REUSEADDR");
    expect(restarted.result).toBe(0);
    expect(w.board.listenOn(restarted.fd, 1)).toBe(0);
    w.board.close(restarted.fd);
    w.run(60_000);
    expect(named(w.board.bind(later.fd, PORT))).toBe(0);
  });
});

describe("Listening: SO_REUSEPORT spreads by hash", () => {
  test("several listeners of one port get about equal shares, and each connection goes to exactly one", async () => {
    const w = await world({ profile: "host" });
    const listeners = [1, 2, 3, 4].map(() => listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT", 1000));
    const peer = w.peer();
    const flows = Array.from({ length: 400 }, () => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA" }));
    flows.forEach((flow) => flow.send({ flags: "A" }));
    w.run(20);
    const shares = listeners.map((fd) => w.board.row(fd)!.accepting);
    expect(shares.reduce((sum, share) => sum + share)).toBe(400);
    for (const share of shares) expect(share, shares.join(" ")).toBeGreaterThan(70);
  });

  test("the hash is keyed: with another seed the same clients are spread otherwise", async () => {
    const spread = async (seed: number) => {
      const w = await world({ seed });
      const listeners = [1, 2].map(() => listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT"));
      const peer = w.peer();
      return Array.from({ length: 12 }, (_, i) => {
        const flow = peer.flow({ to: PORT, port: 41_000 + i }).handshake();
        w.run(2);
        const got = listeners.findIndex((listener) => w.board.row(listener)!.accepting > 0);
        const fd = w.board.accept(listeners[got]);
        w.board.setSocket(fd, "SO_LINGER", 1, 0);
        w.board.close(fd);
        flow.drain(2);
        return got;
      }).join("");
    };
    const [first, again, other] = [await spread(1), await spread(1), await spread(2)];
    expect(first).toBe(again);
    expect(first).not.toBe(other);
    expect(first).toMatch(/0.*1|1.*0/);
  });

  test("a client keeps its listener when another one comes or goes: only shares of what changed move", async () => {
    const w = await world();
    const [a, b] = [1, 2].map(() => listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT"));
    const peer = w.peer();
    const landsAt = (port: number, listeners: number[]) => {
      const flow = peer.flow({ to: PORT, port }).handshake();
      w.run(2);
      const got = listeners.find((listener) => w.board.row(listener)!.accepting > 0)!;
      const fd = w.board.accept(got);
      w.board.setSocket(fd, "SO_LINGER", 1, 0);
      w.board.close(fd);
      flow.drain(2);
      peer.forget(flow);
      return got;
    };
    const ports = Array.from({ length: 15 }, (_, i) => 42_000 + i);
    const before = ports.map((port) => landsAt(port, [a, b]));
    const c = listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT");
    const during = ports.map((port) => landsAt(port, [a, b, c]));
    during.forEach((listener, i) => expect([before[i], c]).toContain(listener));
    expect(during).toContain(c);
    w.board.close(c);
    expect(ports.map((port) => landsAt(port, [a, b]))).toEqual(before);
  });

  test("a handshake in a cookie ends at the listener it began with", async () => {
    const w = await world({ profile: "host", settings: { Cookies: 2 } });
    const listeners = [1, 2, 3].map(() => listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT", 100));
    const peer = w.peer();
    for (let i = 0; i < 60; i++) peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(w.board.counters()).toMatchObject({ TcpCookiesIn: 60, TcpPassiveOpens: 60 });
    for (const fd of listeners) expect(w.board.row(fd)!.accepting).toBeGreaterThan(5);
  });

  test("servers of the host share a port by `reusePort`, without it the second hears EADDRINUSE", async () => {
    const w = await world({ boards: 2, profile: "host" });
    const [client, server] = w.stations;
    const servers = [1, 2].map(() => listen(server.board, { port: PORT, reusePort: true, reuseAddress: false }));
    expect(() => listen(server.board, { port: PORT })).toThrow("EADDRINUSE");
    for (let i = 0; i < 40; i++) client.open(server.ip, PORT);
    w.run(5000); // who waits for ARP in vain tries again
    const waiting = server.rows().map(({ accepting }) => accepting);
    expect(waiting.reduce((sum, n) => sum + n)).toBe(40);
    expect(waiting.filter((n) => n > 5)).toHaveLength(2);
    servers.forEach((one) => one.close());
  });

  test("the more specific group wins, and only its members share", async () => {
    const w = await world();
    const everywhere = [1, 2].map(() => listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT"));
    const here = [1, 2].map(() => listening(w.board, w.board.ip, PORT, "SO_REUSEPORT"));
    const peer = w.peer();
    for (let i = 0; i < 4; i++) peer.flow({ to: PORT }).handshake();
    w.run(5);
    const waiting = (fds: number[]) => fds.map((fd) => w.board.row(fd)!.accepting).reduce((sum, n) => sum + n);
    expect([waiting(everywhere), waiting(here)]).toEqual([0, 4]);
  });

  test("is for sockets of one owner: the host cannot join an application of the firmware", async () => {
    const w = await world({ serve: true });
    const echo = w.board.rows().find(({ localPort, state }) => localPort === 7 && state === State.Listen)!;
    expect(echo.owner).not.toBe(0);
    expect(bound(w.board, "0.0.0.0", 7, "SO_REUSEPORT").result).toBe("-EADDRINUSE");
  });

  test("getsockopt tells it; an accepted socket has it; where it is left out, it is unknown", async () => {
    const w = await world();
    const listener = listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT");
    w.peer().flow({ to: PORT }).handshake();
    const fd = w.accepted(w.board, listener);
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_REUSEPORT)).toBe(1);
    const { board } = await world({ profile: "tiny" });
    expect(named(board.setSocket(board.socket(), "SO_REUSEPORT", 1))).toBe("-ENOPROTOOPT");
  });

  test("its connections carry data like any other", async () => {
    const w = await world();
    const listeners = [1, 2].map(() => listening(w.board, "0.0.0.0", PORT, "SO_REUSEPORT"));
    const flow = w.peer().flow({ to: PORT }).handshake();
    w.run(5);
    const fd = w.board.accept(listeners.find((listener) => w.board.row(listener)!.accepting > 0)!);
    flow.data(pattern(700));
    w.run(50);
    expect(w.board.read(fd).data).toEqual(pattern(700));
  });
});
