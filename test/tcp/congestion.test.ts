import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { sameBytes } from "../support/flow";
import { ackSegment, fill, flight, LATENCY, MSS, segments, sender } from "../support/sender";
import { passive } from "../support/states";
import { world } from "../support/world";

/** A sender whose window Reno keeps; CUBIC's has tests of its own. */
function reno(options: { mss?: number } = {}): ReturnType<typeof sender> {
  return sender({ ...options, congestion: "reno" });
}

describe("slow start", () => {
  test("the first flight is ten segments (RFC 6928)", async () => {
    const { made } = await reno();
    fill(made);
    expect(segments(flight(made))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    made.flow.expectNothing(50);
  });

  test("with a small MSS it is ten small ones", async () => {
    const { made } = await reno({ mss: 536 });
    fill(made);
    const heard = flight(made);
    expect(heard).toHaveLength(10);
    expect(heard.every((segment) => segment.len === 536)).toBe(true);
  });

  test("each ACK of a segment releases two: 10, 20, 40", async () => {
    const { made } = await reno();
    fill(made);
    let last = 0;
    for (const expected of [10, 20]) {
      const heard = flight(made);
      expect(heard).toHaveLength(expected);
      for (let i = 0; i < expected; i++) ackSegment(made, ++last);
      made.world.run(LATENCY);
      fill(made);
    }
    expect(flight(made)).toHaveLength(40);
  });

  test("an ACK of much counts as one segment (RFC 5681 3.1: at most SMSS per ACK)", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    ackSegment(made, 10);
    expect(flight(made)).toHaveLength(11);
  });

  test("one segment acknowledged in pieces counts once (ACK division)", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    for (let at = 146; at <= MSS; at += 146) made.flow.send({ flags: "A", ack: 1 + at });
    expect(flight(made).length).toBeLessThanOrEqual(2);
  });

  test("the handshake does not count", async () => {
    const { made } = await reno();
    expect(made.board.row(made.fd)!.cwnd).toBe(10 * MSS);
  });

  test("after a pause longer than the RTO the window starts again (RFC 5681 4.1)", async () => {
    const { w, made } = await reno();
    const total = fill(made);
    let last = 0;
    while (last * MSS < total) {
      const heard = flight(made);
      if (!heard.length) break;
      for (const segment of heard) {
        last++;
        made.flow.send({ flags: "A", ack: segment.seq + segment.len });
      }
    }
    w.run(100);
    expect(made.board.row(made.fd)!.sendQueue).toBe(0);
    expect(made.board.row(made.fd)!.cwnd).toBeGreaterThan(20 * MSS);
    w.run(60_000);
    fill(made);
    expect(flight(made).length).toBeLessThanOrEqual(10);
  });
});

describe("a timeout", () => {
  test("leaves one segment, then slow start to half the flight, then one more a round trip", async () => {
    const { w, made } = await reno();
    fill(made);
    expect(flight(made)).toHaveLength(10);
    const [again] = [made.flow.expect({ seq: 1, len: MSS }, 2000)];
    expect(again.len).toBe(MSS);
    made.flow.expectNothing(100);
    expect(made.board.row(made.fd)!.cwnd).toBe(MSS);
    // The rest of the flight had arrived: everything is acknowledged, and slow start begins anew.
    let last = 10;
    ackSegment(made, last);
    const sizes: number[] = [];
    for (let round = 0; round < 7; round++) {
      fill(made);
      const heard = flight(made);
      sizes.push(heard.length);
      for (let i = 0; i < heard.length; i++) ackSegment(made, ++last);
    }
    w.run(1);
    // ssthresh is 5 segments: exponential up to there, then linear (one more for rounding).
    expect(sizes[0]).toBe(2);
    expect(sizes[1]).toBeLessThanOrEqual(4);
    expect(sizes[1]).toBeGreaterThanOrEqual(3);
    sizes.slice(3).forEach((size, i) => {
      const step = size - sizes[i + 2];
      expect(step, sizes.join(" ")).toBeLessThanOrEqual(1);
      expect(step, sizes.join(" ")).toBeGreaterThanOrEqual(0);
    });
    expect(sizes.at(-1), sizes.join(" ")).toBeGreaterThanOrEqual(7);
    expect(sizes.at(-1), sizes.join(" ")).toBeLessThanOrEqual(10);
  });

  test("a lost first flight is repaired without waiting an RTO for each segment", async () => {
    const { w, made } = await reno();
    const data = pattern(10 * MSS);
    made.board.send(made.fd, data);
    flight(made);
    const started = w.now;
    made.flow.expect({ seq: 1 }, 2000);
    let last = 1;
    ackSegment(made, last);
    while (last < 10) {
      const heard = flight(made);
      if (!heard.length) continue;
      last = Math.max(last, ...segments(heard));
      ackSegment(made, last);
      if (w.now - started > 60_000) throw new Error(`only ${last} segments after a minute`);
    }
    expect(w.now - started).toBeLessThan(2000);
  });

  test("duplicate ACKs that follow do not start fast retransmit (RFC 6582 3.2 step 4)", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    made.flow.expect({ seq: 1 }, 2000);
    const before = made.board.counters()["TcpFastRetransmits"];
    ackSegment(made, 1);
    flight(made);
    for (let i = 0; i < 5; i++) ackSegment(made, 1);
    flight(made);
    expect(made.board.counters()["TcpFastRetransmits"]).toBe(before);
  });
});

