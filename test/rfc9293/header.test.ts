import { describe, expect, test } from "vitest";
import { sameBytes } from "../support/flow";
import { Flag, pattern, text } from "../support/packet";
import { expectAlive, sentSegments } from "../support/seen";
import { grow, MSS, sender } from "../support/sender";
import { active, connecting, passive, PORT } from "../support/states";
import { world } from "../support/world";

describe("3.1 the header", () => {
  test.each([32768, 40000, 65535])("MUST-1: a window of %i is used as such, not as a negative number", async (win) => {
    const { w, made } = await sender();
    const { flow, fd } = made;
    grow(made, 80_000);
    flow.ack(win >> 7);
    w.run(20);
    w.board.send(fd, pattern(65535));
    const octets = flow.drain(30).reduce((sum, { len }) => sum + len, 0);
    expect(octets).toBeLessThanOrEqual(win);
    expect(octets).toBeGreaterThan(win - MSS - 128);
  });

  test.each([32768, 65535])("MUST-1: a window of %i without scaling", async (win) => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win } });
    w.board.send(fd, pattern(14600));
    expect(flow.drain(50).reduce((sum, { len }) => sum + len, 0)).toBe(14600);
  });

  test("MUST-2: the checksum of every kind of segment is right, whatever its length", async () => {
    const w = await world({ referee: false });
    const made = passive(w);
    const { flow, fd } = made;
    for (let length = 1; length < 40; length++) {
      w.board.send(fd, pattern(length, length));
      flow.expect({ len: length });
      flow.ack();
    }
    flow.send({ flags: "FA" });
    w.run(500);
    w.board.close(fd);
    flow.expect({ flags: "A" });
    connecting(w, { peer: made.peer });
    made.peer.flow({ to: 81 }).send({ flags: "S" });
    w.run(3000);
    const seen = sentSegments(w);
    const kinds = ["S", "SA", "A", "FA", "RA"].map((flags) => [...flags].reduce((bits, f) => bits | Flag[f as "S"], 0));
    for (const kind of kinds) expect(seen.some(({ tcp }) => (tcp.flags & ~Flag.P) === kind)).toBe(true);
    expect(seen.flatMap(({ problems }) => problems)).toEqual([]);
  });

  test("MUST-3: a segment whose checksum is wrong is dropped, in every state it could change", async () => {
    const w = await world();
    const made = passive(w);
    const { flow, peer } = made;
    w.expectDrop("TcpChecksum", () => flow.send({ flags: "PA", seq: 1, data: text("x"), checksum: "bad" }));
    w.expectDrop("TcpChecksum", () => flow.send({ flags: "R", seq: 1, checksum: "bad" }));
    w.expectDrop("TcpChecksum", () => flow.send({ flags: "FA", seq: 1, checksum: 0 }));
    w.expectDrop("TcpChecksum", () => peer.flow({ to: PORT }).send({ flags: "S", checksum: "bad" }));
    expectAlive(made);
  });
});

