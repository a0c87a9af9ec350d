import { describe, expect, test } from "vitest";
import { Counter, Drop, Level, Owner, SocketOption, SocketRow, SocketType, State } from "../../host/node/abi";
import { text } from "../support/packet";
import { connecting, inState, passive, PORT, STATES } from "../support/states";
import type { Station } from "../support/station";
import { named, world } from "../support/world";

const { SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, SOL_SANDWIRE } = Level;

describe("Looking: getsockname, getpeername", () => {
  test("of a new socket: no address, no port, and nobody at the other end", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(board.localName(fd)).toEqual({ family: 2, ip: "0.0.0.0", port: 0 });
    expect(named(board.peerName(fd) as number)).toBe("-ENOTCONN");
    board.bind(fd, 5000, "127.0.0.1");
    expect(board.localName(fd)).toEqual({ family: 2, ip: "127.0.0.1", port: 5000 });
    expect(named(board.peerName(fd) as number)).toBe("-ENOTCONN");
    expect(named(board.calls.getsockname(fd, 0))).toBe("-EINVAL");
    expect(named(board.calls.getpeername(fd, 0))).toBe("-EINVAL");
  });

  test.each(STATES.filter((state) => state !== "Listen" && state !== "SynReceived"))("in %s", async (state) => {
    const w = await world();
    const { fd, flow, peer } = inState(w, state);
    expect(w.board.localName(fd)).toEqual({ family: 2, ip: w.board.ip, port: flow.to });
    const theirs = w.board.peerName(fd);
    if (state === "SynSent") expect(named(theirs as number)).toBe("-ENOTCONN");
    else expect(theirs).toEqual({ family: 2, ip: peer.ip, port: flow.port });
  });

  test("when it is over both still say whose connection it was (Linux forgets the peer: ENOTCONN)", async () => {
    const w = await world();
    const { fd, flow, peer } = passive(w);
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.row(fd)).toMatchObject({ state: State.Closed });
    expect(w.board.localName(fd)).toMatchObject({ ip: w.board.ip, port: PORT });
    expect(w.board.peerName(fd)).toMatchObject({ ip: peer.ip, port: flow.port });
  });

  test("when it never came to be, there is no peer", async () => {
    const w = await world();
    const { fd, flow } = inState(w, "SynSent");
    flow.send({ flags: "RA" });
    w.run(5);
    expect(named(w.board.peerName(fd) as number)).toBe("-ENOTCONN");
  });

  test("of a dup they are those of the socket", async () => {
    const w = await world();
    const { fd } = passive(w);
    const copy = w.board.dup(fd);
    expect([w.board.localName(copy), w.board.peerName(copy)]).toEqual([w.board.localName(fd), w.board.peerName(fd)]);
  });
});

describe("Looking: getsockopt, setsockopt over SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP", () => {
  test.each([
    ["SOL_SOCKET", SOL_SOCKET],
    ["IPPROTO_IP", IPPROTO_IP],
    ["IPPROTO_TCP", IPPROTO_TCP],
    ["SOL_SANDWIRE", SOL_SANDWIRE],
    ["a level there is not", 41],
  ])("unknown: ENOPROTOOPT, at %s", async (_, level) => {
    const { board } = await world();
    for (const fd of [board.socket(), board.socket(SocketType.SOCK_DGRAM)]) {
      for (const name of [0, 77, 1000, -1]) {
        expect(named(board.option(fd, level, name)), `get ${name}`).toBe("-ENOPROTOOPT");
        expect(named(board.setOption(fd, level, name, 1)), `set ${name}`).toBe("-ENOPROTOOPT");
      }
    }
  });

  test("what can only be read: ENOPROTOOPT for who sets it", async () => {
    const { board } = await world();
    const fd = board.socket();
    for (const name of ["SO_ERROR", "SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL", "SO_ACCEPTCONN", "SO_SNDLOWAT"] as const) {
      expect(board.option(fd, SOL_SOCKET, SocketOption[name]), name).toBeGreaterThanOrEqual(0);
      expect(named(board.setSocket(fd, name, 1)), name).toBe("-ENOPROTOOPT");
    }
  });

  test("a length below a word: EINVAL; more than a word: the first counts; no place for the value: EINVAL", async () => {
    const { board } = await world();
    const fd = board.socket();
    const { calls } = board;
    const at = calls.scratch() + 64;
    for (const length of [0, 1, 3]) {
      expect(named(calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_RCVBUF, at, length))).toBe("-EINVAL");
      expect(named(calls.setsockopt(fd, SOL_SOCKET, SocketOption.SO_RCVBUF, at, length))).toBe("-EINVAL");
    }
    expect(calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_RCVBUF, at, 100)).toBe(4);
    expect(board.setOption(fd, SOL_SOCKET, SocketOption.SO_KEEPALIVE, 1, 2, 3)).toBe(0);
    expect(named(calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_RCVBUF, 0, 4))).toBe("-EINVAL");
    expect(named(calls.setsockopt(fd, SOL_SOCKET, SocketOption.SO_RCVBUF, 0, 4))).toBe("-EINVAL");
    expect(named(board.setSocket(fd, "SO_LINGER", 1))).toBe("-EINVAL");
  });

  test("what kind of socket it is", async () => {
    const w = await world();
    const { fd, listener } = passive(w);
    const kind = (one: number) =>
      (["SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL", "SO_ACCEPTCONN"] as const).map((name) =>
        w.board.option(one, SOL_SOCKET, SocketOption[name]),
      );
    expect(kind(fd)).toEqual([1, 2, 6, 0]);
    expect(kind(listener)).toEqual([1, 2, 6, 1]);
    expect(kind(w.board.datagram(53))).toEqual([2, 2, 17, 0]);
  });
});

