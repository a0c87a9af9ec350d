import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { fill, flight, MSS, sackSegments, segments, sender } from "../support/sender";
import { connecting, type Connection } from "../support/states";
import { world, type World } from "../support/world";

/** Each way, ms: the round trip is 100, a quarter of it 25. */
const LATENCY = 50;
const RTT = 2 * LATENCY;

interface Made {
  w: World;
  made: Connection;
}

/** A connection whose round trip is known well, with `count` segments just sent; nothing more is queued unless `more`. */
async function flying(count: number, { sack = true, more = false } = {}): Promise<Made> {
  const { w, made } = await sender({ sack, congestion: "reno" }, { latency: LATENCY });
  w.board.setTcp(made.fd, "TCP_NODELAY", 1);
  // Round trips that do not vary bring the timeout down to its floor above them.
  for (let i = 0; i < 30; i++) {
    w.board.send(made.fd, pattern(1));
    made.flow.expect({ len: 1 });
    made.flow.ack();
    w.run(LATENCY + 1);
  }
  made.flow.irs = (made.flow.irs! + 30) >>> 0;
  made.flow.rcv -= 30;
  w.board.send(made.fd, pattern(count * MSS));
  if (more) fill(made);
  expect(segments(flight(made)).slice(0, count)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  return { w, made };
}

/** When segment n came for the first time from now on, within that time; ms from now. */
function comes({ flow, world: w }: Connection, n: number, within: number): number | undefined {
  const from = w.now;
  while (w.now < from + within) {
    const heard = flow.next(from + within - w.now);
    if (!heard) return undefined;
    if (heard.seq === 1 + (n - 1) * MSS) return heard.at - from;
  }
  return undefined;
}

describe("4, 6 RACK", () => {
  test("8985-1: with SACK agreed a loss is told by time after one block; without it one duplicate tells nothing", async () => {
    const { made } = await flying(5);
    sackSegments(made, 0, [2, 2]);
    expect(comes(made, 1, RTT + 40)).toBeDefined();
    const plain = await flying(5, { sack: false });
    plain.made.flow.send({ flags: "A", ack: 1 });
    expect(comes(plain.made, 1, RTT + 40)).toBeUndefined();
  });

  test("8985-2: an ACK that can only be for the first transmission says nothing of the second", async () => {
    const { w, made } = await flying(8);
    sackSegments(made, 0, [2, 2]);
    // The board sends 1 again in 75 ms; the ACK comes 15 ms later. Were the retransmission what arrived, 3 to 8 would be older, and lost.
    w.run(40);
    sackSegments(made, 2);
    w.run(52);
    expect(w.board.counters()["TcpFastRetransmits"]).toBe(1);
    const heard = segments(flight(made)).filter((n) => n <= 8);
    expect(heard).toEqual([1]);
    expect(w.board.info(made.fd).lost).toBe(0);
  });

  test("8985-3, 8985-4: nothing reordered so far: a quarter of the round trip's patience for one segment", async () => {
    const { made } = await flying(4);
    sackSegments(made, 0, [2, 2]);
    const after = comes(made, 1, 400)!;
    expect(after).toBeGreaterThanOrEqual(RTT + 20);
    expect(after).toBeLessThanOrEqual(RTT + 32);
  });

  test("8985-3: none when three segments have arrived beyond it", async () => {
    const { made } = await flying(6);
    sackSegments(made, 0, [2, 4]);
    expect(comes(made, 1, 400)).toBeLessThanOrEqual(RTT + 2);
  });

  /** A connection that has seen segment 1 arrive after segment 3. */
  async function reordered(): Promise<Made> {
    const { w, made } = await flying(10);
    sackSegments(made, 0, [2, 3]);
    w.run(5);
    sackSegments(made, 3);
    w.run(RTT);
    made.flow.drain(0);
    expect(w.board.counters()["TcpReorderings"]).toBe(1);
    return { w, made };
  }

  test("8985-3: reordering was seen: patience even when three segments have arrived", async () => {
    const { made } = await reordered();
    sackSegments(made, 3, [5, 9]);
    const after = comes(made, 4, 500);
    if (after !== undefined) expect(after).toBeLessThanOrEqual(RTT + 40);
    expect(made.board.counters()["TcpFastRetransmits"]).toBeLessThanOrEqual(1);
  });

  test("8985-4: what was sent at the same time or later than what arrived is not lost, however long it takes", async () => {
    const { made } = await flying(6);
    // The last arrives: it was sent last, all before it are lost after the patience; what is sent afterwards is not.
    sackSegments(made, 0, [1, 3]);
    sackSegments(made, 3);
    expect(comes(made, 4, RTT + 60)).toBeUndefined();
  });

  test("8985-5: a timeout: the first is lost, the others only if their time has passed", async () => {
    const { w, made } = await flying(3);
    const counter = (name: string): number => w.board.counters()[name];
    w.waitFor("the probe", () => counter("TcpLossProbes") === 1, 1000);
    // Shortly before the timeout two more segments are written.
    w.run(made.board.row(made.fd)!.timer - 30);
    w.board.send(made.fd, pattern(2 * MSS));
    w.waitFor("the timeout", () => counter("TcpTimeouts") === 1, 1000);
    const info = w.board.info(made.fd);
    expect(info.unacked).toBe(5);
    // 1 and 2 count as lost; 3, which the probe has repeated, and the two new ones do not yet.
    expect(made.flow.drain(LATENCY + 1).map(({ seq }) => seq)).toContain(1);
    expect(info.lost).toBeLessThanOrEqual(3);
  });
});

describe("7 the tail loss probe", () => {
  test("8985-6: several segments in flight: after two round trips", async () => {
    const { made } = await flying(4);
    const sent = made.world.now - (RTT + 1) + LATENCY;
    const probe = made.flow.next(1000)!;
    expect(Math.abs(probe.at - sent - 2 * RTT)).toBeLessThanOrEqual(12);
    expect(made.board.counters()).toMatchObject({ TcpLossProbes: 1, TcpTimeouts: 0 });
  });

  test("8985-6: one segment: it waits for a delayed ACK too, but never longer than the timeout", async () => {
    const { w, made } = await flying(1);
    const rto = w.board.info(made.fd).rto / 1000;
    const sent = made.world.now - (RTT + 1) + LATENCY;
    const probe = made.flow.next(2000)!;
    expect(probe.at - sent).toBeLessThanOrEqual(Math.min(2 * RTT + 200, rto) + 12);
    expect(probe.at - sent).toBeGreaterThanOrEqual(Math.min(2 * RTT + 200, rto) - 12);
  });

  test("8985-6: none without a sample before a second has passed", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = connecting(w);
    flow.expect({ flags: "S" });
    flow.expect({ flags: "S" }, 1100);
    flow.send({ flags: "SA", mss: MSS, sackPermitted: true });
    flow.expect({ flags: "A" });
    w.board.send(fd, pattern(100));
    const { at } = flow.expect({ len: 100 });
    const probe = flow.expect({ len: 100 }, 5000);
    expect(probe.at - at).toBeGreaterThanOrEqual(998);
    expect(w.board.counters()["TcpLossProbes"]).toBe(1);
  });

  test("8985-6: none while something is reported out of order, nor in recovery", async () => {
    const { w, made } = await flying(6);
    sackSegments(made, 0, [3, 3]);
    w.run(2000);
    expect(w.board.counters()["TcpLossProbes"]).toBe(0);
  });

  test("8985-7: without new data the highest segment is sent again; the timeout comes next, no second probe", async () => {
    const { w, made } = await flying(4);
    const probe = made.flow.next(1000)!;
    expect(segments([probe])).toEqual([4]);
    const next = made.flow.next(3000)!;
    expect(segments([next])).toEqual([1]);
    expect(next.at - probe.at).toBeGreaterThanOrEqual(195);
    w.run(5000);
    expect(w.board.counters()).toMatchObject({ TcpLossProbes: 1 });
  });

  test("8985-7: new data goes first, though the congestion window has no room for it", async () => {
    const { made } = await flying(10, { more: true });
    expect(segments([made.flow.next(1000)!])).toEqual([11]);
    expect(made.board.row(made.fd)!.cwnd).toBe(10 * MSS);
  });

  test("8985-7: another probe only after another round trip was measured", async () => {
    const { w, made } = await flying(4);
    made.flow.next(1000);
    // The ACK of the probe's own text is no sample.
    made.flow.send({ flags: "A", ack: 1 + 4 * MSS });
    w.run(LATENCY + 1);
    w.board.send(made.fd, pattern(2 * MSS));
    made.flow.drain(RTT);
    w.run(2000);
    const before = w.board.counters()["TcpLossProbes"];
    expect(before).toBeLessThanOrEqual(2);
  });

  test("8985-8: a probe that repaired a loss: the window is reduced as after any loss", async () => {
    const { w, made } = await flying(8);
    sackSegments(made, 7);
    expect(segments([made.flow.next(1000)!])).toEqual([8]);
    const before = w.board.row(made.fd)!.cwnd;
    sackSegments(made, 8); // nothing says that it came twice
    w.run(LATENCY + 1);
    w.board.send(made.fd, pattern(MSS));
    flight(made);
    sackSegments(made, 9);
    w.run(LATENCY + 1);
    expect(w.board.row(made.fd)!.cwnd).toBeLessThan(before);
  });

  test("8985-8: but not if it came twice", async () => {
    const { w, made } = await flying(8);
    sackSegments(made, 7);
    expect(segments([made.flow.next(1000)!])).toEqual([8]);
    const before = w.board.row(made.fd)!.cwnd;
    sackSegments(made, 8, [8, 8]); // DSACK
    w.run(LATENCY + 1);
    w.board.send(made.fd, pattern(MSS));
    flight(made);
    sackSegments(made, 9);
    w.run(LATENCY + 1);
    expect(w.board.row(made.fd)!.cwnd).toBeGreaterThanOrEqual(before);
  });
});

