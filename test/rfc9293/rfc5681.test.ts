import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { ackSegment, advance, fill, flight, grow, LATENCY, MSS, segments, sender } from "../support/sender";
import { connecting, inState, passive, type Connection } from "../support/states";
import { world } from "../support/world";

/** The congestion window in segments. */
function cwnd({ board, fd }: Connection): number {
  return board.row(fd)!.cwnd / MSS;
}

/** Ten segments are in flight and their timeout has come `times` times. */
async function timedOut(times: number): Promise<Connection> {
  const { made } = await sender({ congestion: "reno" });
  fill(made);
  expect(flight(made)).toHaveLength(10);
  for (let i = 0; i < times; i++) made.flow.expect({ seq: 1, len: MSS }, 20_000);
  return made;
}

/** Acknowledge all that is known to be sent, then single segments; the window after each ACK, in segments. */
function growth(made: Connection, acks: number): number[] {
  let last = 10;
  ackSegment(made, last);
  made.world.run(2 * LATENCY + 1);
  const sizes = [cwnd(made)];
  for (let i = 0; i < acks; i++) {
    fill(made);
    flight(made);
    ackSegment(made, ++last);
    made.world.run(LATENCY + 1);
    sizes.push(cwnd(made));
  }
  return sizes;
}

describe("2, 3.1 how much may be sent", () => {
  test.each([3000, 30_000])("5681-1: no more than the receiver's window of %i", async (win) => {
    const { w, made } = await sender();
    grow(made, 60_000);
    made.flow.win = win >> 7;
    made.flow.ack();
    w.run(10);
    w.board.send(made.fd, pattern(60_000));
    const octets = made.flow.drain(50).reduce((sum, { len }) => sum + len, 0);
    expect(octets).toBeLessThanOrEqual(win);
    expect(octets).toBeGreaterThan(win - 2 * MSS);
  });

  test("5681-1: no more than the congestion window, at any time of slow start", async () => {
    const { w, made } = await sender();
    for (let last = 0, highest = 0; last < 60;) {
      fill(made);
      for (const { seq, len } of flight(made)) highest = Math.max(highest, seq + len - 1);
      expect(highest - last * MSS).toBeLessThanOrEqual(w.board.row(made.fd)!.cwnd);
      for (let i = 0; i < 3; i++) ackSegment(made, ++last);
      w.run(LATENCY);
    }
  });

  test("5681-1: after a loss one segment is sent, and one only, until something is acknowledged", async () => {
    const made = await timedOut(1);
    fill(made);
    made.flow.expectNothing(100);
  });

  test.each([
    [1460, 10],
    [536, 10],
    [100, 10],
  ])("5681-2: deviation: with an MSS of %i the first flight has %i segments (RFC 6928)", async (mss, count) => {
    const { made } = await sender({ mss });
    fill(made);
    const heard = flight(made);
    expect(heard).toHaveLength(count);
    expect(heard.every(({ len }) => len === mss)).toBe(true);
  });

  test("5681-3: the handshake's acknowledgements do not open the window", async () => {
    const { made } = await sender();
    expect(cwnd(made)).toBe(10);
  });

  test("5681-3: a lost SYN: the first flight is one segment", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = connecting(w);
    flow.expect({ flags: "S" });
    flow.expect({ flags: "S" }, 1100);
    flow.send({ flags: "SA", mss: MSS });
    flow.expect({ flags: "A" });
    w.board.send(fd, pattern(10 * MSS));
    expect(flow.drain(100).map(({ len }) => len)).toEqual([MSS]);
  });

  test("5681-3: a lost SYN-ACK: the first flight is one segment", async () => {
    const w = await world({ profile: "host" });
    const { flow, listener } = inState(w, "SynReceived");
    flow.expect({ flags: "SA" }, 1100);
    flow.send({ flags: "A" });
    const fd = w.accepted(w.board, listener);
    w.board.send(fd, pattern(10 * MSS));
    expect(flow.drain(100).map(({ len }) => len)).toEqual([MSS]);
  });

  test("5681-4: slow start: an ACK opens by what it acknowledges, one segment at most", async () => {
    const { w, made } = await sender({ congestion: "reno" });
    fill(made);
    flight(made);
    const before = w.board.row(made.fd)!.cwnd;
    made.flow.send({ flags: "A", ack: 1 + 100 });
    w.run(LATENCY + 1);
    expect(w.board.row(made.fd)!.cwnd - before).toBeLessThanOrEqual(100);
    ackSegment(made, 8);
    w.run(LATENCY + 1);
    expect(w.board.row(made.fd)!.cwnd - before).toBeLessThanOrEqual(100 + MSS);
  });

  test("5681-4: congestion avoidance: one segment a round trip at most, and not none", async () => {
    const made = await timedOut(1);
    growth(made, 6);
    let last = 16;
    for (let round = 0; round < 5; round++) {
      fill(made);
      const before = cwnd(made);
      let acked = 0;
      while (acked < before) {
        const heard = flight(made);
        if (!heard.length) break;
        ackSegment(made, ++last);
        acked++;
      }
      made.world.run(LATENCY + 1);
      expect(cwnd(made) - before).toBeLessThanOrEqual(1.01);
    }
    expect(cwnd(made)).toBeGreaterThan(5.5);
  });
});

