import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { ackSegment, fill, flight, LATENCY, MSS, segments, sender } from "../support/sender";
import type { Connection } from "../support/states";

/** Edges of segments first to last, `mss` octets each. */
const block = (first: number, last: number, mss = MSS): [number, number] => [1 + (first - 1) * mss, 1 + last * mss];
/** Text of a segment with timestamps. */
const STAMPED = MSS - 12;
const cwnd = ({ board, fd }: Connection): number => board.row(fd)!.cwnd;
/** Wait for what the retransmission timer sends; the probe that comes before is skipped. */
function timeout({ flow }: Connection): void {
  for (;;) if (flow.expect({}, 2000).seq === 1) return;
}

describe("a timeout without timestamps is doubted (F-RTO, RFC 5682 §3.1)", () => {
  test("and taken back when what was sent before it goes on arriving", async () => {
    const { made } = await sender({ sack: true });
    fill(made);
    flight(made);
    const before = cwnd(made);
    timeout(made);
    made.flow.drain(5);
    expect(cwnd(made)).toBe(MSS);
    ackSegment(made, 2); // the original, late: two new segments leave
    const fresh = segments(flight(made));
    expect(fresh).toHaveLength(2);
    expect(fresh[1]).toBe(fresh[0] + 1);
    expect(fresh[0]).toBeGreaterThan(10);
    ackSegment(made, 4); // 3 and 4 were sent once only
    made.world.run(LATENCY + 1);
    expect(cwnd(made)).toBeGreaterThanOrEqual(before);
    expect(made.board.counters()["TcpSpuriousTimeouts"]).toBe(1);
    for (const n of segments(flight(made))) expect(n, "nothing old").toBeGreaterThan(10);
  });

  test("but not when only what was sent after it arrives: the rest is sent again at once", async () => {
    const { made } = await sender({ sack: true });
    fill(made);
    flight(made);
    timeout(made);
    made.flow.drain(5);
    ackSegment(made, 1);
    const fresh = segments(flight(made));
    expect(fresh).toHaveLength(2);
    ackSegment(made, 1, { sack: [block(fresh[0], fresh[0])] });
    const again = segments(flight(made));
    expect(again[0]).toBe(2);
    expect(cwnd(made)).toBeLessThan(4 * MSS);
    expect(made.board.counters()["TcpSpuriousTimeouts"]).toBe(0);
  });

  test("unless nothing new can be sent: then the lost text goes on at once", async () => {
    const { made } = await sender({ sack: true });
    made.board.send(made.fd, pattern(10 * MSS));
    flight(made);
    timeout(made);
    ackSegment(made, 1);
    expect(segments(flight(made))[0]).toBe(2);
  });

  test("or the peer has no room for anything new", async () => {
    const { made } = await sender({ sack: true });
    fill(made);
    flight(made);
    timeout(made);
    made.flow.drain(5);
    made.flow.send({ flags: "A", ack: 1 + MSS, win: Math.ceil((10 * MSS) / 128) });
    expect(segments(flight(made))[0]).toBe(2);
  });

  test("or Nagle holds it back", async () => {
    const { made } = await sender({ sack: true });
    made.board.send(made.fd, pattern(10 * MSS + 100));
    flight(made);
    timeout(made);
    made.flow.drain(5);
    ackSegment(made, 1);
    expect(segments(flight(made))[0]).toBe(2);
  });
});

test("a timeout sends the first segment again, whatever was sent lately", async () => {
  const { made } = await sender({ sack: true });
  made.board.setTcp(made.fd, "TCP_NODELAY", 1);
  made.board.send(made.fd, pattern(MSS));
  made.flow.expect({ seq: 1 });
  ackSegment(made, 1);
  // A little each 4 ms, all of it lost: at the timeout some was sent less than a round trip ago. A probe comes first, 200 ms earlier.
  const times: number[] = [];
  const start = made.world.now;
  for (let i = 0; i < 150; i++) {
    made.board.send(made.fd, pattern(i < 7 ? MSS : 17));
    made.world.run(4);
    for (let heard = made.flow.next(0); heard; heard = made.flow.next(0)) if (heard.seq === 1 + MSS) times.push(heard.at - start);
  }
  expect(times.length).toBeGreaterThanOrEqual(2);
  expect(times[1]).toBeLessThan(450);
});

