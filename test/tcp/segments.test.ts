import { describe, expect, test } from "vitest";
import { flagBits, flagText, pattern, tcp, text, type TcpFields } from "../support/packet";
import type { Connection, StateName } from "../support/states";
import { inState, passive, PORT, STATES, SYNCHRONIZED } from "../support/states";
import { named, world, type World } from "../support/world";

/** A segment of the peer's connection with the right numbers but for what is told. */
function send({ flow, peer }: Connection, fields: Partial<TcpFields>): void {
  peer.segment({
    src: flow.port,
    dst: flow.to,
    seq: (flow.iss + flow.nxt) >>> 0,
    ack: ((flow.irs ?? 0) + flow.rcv) >>> 0,
    flags: "A",
    ...fields,
  });
}

/** The connection goes on as if nothing had happened. */
function expectAlive(w: World, { flow, fd }: Connection): void {
  flow.drain(2);
  flow.data(text("alive"));
  w.run(100);
  expect(w.board.read(fd).data).toEqual(text("alive"));
}

describe("broken headers are dropped without a word (H42, H43, H44)", () => {
  test("shorter than a header: every length, to every kind of port", async () => {
    const w = await world();
    const made = passive(w);
    for (const dst of [PORT, made.flow.to, 81]) {
      const whole = tcp({ src: made.peer.ip, dst: w.board.ip }, { src: made.flow.port, dst, seq: 1, flags: "S" });
      for (let length = 0; length < 20; length++) {
        w.expectDrop("TcpShort", () => made.peer.ip4({ protocol: 6 }, whole.subarray(0, length)), { ms: 3 });
      }
    }
    expectAlive(w, made);
  });

  test.each([0, 1, 2, 3, 4])("a data offset of %i", async (offset) => {
    const w = await world();
    const made = passive(w);
    w.expectDrop("TcpOffset", () => send(made, { offset }));
    w.expectDrop("TcpOffset", () => send(made, { offset, flags: "S", dst: 81 }));
    w.expectDrop("TcpOffset", () => send(made, { offset, data: pattern(100) }));
    expectAlive(w, made);
  });

  test("a data offset beyond the segment, for every length", async () => {
    const w = await world();
    const made = passive(w);
    for (let offset = 6; offset <= 15; offset++) {
      for (const length of [0, 1, 4 * (offset - 5) - 1]) {
        w.expectDrop("TcpOffset", () => send(made, { offset, data: pattern(length) }), { ms: 3 });
      }
    }
    expectAlive(w, made);
  });

  test("a data offset that ends the segment is no error", async () => {
    const w = await world();
    const made = passive(w);
    send(made, { offset: 8, data: new Uint8Array(12).fill(1) });
    w.run(5);
    expect(w.board.drops()).toEqual({});
    expectAlive(w, made);
  });

  test.each(STATES)("a bad checksum in %s", async (state) => {
    const w = await world();
    const made = inState(w, state);
    for (const flags of ["S", "A", "R", "FA", "SA"]) {
      w.expectDrop("TcpChecksum", () => send(made, { flags, checksum: "bad", data: pattern(3) }), { ms: 3 });
    }
    w.expectDrop("TcpChecksum", () => send(made, { flags: "R", checksum: 0 }));
    expect(made.state()).toBe(state);
  });

  test("a checksum for other addresses", async () => {
    const w = await world();
    const made = passive(w);
    const { flow, peer } = made;
    const segment = tcp(
      { src: peer.ip, dst: "10.0.0.9" },
      { src: flow.port, dst: PORT, seq: flow.iss + 1, ack: flow.irs! + 1, flags: "R" },
    );
    w.expectDrop("TcpChecksum", () => peer.ip4({ protocol: 6 }, segment));
    expectAlive(w, made);
  });

  test("odd lengths are summed right", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    for (let length = 1; length < 40; length++) flow.data(pattern(length));
    w.run(100);
    expect(w.board.read(fd).data).toHaveLength((39 * 40) / 2);
    expect(w.board.drops()).toEqual({});
  });
});

