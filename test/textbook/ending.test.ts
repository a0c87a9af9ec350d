import { describe, expect, test } from "vitest";
import { MessageFlag, Poll, Shutdown, State } from "../../host/node/abi";
import { Flag, pattern, text } from "../support/packet";
import { active, inState, passive, PORT, type Connection } from "../support/states";
import { mustWork } from "../support/station";
import { named, world, type World } from "../support/world";

const MSL = 30_000;

/** What the board sent, by its flags. */
const flagsOf = (heard: { flags: number }[]) => heard.map(({ flags }) => flags & (Flag.F | Flag.R));
/** Is it a RST? */
const isReset = ({ flags }: { flags: number }) => (flags & Flag.R) !== 0;

/** A connection whose peer acknowledges what comes; the octets that have come, and whether they were followed by FIN. */
function received({ flow }: Connection): { data: Uint8Array; fin: boolean; reset: boolean } {
  const data: number[] = [];
  for (;;) {
    const heard = flow.drain(60);
    for (const { data: part, seq } of heard) if (seq - 1 === data.length) data.push(...part);
    const fin = heard.some(({ flags }) => flags & Flag.F);
    const reset = heard.some(isReset);
    if (fin || reset || heard.length === 0) return { data: Uint8Array.from(data), fin, reset };
    flow.ack();
  }
}

describe("Ending: `close`", () => {
  test("queued data still goes out, then FIN, whatever the windows take at once", async () => {
    const w = await world();
    const made = passive(w, { flow: { win: 500 }, mss: 500 });
    const data = pattern(2048);
    expect(w.board.send(made.fd, data)).toBe(2048);
    expect(w.board.close(made.fd)).toBe(0);
    expect(named(w.board.send(made.fd, text("x")))).toBe("-EBADF");
    expect(received(made)).toEqual({ data, fin: true, reset: false });
  });

  test("unread data is answered with RST at once (RFC 2525 2.17), queued data is not sent any more", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.data(text("never read"));
    flow.ack(0);
    w.run(100);
    flow.drain(5);
    w.board.send(fd, text("never sent"));
    w.board.close(fd);
    const reset = flow.expect({ seq: 1, len: 0 });
    expect(isReset(reset)).toBe(true);
    expect(state()).toBe("Closed");
    flow.expectNothing(10_000);
  });

  test("also when the peer has closed before: CLOSE-WAIT ends with RST, not with LAST-ACK", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "FPA", data: text("never read") });
    flow.expect({ flags: "A", ack: 12 });
    expect(state()).toBe("CloseWait");
    w.board.close(fd);
    expect(isReset(flow.expect({ seq: 1 }))).toBe(true);
    expect(state()).toBe("Closed");
  });

  test("and after a half-close: the answer nobody reads is answered with RST", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "FinWait2");
    flow.data(text("the answer"));
    w.run(100);
    flow.drain(5);
    w.board.close(fd);
    expect(isReset(flow.expect({ seq: 2 }))).toBe(true);
    expect(state()).toBe("Closed");
  });

  test("data that was read leaves nothing unread: FIN", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("read"));
    w.run(100);
    w.board.read(fd);
    flow.drain(5);
    w.board.close(fd);
    flow.expect({ flags: "FA", seq: 1, ack: 5 });
  });

  test.each(["FinWait1", "FinWait2"] as const)("later-arriving data is answered with RST: in %s", async (state) => {
    const w = await world();
    const made = inState(w, state);
    w.board.close(made.fd);
    made.flow.data(text("too late"));
    expect(isReset(made.flow.expect({}))).toBe(true);
    expect(made.state()).toBe("Closed");
    expect(w.board.drops()).toMatchObject({ TcpAfterClose: 1 });
  });

  test("later-arriving data out of order as well: nobody would ever read it", async () => {
    const w = await world();
    const made = inState(w, "FinWait2");
    w.board.close(made.fd);
    made.flow.send({ flags: "PA", seq: 100, data: text("beyond a hole") });
    expect(isReset(made.flow.expect({}))).toBe(true);
  });

  test("a reference count above one (dup) means close only lowers it; the last close ends the connection", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    const copies = [w.board.dup(fd), w.board.dup(fd)];
    for (const closed of [fd, copies[0]]) {
      expect(w.board.close(closed)).toBe(0);
      flow.expectNothing(100);
      expect(named(w.board.close(closed))).toBe("-EBADF");
      expect(state()).toBe("Established");
    }
    flow.data(text("both ways"));
    w.run(5);
    expect(w.board.read(copies[1]).data).toEqual(text("both ways"));
    w.board.send(copies[1], text("still"));
    flow.expect({ data: text("still") });
    flow.ack();
    w.board.close(copies[1]);
    flow.expect({ flags: "FA", seq: 6 });
  });

  test("the port of a listener is free with its last descriptor, not before", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const copy = w.board.dup(listener);
    w.board.close(listener);
    w.peer().flow({ to: PORT }).handshake();
    w.accepted(w.board, copy);
    const other = w.board.socket();
    expect(named(w.board.bind(other, PORT, "127.0.0.1"))).toBe("-EADDRINUSE");
    w.board.close(copy);
    expect(w.board.bind(other, PORT, "127.0.0.1")).toBe(0);
  });

  test("of a socket that connects: no SYN any more, no word to the peer; a late SYN-ACK is reset", async () => {
    const w = await world();
    const { fd, flow } = inState(w, "SynSent");
    w.board.close(fd);
    flow.expectNothing(10_000);
    flow.send({ flags: "SA" });
    flow.expect({ flags: "R", seq: 1 });
  });
});