describe("timestamps tell whether the first retransmission was needed (Eifel, RFC 3522)", () => {
  /** Ten segments, of which 1 and those in `lost` seem lost; the first flight of the recovery. */
  async function recovering(held: [number, number][]): Promise<{ made: Connection; early: number; before: number }> {
    const { made } = await sender({ sack: true, stamps: 5000 });
    fill(made);
    flight(made);
    const early = made.flow.echo;
    const before = cwnd(made);
    for (const sack of held) made.flow.send({ flags: "A", ack: 1, sack: [sack] });
    made.world.run(2 * LATENCY + 1);
    expect(made.flow.next(0)?.seq).toBe(1);
    expect(cwnd(made)).toBeLessThan(before);
    made.flow.drain(3);
    return { made, early, before };
  }
  const answer = ({ flow }: Connection, n: number, echo: number, more: object = {}): void => {
    flow.send({ flags: "A", ack: 1 + n * STAMPED, timestamps: [flow.stamp()![0], echo], ...more });
    flow.peer.runner.until(() => false, LATENCY + 1);
  };

  test("it was not: the window is what it was", async () => {
    const { made, early, before } = await recovering([block(2, 2, STAMPED), block(2, 3, STAMPED), block(2, 4, STAMPED)]);
    answer(made, 4, early);
    expect(cwnd(made)).toBeGreaterThanOrEqual(before);
    expect(made.board.counters()["TcpSpuriousRecoveries"]).toBe(1);
  });

  test("it was: a later hole that was filled by what was only late does not change that", async () => {
    const { made, early, before } = await recovering([
      block(2, 2, STAMPED),
      block(4, 4, STAMPED),
      block(4, 5, STAMPED),
      block(4, 6, STAMPED),
    ]);
    answer(made, 2, made.flow.echo, { sack: [block(4, 6, STAMPED)] });
    answer(made, 6, early);
    expect(cwnd(made)).toBeLessThan(before);
    expect(made.board.counters()["TcpSpuriousRecoveries"]).toBe(0);
  });
});

describe("everything sent again came twice (RFC 3708)", () => {
  test("the window is what it was", async () => {
    const { made } = await sender({ sack: true });
    fill(made);
    flight(made);
    const before = cwnd(made);
    for (const last of [2, 3, 4]) ackSegment(made, 0, { sack: [block(2, last)] });
    expect(segments(flight(made))[0]).toBe(1);
    ackSegment(made, 4);
    made.world.run(LATENCY + 1);
    expect(cwnd(made)).toBeLessThan(before);
    ackSegment(made, 4, { sack: [block(1, 1)] });
    made.world.run(LATENCY + 1);
    expect(made.board.counters()["TcpSpuriousRecoveries"]).toBe(1);
    expect(cwnd(made)).toBeGreaterThanOrEqual(before);
  });

  test("a report of what came twice before the loss says nothing", async () => {
    const { made } = await sender({ sack: true });
    fill(made);
    flight(made);
    ackSegment(made, 3);
    flight(made);
    for (const last of [5, 6, 7]) ackSegment(made, 3, { sack: [block(5, last)] });
    expect(segments(flight(made))).toContain(4);
    const reduced = cwnd(made);
    ackSegment(made, 3, { sack: [block(1, 3), block(5, 7)] }); // the network had doubled these
    made.world.run(LATENCY + 1);
    expect(made.board.counters()).toMatchObject({ TcpDsacksIn: 1, TcpSpuriousRecoveries: 0 });
    expect(cwnd(made)).toBeLessThanOrEqual(reduced);
  });

  test("nor does a forged one of numbers never sent", async () => {
    const { made } = await sender({ sack: true });
    fill(made);
    flight(made);
    for (const last of [2, 3, 4]) ackSegment(made, 0, { sack: [block(2, last)] });
    flight(made);
    ackSegment(made, 0, {
      sack: [
        [1 + 50 * MSS, 1 + 51 * MSS],
        [1 + 40 * MSS, 1 + 60 * MSS],
      ],
    });
    made.world.run(LATENCY + 1);
    expect(made.board.counters()).toMatchObject({ TcpDsacksIn: 0, TcpSpuriousRecoveries: 0, TcpSackInvalid: 2 });
  });
});

test("an old acknowledgement that was overtaken still tells what is held (RFC 6675 §5)", async () => {
  const { made } = await sender({ sack: true });
  fill(made);
  flight(made);
  ackSegment(made, 2, { sack: [block(4, 4)] });
  made.world.run(LATENCY + 1);
  for (const [i, held] of [block(6, 6), block(8, 8)].entries()) {
    // Below what is acknowledged already: not a report of what came twice.
    ackSegment(made, 1, { sack: i ? [held, block(2, 2)] : [held] });
  }
  flight(made);
  expect(made.board.counters()).toMatchObject({ TcpDuplicateAcks: 2, TcpDsacksIn: 0, TcpSackInvalid: 0 });
});