describe("broken options (H45, H46)", () => {
  test("length 0 or 1 at every place, on a connection", async () => {
    const w = await world();
    const made = passive(w);
    for (const kind of [2, 3, 4, 5, 8, 28, 30, 99, 254]) {
      for (const length of [0, 1]) {
        for (const before of [0, 1, 5, 30, 37, 38]) {
          const raw = [...new Array<number>(before).fill(1), kind, length];
          w.expectDrop("TcpOptionLength", () => send(made, { raw, data: text("x") }), { ms: 3 });
        }
      }
    }
    expectAlive(w, made);
  });

  test("on a SYN and on a SYN-ACK", async () => {
    const w = await world();
    const listening = inState(w, "Listen");
    w.expectDrop("TcpOptionLength", () => send(listening, { flags: "S", ack: 0, raw: [2, 0, 5, 180] }));
    const opening = inState(w, "SynSent");
    w.expectDrop("TcpOptionLength", () => send(opening, { flags: "SA", raw: [8, 1, 5, 180] }));
    expect(opening.state()).toBe("SynSent");
  });

  test("an option that reaches beyond the header, and one whose length is missing", async () => {
    const w = await world();
    const made = passive(w);
    for (const raw of [
      [2, 5, 0, 0],
      [1, 1, 2, 4],
      [8, 10, 0, 0],
      [3, 255, 0, 0],
      [254, 5, 1, 1],
      [1, 1, 1, 2],
      [1, 1, 1, 77],
    ]) {
      w.expectDrop("TcpOptionLength", () => send(made, { raw, data: text("x") }), { ms: 3 });
    }
    expectAlive(w, made);
  });

  test("a known option of the wrong length is ignored or dropped, never half read", async () => {
    const w = await world({ profile: "host" });
    for (const raw of [
      [2, 3, 9],
      [2, 6, 1, 1, 1, 1],
      [3, 2],
      [3, 4, 9, 9],
    ]) {
      const listener = w.board.rows().find((row) => row.localPort === PORT)?.fd ?? w.board.listen(PORT);
      const flow = w.peer().flow({ to: PORT }).send({ flags: "S", raw });
      const answer = flow.next(20);
      if (!answer) continue;
      flow.send({ flags: "A", win: 20000 });
      const fd = w.accepted(w.board, listener);
      w.board.send(fd, pattern(1072));
      expect(flow.drain(10).map((segment) => segment.len)).toEqual([536, 536]);
    }
  });

  test("two MSS options: one of them counts", async () => {
    const w = await world({ profile: "host" });
    const listener = w.board.listen(PORT);
    const flow = w
      .peer()
      .flow({ to: PORT })
      .handshake({ mss: 800, raw: [2, 4, 900 >> 8, 900 & 255] });
    w.board.send(w.accepted(w.board, listener), pattern(1800));
    expect([800, 900]).toContain(flow.expect({}).len);
  });
});

describe("addresses and ports that cannot be (H57)", () => {
  test("port 0", async () => {
    const w = await world();
    const made = inState(w, "Listen");
    w.expectDrop("TcpPortZero", () => send(made, { flags: "S", src: 0 }));
    w.expectDrop("TcpPortZero", () => send(made, { flags: "S", dst: 0 }));
  });

  test("broadcast and multicast, by IP or by Ethernet (MUST-57)", async () => {
    const w = await world();
    const { peer, flow } = inState(w, "Listen");
    const syn = { src: flow.port, dst: PORT, seq: 1, flags: "S" };
    for (const dst of ["255.255.255.255", "10.0.0.255"]) {
      w.expectDrop("TcpBroadcast", () => peer.segment(syn, { dst }, { dst: "ff:ff:ff:ff:ff:ff" }));
    }
    w.expectDrop("IpLinkBroadcast", () => peer.segment(syn, {}, { dst: "ff:ff:ff:ff:ff:ff" }));
  });
});

describe("flags that make no sense (H54, H55, H56)", () => {
  test("SYN and FIN to a listener", async () => {
    const w = await world();
    const made = inState(w, "Listen");
    w.expectDrop("TcpSynFin", () => send(made, { flags: "SF", ack: 0 }));
    w.expectDrop("TcpSynFin", () => send(made, { flags: "SF", ack: 0, data: pattern(10) }));
  });

  test("SYN and RST to a listener", async () => {
    const w = await world();
    const made = inState(w, "Listen");
    w.expectDrop("TcpReset", () => send(made, { flags: "SR", ack: 0 }));
    w.expectDrop("TcpReset", () => send(made, { flags: "SRA" }));
  });

  test("the reserved bits are ignored", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", reserved: 15, mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "A", reserved: 7 });
    const fd = w.accepted(w.board, listener);
    flow.send({ flags: "PA", reserved: 9, data: text("fine") });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("fine"));
  });

  test("CWR and ECE are ignored without ECN, and the SYN-ACK does not answer them", async () => {
    const w = await world({ profile: "tiny" });
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "SEC", mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "AE" });
    w.accepted(w.board, listener);
  });

  /** States after a segment with these flags and good numbers; what is not named stays as it is. */
  function after(state: StateName, flags: number): string[] {
    const has = (letter: string) => (flags & flagBits(letter)) !== 0;
    const { Listen, SynSent } = { Listen: state === "Listen", SynSent: state === "SynSent" };
    if (state === "TimeWait") return ["TimeWait", "SynReceived"];
    if (Listen) return has("S") && !has("A") && !has("R") && !has("F") ? ["changed"] : ["Listen"];
    if (SynSent)
      return has("R")
        ? has("A")
          ? ["Closed"]
          : ["SynSent"]
        : has("S")
          ? ["Established", "SynReceived", "CloseWait"]
          : ["SynSent"];
    if (has("R")) return ["Closed"];
    if (state === "SynReceived")
      return has("S") ? ["SynReceived", "Closed"] : has("A") ? ["Established", "CloseWait"] : ["SynReceived"];
    if (has("S") || !has("A")) return [state];
    const acked: Partial<Record<StateName, string>> = { FinWait1: "FinWait2", Closing: "TimeWait", LastAck: "Closed" };
    const moved = acked[state] ?? state;
    const finished: Record<string, string> = { Established: "CloseWait", FinWait1: "Closing", FinWait2: "TimeWait" };
    return has("F") ? [finished[moved] ?? moved] : [moved];
  }

  describe.each(STATES)("all 256 combinations in %s", (state) => {
    test("lead where they may and never to a trap; nobody answers a RST", async () => {
      const w = await world();
      const made = inState(w, state);
      w.run(30);
      made.flow.inbox.length = 0;
      const saved = w.board.board.snapshot();
      // All that is known of the peer stays as it was, too.
      const { nxt, rcv } = made.flow;
      // A FIN of the board is no answer: its time has come.
      const answers = () =>
        w.ladder.sightings.filter(({ from, packet: { tcp } }) => from === w.board.name && !((tcp?.flags ?? 0) & 1)).length;
      for (let flags = 0; flags < 256; flags++) {
        w.board.board.restore(saved);
        const before = answers();
        made.flow.nxt = nxt;
        made.flow.rcv = rcv;
        send(made, { flags, ack: flags & 16 ? ((made.flow.irs ?? 0) + rcv) >>> 0 : 0 });
        w.run(2);
        expect(after(state, flags), `[${flagText(flags)}]`).toContain(made.state());
        if (flags & 4) expect(answers() - before, `[${flagText(flags)}] answered`).toBe(0);
        expect(answers() - before, `[${flagText(flags)}]`).toBeLessThanOrEqual(1);
        made.flow.inbox.length = 0;
      }
    });
  });
});