describe("Ending: `shutdown`", () => {
  test("SHUT_WR: FIN behind what was queued, half-close, reading goes on; writing is EPIPE, a second time is no error", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.send(fd, text("request"));
    expect(w.board.shutdown(fd, Shutdown.SHUT_WR)).toBe(0);
    flow.expect({ flags: "FA", seq: 1, data: text("request") });
    flow.ack();
    w.run(5);
    expect(state()).toBe("FinWait2");
    expect(named(w.board.send(fd, text("more")))).toBe("-EPIPE");
    for (const part of ["a long ", "answer"]) {
      flow.data(text(part));
      w.run(600_000);
      expect(w.board.read(fd).data).toEqual(text(part));
    }
    expect(w.board.shutdown(fd, Shutdown.SHUT_WR)).toBe(0);
    flow.drain(5);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A" });
    expect(w.board.read(fd).end).toBe(0);
    expect(state()).toBe("TimeWait");
  });

  test("SHUT_RD: no FIN; reads say 0 at once, and what was there is gone", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.data(text("unread"));
    w.run(100);
    flow.drain(5);
    expect(w.board.shutdown(fd, Shutdown.SHUT_RD)).toBe(0);
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(w.board.ready(fd)).toBe(Poll.POLLIN | Poll.POLLRDHUP | Poll.POLLOUT);
    expect(flow.drain(1000).map(({ flags }) => flags)).not.toContainEqual(Flag.F | Flag.A);
    expect(state()).toBe("Established");
  });

  test("SHUT_RD: writing goes on, and the peer's FIN is welcome", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.shutdown(fd, Shutdown.SHUT_RD);
    w.board.send(fd, text("still talking"));
    flow.expect({ data: text("still talking") });
    flow.ack();
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", ack: 2 });
    expect(state()).toBe("CloseWait");
    w.board.send(fd, text("and on"));
    flow.expect({ data: text("and on") });
  });

  test("SHUT_RD: later data is not taken and is answered with RST; then the writer hears EPIPE (Linux takes it, and says nothing)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.shutdown(fd, Shutdown.SHUT_RD);
    w.board.events.length = 0;
    flow.data(text("unwanted"));
    expect(isReset(flow.expect({ seq: 1 }))).toBe(true);
    expect(state()).toBe("Closed");
    expect(w.board.events).toContain(fd);
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(w.board.ready(fd) & Poll.POLLHUP).toBe(Poll.POLLHUP);
    expect(w.board.drops()).toMatchObject({ TcpAfterClose: 1 });
  });

  test("SHUT_RD: data that comes again because its acknowledgement was lost is no later data", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.data(text("seen"));
    w.run(100);
    w.board.shutdown(fd, Shutdown.SHUT_RD);
    flow.drain(5);
    flow.send({ flags: "PA", seq: 1, data: text("seen") });
    flow.expect({ flags: "A", ack: 5 });
    expect(state()).toBe("Established");
  });

  test("SHUT_RDWR: both", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.shutdown(fd, Shutdown.SHUT_RDWR)).toBe(0);
    flow.expect({ flags: "FA", seq: 1 });
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(w.board.ready(fd) & Poll.POLLHUP).toBe(Poll.POLLHUP);
    flow.data(text("later"));
    expect(isReset(flow.expect({}))).toBe(true);
  });

  test("acts at once, whatever the reference count: every descriptor of the socket is shut", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    const copy = w.board.dup(fd);
    w.board.shutdown(copy, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", seq: 1 });
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    w.board.close(copy);
    w.board.shutdown(fd, Shutdown.SHUT_RD);
    expect(state()).toBe("FinWait1");
    expect(w.board.recv(fd)).toEqual(text(""));
  });

  test("of what is not connected: ENOTCONN; with another number: EINVAL", async () => {
    const w = await world();
    for (const how of [0, 1, 2]) {
      expect(named(w.board.shutdown(w.board.socket(), how))).toBe("-ENOTCONN");
    }
    const { fd } = passive(w);
    expect(named(w.board.shutdown(fd, 3))).toBe("-EINVAL");
    expect(named(w.board.shutdown(inState(await world(), "SynSent").fd, 3))).toBe("-EINVAL");
  });
});

