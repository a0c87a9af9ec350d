import { describe, expect, test } from "vitest";
import { Family, Level, MessageFlag, Poll, Shutdown, SocketOption, SocketType, State, TcpOption } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, connecting, inState, passive, PORT } from "../support/states";
import { named, world } from "../support/world";

describe("errors of the calls, as Linux has them", () => {
  test("on descriptors that are none: EBADF", async () => {
    const { board } = await world();
    for (const fd of [-1, 3, 1000, 0x7fffffff]) {
      expect(named(board.bind(fd, 1))).toBe("-EBADF");
      expect(named(board.listenOn(fd, 1))).toBe("-EBADF");
      expect(named(board.accept(fd))).toBe("-EBADF");
      expect(named(board.connect(fd, "10.0.0.9", 1))).toBe("-EBADF");
      expect(named(board.send(fd, text("x")))).toBe("-EBADF");
      expect(named(board.recv(fd))).toBe("-EBADF");
      expect(named(board.close(fd))).toBe("-EBADF");
      expect(named(board.dup(fd))).toBe("-EBADF");
      expect(named(board.shutdown(fd, 2))).toBe("-EBADF");
      expect(named(board.error(fd))).toBe("-EBADF");
      expect(board.ready(fd)).toBe(Poll.POLLNVAL);
      expect(named(board.calls.send_room(fd))).toBe("-EBADF");
      expect(named(board.calls.recv_ready(fd))).toBe("-EBADF");
    }
  });

  test("socket: families, types and protocols that are not there", async () => {
    const { board } = await world();
    expect(named(board.calls.socket(99, SocketType.SOCK_STREAM, 0))).toBe("-EAFNOSUPPORT");
    expect(named(board.calls.socket(Family.AF_INET, 99, 0))).toMatch(/-E(INVAL|SOCKTNOSUPPORT)/);
    expect(named(board.calls.socket(Family.AF_INET, SocketType.SOCK_STREAM, 17))).toBe("-EPROTONOSUPPORT");
  });

  test("on a socket that is not connected: ENOTCONN, EPIPE", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(named(board.send(fd, text("x")))).toBe("-EPIPE");
    expect(named(board.recv(fd))).toBe("-ENOTCONN");
    expect(named(board.shutdown(fd, Shutdown.SHUT_WR))).toBe("-ENOTCONN");
    expect(named(board.peerName(fd) as number)).toBe("-ENOTCONN");
    expect(named(board.accept(fd))).toBe("-EINVAL");
  });

  test("connect: EALREADY, EISCONN, EINPROGRESS", async () => {
    const w = await world();
    const { fd, flow, peer } = connecting(w);
    expect(named(w.board.connect(fd, peer.ip, flow.port))).toBe("-EALREADY");
    flow.accept();
    expect(named(w.board.connect(fd, peer.ip, flow.port))).toBe("-EISCONN");
    expect(named(w.board.listenOn(fd, 1))).toBe("-EINVAL");
    const listener = w.board.listen(PORT);
    expect(named(w.board.connect(listener, peer.ip, 1))).toBe("-EISCONN");
  });

  test("connect with a wrong family, to port 0", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(named(board.calls.connect(fd, board.putAddress("10.0.0.9", 80, 99)))).toBe("-EAFNOSUPPORT");
    expect(board.connect(fd, "10.0.0.9", 0)).toBeLessThan(0);
  });

  test("bind: EADDRINUSE, EADDRNOTAVAIL, EINVAL when bound already", async () => {
    const { board } = await world();
    const one = board.socket();
    const two = board.socket();
    expect(board.bind(one, 5000)).toBe(0);
    expect(named(board.bind(two, 5000))).toBe("-EADDRINUSE");
    expect(named(board.bind(one, 5001))).toBe("-EINVAL");
    expect(named(board.bind(two, 5002, "10.9.9.9"))).toBe("-EADDRNOTAVAIL");
    expect(board.bind(two, 5002, board.ip)).toBe(0);
    expect(board.localName(two)).toMatchObject({ ip: board.ip, port: 5002 });
  });

  test("one port on two addresses is two things", async () => {
    const { board } = await world();
    expect(board.bind(board.socket(), 5000, "127.0.0.1")).toBe(0);
    expect(board.bind(board.socket(), 5000, board.ip)).toBe(0);
    expect(named(board.bind(board.socket(), 5000))).toBe("-EADDRINUSE");
    expect(named(board.bind(board.socket(), 5000, board.ip))).toBe("-EADDRINUSE");
  });

  test("bind to port 0 takes a free one", async () => {
    const { board } = await world();
    const fds = [board.socket(), board.socket()];
    const ports = fds.map((fd) => {
      expect(board.bind(fd, 0)).toBe(0);
      return (board.localName(fd) as { port: number }).port;
    });
    expect(ports[0]).not.toBe(ports[1]);
    ports.forEach((port) => expect(port).toBeGreaterThanOrEqual(1024));
  });

  test("descriptors are small and the lowest free one is taken", async () => {
    const { board } = await world();
    const [a, b, c] = [board.socket(), board.socket(), board.socket()];
    expect([a, b, c]).toEqual([0, 1, 2]);
    board.close(b);
    expect(board.socket()).toBe(1);
  });

  test("no more sockets: an error, and they come back", async () => {
    const { board } = await world();
    const fds: number[] = [];
    for (let fd = board.socket(); fd >= 0; fd = board.socket()) fds.push(fd);
    expect(fds.length).toBeGreaterThanOrEqual(8);
    expect(named(board.socket())).toMatch(/-E(MFILE|NFILE|NOMEM|NOBUFS)/);
    fds.forEach((fd) => expect(board.close(fd)).toBe(0));
    expect(board.socket()).toBe(0);
  });
});

