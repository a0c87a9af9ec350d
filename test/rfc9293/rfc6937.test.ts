import { expect, test } from "vitest";
import { fill, flight, grow, MSS, segments, sackSegments, sender } from "../support/sender";
import type { Connection } from "../support/states";
import type { World } from "../support/world";

// RFC 6937 and RFC 9937, proportional rate reduction

interface Made {
  w: World;
  made: Connection;
  count: number;
}

/** Twenty segments in flight and more queued, on a connection that halves; they have the numbers 1 to 20. */
async function flying(): Promise<Made> {
  const { w, made } = await sender({ sack: true, congestion: "reno" });
  grow(made, 20 * MSS);
  const { flow } = made;
  w.run(1);
  flow.irs = (flow.irs! + flow.rcv - 1) >>> 0;
  flow.rcv = 1;
  fill(made);
  const heard = segments(flight(made));
  expect(heard[0]).toBe(1);
  const count = Math.max(...heard);
  expect(count).toBeGreaterThanOrEqual(20);
  expect(w.board.info(made.fd).unacked).toBe(count);
  return { w, made, count };
}

/** What comes after each SACK of one more segment, from the second on; the first is lost. Faster than a timeout. */
function oneByOne({ w, made, count }: Made): number[][] {
  const sent: number[][] = [];
  for (let n = 2; n <= count; n++) {
    sackSegments(made, 0, [2, n]);
    w.run(4);
    sent.push(segments(made.flow.drain(0)));
  }
  w.run(10);
  sent.push(segments(made.flow.drain(0)));
  expect(w.board.counters()["TcpTimeouts"]).toBe(0);
  return sent;
}

test("6937-1: with the recovery the lost segment leaves at once; what was in flight then is the measure", async () => {
  const run = await flying();
  const sent = oneByOne(run);
  const begin = sent.findIndex((burst) => burst.includes(1));
  // One to three segments beyond it are believed, and it takes a round trip.
  expect(begin).toBeLessThanOrEqual(6);
  const { sndSsthresh } = run.w.board.info(run.made.fd);
  expect(sndSsthresh).toBeGreaterThanOrEqual(Math.floor(run.count / 2));
  expect(sndSsthresh).toBeLessThanOrEqual(run.count / 2 + 1);
});

test("6937-2, 6937-3: while more is in flight than ssthresh one segment leaves for two that arrive, evenly", async () => {
  const run = await flying();
  const sent = oneByOne(run);
  const begin = sent.findIndex((burst) => burst.includes(1));
  const after = sent.slice(begin + 1).map((burst) => burst.length);
  const total = after.reduce((sum, n) => sum + n, 0);
  expect(Math.max(...after.slice(0, -1))).toBeLessThanOrEqual(1);
  // From the beginning on, not half a round trip of silence and then all of it.
  const early = after.slice(0, after.length / 2).reduce((sum, n) => sum + n, 0);
  expect(early).toBeGreaterThanOrEqual(total / 2 - 2);
  expect(total).toBeGreaterThanOrEqual(after.length / 2 - 3);
  expect(total).toBeLessThanOrEqual(after.length / 2 + 1);
});

test("6937-2: delivered is what the cumulative ACK moved and what was newly reported, each octet once", async () => {
  const run = await flying();
  const { w, made } = run;
  sackSegments(made, 0, [2, 12]);
  w.run(11);
  const first = segments(made.flow.drain(0)).length;
  // The same report again delivers nothing and sends nothing.
  for (let i = 0; i < 5; i++) sackSegments(made, 0, [2, 12]);
  w.run(11);
  expect(segments(made.flow.drain(0))).toEqual([]);
  // One retransmission arrives: everything up to 12 is acknowledged, one segment of it is new.
  sackSegments(made, 12);
  w.run(11);
  const second = segments(made.flow.drain(0)).length;
  expect(first).toBeGreaterThanOrEqual(1);
  // Twelve have arrived in all.
  expect(first + second).toBeLessThanOrEqual(12 + 1);
});

test("6937-4: with less in flight than ssthresh as many leave as arrive, and one more at most", async () => {
  const run = await flying();
  const { w, made, count } = run;
  // All but the last four are lost.
  sackSegments(made, 0, [count - 3, count - 3]);
  w.run(2);
  sackSegments(made, 0, [count - 3, count]);
  w.run(25);
  made.flow.drain(0);
  let acked = 0;
  for (let round = 0; round < 3; round++) {
    acked += 1;
    sackSegments(made, acked, [count - 3, count]);
    w.run(11);
    expect(segments(made.flow.drain(0)).length).toBeLessThanOrEqual(2);
  }
  expect(w.board.row(made.fd)!.cwnd).toBeLessThanOrEqual(Math.floor(count / 2) * MSS);
});

test("6937-5: during it no more is sent than arrives, and at its end the window is ssthresh", async () => {
  const run = await flying();
  const { w, made, count } = run;
  let delivered = 0;
  let sent = 0;
  const bursts = oneByOne(run);
  for (const burst of bursts) {
    delivered++;
    sent += burst.length;
    expect(sent).toBeLessThanOrEqual(delivered + 1);
  }
  sackSegments(made, Math.max(count, ...bursts.flat()));
  w.run(6);
  const { sndCwnd, sndSsthresh } = w.board.info(made.fd);
  expect(Math.abs(sndCwnd - sndSsthresh)).toBeLessThanOrEqual(1);
});
