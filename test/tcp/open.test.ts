import { describe, expect, test } from "vitest";
import { Errno, Poll, State } from "../../host/node/abi";
import { text } from "../support/packet";
import { active, connecting, inState, passive, PORT } from "../support/states";
import { named, world } from "../support/world";

describe("passive open", () => {
  test("SYN, SYN-ACK, ACK make a connection that accept returns", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    const flow = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    const synAck = flow.expect({ flags: "SA", seq: 0, ack: 1, len: 0 });
    expect(synAck.mss).toBeGreaterThanOrEqual(536);
    expect(w.board.stateOf(flow.port)).toBe("SynReceived");
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    flow.send({ flags: "A" });
    const fd = w.accepted(w.board, listener);
    expect(w.board.stateOf(flow.port)).toBe("Established");
    expect(w.board.peerName(fd)).toMatchObject({ ip: peer.ip, port: flow.port });
    expect(w.board.localName(fd)).toMatchObject({ ip: w.board.ip, port: PORT });
    flow.expectNothing(2000);
  });

  test("the listener has an event and POLLIN when a connection is complete, not before", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    expect(w.board.ready(listener) & Poll.POLLIN).toBe(0);
    w.board.events.length = 0;
    flow.send({ flags: "A" });
    w.run(5);
    expect(w.board.events).toContain(listener);
    expect(w.board.ready(listener) & Poll.POLLIN).toBe(Poll.POLLIN);
  });

  test("the ACK of the handshake may carry data", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "PA", data: text("early") });
    const fd = w.accepted(w.board, listener);
    expect(w.board.read(fd).data).toEqual(text("early"));
    flow.expect({ flags: "A", ack: 6 }, 500);
  });

  test("the ACK of the handshake may carry a FIN: SYN-RECEIVED to CLOSE-WAIT", async () => {
    const w = await world();
    const { flow, listener, state } = inState(w, "SynReceived");
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", ack: 2 });
    expect(state()).toBe("CloseWait");
    const fd = w.accepted(w.board, listener);
    expect(w.board.read(fd)).toEqual({ data: text(""), end: 0 });
  });

  test("a lost ACK of the handshake is made up for by the first data", async () => {
    const w = await world();
    const { flow, listener } = inState(w, "SynReceived");
    flow.expect({ flags: "SA", seq: 0, ack: 1 }, 1100);
    flow.send({ flags: "PA", data: text("x") });
    const fd = w.accepted(w.board, listener);
    expect(w.board.read(fd).data).toEqual(text("x"));
  });

  test("a repeated SYN is answered again and does not disturb the open", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynReceived");
    flow.send({ flags: "S", seq: 0, mss: 1460 });
    const again = flow.expect({ ack: 1 });
    expect(["SA", "A"]).toContain(again.flags & 2 ? "SA" : "A");
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("Established");
  });

  test("data on the SYN is neither delivered before the handshake nor lost for good", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w
      .peer()
      .flow({ to: PORT })
      .send({ flags: "S", mss: 1460, data: text("tfo") });
    const { ack } = flow.expect({ flags: "SA", seq: 0 });
    expect([1, 4]).toContain(ack);
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    flow.send({ flags: "PA", seq: ack, data: text("tfo").subarray(ack - 1) });
    const fd = w.accepted(w.board, listener);
    w.run(600);
    expect(w.board.read(fd).data).toEqual(text("tfo"));
  });

  test("SYN-RECEIVED answers a wrong ACK with RST and waits on (RFC 9293 3.10.7.4 fifth)", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynReceived");
    for (const ack of [0, 2]) {
      flow.send({ flags: "A", ack });
      flow.expect({ flags: "R", seq: ack });
      expect(state()).toBe("SynReceived");
    }
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("Established");
  });

  test("SYN-RECEIVED goes back to LISTEN on an exact RST", async () => {
    const w = await world();
    const { flow, state, listener } = inState(w, "SynReceived");
    flow.send({ flags: "R", seq: 1 });
    w.run(5);
    expect(state()).toBe("Closed");
    flow.expectNothing(5000);
    expect(w.board.row(listener)?.state).toBe(State.Listen);
    passive(w, { peer: w.peer() });
  });

  test("SYN-RECEIVED survives a RST that is not exact", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynReceived");
    flow.send({ flags: "R", seq: 0 });
    flow.send({ flags: "R", seq: 100000 });
    w.run(5);
    expect(state()).toBe("SynReceived");
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("Established");
  });

  test("opens and failed attempts are counted", async () => {
    const w = await world();
    const { flow, peer } = inState(w, "SynReceived");
    flow.send({ flags: "R" });
    w.run(5);
    passive(w, { peer });
    const refused = connecting(w, { peer });
    refused.flow.expect({ flags: "S" });
    refused.flow.send({ flags: "RA", seq: 0 });
    w.run(5);
    active(w, { peer });
    expect(w.board.counters()).toMatchObject({
      TcpAttemptFails: 2,
      TcpPassiveOpens: 1,
      TcpActiveOpens: 2,
      TcpEstablishedResets: 0,
    });
  });

  test("LISTEN answers an ACK with RST, ignores RST, ignores nothing at all", async () => {
    const w = await world();
    const { flow } = inState(w, "Listen");
    flow.send({ flags: "A", ack: 77 });
    flow.expect({ flags: "R", seq: 77 });
    flow.send({ flags: "RA", ack: 77 });
    flow.send({ flags: "R" });
    flow.send({ flags: "" });
    flow.send({ flags: "F" });
    flow.expectNothing();
    expect(w.board.connection(flow.port)).toBeUndefined();
  });
});