describe("Ending: EOF arrives behind queued data, `recv` returns 0 from then on", () => {
  test("data first, then 0, and 0 again; POLLIN and POLLRDHUP say so", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("last "));
    flow.send({ flags: "FPA", data: text("words") });
    w.run(5);
    expect(w.board.ready(fd)).toBe(Poll.POLLIN | Poll.POLLRDHUP | Poll.POLLOUT);
    expect(w.board.recv(fd, 7)).toEqual(text("last wo"));
    expect(w.board.recv(fd, 7)).toEqual(text("rds"));
    for (let i = 0; i < 3; i++) expect(w.board.recv(fd)).toEqual(text(""));
    expect(w.board.recv(fd, 1, MessageFlag.MSG_PEEK)).toEqual(text(""));
    expect(w.board.calls.recv_ready(fd)).toBe(0);
  });

  test("not before the data in front of it has come", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "FPA", seq: 6, data: text("world") });
    w.run(5);
    expect(named(w.board.recv(fd))).toBe("-EAGAIN");
    flow.send({ flags: "PA", seq: 1, data: text("hello") });
    w.run(5);
    expect(w.board.read(fd)).toEqual({ data: text("helloworld"), end: 0 });
  });

  test("also when the connection is long over: what was not read stays, then 0", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "FPA", data: text("a farewell") });
    w.run(50);
    w.board.shutdown(fd, Shutdown.SHUT_WR);
    flow.drain(20);
    flow.ack();
    w.run(1_000_000);
    expect(state()).toBe("Closed");
    expect(w.board.read(fd)).toEqual({ data: text("a farewell"), end: 0 });
    expect(w.board.recv(fd)).toEqual(text(""));
  });
});

describe("Ending: writing after RST: ECONNRESET once, then EPIPE", () => {
  test("an event tells, the first write says ECONNRESET, the next ones EPIPE", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.events.length = 0;
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd)).toBe(Poll.POLLIN | Poll.POLLOUT | Poll.POLLERR | Poll.POLLHUP | Poll.POLLRDHUP);
    expect(named(w.board.send(fd, text("x")))).toBe("-ECONNRESET");
    for (let i = 0; i < 3; i++) expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(w.board.error(fd)).toBe(0);
  });

  test("MSG_NOSIGNAL is accepted, and changes nothing: there are no signals here", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.send(fd, text("x"), MessageFlag.MSG_NOSIGNAL)).toBe(1);
    flow.drain(5);
    flow.send({ flags: "R" });
    w.run(5);
    expect(named(w.board.send(fd, text("x"), MessageFlag.MSG_NOSIGNAL))).toBe("-ECONNRESET");
    expect(named(w.board.send(fd, text("x"), MessageFlag.MSG_NOSIGNAL))).toBe("-EPIPE");
  });

  test.each([
    ["recv", (w: World, fd: number) => named(w.board.recv(fd)), "-ECONNRESET"],
    ["send_room", (w: World, fd: number) => named(w.board.calls.send_room(fd)), "-ECONNRESET"],
    ["SO_ERROR", (w: World, fd: number) => w.board.error(fd), 104],
  ])("whoever asks first gets the error, once: %s", async (_, ask, answer) => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "R" });
    w.run(5);
    expect(ask(w, fd)).toBe(answer);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(0);
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(w.board.recv(fd)).toEqual(text(""));
  });

  test("reading: what came before the RST is still read, then ECONNRESET once, then 0", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("before"));
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.recv(fd)).toEqual(text("before"));
    expect(named(w.board.recv(fd))).toBe("-ECONNRESET");
    expect(w.board.recv(fd)).toEqual(text(""));
  });

  test("the peer had closed, we write, it resets: EPIPE (Linux), for there was an end to be seen before", async () => {
    const w = await world();
    const { flow, fd } = inState(w, "CloseWait");
    expect(w.board.send(fd, text("anyone there?"))).toBe(13);
    flow.expect({ len: 13 });
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.error(fd)).toBe(32);
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
  });
});