describe("3.1, 3.2 options", () => {
  /** Octets of the segments the board sends after a SYN with these options. */
  async function agreedSize(raw: number[]): Promise<number> {
    const w = await world({ profile: "host" });
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).handshake({ raw });
    const fd = w.accepted(w.board, listener);
    w.board.send(fd, pattern(1460));
    return flow.expect({}).len;
  }

  const mss700 = [2, 4, 700 >> 8, 700 & 255];

  test("MUST-4: end of list, no operation and maximum segment size are understood", async () => {
    expect(await agreedSize([1, 1, ...mss700, 0])).toBe(700);
    expect(await agreedSize([0, ...mss700])).toBe(536);
  });

  test("MUST-5: options are parsed on every segment, so a bad one is noticed off a SYN too", async () => {
    const w = await world();
    const made = passive(w);
    w.expectDrop("TcpOptionLength", () => made.flow.send({ flags: "PA", seq: 1, data: text("x"), raw: [254, 0, 0, 0] }));
    made.flow.send({ flags: "PA", data: text("ok"), raw: [1, 254, 4, 0, 0, 1] });
    w.run(100);
    expect(w.board.read(made.fd).data).toEqual(text("ok"));
  });

  test("MUST-6, MUST-68: an unknown option is skipped by its length, whatever looks like an option inside it", async () => {
    expect(await agreedSize([254, 6, ...mss700, 2, 4, 2, 100])).toBe(612);
  });

  test("MUST-68: every unknown kind has a length and harms nothing", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const known = [0, 1, 2, 3, 4, 5, 8, 28];
    for (let kind = 0; kind < 256; kind++) {
      if (known.includes(kind)) continue;
      flow.send({ flags: "PA", data: text("x"), raw: [kind, 7, 2, 4, 0, 0, 0, 0] });
      w.run(2);
      expect(w.board.read(fd).data, `kind ${kind}`).toEqual(text("x"));
    }
  });

  test.each([
    ["zero", [254, 0, 0, 0]],
    ["one", [254, 1, 0, 0]],
    ["zero for an MSS", [2, 0, 5, 180]],
    ["beyond the header", [254, 5, 0, 0]],
    ["that is missing", [1, 1, 1, 254]],
    ["255", [1, 1, 3, 255]],
  ])("MUST-7: a length of %s neither hangs nor overreads: dropped, and the connection lives", async (_, raw) => {
    const w = await world();
    const made = passive(w);
    w.expectDrop("TcpOptionLength", () => made.flow.send({ flags: "A", seq: 1, raw }));
    w.expectDrop("TcpOptionLength", () => made.peer.flow({ to: PORT }).send({ flags: "S", raw }));
    expectAlive(made);
  });

  test.each([0, 1, 2, 3, 5])("MUST-64: the MSS option behind %i octets of padding", async (padding) => {
    expect(await agreedSize([...Array<number>(padding).fill(1), ...mss700])).toBe(700);
  });

  test("MUST-65: no segment without SYN has an MSS option, and one that comes is ignored", async () => {
    const w = await world({ profile: "host" });
    const made = active(w);
    made.flow.send({ flags: "A", mss: 100 });
    w.run(5);
    w.board.send(made.fd, pattern(1460));
    made.flow.expect({ len: 1460 });
    made.flow.ack();
    expectAlive(made);
    w.board.close(made.fd);
    w.run(3000);
    for (const { tcp } of sentSegments(w)) expect(tcp.kinds.includes(2)).toBe((tcp.flags & Flag.S) !== 0);
  });

  test("MUST-69: the header's octets behind the end of its options are zero", async () => {
    const w = await world({ profile: "host", referee: false });
    const made = passive(w, { wscale: 3 });
    connecting(w, { peer: made.peer });
    const offers = [
      {},
      { mss: 500 },
      { wscale: 3 },
      { sackPermitted: true },
      { mss: 500, timestamps: [1, 0] as [number, number] },
    ];
    for (const offer of offers) made.peer.flow({ to: PORT }).send({ flags: "S", ...offer });
    expectAlive(made);
    const seen = sentSegments(w);
    expect(seen.filter(({ tcp }) => tcp.flags & Flag.S).length).toBeGreaterThanOrEqual(6);
    for (const { tcp, problems } of seen) {
      const end = tcp.options.indexOf(0, 0);
      expect(problems).toEqual([]);
      // Kind 0 can only be told from a value by walking, which the parser did; what it did not walk must be zero.
      if (end >= 0 && tcp.kinds.length === 0) expect([...tcp.options]).toEqual(Array(tcp.options.length).fill(0));
    }
  });

  test("REC-1: windows beyond 16 bits, in both directions", async () => {
    const w = await world({ profile: "host" });
    const large = (fd: number): number =>
      w.board.setSocket(fd, "SO_SNDBUF", 1 << 18) + w.board.setSocket(fd, "SO_RCVBUF", 1 << 18);
    const opened = connecting(w, { prepare: large, flow: { win: 12_500 } });
    const { flow, fd } = opened;
    const { wscale } = flow.expect({ flags: "S" });
    flow.send({ flags: "SA", mss: 1460, wscale: 3 });
    expect(flow.expect({ flags: "A" }).win << wscale!).toBeGreaterThan(65535);
    for (let i = 0; i < 80; i++) flow.data(pattern(1460, i * 1460));
    w.run(100);
    expect(sameBytes(w.board.read(fd).data, pattern(80 * 1460))).toBe(true);
    flow.drain(100);
    // The peer's window is 100,000.
    grow(opened, 120_000);
    for (let part = 0; part < 2; part++) w.board.send(fd, pattern(60000));
    const octets = flow.drain(20).reduce((sum, { len }) => sum + len, 0);
    expect(octets).toBeLessThanOrEqual(100_000);
    expect(octets).toBeGreaterThan(98_000);
  });
});
