import { describe, expect, test } from "vitest";
import { Poll } from "../../host/node/abi";
import { ipv4, pattern, tcp, text } from "../support/packet";
import { connecting, inState, passive, PORT } from "../support/states";
import { world } from "../support/world";

describe("an acknowledgement that cannot leave", () => {
  test("because the link is down: poll returns", async () => {
    const w = await world({ debug: true });
    const { flow, fd } = passive(w);
    flow.data(text("x"));
    w.run(5);
    w.board.board.linkUp(false);
    const started = performance.now();
    w.run(100);
    expect(performance.now() - started).toBeLessThan(5000);
    w.board.board.linkUp(true);
    flow.data(text("y"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("xy"));
  });
});

describe("both windows closed", () => {
  test("what is sent while a probe is out lies inside the peer's window (RFC 9293 3.10.7.4 table 6)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("abc"));
    flow.expect({ seq: 1, len: 1 }, 2000); // the probe
    flow.rcv = 1; // it did not fit
    flow.ack(0);
    flow.send({ flags: "PA", ack: 1, win: 0, data: text("hello") });
    const heard = flow.drain(150);
    const acks = heard.filter((segment) => segment.len === 0 && segment.ack === 6);
    expect(acks.length).toBeGreaterThan(0);
    expect(acks.map((segment) => segment.seq)).toEqual(acks.map(() => 1));
  });

  test("two boards that both probe do not lose each other: one reads, the other goes on", async () => {
    const w = await world({ boards: 2 });
    const [a, b] = w.stations;
    const listener = a.listen(PORT);
    const client = b.open(a.ip, PORT);
    const server = w.accepted(a, listener);
    // Neither reads; both write as much as goes.
    for (let i = 0; i < 40; i++) {
      a.send(server, pattern(500));
      b.send(client, pattern(500));
      w.run(100);
    }
    // The client reads everything from now on; the server only writes.
    let received = 0;
    let sent = 0;
    for (let i = 0; i < 4000 && received < 20_000; i++) {
      const got = b.recv(client);
      if (typeof got !== "number") received += got.length;
      const more = a.send(server, pattern(500));
      if (more > 0) sent += more;
      w.run(50);
    }
    expect(received).toBeGreaterThanOrEqual(20_000);
    expect(sent).toBeGreaterThan(0);
  });
});

describe("cookies", () => {
  const SYN_QUEUE = 8;

  test("one that is valid but finds the accept queue full is not refused: the client's next segment tries again", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 1);
    const peer = w.peer();
    const flows = Array.from({ length: SYN_QUEUE + 1 }, () => peer.flow({ to: PORT }));
    for (const flow of flows) flow.send({ flags: "S", mss: 1460 });
    for (const flow of flows) flow.expect({ flags: "SA", ack: 1 });
    const [first] = flows;
    const last = flows.at(-1);
    first.send({ flags: "A" });
    w.run(5);
    last.send({ flags: "A" });
    w.run(5);
    expect(last.inbox.map(({ segment }) => segment.flags & 4)).toEqual([]);
    w.accepted(w.board, listener);
    last.data(text("hello"));
    const fd = w.accepted(w.board, listener);
    w.run(5);
    expect(w.board.read(fd).data).toEqual(text("hello"));
  });

  test("a client farther away than 20 ms survives a burst of SYNs (H67)", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 4);
    const client = w.peer().flow({ to: PORT });
    client.send({ flags: "S", mss: 1460 });
    client.expect({ flags: "SA", ack: 1 });
    const flood = w.peer();
    for (let i = 0; i < 30; i++) {
      flood.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
      w.run(3);
    }
    client.send({ flags: "A" });
    w.run(10);
    expect(client.inbox.map(({ segment }) => segment.flags & 4)).toEqual([]);
    expect(w.board.row(listener)!.accepting).toBe(1);
  });

  test("the round trip of a connection that came with a cookie is not known (RFC 6298 2.1: 1 s)", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 4);
    const peer = w.peer();
    const flows = Array.from({ length: SYN_QUEUE + 1 }, () => peer.flow({ to: PORT }));
    for (const flow of flows) flow.send({ flags: "S", mss: 1460 });
    for (const flow of flows) flow.expect({ flags: "SA", ack: 1 });
    const last = flows.at(-1);
    w.run(300);
    last.drain(0);
    last.send({ flags: "A" });
    const fd = w.accepted(w.board, listener);
    w.board.send(fd, text("x"));
    const first = last.expect({ seq: 1, len: 1 });
    const second = last.expect({ seq: 1, len: 1 }, 5000);
    expect(second.at - first.at).toBeGreaterThanOrEqual(990);
  });
});

