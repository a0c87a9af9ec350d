import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { ackSegment, fill, flight, MSS, segments, sender } from "../support/sender";
import { cwnd, FAR, transfer } from "../support/transfer";

describe("CUBIC on the wire", () => {
  test("9438-1, 9438-2, 9438-4: the window returns to where the loss was, stays there, then probes beyond, ever faster", async () => {
    const run = await transfer();
    run.reach(50);
    const { before } = run.loseOne();
    const windows = run.rounds(100);
    const steps = windows.map((size, i) => size - (windows[i - 1] ?? windows[0]));
    const k = windows.findIndex((size) => size > before - 1);
    const seconds = Math.cbrt((0.3 * before) / 0.4);
    expect(k * 0.1, windows.join(" ")).toBeGreaterThan(seconds - 1.5);
    expect(k * 0.1, windows.join(" ")).toBeLessThan(seconds + 0.5);
    const mean = (from: number, to: number) => steps.slice(from, to).reduce((sum, step) => sum + step, 0) / (to - from);
    expect(mean(1, 11)).toBeGreaterThan(4 * mean(k - 5, k + 5)); // concave
    expect(mean(90, 100)).toBeGreaterThan(4 * mean(k - 5, k + 5)); // convex
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  });

  test("9438-6: a second loss below the first makes the next plateau lower than where it was", async () => {
    const run = await transfer();
    run.reach(50);
    run.loseOne();
    const { before } = run.loseOne();
    const windows = run.rounds(60);
    const steps = windows.map((size, i) => size - (windows[i - 1] ?? 0));
    const flattest = steps.slice(5).indexOf(Math.min(...steps.slice(5))) + 5;
    expect(windows[flattest], windows.join(" ")).toBeLessThan(0.9 * before);
    expect(windows[flattest]).toBeGreaterThan(0.8 * before);
  });

  test("9438-7: a timeout leaves one segment, slow start goes to 0.7 of the flight", async () => {
    const run = await transfer();
    run.reach(50);
    fill(run.made);
    run.made.world.run(2 * FAR);
    const lost = segments(run.made.flow.drain(0));
    const before = cwnd(run.made);
    run.made.world.run(1500);
    expect(cwnd(run.made)).toBe(1);
    run.made.flow.drain(0);
    run.last = Math.max(...lost);
    ackSegment(run.made, run.last);
    const windows = run.rounds(12);
    const steps = windows.map((size, i) => size / (windows[i - 1] ?? 1));
    const knee = steps.findIndex((step, i) => i > 1 && step < 1.4);
    expect(windows[knee], windows.join(" ")).toBeGreaterThan(0.65 * before);
    expect(windows[knee], windows.join(" ")).toBeLessThan(0.78 * before);
  });
});

describe("the choice of algorithm", () => {
  test.each([
    ["reno", 0.5],
    ["cubic", 0.7],
  ] as const)("9438-5: %s leaves %f of the flight", async (name, share) => {
    const run = await transfer(name);
    run.reach(50);
    const { before, after } = run.loseOne();
    expect(Math.abs(after / before - share), `${before} -> ${after}`).toBeLessThan(0.02);
  });

  test.each([
    ["what is in flight", 0, 2],
    ["cwnd, as in Linux", 1, 7],
  ])("a loss leaves 0.7 of %s (9438 4.6)", async (_, LossFromCwnd, left) => {
    const { made } = await sender({}, { settings: { LossFromCwnd } });
    made.board.send(made.fd, pattern(4 * MSS));
    flight(made);
    for (let i = 0; i < 3; i++) ackSegment(made, 0);
    flight(made);
    expect(Math.floor(cwnd(made))).toBe(left + 3); // and the three that have left the network (RFC 5681 3.2)
  });

  test("a module without CUBIC works and has Reno", async () => {
    const { made } = await sender({}, { knobs: { CONFIG_CUBIC: 0 } });
    fill(made);
    flight(made);
    for (let i = 0; i < 3; i++) ackSegment(made, 0);
    flight(made);
    expect(cwnd(made)).toBe(8);
  });
});