describe("active open", () => {
  test("SYN, SYN-ACK, ACK; then POLLOUT, an event and no error", async () => {
    const w = await world();
    const { flow, fd, state, peer } = connecting(w);
    const syn = flow.expect({ flags: "S", seq: 0, len: 0 });
    expect(syn.ack).toBe(0);
    expect(syn.mss).toBeGreaterThanOrEqual(536);
    expect(state()).toBe("SynSent");
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(0);
    w.board.events.length = 0;
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", seq: 1, ack: 1, len: 0 });
    expect(state()).toBe("Established");
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
    expect(w.board.error(fd)).toBe(0);
    expect(w.board.peerName(fd)).toMatchObject({ ip: peer.ip, port: flow.port });
  });

  test("data written before the SYN-ACK is refused or kept, never sent on the SYN", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    const result = w.board.send(fd, text("soon"));
    expect(["-EAGAIN", 4]).toContain(named(result));
    expect(flow.expect({ flags: "S" }).len).toBe(0);
    flow.send({ flags: "SA", mss: 1460 });
    const heard = flow.drain(100);
    expect(heard.map((segment) => segment.text).join("")).toBe(result === 4 ? "soon" : "");
  });

  test("RST with the right ACK refuses: ECONNREFUSED", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "SynSent");
    w.board.events.length = 0;
    flow.send({ flags: "RA", seq: 0 });
    w.run(5);
    expect(state()).toBe("Closed");
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & (Poll.POLLERR | Poll.POLLHUP)).toBe(Poll.POLLERR | Poll.POLLHUP);
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
    flow.expectNothing(5000);
  });

  test.each([
    ["without ACK", { flags: "R", seq: 0 }],
    ["acknowledging nothing", { flags: "RA", seq: 0, ack: 0 }],
    ["acknowledging too much", { flags: "RA", seq: 0, ack: 2 }],
  ])("RST %s is ignored in SYN-SENT", async (_, script) => {
    const w = await world();
    const { flow, state } = inState(w, "SynSent");
    flow.send(script);
    flow.expectNothing();
    expect(state()).toBe("SynSent");
  });

  test.each([0, 2, 100000, -1])("SYN-ACK with ACK %i is answered by RST and SYN-SENT stays", async (ack) => {
    const w = await world();
    const { flow, state } = inState(w, "SynSent");
    flow.send({ flags: "SA", seq: 0, ack });
    flow.expect({ flags: "R", seq: ack });
    expect(state()).toBe("SynSent");
    flow.send({ flags: "SA", seq: 0 });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
  });

  test("ACK without SYN and FIN without SYN do nothing good in SYN-SENT", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynSent");
    flow.send({ flags: "A", seq: 0 });
    flow.send({ flags: "FA", seq: 0 });
    flow.send({ flags: "F", seq: 0 });
    flow.send({ flags: "PA", seq: 0, data: text("?") });
    flow.expectNothing();
    expect(state()).toBe("SynSent");
  });

  test("a SYN-ACK with FIN: everything in its turn, CLOSE-WAIT at the end", async () => {
    const w = await world();
    const { flow, fd } = inState(w, "SynSent");
    flow.send({ flags: "SFA", data: text("hi") });
    const { ack } = flow.expect({ flags: "A", seq: 1 });
    expect([1, 3, 4]).toContain(ack);
    if (ack < 4) flow.send({ flags: "FA", seq: ack, data: text("hi").subarray(ack - 1) });
    w.run(600);
    expect(w.board.read(fd)).toEqual({ data: text("hi"), end: 0 });
  });

  test.each(["0.0.0.0", "255.255.255.255", "10.0.0.255", "224.0.0.1", "240.0.0.1"])("connect to %s fails at once", async (ip) => {
    const w = await world();
    const fd = w.board.socket();
    const result = w.board.connect(fd, ip, 80);
    expect(result).toBeLessThan(0);
    expect(named(result)).not.toBe("-EINPROGRESS");
    w.run(5);
    expect(w.board.drops()).not.toHaveProperty("IpNoRoute");
  });

  test("connect without a route: ENETUNREACH", async () => {
    const w = await world();
    expect(named(w.board.connect(w.board.socket(), "192.168.1.1", 80))).toBe("-ENETUNREACH");
  });

  test("connect to a neighbour that is not there fails in time", async () => {
    const w = await world();
    const fd = w.board.open("10.0.0.77", 80);
    w.waitFor("an error", () => (w.board.ready(fd) & Poll.POLLERR) !== 0, 900_000);
    expect([Errno.EHOSTUNREACH, Errno.ETIMEDOUT]).toContain(w.board.error(fd));
  });

  test("the board opens to another board", async () => {
    const w = await world({ boards: 2 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const listener = b.listen(PORT);
    const fd = a.open(b.ip, PORT);
    const other = w.accepted(b, listener);
    w.run(10);
    expect(a.row(fd)?.state).toBe(State.Established);
    expect(b.row(other)?.state).toBe(State.Established);
  });
});