/** What netstat says after each step, the peer answering as told. */
function steps({ state }: Connection, ...acts: (() => void)[]): string[] {
  return [state(), ...acts.map((act) => (act(), state()))];
}

describe("Ending: the four-way close, its states seen in `netstat` while they last", () => {
  test("from our side: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT for 2 MSL, and the port is reusable after", async () => {
    const w = await world();
    const made = active(w);
    const { port } = w.board.localName(made.fd) as { port: number };
    const seen = steps(
      made,
      () => (w.board.close(made.fd), made.flow.expect({ flags: "FA", seq: 1, ack: 1 })),
      () => (made.flow.send({ flags: "A" }), w.run(5)),
      () => (made.flow.send({ flags: "FA" }), made.flow.expect({ flags: "A", seq: 2, ack: 2 })),
      () => w.run(2 * MSL - 100),
      () => w.run(200),
    );
    expect(seen).toEqual(["Established", "FinWait1", "FinWait2", "TimeWait", "TimeWait", "Closed"]);
    expect(w.board.rows()).toEqual([]);
    const again = w.board.socket();
    expect(w.board.bind(again, port)).toBe(0);
    expect(named(w.board.connect(again, made.peer.ip, made.flow.port))).toBe("-EINPROGRESS");
  });

  test("reusable after, even if its user has not closed yet", async () => {
    const w = await world();
    const made = inState(w, "TimeWait");
    w.board.close(made.listener);
    expect(named(w.board.bind(w.board.socket(), PORT))).toBe("-EADDRINUSE");
    w.run(2 * MSL);
    expect(w.board.bind(w.board.socket(), PORT)).toBe(0);
    expect(w.board.recv(made.fd)).toEqual(text(""));
    expect(w.board.close(made.fd)).toBe(0);
  });

  test("while it is in TIME-WAIT the same four-tuple cannot be connected: EADDRNOTAVAIL (Linux)", async () => {
    const w = await world();
    const made = inState(w, "TimeWait");
    const again = w.board.socket();
    w.board.close(made.fd);
    w.board.close(made.listener);
    w.board.setSocket(again, "SO_REUSEADDR", 1);
    expect(w.board.bind(again, PORT)).toBe(0);
    expect(named(w.board.connect(again, made.peer.ip, made.flow.port))).toBe("-EADDRNOTAVAIL");
    expect(named(w.board.connect(again, made.peer.ip, 5999))).toBe("-EINPROGRESS");
  });

  test("from the peer's side: CLOSE-WAIT for as long as we like, LAST-ACK, CLOSED; no TIME-WAIT, the port is free", async () => {
    const w = await world();
    const made = passive(w);
    const seen = steps(
      made,
      () => (made.flow.send({ flags: "FA" }), made.flow.expect({ flags: "A", ack: 2 })),
      () => w.run(10_000_000),
      () => (w.board.close(made.fd), made.flow.expect({ flags: "FA", seq: 1, ack: 2 })),
      () => (made.flow.send({ flags: "A" }), w.run(5)),
    );
    expect(seen).toEqual(["Established", "CloseWait", "CloseWait", "LastAck", "Closed"]);
    w.board.close(made.listener);
    expect(w.board.bind(w.board.socket(), PORT)).toBe(0);
  });

  test("both at once: FIN-WAIT-1, CLOSING, TIME-WAIT", async () => {
    const w = await world();
    const made = passive(w);
    const seen = steps(
      made,
      () => (w.board.close(made.fd), made.flow.expect({ flags: "FA", seq: 1, ack: 1 })),
      () => (made.flow.send({ flags: "FA", ack: 1 }), made.flow.expect({ flags: "A", seq: 2, ack: 2 })),
      () => (made.flow.send({ flags: "A", ack: 2 }), w.run(5)),
      () => w.run(2 * MSL),
    );
    expect(seen).toEqual(["Established", "FinWait1", "Closing", "TimeWait", "Closed"]);
  });

  test("in three: the peer's FIN comes with the acknowledgement of ours", async () => {
    const w = await world();
    const made = passive(w);
    const seen = steps(
      made,
      () => (w.board.close(made.fd), made.flow.expect({ flags: "FA" })),
      () => (made.flow.send({ flags: "FA" }), made.flow.expect({ flags: "A", seq: 2, ack: 2 })),
    );
    expect(seen).toEqual(["Established", "FinWait1", "TimeWait"]);
  });

  test("between two boards, both sides' states fit together; TIME-WAIT stays with the one that closed first", async () => {
    const w = await world({ boards: 2 });
    const [near, far] = w.stations;
    const listener = far.listen(PORT);
    const fd = near.open(far.ip, PORT);
    const other = w.accepted(far, listener);
    const states = () => [near.stateOf(PORT), far.rows().find(({ fd: one }) => one === other)?.state];
    near.close(fd);
    w.run(10);
    expect(states()).toEqual(["FinWait2", State.CloseWait]);
    far.close(other);
    w.run(10);
    expect(near.stateOf(PORT)).toBe("TimeWait");
    expect(far.rows()).toHaveLength(1);
    w.run(2 * MSL);
    expect(near.rows()).toEqual([]);
  });

  test("FIN-WAIT-2 without a user is given up after FIN_WAIT2, with a user never", async () => {
    const w = await world();
    const kept = inState(w, "FinWait2");
    const left = passive(w, { peer: kept.peer });
    w.board.close(left.fd);
    left.flow.expect({ flags: "FA" });
    left.flow.send({ flags: "A" });
    w.run(59_000);
    expect([kept.state(), left.state()]).toEqual(["FinWait2", "FinWait2"]);
    w.run(2000);
    expect([kept.state(), left.state()]).toEqual(["FinWait2", "Closed"]);
    w.run(10_000_000);
    expect(kept.state()).toBe("FinWait2");
  });
});