describe("reading and writing", () => {
  test("recv: EAGAIN, data, MSG_PEEK, 0 at the end", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(named(w.board.recv(fd))).toBe("-EAGAIN");
    flow.data(text("abcdef"));
    w.run(5);
    expect(w.board.recv(fd, 3, MessageFlag.MSG_PEEK)).toEqual(text("abc"));
    expect(w.board.recv(fd, 4)).toEqual(text("abcd"));
    expect(w.board.recv(fd, 4)).toEqual(text("ef"));
    expect(named(w.board.recv(fd))).toBe("-EAGAIN");
    flow.send({ flags: "FA" });
    w.run(5);
    expect(w.board.recv(fd)).toEqual(text(""));
  });

  test("recv never writes behind the user's buffer", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1000));
    w.run(5);
    const { board } = w.board;
    const at = w.board.calls.scratch() + 64;
    board.u8.fill(0xee, at, at + 200);
    expect(w.board.calls.recv(fd, at, 100, 0)).toBe(100);
    expect(board.u8.slice(at, at + 200)).toEqual(Uint8Array.from([...pattern(100), ...new Uint8Array(100).fill(0xee)]));
  });

  test("send: takes what fits, EAGAIN when full, an event when there is room", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const taken = w.board.send(fd, pattern(1400)) + w.board.send(fd, pattern(1400, 1400));
    expect(taken).toBe(2048);
    expect(named(w.board.send(fd, text("x")))).toBe("-EAGAIN");
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(0);
    flow.drain(20);
    w.board.events.length = 0;
    flow.ack();
    w.run(5);
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
    expect(w.board.send(fd, text("x"))).toBe(1);
  });

  test("shutdown of the reading side: EOF at once", async () => {
    const w = await world();
    const { fd } = passive(w);
    expect(w.board.shutdown(fd, Shutdown.SHUT_RD)).toBe(0);
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(w.board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
    expect(w.board.send(fd, text("still"))).toBe(5);
  });

  test("shutdown of the writing side: EPIPE for the writer, once more is no error", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.shutdown(fd, Shutdown.SHUT_WR)).toBe(0);
    flow.expect({ flags: "FA" });
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(named(w.board.calls.send_room(fd))).toBe("-EPIPE");
    expect(w.board.shutdown(fd, Shutdown.SHUT_WR)).toBe(0);
    flow.expectNothing(100);
    expect(named(w.board.shutdown(fd, 7))).toBe("-EINVAL");
  });

  test("dup: the connection ends with the last descriptor", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    const copy = w.board.dup(fd);
    expect(copy).toBeGreaterThanOrEqual(0);
    expect(copy).not.toBe(fd);
    expect(w.board.close(fd)).toBe(0);
    flow.expectNothing(100);
    expect(state()).toBe("Established");
    flow.data(text("for the copy"));
    w.run(5);
    expect(w.board.read(copy).data).toEqual(text("for the copy"));
    flow.drain(100);
    w.board.close(copy);
    flow.expect({ flags: "FA" });
    const first = w.board.dup(0);
    expect(first).toBeGreaterThan(0);
    expect(w.board.close(first)).toBe(0);
  });
});