describe("Looking: `netstat`", () => {
  const columns = (board: Station, find: (row: ReturnType<Station["rows"]>[number]) => boolean) => {
    const row = board.rows().find(find)!;
    return `${SocketRow[row.kind]} ${row.local}:${row.localPort} ${row.foreign}:${row.foreignPort} ${State[row.state]}`;
  };

  test("protocol, local address, foreign address, state, of everything there is", async () => {
    const w = await world();
    const { fd, flow, listener, peer } = passive(w);
    const half = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    const old = connecting(w, { peer });
    old.flow.accept();
    w.board.close(old.fd);
    old.flow.expect({ flags: "FA" });
    old.flow.send({ flags: "FA" });
    const datagrams = w.board.datagram(53);
    w.run(5);
    const { ip } = w.board;
    expect(columns(w.board, (row) => row.fd === listener)).toBe(`Tcp 0.0.0.0:80 0.0.0.0:0 Listen`);
    expect(columns(w.board, (row) => row.fd === fd)).toBe(`Tcp ${ip}:80 ${peer.ip}:${flow.port} Established`);
    expect(columns(w.board, (row) => row.foreignPort === half.port)).toBe(
      `HalfOpen ${ip}:80 ${peer.ip}:${half.port} SynReceived`,
    );
    expect(columns(w.board, (row) => row.foreignPort === old.flow.port)).toBe(
      `TimeWait ${ip}:${old.flow.to} ${peer.ip}:${old.flow.port} TimeWait`,
    );
    expect(columns(w.board, (row) => row.fd === datagrams)).toBe(`Udp 0.0.0.0:53 0.0.0.0:0 Closed`);
    expect(w.board.rows()).toHaveLength(5);
    expect(w.board.rows().map(({ protocol }) => protocol)).toEqual([6, 6, 6, 6, 17]);
  });

  test.each(STATES)("one row, and the right state, in %s", async (state) => {
    const w = await world();
    const { flow, fd } = inState(w, state);
    const own = w.board.rows().filter((row) => (state === "Listen" ? row.state === State.Listen : row.foreignPort === flow.port));
    expect(own.map((row) => State[row.state])).toEqual([state]);
    if (fd >= 0 && state !== "TimeWait") expect(own[0].fd).toBe(fd);
  });

  test("receive and send queue: octets not read, octets not acknowledged; of a listener who waits, and the backlog", async () => {
    const w = await world();
    const { fd, flow, listener, peer } = passive(w);
    flow.data(text("12345"));
    w.run(5);
    w.board.send(fd, text("123"));
    peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(w.board.row(fd)).toMatchObject({ receiveQueue: 5, sendQueue: 3 });
    expect(w.board.row(listener)).toMatchObject({ receiveQueue: 1, sendQueue: 4 });
    w.board.recv(fd, 2);
    flow.drain(5);
    flow.ack();
    w.run(5);
    expect(w.board.row(fd)).toMatchObject({ receiveQueue: 3, sendQueue: 0 });
  });

  test("timer: what is due next, in ms; none while nothing is", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    expect(w.board.row(fd)!.timer).toBe(0xffffffff);
    flow.data(text("x"));
    w.run(10);
    expect(w.board.row(fd)!.timer).toBeLessThanOrEqual(40);
    w.run(100);
    w.board.send(fd, text("x"));
    w.run(2);
    expect(w.board.row(fd)!.timer).toBeGreaterThan(100);
    const { flow: gone } = inState(await world(), "TimeWait");
    const waiting = gone.peer.runner as unknown as { board: Station };
    expect(waiting.board.connection(gone.port)!.timer).toBeGreaterThan(59_000);
  });

  test("owner: the host, or which application of the firmware", async () => {
    const w = await world({ serve: true });
    const fd = w.board.listen(8080);
    const owners = w.board.rows().map(({ localPort, owner }) => `${localPort} ${Owner[owner]}`);
    expect(owners.sort()).toEqual(["7 Echo", "7 Echo", "80 Http", "8080 Host", "9 Discard", "9 Discard"]);
    expect(w.board.row(fd)).toMatchObject({ localPort: 8080 });
  });

  test("retransmissions, the congestion window and the round trip", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    w.board.send(fd, text("x"));
    w.run(2000);
    expect(w.board.row(fd)!.retransmits).toBeGreaterThanOrEqual(2);
    flow.drain(0);
    flow.ack();
    w.run(5);
    expect(w.board.row(fd)).toMatchObject({ retransmits: 0 });
    expect(w.board.row(fd)!.cwnd).toBeGreaterThan(0);
    expect(w.board.row(fd)!.srtt).toBeGreaterThan(0);
  });

  test("a socket whose TIME-WAIT is over and that its user still holds is CLOSED, and has its descriptor", async () => {
    const w = await world();
    const { fd, flow } = inState(w, "TimeWait");
    expect(w.board.connection(flow.port)).toMatchObject({ state: State.TimeWait, fd: 0xffff });
    w.run(60_001);
    expect(w.board.row(fd)).toMatchObject({ state: State.Closed, foreignPort: flow.port, kind: SocketRow.Tcp });
    w.board.close(fd);
    expect(w.board.connection(flow.port)).toBeUndefined();
  });

  test("of an orphan: no descriptor, and still its state", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    expect(w.board.connection(flow.port)).toMatchObject({ fd: 0xffff, state: State.FinWait1 });
  });

  test("the host has the same rows, with names; JSON keeps them", async () => {
    const w = await world();
    const { fd, flow, peer } = passive(w);
    const rows = JSON.parse(JSON.stringify(w.board.board.sockets())) as object[];
    expect(rows).toHaveLength(2);
    expect(rows.find((row) => (row as { fd: number }).fd === fd)).toMatchObject({
      protocol: "tcp",
      state: "Established",
      localAddress: w.board.ip,
      localPort: PORT,
      foreignAddress: peer.ip,
      foreignPort: flow.port,
      owner: "Host",
      receiveQueue: 0,
      sendQueue: 0,
      timer: null,
    });
  });
});

