import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RealClock, VirtualClock } from "../../host/node/clock";

describe("VirtualClock", () => {
  it("runs what is due in order of time, then of calls, and sets the time to each", () => {
    const clock = new VirtualClock(100);
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name}@${clock.now}`);
    clock.at(130, note("late"));
    clock.at(110, note("first"));
    clock.at(110, note("second"));
    clock.at(50, note("overdue"));
    clock.advanceTo(120);
    expect(seen).toEqual(["overdue@100", "first@110", "second@110"]);
    expect(clock.now).toBe(120);
    clock.advanceBy(10);
    expect(seen.at(-1)).toBe("late@130");
  });

  it("runs what comes soon at the same instant, after what is due then", () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.at(5, () => {
      clock.soon(() => seen.push(`soon@${clock.now}`));
      seen.push("first");
    });
    clock.at(5, () => seen.push("second"));
    clock.advanceTo(6);
    expect(seen).toEqual(["first", "second", "soon@5"]);
  });

  it("is a heap that forgets what is cancelled: any order of setting and cancelling", () => {
    const run = fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.boolean()), { minLength: 1, maxLength: 120, size: "max" }),
      (wanted) => {
        const clock = new VirtualClock();
        const seen: number[] = [];
        const timers = wanted.map(([when]) => clock.at(when, () => seen.push(when)));
        wanted.forEach(([, keep], i) => {
          if (!keep) timers[i].cancel();
        });
        expect(clock.pending).toBe(wanted.filter(([, keep]) => keep).length);
        clock.advanceTo(1000);
        timers.forEach((timer) => timer.cancel());
        const kept = wanted.filter(([, keep]) => keep).map(([when]) => when);
        expect(seen).toEqual(kept.sort((a, b) => a - b));
        expect(clock.pending).toBe(0);
      },
    );
    fc.assert(run, { numRuns: 200 });
  });

  it("runs until a condition holds, and no longer than told", () => {
    const clock = new VirtualClock();
    let count = 0;
    const tick = (): void => {
      count++;
      clock.at(clock.now + 10, tick);
    };
    clock.at(10, tick);
    expect(clock.runUntil(() => count === 3, 1000)).toBe(true);
    expect(clock.now).toBe(30);
    expect(clock.runUntil(() => count === 99, 100)).toBe(false);
    expect(clock.now).toBe(130);
    expect(clock.runUntilIdle(20)).toBe(false);
  });

  it("lets promises and virtual time go on in turns", async () => {
    const clock = new VirtualClock();
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.at(clock.now + ms, resolve));
    const work = async (): Promise<number> => {
      for (let i = 0; i < 10; i++) await sleep(60_000);
      return clock.now;
    };
    expect(await clock.settle(work(), 1_000_000)).toBe(600_000);
    await expect(clock.settle(work(), 100_000)).rejects.toThrow("nothing settled within 100000 ms");
    await expect(clock.settle(Promise.reject(new Error("refused")), 1)).rejects.toThrow("refused");
  });
});

describe("RealClock", () => {
  it("runs things in time, not before, and not when cancelled", async () => {
    const clock = new RealClock();
    const start = clock.now;
    clock.at(start + 10, () => expect.unreachable("it was cancelled")).cancel();
    const fired = await new Promise<number>((resolve) => clock.at(start + 20, () => resolve(clock.now)));
    expect(fired - start).toBeGreaterThanOrEqual(19);
    expect(Math.abs(clock.epoch + clock.now - Date.now())).toBeLessThan(1000);
  });

  it("gives the event loop its turn, however often something comes soon", async () => {
    const clock = new RealClock();
    const enough = 3_000_000;
    let count = 0;
    const again = (): void => {
      if (++count < enough) clock.soon(again);
    };
    again();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(count).toBeLessThan(enough);
    count = enough;
  });
});