describe("the urgent pointer (H53, MUST-30, MUST-31, MUST-62)", () => {
  test.each([0, 1, 5, 6, 100, 0xffff])("of %i: inline, the stream is as without it", async (urgent) => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_OOBINLINE", 1);
    flow.send({ flags: "PAU", urgent, data: text("hello") });
    flow.send({ flags: "PAU", urgent: 0xffff - urgent, data: text(" ") });
    flow.send({ flags: "PA", urgent, data: text("world") });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("hello world"));
  });

  test("on SYN, without data, and at zero window: no harm (MUST-66)", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "SU", urgent: 9, mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "AU", urgent: 4 });
    const fd = w.accepted(w.board, listener);
    flow.data(pattern(1024)).data(pattern(1024));
    w.run(50);
    flow.send({ flags: "AU", urgent: 10 });
    flow.send({ flags: "PAU", urgent: 1, data: text("!") });
    w.run(50);
    expect(w.board.read(fd).data).toHaveLength(2048);
  });
});

describe("sequence numbers: what is acceptable (RFC 9293 3.10.7.4 first)", () => {
  test.each(SYNCHRONIZED)("in %s: what lies outside the window is answered by an ACK and dropped", async (state) => {
    const w = await world();
    const made = inState(w, state);
    const { flow } = made;
    const rcv = flow.nxt;
    for (const seq of [rcv - 2, rcv - 100, rcv + 3000, rcv + 0x7fffffff, rcv + 0x80000000]) {
      flow.send({ flags: "PA", seq, ack: 1, data: text("?") });
      const answer = flow.expect({ flags: "A", ack: rcv, len: 0 });
      expect(answer.seq).toBe(flow.rcv);
      expect(made.state()).toBe(state);
    }
  });

  test("what straddles the right edge of the window: what fits may be taken, nothing more", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", seq: 1, data: pattern(1400) });
    w.run(50);
    flow.send({ flags: "PA", seq: 1401, data: pattern(1400, 1400) });
    w.run(50);
    const { data } = w.board.read(fd);
    expect(data).toEqual(pattern(data.length));
    expect(data.length).toBeLessThanOrEqual(2048);
    const ack = flow.drain(5).at(-1).ack;
    expect(ack).toBe(1 + data.length);
  });

  test("what straddles the left edge: the new part is taken", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", seq: 1, data: pattern(100) });
    w.run(50);
    flow.send({ flags: "PA", seq: 51, data: pattern(100, 50) });
    w.run(50);
    expect(w.board.read(fd).data).toEqual(pattern(150));
  });

  test("with a window of zero only an empty segment at RCV.NXT is acceptable, its ACK counts", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024));
    w.run(50);
    w.board.send(fd, text("out"));
    w.run(5);
    flow.drain(5);
    flow.send({ flags: "A", ack: 4 });
    w.run(5);
    expect(w.board.row(fd)!.sendQueue).toBe(0);
  });

  test("replaying everything the peer ever sent changes nothing and is answered by ACKs only", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    for (let i = 0; i < 10; i++) {
      flow.data(pattern(50, 50 * i));
      w.run(50);
    }
    expect(w.board.read(fd).data).toEqual(pattern(500));
    flow.drain(5);
    const past = w.ladder.sightings
      .filter(({ from, packet }) => from === "peer1" && packet.tcp)
      .map(({ packet }) => packet.frame);
    past.forEach((frame) => flow.peer.raw(frame));
    const answers = flow.drain(50);
    expect(answers.every((segment) => segment.flags === 16 && segment.len === 0 && segment.ack === 501)).toBe(true);
    expect(named(w.board.recv(fd) as number)).toBe("-EAGAIN");
    expect(state()).toBe("Established");
  });
});
