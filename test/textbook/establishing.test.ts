import { describe, expect, test } from "vitest";
import { Errno, Poll, State } from "../../host/node/abi";
import { Flag, pattern, text } from "../support/packet";
import { connecting, inState, passive, PORT } from "../support/states";
import { named, world, type World } from "../support/world";

/** An ICMP "unreachable" that quotes the last segment the board sent. */
function unreachable(w: World, code: number): void {
  const { packet } = w.ladder.sightings.filter(({ from }) => from === "board1").at(-1);
  const peer = w.peer({ name: "router" });
  peer.icmp({ type: 3, code }, packet.frame.slice(14, 14 + 28));
  w.run(10);
}

describe("Establishing: `connect` completes at the second step, `accept` hands out what completed the third", () => {
  test("connect: EINPROGRESS, then writable the moment the SYN-ACK comes; the ACK leaves with it", async () => {
    const w = await world();
    const { fd, flow, state } = connecting(w);
    expect(flow.expect({ flags: "S", seq: 0, len: 0 }).mss).toBe(1460);
    expect(w.board.ready(fd)).toBe(0);
    w.board.events.length = 0;
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", seq: 1, ack: 1, len: 0 }, 5);
    expect(state()).toBe("Established");
    expect(w.board.events).toEqual([fd]);
    expect(w.board.ready(fd)).toBe(Poll.POLLOUT);
    expect(w.board.error(fd)).toBe(0);
  });

  test("accept: not after the second step, but after the third", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", seq: 0, ack: 1 });
    w.run(100);
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    expect(w.board.ready(listener)).toBe(0);
    w.board.events.length = 0;
    flow.send({ flags: "A" });
    w.run(5);
    expect(w.board.events).toEqual([listener]);
    expect(w.board.ready(listener)).toBe(Poll.POLLIN);
    expect(w.board.row(w.board.accept(listener))).toMatchObject({ state: State.Established });
  });

  test("accept: also when the third step was lost and the client's first text is the proof", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.data(text("hello"));
    expect(w.board.read(w.accepted(w.board, listener)).data).toEqual(text("hello"));
  });

  test("the client is connected before the server accepts: what it writes waits in the server's buffer", async () => {
    const w = await world({ boards: 2 });
    const [client, server] = w.stations;
    const listener = server.listen(PORT);
    const fd = client.open(server.ip, PORT);
    w.run(10);
    expect(client.row(fd)).toMatchObject({ state: State.Established });
    expect(client.send(fd, text("before accept"))).toBe(13);
    w.run(60_000);
    expect(server.read(server.accept(listener)).data).toEqual(text("before accept"));
  });

  test("both connect at once (simultaneous open): one connection, both sides connected", async () => {
    const w = await world({ boards: 2, latency: 20 });
    const fds = w.stations.map((board, i) => {
      const fd = board.socket();
      board.bind(fd, 5000 + i);
      return fd;
    });
    const [a, b] = w.stations;
    expect(named(a.connect(fds[0], b.ip, 5001))).toBe("-EINPROGRESS");
    expect(named(b.connect(fds[1], a.ip, 5000))).toBe("-EINPROGRESS");
    w.run(500);
    expect([a.row(fds[0])!.state, b.row(fds[1])!.state]).toEqual([State.Established, State.Established]);
  });
});

describe("Establishing: data queued during the handshake travels with the third segment", () => {
  test("send() is taken in SYN-SENT; the SYN carries none of it, the third segment does", async () => {
    const w = await world();
    const { fd, flow } = connecting(w);
    expect(w.board.send(fd, text("early "))).toBe(6);
    expect(w.board.send(fd, text("bird"))).toBe(4);
    flow.expect({ flags: "S", len: 0 });
    flow.expectNothing(500);
    flow.send({ flags: "SA", mss: 1460 });
    expect(flow.expect({ flags: "A", seq: 1, ack: 1 }, 5).text).toBe("early bird");
    flow.ack();
    flow.expectNothing(100);
  });

  test("more than a segment: the first of it", async () => {
    const w = await world({ profile: "host" });
    const { fd, flow } = connecting(w);
    w.board.send(fd, pattern(4000));
    flow.expect({ flags: "S" });
    flow.send({ flags: "SA", mss: 1000 });
    expect(flow.drain(5).map(({ seq, len }) => [seq, len])).toEqual([
      [1, 1000],
      [1001, 1000],
      [2001, 1000],
      [3001, 1000],
    ]);
  });

  test("then FIN, if the user has closed its side by then: SHUT_WR waits for the handshake with close", async () => {
    const w = await world();
    const { fd, flow } = connecting(w);
    w.board.send(fd, text("x"));
    expect(named(w.board.shutdown(fd, 1))).toBe("-ENOTCONN");
    flow.expect({ flags: "S" });
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", len: 1 });
    w.board.close(fd);
    flow.expect({ flags: "FA", seq: 2 });
  });

  test("recv() meanwhile is EAGAIN, not ENOTCONN: there is something to wait for", async () => {
    const { board, fd } = inState(await world(), "SynSent");
    expect(named(board.recv(fd))).toBe("-EAGAIN");
  });
});

