import { describe, expect, test } from "vitest";
import { State } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { PORT, passive } from "../support/states";
import { named, world } from "../support/world";

const SYN_QUEUE = 8;
const SOMAXCONN = 4;

describe("the accept queue", () => {
  test.each([
    [1, 1],
    [2, 2],
    [100, SOMAXCONN],
  ])("a backlog of %i holds %i connections; the next waits and gets in when there is room", async (backlog, most) => {
    const w = await world();
    const listener = w.board.listen(PORT, backlog);
    const peer = w.peer();
    for (let i = 0; i < most; i++) peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(w.board.row(listener)!.accepting).toBe(most);
    const late = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    w.run(100);
    const answer = late.drain(0);
    // Silence (the SYN will be repeated), or a SYN-ACK whose handshake cannot end yet: never a refusal.
    expect(answer.every((segment) => !(segment.flags & 4))).toBe(true);
    if (answer.length) late.send({ flags: "A" });
    w.run(5);
    expect(w.board.row(listener)!.accepting).toBe(most);
    w.accepted(w.board, listener);
    late.inbox.length = 0;
    if (!answer.length) late.send({ flags: "S", seq: 0, mss: 1460 }).expect({ flags: "SA", ack: 1 }, 40_000);
    late.nxt = 1;
    late.send({ flags: "PA", seq: 1, data: text("hello") });
    w.waitFor("the late one", () => w.board.row(listener)!.accepting === most, 40_000);
  });

  test("connections are accepted in the order they were completed", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 4);
    const peer = w.peer();
    const flows = [1, 2, 3].map(() => peer.flow({ to: PORT }).handshake());
    w.run(5);
    const ports = flows.map(() => (w.board.peerName(w.board.accept(listener)) as { port: number }).port);
    expect(ports).toEqual(flows.map((flow) => flow.port));
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
  });

  test("a connection may take the place of any socket, also the first", async () => {
    const w = await world();
    const first = w.board.socket();
    const listener = w.board.listen(PORT);
    w.board.close(first);
    const flow = w.peer().flow({ to: PORT }).handshake();
    const fd = w.accepted(w.board, listener);
    expect(fd).toBe(0);
    flow.data(text("at home"));
    w.run(50);
    expect(w.board.read(fd).data).toEqual(text("at home"));
    expect(w.board.close(fd)).toBe(0);
    expect(named(w.board.close(fd))).toBe("-EBADF");
  });

  test("data that came before accept is there, also an end", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).handshake();
    flow.data(text("first"));
    flow.send({ flags: "FA" });
    w.run(100);
    expect(w.board.read(w.accepted(w.board, listener))).toEqual({ data: text("first"), end: 0 });
  });

  test("a connection reset before accept does not block the others", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 4);
    const peer = w.peer();
    const dead = peer.flow({ to: PORT }).handshake();
    const alive = peer.flow({ to: PORT }).handshake();
    dead.send({ flags: "R" });
    w.run(5);
    const fds = [w.board.accept(listener), w.board.accept(listener)].filter((fd) => fd >= 0);
    expect(fds.map((fd) => (w.board.peerName(fd) as { port: number }).port)).toContain(alive.port);
  });

  test("netstat shows the queue and the backlog", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 3);
    const peer = w.peer();
    peer.flow({ to: PORT }).handshake();
    peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(w.board.row(listener)).toMatchObject({
      state: State.Listen,
      accepting: 2,
      receiveQueue: 2,
      sendQueue: 3,
      localPort: PORT,
    });
  });
});

