import { describe, expect, test } from "vitest";
import { Errno, State } from "../../host/node/abi";
import { text } from "../support/packet";
import { expectAlive, sentSegments } from "../support/seen";
import { active, connecting, inState, passive, PORT } from "../support/states";
import { named, world } from "../support/world";

describe("3.5 establishing a connection", () => {
  test.each([
    ["a SYN-ACK", "SA", 0],
    ["an ACK", "A", 1],
  ])("MUST-10: SYNs that cross make one connection, completed by %s", async (_, flags, seq) => {
    const w = await world();
    const made = inState(w, "SynSent");
    const { flow, state } = made;
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", seq: 0, ack: 1 });
    expect(state()).toBe("SynReceived");
    flow.send({ flags, seq, ack: 1 });
    w.run(5);
    expect(state()).toBe("Established");
    expect(w.board.rows().filter((row) => row.protocol === 6)).toHaveLength(1);
    flow.drain(5);
    expectAlive(made);
  });

  test("MUST-10: two boards that open at the same instant have one connection each", async () => {
    const w = await world({ boards: 2, latency: 20 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const [one, two] = [a, b].map((station) => {
      const fd = station.socket();
      station.bind(fd, 7777);
      return fd;
    });
    a.connect(one, b.ip, 7777);
    b.connect(two, a.ip, 7777);
    w.run(3000);
    expect(a.rows().map((row) => row.state)).toEqual([State.Established]);
    expect(b.rows().map((row) => row.state)).toEqual([State.Established]);
    a.send(one, text("to b"));
    b.send(two, text("to a"));
    w.run(100);
    expect(b.read(two).data).toEqual(text("to b"));
    expect(a.read(one).data).toEqual(text("to a"));
  });

  test("MUST-11: a RST in SYN-RECEIVED: an active open was refused, its socket hears of it", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "SynSent");
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "R" });
    w.run(5);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
  });

  test("MUST-11, 9293-u9: a RST in SYN-RECEIVED: a passive open goes back to LISTEN, nobody hears of it", async () => {
    const w = await world();
    const { flow, state, listener, peer } = inState(w, "SynReceived");
    flow.send({ flags: "R" });
    w.run(5);
    expect(state()).toBe("Closed");
    expect(w.board.row(listener)?.state).toBe(State.Listen);
    expect(w.board.error(listener)).toBe(0);
    passive(w, { peer });
  });

  test("9293-u9: a SYN in SYN-RECEIVED: a passive open goes back to LISTEN, or challenges and lives", async () => {
    const w = await world();
    const { flow, listener } = inState(w, "SynReceived");
    flow.send({ flags: "S", seq: 50, mss: 1460 });
    w.run(5);
    const answers = flow.drain(20);
    expect(answers.every(({ flags }) => (flags & 4) === 0)).toBe(true);
    expect(w.board.row(listener)?.state).toBe(State.Listen);
    // The peer starts over with that number: it gets its connection.
    flow.iss += 50;
    flow.nxt = 0;
    flow.rcv = 0;
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA", ack: 1 });
    flow.send({ flags: "A" });
    w.accepted(w.board, listener);
  });

  test("9293-u2: the ACK that completes an active open takes data along that was waiting", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    flow.expect({ flags: "S", len: 0 });
    const queued = w.board.send(fd, text("early"));
    flow.send({ flags: "SA", mss: 1460 });
    if (queued === 5) {
      const heard = flow.drain(50);
      expect(heard.map((segment) => segment.text).join("")).toBe("early");
      expect(heard[0]).toMatchObject({ seq: 1, ack: 1 });
    } else {
      expect(named(queued)).toBe("-EAGAIN");
      flow.expect({ flags: "A", seq: 1, ack: 1 });
    }
  });

  test("9293-u3: in SYN-SENT a RST counts if its ACK covers our SYN, whatever its own number", async () => {
    const w = await world();
    const ignored = inState(w, "SynSent");
    for (const script of [
      { flags: "R", seq: 0 },
      { flags: "RA", ack: 0, seq: 0 },
      { flags: "RA", ack: 2, seq: 0 },
    ]) {
      ignored.flow.send(script);
      w.run(5);
      expect(ignored.state()).toBe("SynSent");
    }
    ignored.flow.send({ flags: "RA", ack: 1, seq: 0x12345678 });
    w.run(5);
    expect(ignored.state()).toBe("Closed");
    expect(w.board.error(ignored.fd)).toBe(Errno.ECONNREFUSED);
  });
});