describe("Establishing: how it fails", () => {
  test("ECONNREFUSED on RST, at once", async () => {
    const w = await world();
    const { fd, flow } = inState(w, "SynSent");
    w.board.events.length = 0;
    flow.send({ flags: "RA" });
    w.run(5);
    expect(w.board.events).toEqual([fd]);
    expect(w.board.ready(fd) & (Poll.POLLERR | Poll.POLLHUP)).toBe(Poll.POLLERR | Poll.POLLHUP);
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
    expect(w.board.error(fd)).toBe(0);
  });

  test("a RST that does not acknowledge our SYN is somebody's guess", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynSent");
    flow.send({ flags: "R" });
    flow.send({ flags: "RA", ack: 77 });
    w.run(5);
    expect(state()).toBe("SynSent");
  });

  test("ETIMEDOUT after the retries, each after twice the time", async () => {
    const w = await world();
    const { fd, flow, state } = connecting(w, { prepare: (socket) => w.board.setTcp(socket, "TCP_SYNCNT", 3) });
    const started = w.now;
    const syns = flow.drain(16_500);
    expect(syns.map(({ flags }) => flags)).toEqual(Array(4).fill(Flag.S));
    expect(syns.map(({ at }) => Math.round((at - started) / 1000))).toEqual([0, 1, 3, 7]);
    expect(state()).toBe("Closed");
    expect(named(w.board.recv(fd))).toBe("-ETIMEDOUT");
  });

  test.each([
    [0, "net", Errno.ENETUNREACH],
    [1, "host", Errno.EHOSTUNREACH],
    [3, "port", Errno.ECONNREFUSED],
    [6, "net unknown", Errno.ENETUNREACH],
    [9, "net prohibited", Errno.ENETUNREACH],
    [13, "filtered", Errno.EHOSTUNREACH],
  ])("from ICMP: unreachable code %i, %s", async (code, _, errno) => {
    const w = await world();
    const { fd, state } = inState(w, "SynSent");
    unreachable(w, code);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(errno);
  });

  test("EHOSTUNREACH from unanswered ARP: nobody has the address", async () => {
    const w = await world();
    const fd = w.board.open("10.0.0.77", 80);
    w.board.events.length = 0;
    const started = w.now;
    w.waitFor("the end", () => w.board.events.includes(fd));
    expect(w.now - started).toBeLessThan(10_000);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
    expect(w.board.error(fd)).toBe(Errno.EHOSTUNREACH);
    const later = w.peer({ ip: "10.0.0.77" }).flow({ port: 80 });
    expect(named(w.board.connect(fd, "10.0.0.77", 80))).toBe("-EINPROGRESS");
    later.accept();
  });

  test("ENETUNREACH without a route, at once and without a packet", async () => {
    const w = await world();
    const before = w.sent();
    expect(named(w.board.connect(w.board.socket(), "192.0.2.1", 80))).toBe("-ENETUNREACH");
    expect(named(w.board.connect(w.board.socket(), "224.0.0.1", 80))).toBe("-ENETUNREACH");
    expect(named(w.board.connect(w.board.socket(), "255.255.255.255", 80))).toBe("-ENETUNREACH");
    expect(w.sent()).toBe(before);
  });

  test("the first call that asks hears why, once, whichever it is", async () => {
    for (const ask of [
      (w: World, fd: number) => named(w.board.recv(fd)),
      (w: World, fd: number) => named(w.board.send(fd, text("x"))),
      (w: World, fd: number) => named(w.board.connect(fd, "10.0.0.100", 5999)),
    ]) {
      const w = await world();
      const { fd, flow } = inState(w, "SynSent");
      flow.send({ flags: "RA" });
      w.run(5);
      expect(ask(w, fd)).toBe("-ECONNREFUSED");
      expect(w.board.error(fd)).toBe(0);
    }
  });
});