describe("an orphan", () => {
  test("whose peer acknowledges probes and never opens its window is given up (H68, P13)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("abc"));
    w.board.close(fd);
    for (let i = 0; i < 4000 && state() !== "Closed"; i++) {
      w.run(1000);
      for (const segment of flow.drain(0)) if (!(segment.flags & 4)) flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(state()).toBe("Closed");
  });
});

describe("a FIN beyond a hole", () => {
  test("in the wrong place does not make the real one unheard (H74)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "FA", seq: 1001 });
    flow.data(text("hello"));
    flow.send({ flags: "FA" });
    w.run(100);
    expect(w.board.read(fd)).toEqual({ data: text("hello"), end: 0 });
    expect(state()).toBe("CloseWait");
  });

  test("text above it does not carry RCV.NXT past it: the end of the stream still comes (H74)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "FA", seq: 6 });
    flow.send({ flags: "PA", seq: 1, data: text("hello world") });
    w.run(100);
    expect(w.board.read(fd)).toEqual({ data: text("hello"), end: 0 });
    expect(state()).toBe("CloseWait");
  });
});

describe("a simultaneous open", () => {
  test("does not scale the window of the peer's SYN-ACK (RFC 7323 2.2)", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    flow.expect({ flags: "S" });
    flow.send({ flags: "S", mss: 1460, wscale: 7, win: 100 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "SA", seq: 0, mss: 1460, wscale: 7, win: 100 });
    w.run(5);
    flow.drain(0);
    w.board.send(fd, pattern(1500));
    const sent = flow.drain(50).reduce((sum, segment) => sum + segment.len, 0);
    expect(sent).toBeLessThanOrEqual(100);
  });

  test("is not writable before it is established", async () => {
    const w = await world();
    const { flow, fd, state } = connecting(w);
    flow.expect({ flags: "S" });
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    expect(state()).toBe("SynReceived");
    expect(w.board.ready(fd) & 4).toBe(0);
  });
});

describe("a window that cannot grow", () => {
  test("is not announced with each read: acknowledgements that repeat look like a loss (RFC 5681 2)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = connecting(w, { prepare: (fd) => w.board.setSocket(fd, "SO_RCVBUF", 131072) });
    flow.accept({ mss: 1460 });
    flow.data(pattern(1000));
    w.run(100);
    flow.drain(50);
    for (let i = 0; i < 10; i++) {
      w.board.recv(fd, 50);
      w.run(2);
    }
    expect(flow.drain(50)).toHaveLength(0);
  });
});

describe("what the network said", () => {
  test("is forgotten when the peer answers again: a later timeout is a timeout", async () => {
    const w = await world();
    const { flow, fd, peer } = passive(w);
    w.board.send(fd, text("x"));
    const heard = flow.expect({ seq: 1, len: 1 });
    const ends = { src: w.board.ip, dst: peer.ip };
    const segment = tcp(ends, { src: PORT, dst: flow.port, seq: heard.raw.seq, ack: flow.iss, flags: "A" });
    peer.icmp({ type: 3, code: 1 }, ipv4({ ...ends, protocol: 6 }, segment).subarray(0, 28));
    w.run(5);
    flow.ack();
    flow.data(text("alive"));
    w.run(100);
    w.board.send(fd, text("y"));
    w.run(3_600_000);
    expect(w.board.drops()["IcmpQuote"] ?? 0).toBe(0);
    expect(w.board.drops()["IcmpSequence"] ?? 0).toBe(0);
    expect(w.board.error(fd)).toBe(110);
  });
});