describe("spans without a copy", () => {
  test("what is written into them is sent, around the end of the ring too", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const { calls, board } = w.board;
    const data = pattern(10_000);
    const got: number[] = [];
    let sent = 0;
    w.waitFor("everything", () => {
      for (let room = calls.send_room(fd); room > 0 && sent < data.length; room = calls.send_room(fd)) {
        const part = data.subarray(sent, sent + Math.min(room, 777));
        board.u8.set(part, calls.send_ptr(fd));
        expect(calls.send_commit(fd, part.length)).toBe(part.length);
        sent += part.length;
        board.wake();
      }
      for (let segment = flow.next(0); segment; segment = flow.next(0)) {
        if (segment.seq === got.length + 1) got.push(...segment.data);
        flow.ack();
      }
      return got.length === data.length;
    });
    expect(Uint8Array.from(got)).toEqual(data);
  });

  test("what arrives is read from them, around the end of the ring too", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const { calls, board } = w.board;
    expect(named(calls.recv_ready(fd))).toBe("-EAGAIN");
    const got: number[] = [];
    for (let i = 0; i < 40; i++) {
      flow.data(pattern(500, 500 * i));
      w.run(5);
      for (let ready = calls.recv_ready(fd); ready > 0; ready = calls.recv_ready(fd)) {
        const at = calls.recv_ptr(fd);
        const take = Math.min(ready, 333);
        got.push(...board.u8.subarray(at, at + take));
        expect(calls.recv_release(fd, take)).toBe(0);
      }
      board.wake();
    }
    expect(Uint8Array.from(got)).toEqual(pattern(20_000));
    flow.send({ flags: "FA" });
    w.run(5);
    expect(calls.recv_ready(fd)).toBe(0);
  });

  test("committing or releasing more than the span is refused", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const { calls } = w.board;
    const room = calls.send_room(fd);
    expect(calls.send_commit(fd, room + 1)).toBeLessThan(0);
    expect(calls.send_commit(fd, 0xffffffff)).toBeLessThan(0);
    flow.data(text("abc"));
    w.run(5);
    expect(calls.recv_ready(fd)).toBe(3);
    expect(calls.recv_release(fd, 4)).toBeLessThan(0);
    expect(calls.recv_release(fd, 0xffffffff)).toBeLessThan(0);
    expect(w.board.read(fd).data).toEqual(text("abc"));
  });
});

describe("readiness and events", () => {
  test("an event for each piece of news, once until it was taken", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.events.length = 0;
    flow.data(text("a"));
    flow.data(text("b"));
    w.run(5);
    expect(w.board.events.filter((event) => event === fd).length).toBeGreaterThanOrEqual(1);
    expect(w.board.events.filter((event) => event === fd).length).toBeLessThanOrEqual(2);
    expect(named(w.board.calls.next_event())).toBe("-EAGAIN");
  });

  test("an event is not left behind by a closed socket", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.board.onEvent = () => {};
    flow.data(text("a"));
    w.run(2);
    w.board.close(fd);
    for (let event = w.board.calls.next_event(); event >= 0; event = w.board.calls.next_event()) expect(event).not.toBe(fd);
  });

  test.each([
    ["Established", Poll.POLLOUT],
    ["CloseWait", Poll.POLLIN | Poll.POLLOUT | Poll.POLLRDHUP],
    ["FinWait1", Poll.POLLOUT],
    ["FinWait2", Poll.POLLOUT],
    ["SynSent", 0],
  ] as const)("the mask in %s", async (state, mask) => {
    const w = await world();
    const { fd } = inState(w, state);
    expect(w.board.ready(fd)).toBe(mask);
  });

  test("both directions shut: POLLHUP", async () => {
    const w = await world();
    const { fd } = inState(w, "LastAck");
    expect(w.board.ready(fd) & (Poll.POLLHUP | Poll.POLLIN | Poll.POLLRDHUP)).toBe(Poll.POLLHUP | Poll.POLLIN | Poll.POLLRDHUP);
  });
});