describe("Establishing: EINPROGRESS, EALREADY, EISCONN for non-blocking use", () => {
  test("in this order", async () => {
    const w = await world();
    const peer = w.peer();
    const flow = peer.flow({ port: 5900 });
    const fd = w.board.socket();
    const connect = () => named(w.board.connect(fd, peer.ip, 5900));
    expect(connect()).toBe("-EINPROGRESS");
    expect(connect()).toBe("-EALREADY");
    flow.accept();
    expect(connect()).toBe("-EISCONN");
    expect(named(w.board.connect(passive(w).fd, peer.ip, 5900))).toBe("-EISCONN");
  });

  test("connect again after a failure: with the same socket, to the same or another address, from a new port", async () => {
    const w = await world();
    const { fd, flow, peer } = inState(w, "SynSent");
    const refused = w.board.localName(fd) as { port: number };
    flow.send({ flags: "RA" });
    w.run(5);
    expect(named(w.board.connect(fd, peer.ip, flow.port))).toBe("-ECONNREFUSED");
    const second = peer.flow({ port: 5901 });
    expect(named(w.board.connect(fd, peer.ip, 5901))).toBe("-EINPROGRESS");
    second.accept();
    expect((w.board.localName(fd) as { port: number }).port).not.toBe(refused.port);
    second.data(text("at last"));
    w.run(5);
    expect(w.board.recv(fd)).toEqual(text("at last"));
  });

  test("its source address is chosen anew: nothing of a failed attempt over loopback is left", async () => {
    const w = await world();
    const fd = w.board.open("127.0.0.1", 9999);
    w.run(20);
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
    const peer = w.peer();
    const flow = peer.flow({ port: 5902 });
    expect(named(w.board.connect(fd, peer.ip, 5902))).toBe("-EINPROGRESS");
    flow.accept();
    expect(w.board.localName(fd)).toMatchObject({ ip: w.board.ip });
  });

  test("what bind chose stays, whatever fails; what it did not is free for bind", async () => {
    const w = await world();
    const fd = w.board.socket();
    w.board.bind(fd, 5555);
    w.board.connect(fd, "127.0.0.1", 9999);
    w.run(20);
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
    const flow = w.peer().flow({ port: 5903 });
    w.board.connect(fd, flow.peer.ip, 5903);
    flow.accept();
    expect(flow.to).toBe(5555);
    const other = w.board.open("127.0.0.1", 9999);
    w.run(20);
    expect(w.board.bind(other, 5556)).toBe(0);
    expect(named(w.board.bind(other, 5557))).toBe("-EINVAL");
  });

  test("from an address of loopback nobody outside can answer: EINVAL (Linux)", async () => {
    const w = await world();
    const fd = w.board.socket();
    w.board.bind(fd, 5000, "127.0.0.1");
    expect(named(w.board.connect(fd, "10.0.0.100", 80))).toBe("-EINVAL");
    w.board.listen(PORT);
    expect(named(w.board.connect(fd, w.board.ip, PORT))).toBe("-EINPROGRESS");
    w.run(20);
    expect(w.board.row(fd)).toMatchObject({ state: State.Established, local: "127.0.0.1", foreign: w.board.ip });
  });

  test("a four-tuple that is connected already, and port 0: EADDRNOTAVAIL", async () => {
    const w = await world();
    const peer = w.peer();
    const [one, two] = [0, 1].map(() => {
      const fd = w.board.socket();
      w.board.setSocket(fd, "SO_REUSEADDR", 1);
      expect(w.board.bind(fd, 5000)).toBe(0);
      return fd;
    });
    expect(named(w.board.connect(one, peer.ip, 6000))).toBe("-EINPROGRESS");
    expect(named(w.board.connect(two, peer.ip, 6000))).toBe("-EADDRNOTAVAIL");
    expect(named(w.board.connect(two, peer.ip, 0))).toBe("-EADDRNOTAVAIL");
    expect(named(w.board.connect(two, peer.ip, 6001))).toBe("-EINPROGRESS");
  });
});