describe("3.9.1.1 OPEN", () => {
  test("MUST-41: a passive open beside existing connections leaves them untouched, or fails", async () => {
    const w = await world();
    const made = passive(w);
    const before = w.board.connection(made.flow.port);
    const second = w.board.socket();
    expect(named(w.board.bind(second, PORT))).toBe("-EADDRINUSE");
    w.board.close(made.listener);
    const third = w.board.socket();
    w.board.setSocket(third, "SO_REUSEADDR", 1);
    if (w.board.bind(third, PORT) === 0) w.board.listenOn(third, 1);
    expect(named(w.board.listenOn(made.fd, 1))).toBe("-EINVAL");
    expect(w.board.connection(made.flow.port)).toEqual(before);
    expectAlive(made);
  });

  test("MUST-42: a port with connections in SYN-SENT and SYN-RECEIVED can be listened on", async () => {
    const w = await world();
    const fd = w.board.socket();
    w.board.setSocket(fd, "SO_REUSEADDR", 1);
    w.board.bind(fd, PORT);
    const peer = w.peer();
    const flow = peer.flow({ port: 6000 });
    w.board.connect(fd, peer.ip, 6000);
    flow.expect({ flags: "S" });
    const listener = w.board.socket();
    w.board.setSocket(listener, "SO_REUSEADDR", 1);
    expect(w.board.bind(listener, PORT)).toBe(0);
    expect(w.board.listenOn(listener, 3)).toBe(0);
    const half = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    half.expect({ flags: "SA" });
    expect(w.board.listenOn(listener, 4)).toBe(0);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
    half.send({ flags: "A" });
    w.accepted(w.board, listener);
  });

  test("MUST-43: an open may name its local address", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.socket();
    expect(w.board.bind(fd, 7001, w.board.ip)).toBe(0);
    w.board.connect(fd, peer.ip, 6000);
    const { ip, tcp } = peer.expect("a SYN", (packet) => packet.tcp !== undefined);
    expect([ip!.src, tcp!.src]).toEqual([w.board.ip, 7001]);
    // Passive: on the loopback address only.
    const local = w.board.socket();
    expect(w.board.bind(local, 9000, "127.0.0.1")).toBe(0);
    expect(w.board.listenOn(local, 1)).toBe(0);
    peer.flow({ to: 9000 }).send({ flags: "S" }).expect({ flags: "RA" });
    expect(named(w.board.bind(w.board.socket(), 9001, "10.9.9.9"))).toBe("-EADDRNOTAVAIL");
  });

  test("MUST-44: without a local address IP chooses it before the first SYN, by where the peer is", async () => {
    const w = await world();
    const far = w.board.open(w.peer().ip, 6000);
    const near = w.board.socket();
    w.board.listen(9000);
    w.board.connect(near, "127.0.0.1", 9000);
    expect(w.board.localName(far)).toMatchObject({ ip: w.board.ip });
    expect(w.board.localName(near)).toMatchObject({ ip: "127.0.0.1" });
    w.run(5);
    expect(sentSegments(w)[0].ip.src).toBe(w.board.ip);
  });

  test("MUST-45: the same local address is in every segment of the connection", async () => {
    const w = await world();
    const made = active(w);
    expectAlive(made);
    w.board.close(made.fd);
    w.run(5000);
    const addresses = sentSegments(w).map(({ ip }) => ip.src);
    expect(addresses.length).toBeGreaterThan(5);
    expect(new Set(addresses)).toEqual(new Set([w.board.ip]));
  });

  test.each(["0.0.0.0", "255.255.255.255", "10.0.0.255", "10.0.0.0", "224.0.0.1", "239.1.2.3", "240.0.0.1"])(
    "MUST-46: a connect to %s fails with an error and sends nothing",
    async (ip) => {
      const w = await world();
      const result = w.board.connect(w.board.socket(), ip, 80);
      expect(result).toBeLessThan(0);
      expect(named(result)).not.toBe("-EINPROGRESS");
      w.run(5000);
      expect(sentSegments(w)).toEqual([]);
    },
  );
});