describe("options", () => {
  test("are read as they were set", async () => {
    const { board } = await world();
    const fd = board.socket();
    for (const name of ["SO_REUSEADDR", "SO_KEEPALIVE"] as const) {
      expect(board.option(fd, Level.SOL_SOCKET, SocketOption[name])).toBe(0);
      expect(board.setSocket(fd, name, 1)).toBe(0);
      expect(board.option(fd, Level.SOL_SOCKET, SocketOption[name])).toBe(1);
    }
    for (const [name, value] of [
      ["TCP_NODELAY", 1],
      ["TCP_KEEPIDLE", 77],
      ["TCP_KEEPINTVL", 7],
      ["TCP_KEEPCNT", 3],
      ["TCP_SYNCNT", 4],
    ] as const) {
      expect(board.setTcp(fd, name, value)).toBe(0);
      expect(board.option(fd, Level.IPPROTO_TCP, TcpOption[name])).toBe(value);
    }
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_TYPE)).toBe(SocketType.SOCK_STREAM);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_DOMAIN)).toBe(Family.AF_INET);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_PROTOCOL)).toBe(6);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_ACCEPTCONN)).toBe(0);
    expect(board.option(board.listen(PORT), Level.SOL_SOCKET, SocketOption.SO_ACCEPTCONN)).toBe(1);
  });

  test("that do not exist, or have impossible values", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(named(board.setOption(fd, Level.SOL_SOCKET, 9999, 1))).toBe("-ENOPROTOOPT");
    expect(named(board.setOption(fd, Level.IPPROTO_TCP, 9999, 1))).toBe("-ENOPROTOOPT");
    expect(named(board.option(fd, Level.IPPROTO_TCP, 9999))).toBe("-ENOPROTOOPT");
    expect(named(board.setTcp(fd, "TCP_KEEPIDLE", 0))).toBe("-EINVAL");
    expect(named(board.setTcp(fd, "TCP_KEEPCNT", 0))).toBe("-EINVAL");
    expect(named(board.setTcp(fd, "TCP_SYNCNT", 0))).toBe("-EINVAL");
    expect(named(board.setIp(fd, "IP_TTL", 0))).toBe("-EINVAL");
    expect(named(board.setIp(fd, "IP_TTL", 256))).toBe("-EINVAL");
  });

  test("IP_TTL and IP_TOS are on the wire (MUST-48, MUST-49, SHLD-21, SHLD-22)", async () => {
    const w = await world();
    const { flow, fd } = connecting(w, { prepare: (socket) => expect(w.board.setIp(socket, "IP_TTL", 7)).toBe(0) });
    flow.accept();
    const ip = () => w.ladder.sightings.filter(({ from }) => from === "board1").at(-1).packet.ip!;
    expect(ip()).toMatchObject({ ttl: 7, tos: 0 });
    expect(w.board.setIp(fd, "IP_TOS", 0x10)).toBe(0);
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    expect(ip()).toMatchObject({ ttl: 7, tos: 0x10 });
  });

  test("TCP_MAXSEG bounds what is sent and what is asked for", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = connecting(w, { prepare: (socket) => expect(w.board.setTcp(socket, "TCP_MAXSEG", 700)).toBe(0) });
    expect(flow.expect({ flags: "S" }).mss).toBe(700);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A" });
    w.board.send(fd, pattern(1400));
    expect(flow.drain(20).map((segment) => segment.len)).toEqual([700, 700]);
    expect(w.board.option(fd, Level.IPPROTO_TCP, TcpOption.TCP_MAXSEG)).toBe(700);
  });

  test("SO_RCVBUF and SO_SNDBUF before connect change the buffers", async () => {
    const w = await world();
    const { flow, fd } = connecting(w, {
      prepare: (socket) => {
        expect(w.board.setSocket(socket, "SO_RCVBUF", 1024)).toBe(0);
        expect(w.board.setSocket(socket, "SO_SNDBUF", 512)).toBe(0);
      },
    });
    const syn = flow.expect({ flags: "S" });
    expect(syn.win).toBe(1024);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", win: 1024 });
    expect(w.board.send(fd, pattern(1400))).toBe(512);
  });

  test("SO_LINGER with time is readable", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(board.setSocket(fd, "SO_LINGER", 1, 5)).toBe(0);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_LINGER)).toBe(1);
  });
});