describe("Looking: counters by name", () => {
  test("every drop and every counter of the module has one", async () => {
    const { board } = await world();
    const names = (of: object) => Object.entries(of).filter(([, value]) => typeof value === "number" && value >= 0);
    const expected = [...names(Drop), ...names(Counter)].map(([name]) => name).filter((name) => name !== "count");
    expect(Object.keys(board.counters()).sort()).toEqual([...new Set([...expected, "rxErrors", "rxMissed"])].sort()); // the MAC's
  });

  test("they say what happened, once each: one connection's life", async () => {
    const w = await world();
    const before = w.board.counters();
    const { fd, flow } = passive(w);
    w.board.send(fd, text("12345"));
    flow.expect({ len: 5 });
    flow.send({ flags: "PA", data: text("123") });
    w.run(100);
    w.board.read(fd);
    flow.drain(0);
    flow.send({ flags: "R", seq: 77_777 });
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "FA" });
    w.run(5);
    const after = w.board.counters();
    const changed = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
    expect(changed).toMatchObject({
      TcpPassiveOpens: 1,
      TcpActiveOpens: 0,
      TcpOctetsOut: 5,
      TcpOctetsIn: 3,
      TcpOutOfWindow: 1,
      TcpDelayedAcks: 1,
      TcpTimeWaits: 1,
      TcpRetransmits: 0,
      TcpResetsOut: 0,
    });
  });
});