describe("the SYN queue", () => {
  test("is bounded, and an honest client gets in during a flood (RFC 4987)", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flood = w.peer();
    const honest = w.peer();
    const size = w.board.board.memory.buffer.byteLength;
    const established = passive(w, { peer: honest });
    const before = w.sent(w.board.name);
    let answered = 0;
    const client = honest.flow({ to: PORT });
    for (let i = 0; i < 2000; i++) {
      flood.segment(
        { src: 1024 + (i % 60000), dst: PORT, seq: i * 7919, flags: "S", mss: 1460 },
        { src: `10.0.0.${1 + (i % 90) + 120}` },
      );
      if (i % 400 === 399) {
        // The client repeats its SYN as a kernel would and answers the moment the SYN-ACK comes.
        client.send({ flags: "S", seq: 0, mss: 1460 });
        const synAck = client.next(10);
        if (synAck && synAck.flags === 0x12) {
          answered++;
          client.send({ flags: "A", seq: 1, ack: 1 });
          client.nxt = 1;
        }
      }
      if (i % 50 === 49) w.run(5);
    }
    expect(w.board.rows().filter((row) => row.kind === 1).length).toBeLessThanOrEqual(SYN_QUEUE);
    expect(w.board.board.memory.buffer.byteLength).toBe(size);
    expect(answered).toBeGreaterThan(0);
    expect(w.board.row(listener)!.accepting).toBe(1);
    expect(w.sent(w.board.name) - before).toBeLessThan(2 * 2000);
    established.flow.data(text("still here"));
    w.run(100);
    expect(w.board.read(established.fd).data).toEqual(text("still here"));
    w.run(120_000);
    expect(w.board.rows().filter((row) => row.kind === 1)).toHaveLength(0);
  });

  test("more at once than it holds: the rest is remembered in a cookie, and nobody is reset (RFC 4987 3.6)", async () => {
    const w = await world({ profile: "host" });
    const listener = w.board.listen(PORT, 4096);
    const peer = w.peer();
    const flows = Array.from({ length: 1024 + 40 }, () => peer.flow({ to: PORT }));
    for (const flow of flows) flow.send({ flags: "S", mss: 1000, wscale: 7 });
    const answers = flows.map((flow) => flow.expect({ flags: "SA", ack: 1 }, 50));
    expect(answers.filter((answer) => answer.wscale === undefined)).toHaveLength(40);
    for (const flow of flows) flow.send({ flags: "PA", data: text("x") });
    w.run(100);
    expect(w.board.row(listener)!.accepting).toBe(flows.length);
    expect(w.board.counters()).toMatchObject({ TcpCookiesOut: 40, TcpCookiesIn: 40 });
    const last = flows.at(-1);
    last.drain(50);
    let fd = w.board.accept(listener);
    for (let next = fd; next >= 0; next = w.board.accept(listener)) fd = next;
    w.board.send(fd, pattern(3000));
    // The cookie kept the largest size of its table that the client can take, 536.
    const lengths = flows.flatMap((flow) => flow.drain(5)).map((segment) => segment.len);
    expect(Math.max(...lengths)).toBeGreaterThan(200); // with a thousand connections its send buffer is small
    expect(Math.max(...lengths)).toBeLessThanOrEqual(536);
  });

  test("a cookie that was not ours, or is too old, is refused", async () => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    const flows = Array.from({ length: SYN_QUEUE + 2 }, () => peer.flow({ to: PORT }));
    for (const flow of flows) flow.send({ flags: "S", mss: 1460 });
    const [early, late] = flows.slice(-2);
    const cookie = early.expect({ flags: "SA", ack: 1 });
    early.send({ flags: "A", ack: 2 });
    early.expect({ flags: "R", seq: 2 });
    expect(cookie.wscale).toBeUndefined();
    late.expect({ flags: "SA", ack: 1 });
    w.run(300_000);
    late.drain(0);
    late.send({ flags: "A" });
    late.expect({ flags: "R" });
    expect(w.board.counters()["TcpCookiesIn"]).toBe(0);
  });

  test("half-open connections cost no connection: all sockets can still be opened", async () => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    for (let i = 0; i < SYN_QUEUE; i++) peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    w.run(5);
    const fds = Array.from({ length: 8 }, () => w.board.socket());
    expect(fds.every((fd) => fd >= 0)).toBe(true);
  });

  test("when all connections are taken a new client waits without harm and gets in later", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const fds: number[] = [];
    for (let fd = w.board.socket(); fd >= 0; fd = w.board.socket()) fds.push(fd);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    const first = flow.next(50);
    if (first) {
      expect(first.flags & 4).toBe(0);
      flow.send({ flags: "A" });
      w.run(50);
    }
    expect(named(w.board.accept(listener))).toMatch(/-E(AGAIN|MFILE|NFILE)/);
    fds.forEach((fd) => w.board.close(fd));
    flow.inbox.length = 0;
    if (!first) flow.send({ flags: "S", seq: 0, mss: 1460 }).expect({ flags: "SA" }, 10_000);
    flow.nxt = 1;
    flow.send({ flags: "PA", seq: 1, data: text("hi") });
    w.accepted(w.board, listener, 40_000);
  });
});