describe("TIME-WAIT", () => {
  test("outlives a SYN that nobody takes: the accept queue is full, or it carries a FIN (MUST-13)", async () => {
    const w = await world();
    const made = inState(w, "TimeWait");
    made.flow.send({ flags: "SF", seq: 5000 });
    w.run(5);
    expect(made.state()).toBe("TimeWait");
  });

  test("acknowledges with the connection's TTL (MUST-49)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setIp(fd, "IP_TTL", 7);
    w.board.shutdown(fd, 1);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "A" });
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A" });
    w.board.close(fd);
    flow.send({ flags: "FA", seq: 1 });
    flow.expect({ flags: "A" });
    expect(w.ladder.sightings.at(-1).packet.ip!.ttl).toBe(7);
  });
});

describe("a connection that has ended", () => {
  test("is no socket to listen on", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "RA" });
    w.run(5);
    w.board.close(w.board.rows().find((row) => row.state === 1)!.fd);
    expect(w.board.listenOn(fd, 1)).toBe(-22);
  });
});

describe("a writer that saw no POLLOUT", () => {
  test("hears when there is room, though its last send was taken whole", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.send(fd, pattern(1500))).toBe(1500);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(0);
    flow.drain(20);
    w.board.events.length = 0;
    flow.ack();
    w.run(20);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
    expect(w.board.events).toContain(fd);
  });
});

describe("options", () => {
  test("SO_LINGER of one word is refused, not read as a hard close", async () => {
    const w = await world();
    expect(w.board.setSocket(w.board.socket(), "SO_LINGER", 1)).toBe(-22);
  });
});

describe("a cookie beside a half-open connection", () => {
  test("is good though the client's SYN came twice and the second found room", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 4);
    const peer = w.peer();
    const flows = Array.from({ length: 9 }, () => peer.flow({ to: PORT }));
    for (const flow of flows) flow.send({ flags: "S", mss: 1460 });
    for (const flow of flows) flow.expect({ flags: "SA", ack: 1 });
    const [first] = flows;
    const last = flows.at(-1);
    first.send({ flags: "A" });
    w.run(2);
    const { irs } = last;
    last.send({ flags: "S", seq: 0, mss: 1460 });
    w.run(5);
    last.drain(0);
    last.irs = irs;
    last.rcv = 1;
    last.nxt = 1;
    last.send({ flags: "A" });
    w.run(5);
    expect(last.inbox.map(({ segment }) => segment.flags & 4)).toEqual([]);
    expect(w.board.row(listener)!.accepting).toBe(2);
  });
});

describe("fast retransmit", () => {
  test("works after 2 GB without a loss (RFC 6582 3.2 step 2)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    // What such a transfer leaves: `recover` almost 2^31 behind SND.UNA, which is about to pass it by more.
    const words = new Uint32Array(w.board.board.memory.buffer);
    const iss = flow.irs!;
    const una = 0x7fffff00;
    words.forEach((word, at) => {
      if (word === (iss + 1) >>> 0) words[at] = una;
      if (word === (iss - 1) >>> 0) words[at] = una - 0x7ffffd00;
    });
    flow.irs = una - 1;
    for (const seq of [1, 501]) {
      w.board.send(fd, pattern(500));
      flow.expect({ seq, len: 500 });
      flow.ack();
    }
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    for (let i = 0; i < 6; i++) {
      w.board.send(fd, text("x"));
      flow.expect({ seq: 1001 + i, len: 1 });
    }
    for (let i = 0; i < 3; i++) flow.send({ flags: "A", ack: 1001 });
    flow.expect({ seq: 1001 }, 100);
  });

  test("a thousand duplicates inflate the window by no more than what was in flight (H71)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(10 * 1460));
    flow.drain(50);
    for (let i = 0; i < 1000; i++) flow.send({ flags: "A", ack: 1 });
    w.run(10);
    expect(w.board.row(fd)!.cwnd).toBeLessThanOrEqual(20 * 1460);
  });
});

describe("Karn's rule for a SYN-ACK", () => {
  test("that was sent twice because the SYN came again: no sample, an initial window of one segment (RFC 6298 3, RFC 5681 3.1)", async () => {
    const w = await world({ profile: "host" });
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    w.run(700);
    flow.send({ flags: "S", seq: 0, mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.nxt = 1;
    flow.send({ flags: "A" });
    const fd = w.accepted(w.board, listener);
    expect(w.board.row(fd)!.srtt).toBe(0);
    expect(w.board.row(fd)!.cwnd).toBe(1460);
  });
});