describe("simultaneous open", () => {
  test("crossing SYNs: SYN-SENT, SYN-RECEIVED, ESTABLISHED (MUST-10)", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "SynSent");
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", seq: 0, ack: 1 });
    expect(state()).toBe("SynReceived");
    flow.send({ flags: "SA", seq: 0, ack: 1, mss: 1460 });
    w.run(5);
    flow.send({ flags: "A", seq: 1, ack: 1 });
    w.run(5);
    expect(state()).toBe("Established");
    expect(w.board.error(fd)).toBe(0);
    flow.inbox.length = 0;
    flow.send({ flags: "PA", data: text("after") });
    w.run(5);
    expect(w.board.read(fd).data).toEqual(text("after"));
  });

  test("a plain ACK completes it too", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynSent");
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", seq: 0, ack: 1 });
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("Established");
  });

  test("after lost SYNs the SYN-ACK begins with short times again", async () => {
    const w = await world();
    const { flow } = inState(w, "SynSent");
    w.run(8000);
    flow.inbox.length = 0;
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", seq: 0, ack: 1 });
    // The timer of the last SYN still runs; from then on it is 2, 4 ... seconds.
    const first = flow.expect({ flags: "SA", seq: 0, ack: 1 }, 8000);
    const again = flow.expect({ flags: "SA", seq: 0, ack: 1 }, 5000);
    expect(again.at - first.at).toBeLessThan(4100);
  });

  test("an active open remembered in SYN-RECEIVED is refused by RST, not sent back to LISTEN (MUST-11)", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "SynSent");
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "R" });
    w.run(5);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
  });

  test("two boards: one connection on each side", async () => {
    const w = await world({ boards: 2, latency: 20 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const fds = [a, b].map((station) => {
      const fd = station.socket();
      station.bind(fd, 7777);
      return fd;
    });
    a.connect(fds[0], b.ip, 7777);
    b.connect(fds[1], a.ip, 7777);
    w.run(3000);
    for (const [i, station] of [a, b].entries()) {
      expect(station.row(fds[i])?.state).toBe(State.Established);
      expect(station.rows().filter((row) => row.protocol === 6)).toHaveLength(1);
    }
    a.send(fds[0], text("ping"));
    w.run(100);
    expect(b.read(fds[1]).data).toEqual(text("ping"));
  });
});