describe("3.1 a timeout", () => {
  test.each([1, 2, 3])(
    "5681-5: after %i timeouts: one segment; ssthresh is half of what was in flight, the first time only",
    async (times) => {
      const made = await timedOut(times);
      expect(cwnd(made)).toBe(1);
      const sizes = growth(made, 9);
      // Slow start adds one for each ACK up to five, half of ten; from there it takes five ACKs and more.
      const knee = sizes.findIndex((size, i) => i > 0 && size - sizes[i - 1] < 0.9);
      expect(sizes[knee - 1], sizes.join(" ")).toBeGreaterThanOrEqual(4);
      expect(sizes[knee - 1], sizes.join(" ")).toBeLessThanOrEqual(6);
    },
  );

  test("5681-5: ssthresh comes from the flight, not from a window that was not used", async () => {
    const { w, made } = await sender({ congestion: "reno" });
    grow(made, 40 * MSS);
    made.board.send(made.fd, pattern(4 * MSS));
    const heard = made.flow.drain(20);
    expect(heard).toHaveLength(4);
    made.flow.expect({ seq: heard[0].seq }, 3000);
    made.flow.ack();
    w.run(LATENCY + 1);
    // Two segments, half of four: from there on an ACK opens by less than one, which from 20 segments on it would not.
    let acks = 0;
    while (acks < 8) {
      fill(made);
      for (const { seq, len } of flight(made)) {
        made.flow.send({ flags: "A", ack: seq + len });
        acks++;
      }
      w.run(LATENCY + 1);
    }
    expect(cwnd(made)).toBeLessThan(6);
  });
});

describe("2, 3.2 duplicate acknowledgements", () => {
  /** Ten segments in flight, none acknowledged; more is queued. */
  async function flying(): Promise<Connection> {
    const { made } = await sender({ congestion: "reno" });
    fill(made);
    expect(flight(made)).toHaveLength(10);
    return made;
  }

  test.each([
    ["with text", { flags: "PA", ack: 1, data: pattern(1) }],
    ["with another window", { flags: "A", ack: 1, win: -1 }],
    ["with a FIN", { flags: "FA", ack: 1 }],
  ])("5681-6: an ACK %s is no duplicate", async (_, script) => {
    const made = await flying();
    for (let i = 0; i < 6; i++) made.flow.send({ ...script, ...("win" in script ? { win: 60_000 + i } : {}) });
    const heard = flight(made).filter(({ len }) => len > 0);
    expect(segments(heard)).not.toContain(1);
  });

  test("5681-6: nor is one when nothing is outstanding", async () => {
    const { made } = await sender();
    for (let i = 0; i < 10; i++) ackSegment(made, 0);
    made.flow.expectNothing();
    expect(cwnd(made)).toBe(10);
  });

  test("5681-7: the first two send one new segment each and leave the window; the third repeats and halves", async () => {
    const made = await flying();
    for (const expected of [11, 12]) {
      ackSegment(made, 0);
      expect(segments(flight(made))).toEqual([expected]);
      expect(cwnd(made)).toBe(10);
    }
    ackSegment(made, 0);
    expect(segments(flight(made))).toEqual([1]);
    // Half of ten (limited transmit is not counted), and the three that have left the network.
    expect(cwnd(made)).toBe(8);
  });

  test("5681-8: each further one opens by a segment; the ACK of new data brings ssthresh", async () => {
    const made = await flying();
    for (let i = 0; i < 3; i++) ackSegment(made, 0);
    flight(made);
    for (let more = 1; more <= 5; more++) {
      ackSegment(made, 0);
      made.world.run(2 * LATENCY + 1);
      expect(cwnd(made)).toBe(8 + more);
    }
    const sent = segments(flight(made));
    ackSegment(made, Math.max(12, ...sent));
    made.world.run(LATENCY + 1);
    expect(cwnd(made)).toBeLessThanOrEqual(5);
  });

  test("5681-11: losses in two windows reduce twice", async () => {
    const made = await flying();
    for (let i = 0; i < 3; i++) ackSegment(made, 0);
    let acked = Math.max(10, ...segments(flight(made)));
    ackSegment(made, acked);
    made.world.run(LATENCY + 1);
    acked = advance(made, acked, 4);
    const before = cwnd(made);
    expect(before).toBeGreaterThanOrEqual(4);
    fill(made);
    flight(made);
    for (let i = 0; i < 3; i++) ackSegment(made, acked);
    acked += Math.round(before);
    flight(made);
    expect(made.board.counters()["TcpFastRetransmits"]).toBe(2);
    ackSegment(made, acked);
    made.world.run(LATENCY + 1);
    expect(cwnd(made)).toBeLessThanOrEqual(before / 2 + 1);
  });

  test("5681-11: a retransmission that is lost: a timeout, and the window is one segment", async () => {
    const made = await flying();
    for (let i = 0; i < 3; i++) ackSegment(made, 0);
    flight(made);
    made.flow.expect({ seq: 1, len: MSS }, 3000);
    expect(cwnd(made)).toBe(1);
  });
});

describe("4 more", () => {
  test("5681-9: after a pause longer than the timeout the window is the initial one at most", async () => {
    const { w, made } = await sender();
    grow(made, 30 * MSS);
    w.run(5000);
    fill(made);
    expect(flight(made).length).toBeLessThanOrEqual(10);
  });

  test("5681-10: ACKs: within 500 ms; every second segment; at once out of order and when a gap is filled", async () => {
    const w = await world({ profile: "host" });
    const { flow } = passive(w);
    flow.data(pattern(10));
    flow.expect({ flags: "A", ack: 11 }, 499);
    flow.data(pattern(MSS)).data(pattern(MSS));
    flow.expect({ flags: "A", ack: 11 + 2 * MSS }, 5);
    const at = flow.nxt;
    flow.send({ flags: "PA", seq: at + 100, data: pattern(100) });
    flow.expect({ flags: "A", ack: at }, 5);
    flow.send({ flags: "PA", seq: at, data: pattern(50) });
    flow.expect({ flags: "A", ack: at + 50 }, 5);
    flow.send({ flags: "PA", seq: at + 50, data: pattern(50) });
    flow.expect({ flags: "A", ack: at + 200 }, 5);
  });
});
