import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { fill, flight, MSS, segments, sender } from "../support/sender";
import { cwnd, FAR, transfer } from "../support/transfer";

/** Seconds from a loss of `before` segments until the curve is back there: K = cbrt(Wmax (1 - beta) / C). */
function backAfter(before: number): number {
  return Math.cbrt((before * 0.3) / 0.4);
}

const steps = (windows: number[]): number[] => windows.slice(1).map((size, i) => size - windows[i]);

describe("4.1 to 4.5 growth", () => {
  test("9438-1, 9438-5: a loss leaves 0.7 of the flight, at once", async () => {
    const run = await transfer();
    run.reach(60);
    const { before, after } = run.loseOne();
    expect(after / before).toBeGreaterThan(0.68);
    expect(after / before).toBeLessThan(0.72);
  });

  test("9438-1, 9438-2: the window is back where the loss was after K seconds, and stays about there", async () => {
    const run = await transfer();
    run.reach(60);
    const { before } = run.loseOne();
    const windows = run.rounds(60);
    const back = windows.findIndex((size) => size >= before - 1.5) * 2 * FAR;
    expect(back / 1000, windows.join(" ")).toBeGreaterThan(backAfter(before) - 1.6);
    expect(back / 1000).toBeLessThan(backAfter(before) + 0.5);
    const plateau = steps(windows.slice(back / 100 - 2, back / 100 + 6));
    expect(Math.max(...plateau)).toBeLessThan(0.5);
  });

  test("9438-2: in one round trip it grows by half at most, however far the curve is ahead", async () => {
    const run = await transfer();
    run.reach(30);
    run.loseOne();
    const windows = run.rounds(150);
    for (const [i, step] of steps(windows).entries()) expect(step).toBeLessThanOrEqual(0.5 * windows[i] + 1);
    expect(windows.at(-1)).toBeGreaterThan(100);
  });

  test("9438-2: time in which the window is not used does not count", async () => {
    const run = await transfer();
    run.reach(60);
    run.loseOne();
    const { made } = run;
    const { board, fd, flow, world: w } = made;
    for (let i = 0; i < 100 && board.row(fd)!.sendQueue > 0; i++) {
      w.run(2 * FAR);
      for (const { seq, len } of flow.drain(0)) flow.send({ flags: "A", ack: seq + len });
    }
    const before = cwnd(made);
    // Ten seconds with a few octets a round trip: the curve must not go on meanwhile.
    for (let i = 0; i < 100; i++) {
      board.send(fd, pattern(10));
      w.run(2 * FAR);
      flow.drain(0);
      flow.ack();
    }
    w.run(FAR + 1);
    expect(cwnd(made)).toBe(before);
    board.send(fd, pattern(60_000));
    board.send(fd, pattern(60_000));
    w.run(2 * FAR);
    for (const { seq, len } of flow.drain(0)) flow.send({ flags: "A", ack: seq + len });
    w.run(FAR + 1);
    // Ten seconds later on the curve it would have jumped by half.
    expect(cwnd(made)).toBeLessThan(before + 5);
  });

  test("9438-3: with short round trips it grows like Reno would: 9/17 of a segment each", async () => {
    const { made } = await sender({ sack: true, congestion: "cubic" });
    fill(made);
    expect(flight(made)).toHaveLength(10);
    // A loss at ten segments, ten milliseconds: seven are left.
    made.flow.send({ flags: "A", ack: 1, sack: [[1 + MSS, 1 + 10 * MSS]] });
    const heard = segments(flight(made));
    expect(heard).toContain(1);
    let last = Math.max(...heard, 10);
    made.flow.send({ flags: "A", ack: 1 + last * MSS });
    made.world.run(6);
    const windows = [cwnd(made)];
    for (let round = 0; round < 34; round++) {
      fill(made);
      for (const { seq, len } of flight(made)) {
        made.flow.send({ flags: "A", ack: seq + len });
        last++;
      }
      made.world.run(6);
      windows.push(cwnd(made));
    }
    expect(windows[0]).toBeGreaterThanOrEqual(6);
    expect(windows[0]).toBeLessThanOrEqual(8);
    // To ten with 9/17 a round trip (6), from there on one each: the cubic alone would be below 11 after a third of a second.
    expect(windows.at(-1), windows.join(" ")).toBeGreaterThan(windows[0] + 12);
  });

  test("9438-4: otherwise by the distance to the curve a round trip ahead: concave, then convex", async () => {
    const run = await transfer();
    run.reach(60);
    const { before } = run.loseOne();
    const grown = steps(run.rounds(110));
    const k = Math.round(backAfter(before) * 10);
    const mean = (from: number, to: number): number => grown.slice(from, to).reduce((sum, step) => sum + step, 0) / (to - from);
    expect(mean(1, 8)).toBeGreaterThan(3 * mean(k - 6, k + 2));
    expect(mean(100, 109)).toBeGreaterThan(3 * mean(k - 6, k + 2));
    expect(Math.min(...grown)).toBeGreaterThanOrEqual(0);
  });
});

describe("4.6 to 4.8 losses", () => {
  test("9438-5: ssthresh is never below two segments, and comes from the flight", async () => {
    const { w, made } = await sender({ sack: true, congestion: "cubic" });
    w.board.send(made.fd, pattern(2 * MSS));
    expect(flight(made)).toHaveLength(2);
    w.waitFor("a timeout", () => w.board.counters()["TcpTimeouts"] === 1, 5000);
    expect(w.board.info(made.fd).sndSsthresh).toBe(2);
  });

  test("9438-6: a loss before the window was back where the last one was: the plateau is lower", async () => {
    const run = await transfer();
    run.reach(60);
    const first = run.loseOne();
    run.rounds(5);
    const second = run.loseOne();
    expect(second.before).toBeLessThan(first.before);
    const windows = run.rounds(60);
    const grown = steps(windows).slice(3);
    const plateau = windows[grown.indexOf(Math.min(...grown)) + 4];
    // (1 + beta) / 2 of where it was.
    expect(plateau / second.before, windows.join(" ")).toBeGreaterThan(0.78);
    expect(plateau / second.before).toBeLessThan(0.92);
  });

  test("9438-7: a timeout leaves one segment; slow start to 0.7 of the flight, from there on the curve begins at K = 0", async () => {
    const run = await transfer();
    run.reach(60);
    const { made } = run;
    fill(made);
    made.world.run(2 * FAR);
    const lost = segments(made.flow.drain(0));
    const before = cwnd(made);
    made.world.run(1500);
    expect(cwnd(made)).toBe(1);
    made.flow.drain(0);
    run.last = Math.max(...lost);
    made.flow.send({ flags: "A", ack: 1 + run.last * MSS });
    const windows = run.rounds(14);
    const factors = windows.map((size, i) => size / (windows[i - 1] ?? 1));
    expect(
      factors.slice(1, 4).every((factor) => factor > 1.7),
      windows.join(" "),
    ).toBe(true);
    const knee = factors.findIndex((factor, i) => i > 1 && factor < 1.4);
    expect(windows[knee] / before).toBeGreaterThan(0.65);
    expect(windows[knee] / before).toBeLessThan(0.8);
    // K = 0: no concave part, it starts slowly.
    expect(steps(windows.slice(knee, knee + 5)).every((step) => step < 2)).toBe(true);
  });
});