describe("Ending: SO_LINGER's cases", () => {
  test.each([
    ["off: in the background, FIN", [0, 0], false],
    ["on, 0 seconds: RST", [1, 0], true],
    ["on, with seconds: in the background, FIN; a host that blocks would wait", [1, 5], false],
    ["off, with seconds: they do not count", [0, 5], false],
  ])("%s", async (_, values, resets) => {
    const w = await world();
    const made = passive(w);
    mustWork("SO_LINGER", w.board.setSocket(made.fd, "SO_LINGER", ...values));
    w.board.send(made.fd, text("the end"));
    expect(w.board.close(made.fd)).toBe(0);
    const { data, fin, reset } = received(made);
    expect({ fin, reset }).toEqual({ fin: !resets, reset: resets });
    if (!resets) expect(data).toEqual(text("the end"));
    expect(made.state()).toBe(resets ? "Closed" : "FinWait1");
  });

  test("0 seconds leave no TIME-WAIT: the port is free at once", async () => {
    const w = await world();
    const made = passive(w);
    w.board.setSocket(made.fd, "SO_LINGER", 1, 0);
    w.board.close(made.fd);
    w.board.close(made.listener);
    w.run(5);
    expect(flagsOf(made.flow.drain(20))).toEqual([Flag.R]);
    expect(w.board.rows()).toEqual([]);
    expect(w.board.bind(w.board.socket(), PORT)).toBe(0);
  });

  test("at once means before the RST has left: a bound port is free when close returns", async () => {
    const w = await world();
    const made = active(w, { prepare: (fd) => w.board.bind(fd, 5000) });
    w.board.setSocket(made.fd, "SO_LINGER", 1, 0);
    w.board.close(made.fd);
    expect(w.board.bind(w.board.socket(), 5000)).toBe(0);
    expect(flagsOf(made.flow.drain(20))).toEqual([Flag.R]);
  });

  test("shutdown does not care: SHUT_WR sends FIN, also with 0 seconds", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_LINGER", 1, 0);
    w.board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", seq: 1 });
  });
});