describe("buffers", () => {
  test("that run out keep new clients waiting, none is harmed, and the first place that is free is theirs", async () => {
    const w = await world();
    const listener = w.board.socket();
    w.board.setSocket(listener, "SO_RCVBUF", 4096);
    w.board.setSocket(listener, "SO_SNDBUF", 4096);
    w.board.bind(listener, PORT);
    w.board.listenOn(listener, 4);
    const peer = w.peer();
    const flows = Array.from({ length: 8 }, () => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA", ack: 1 }));
    const fds = new Map<number, number>();
    for (const flow of flows) {
      flow.data(text(`client ${flow.port}`));
      w.run(5);
      for (let fd = w.board.accept(listener); fd >= 0; fd = w.board.accept(listener)) {
        fds.set((w.board.peerName(fd) as { port: number }).port, fd);
      }
    }
    const waiting = flows.filter((flow) => !fds.has(flow.port));
    expect(fds.size).toBeGreaterThanOrEqual(2);
    expect(waiting.length).toBeGreaterThanOrEqual(2);
    expect(w.board.drops()["TcpNoMemory"]).toBeGreaterThan(0);
    for (const flow of flows.filter(({ port }) => fds.has(port))) {
      expect(w.board.read(fds.get(flow.port)!).data).toEqual(text(`client ${flow.port}`));
    }
    for (const fd of fds.values()) {
      w.board.setSocket(fd, "SO_LINGER", 1, 0);
      w.board.close(fd);
    }
    w.run(5);
    waiting.forEach((flow) => flow.send({ flags: "PA", seq: 1, data: text(`client ${flow.port}`) }));
    const fd = w.accepted(w.board, listener, 40_000);
    w.run(50);
    expect(w.board.read(fd).data).toEqual(text(`client ${(w.board.peerName(fd) as { port: number }).port}`));
  });
});

describe("one port, several sockets", () => {
  test("a listener and its connections share the port; two listeners do not (MUST-41)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const second = w.board.socket();
    expect(named(w.board.bind(second, PORT))).toBe("-EADDRINUSE");
    flow.data(text("unharmed"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("unharmed"));
  });

  test("a listener bound to one address takes only that one", async () => {
    const w = await world();
    const fd = w.board.socket();
    expect(w.board.bind(fd, PORT, "127.0.0.1")).toBe(0);
    expect(w.board.listenOn(fd, 1)).toBe(0);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "RA", ack: 1 });
  });

  test("many connections from one client at once", async () => {
    const w = await world({ profile: "host" });
    const listener = w.board.listen(PORT, 1000);
    const peer = w.peer();
    const flows = Array.from({ length: 200 }, () => peer.flow({ to: PORT }));
    flows.forEach((flow) => flow.send({ flags: "S", mss: 1460 }));
    flows.forEach((flow) => flow.expect({ flags: "SA", ack: 1 }));
    flows.forEach((flow) => flow.send({ flags: "A" }));
    w.run(5);
    flows.forEach((flow, i) => flow.data(text(`client ${i}`)));
    w.run(5);
    for (let i = 0; i < flows.length; i++) {
      const fd = w.board.accept(listener);
      const { port } = w.board.peerName(fd) as { port: number };
      const n = flows.findIndex((flow) => flow.port === port);
      expect(w.board.read(fd).data).toEqual(text(`client ${n}`));
    }
  });
});