describe("8, 9", () => {
  test("8985-9: segments are not counted: three beyond a hole of a reordering network are no loss by themselves", async () => {
    const { w, made } = await flying(10);
    sackSegments(made, 0, [2, 3]);
    w.run(5);
    sackSegments(made, 3); // 1 was late, not lost: reordering
    w.run(LATENCY + 1);
    w.board.send(made.fd, pattern(6 * MSS));
    flight(made);
    const before = w.board.counters()["TcpFastRetransmits"];
    sackSegments(made, 10, [12, 12], [14, 14], [16, 16]);
    w.run(LATENCY + 10);
    expect(w.board.counters()["TcpFastRetransmits"]).toBe(before);
    w.run(30);
    expect(w.board.counters()["TcpFastRetransmits"]).toBe(before + 1);
  });

  test("8985-9: a retransmission that is lost is found without a timeout, and is a second loss", async () => {
    const { w, made } = await flying(10, { more: true });
    sackSegments(made, 0, [2, 5]);
    w.run(5);
    sackSegments(made, 0, [2, 9]);
    const sent = segments(flight(made));
    expect(sent[0]).toBe(1);
    expect(sent[1]).toBe(11);
    const once = w.board.info(made.fd).sndSsthresh;
    // What was sent after the retransmission arrives, the retransmission does not.
    sackSegments(made, 0, [2, 11]);
    expect(comes(made, 1, RTT + 60)).toBeDefined();
    expect(w.board.counters()).toMatchObject({ TcpTimeouts: 0, TcpLostRetransmits: 1 });
    expect(w.board.info(made.fd).sndSsthresh).toBeLessThan(once);
  });

  test("8985-9: what is lost is sent again no faster than the congestion window allows", async () => {
    const { w, made } = await flying(10, { more: true });
    // 1 to 9 are lost.
    sackSegments(made, 0, [10, 10]);
    w.run(LATENCY + 30);
    const heard = segments(flight(made)).filter((n) => n <= 9);
    expect(heard.length).toBeGreaterThanOrEqual(1);
    expect(heard.length * MSS).toBeLessThanOrEqual(w.board.row(made.fd)!.cwnd);
    expect(heard.length).toBeLessThanOrEqual(6);
  });

  test("8985-9: one timer at a time: reordering, probe, timeout or persist", async () => {
    const { w, made } = await flying(4);
    sackSegments(made, 0, [2, 2]);
    w.run(LATENCY + 1);
    // The patience for segment 1, not the probe or the timeout, is what is waited for.
    expect(w.board.row(made.fd)!.timer).toBeLessThanOrEqual(30);
    w.run(40);
    expect(w.board.row(made.fd)!.timer).toBeGreaterThan(90);
  });
});