describe("netstat", () => {
  test("shows listeners, half-open, open and ended connections once each", async () => {
    const w = await world();
    const { listener, peer, fd, flow } = passive(w);
    peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    const other = active(w, { peer });
    w.board.close(other.fd);
    other.flow.expect({ flags: "FA" });
    other.flow.send({ flags: "FA" });
    w.run(5);
    w.board.send(fd, text("12345"));
    flow.data(text("123"));
    w.run(5);
    const rows = w.board.rows();
    expect(rows).toHaveLength(4);
    expect(rows.map((row) => row.state).sort((a, b) => a - b)).toEqual([
      State.Listen,
      State.SynReceived,
      State.Established,
      State.TimeWait,
    ]);
    expect(w.board.row(listener)).toMatchObject({ state: State.Listen, localPort: PORT });
    expect(w.board.row(fd)).toMatchObject({
      receiveQueue: 3,
      sendQueue: 5,
      local: w.board.ip,
      foreign: peer.ip,
      foreignPort: flow.port,
    });
  });

  test("octets and segments are counted once, however often they are sent", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const before = w.board.counters();
    flow.data(pattern(100));
    flow.send({ flags: "PA", seq: 1, data: pattern(100) });
    w.run(5);
    w.board.send(fd, pattern(200));
    w.run(250);
    flow.drain(0);
    flow.ack();
    w.run(5);
    const after = w.board.counters();
    const by = (name: string) => after[name] - before[name];
    expect({ in: by("TcpIn"), octetsIn: by("TcpOctetsIn"), octetsOut: by("TcpOctetsOut"), again: by("TcpRetransmits") }).toEqual({
      in: 3,
      octetsIn: 100,
      octetsOut: 200,
      again: 1,
    });
  });

  test("asked between any two frames it never shows a row twice", async () => {
    const w = await world();
    const { peer } = passive(w);
    for (let i = 0; i < 7; i++) active(w, { peer });
    const keys = w.board.rows().map((row) => `${row.localPort} ${row.foreignPort} ${row.state}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(9);
  });
});

describe("an endpoint that connects to itself", () => {
  test("over loopback: a connection between two of its sockets", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const fd = w.board.open("127.0.0.1", PORT);
    const other = w.accepted(w.board, listener);
    w.board.send(fd, text("to myself"));
    w.run(100);
    expect(w.board.read(other).data).toEqual(text("to myself"));
    expect(w.sent()).toBeLessThanOrEqual(2);
    expect(w.board.error(fd)).toBe(0);
  });

  test("by its own address", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const before = w.sent();
    const fd = w.board.open(w.board.ip, PORT);
    const other = w.accepted(w.board, listener);
    w.board.send(other, text("hello"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("hello"));
    expect(w.sent()).toBe(before);
  });

  test("one socket to its own port: simultaneous open with itself, or an error, but no harm", async () => {
    const w = await world();
    const fd = w.board.socket();
    w.board.bind(fd, 9999);
    w.board.connect(fd, w.board.ip, 9999);
    w.run(2000);
    const row = w.board.row(fd);
    expect([State.Established, State.Closed, undefined]).toContain(row?.state);
    if (row?.state === State.Established) {
      w.board.send(fd, text("echo"));
      w.run(100);
      expect(w.board.read(fd).data).toEqual(text("echo"));
    }
  });
});