describe("fast retransmit and NewReno", () => {
  test("the third duplicate ACK repeats the segment at once; the first two release one new each (RFC 3042)", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    ackSegment(made, 0);
    expect(segments(flight(made))).toEqual([11]);
    ackSegment(made, 0);
    expect(segments(flight(made))).toEqual([12]);
    expect(made.board.row(made.fd)!.cwnd).toBe(10 * MSS);
    ackSegment(made, 0);
    expect(segments(flight(made))).toEqual([1]);
    expect(made.board.counters()).toMatchObject({ TcpFastRetransmits: 1, TcpTimeouts: 0 });
    // ssthresh is half of the ten in flight (limited transmit does not count), plus the three that left the network.
    expect(made.board.row(made.fd)!.cwnd).toBe(8 * MSS);
  });

  test("each further duplicate inflates by one, the full ACK deflates to ssthresh", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    for (let i = 0; i < 9; i++) {
      ackSegment(made, 0);
      made.world.run(1);
    }
    const heard = segments(flight(made));
    expect(heard).toEqual([11, 12, 1, 13, 14]);
    expect(made.board.row(made.fd)!.cwnd).toBe(14 * MSS);
    ackSegment(made, 14);
    const after = flight(made);
    expect(after.length).toBeLessThanOrEqual(5);
    expect(after.length).toBeGreaterThanOrEqual(1);
    expect(made.board.row(made.fd)!.cwnd).toBeLessThanOrEqual(5 * MSS);
  });

  test("a partial ACK repeats the next hole at once and stays in recovery", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    // Segments 1 and 5 are lost.
    for (let i = 0; i < 8; i++) ackSegment(made, 0);
    expect(segments(flight(made))).toContain(1);
    ackSegment(made, 4);
    const repaired = segments(flight(made));
    expect(repaired).toContain(5);
    expect(made.board.counters()).toMatchObject({ TcpFastRetransmits: 1, TcpTimeouts: 0 });
    ackSegment(made, 12);
    expect(segments(flight(made)).every((n) => n > 12)).toBe(true);
  });

  test("three segments, the first lost, new data waiting: recovery without a timeout (3042-5)", async () => {
    const { made } = await reno();
    made.board.send(made.fd, pattern(3 * MSS));
    expect(flight(made)).toHaveLength(3);
    fill(made);
    const more = flight(made);
    expect(more.length).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) ackSegment(made, 0);
    expect(segments(flight(made))).toContain(1);
    expect(made.board.counters()["TcpTimeouts"]).toBe(0);
  });

  test.each([
    ["a window update", { flags: "A", ack: 1, win: 5000 }],
    ["data", { flags: "PA", ack: 1, data: pattern(1) }],
  ])("%s is no duplicate ACK (RFC 5681 2)", async (_, script) => {
    const { made } = await reno();
    fill(made);
    flight(made);
    for (let i = 0; i < 6; i++) made.flow.send({ ...script, ...("win" in script ? { win: 50000 + i } : {}) });
    expect(segments(flight(made).filter((segment) => segment.len > 0))).not.toContain(1);
    expect(made.board.counters()["TcpFastRetransmits"]).toBe(0);
  });

  test("duplicate ACKs with nothing outstanding do nothing", async () => {
    const { made } = await reno();
    for (let i = 0; i < 10; i++) made.flow.send({ flags: "A", ack: 1 });
    made.flow.expectNothing();
    expect(made.board.counters()["TcpFastRetransmits"]).toBe(0);
  });

  test("fast retransmit happens once for a window, however many duplicates come", async () => {
    const { made } = await reno();
    fill(made);
    flight(made);
    for (let i = 0; i < 200; i++) ackSegment(made, 0);
    const heard = segments(flight(made));
    expect(heard.filter((n) => n === 1)).toHaveLength(1);
    // Inflation is bounded by what can have left the network.
    expect(heard.length).toBeLessThan(60);
  });
});

describe("a transfer with losses", () => {
  test("board to board, one segment in fifty lost: no byte changes and few timeouts", async () => {
    const w = await world({ boards: 2, profile: "host", latency: 10, faults: { loss: 0.02 }, seed: 5 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const listener = b.listen(80);
    const fd = a.open(b.ip, 80);
    const other = w.accepted(b, listener, 20_000);
    const total = 1_000_000;
    const data = pattern(total);
    let sent = 0;
    let received = 0;
    while (received < total) {
      sent += Math.max(0, a.send(fd, data.subarray(sent, sent + 30000)));
      const { data: part } = b.read(other);
      expect(sameBytes(part, data.subarray(received, received + part.length))).toBe(true);
      received += part.length;
      w.run(5);
      if (w.now > 600_000) throw new Error(`only ${received} octets\n${w.story()}`);
    }
    const { TcpFastRetransmits: fast = 0, TcpTimeouts: slow = 0 } = a.counters();
    expect(fast).toBeGreaterThan(slow);
  });

  test("passive side sends as well", async () => {
    const w = await world({ profile: "host", latency: LATENCY });
    const made = passive(w, { mss: MSS, wscale: 7 });
    fill(made);
    expect(flight(made)).toHaveLength(10);
  });
});
