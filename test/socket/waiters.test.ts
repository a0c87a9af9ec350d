import { describe, expect, test } from "vitest";
import { Turnstile } from "../../host/node/turnstile";
import { AGAIN, Waiters } from "../../host/node/waiters";
import { rejection } from "./pair";

describe("Waiters", () => {
  test("what can be had at once is had at once", async () => {
    const waiters = new Waiters();
    expect(await waiters.run(() => 7)).toBe(7);
    expect(waiters.length).toBe(0);
  });

  test("first come, first served, and nobody overtakes", async () => {
    const waiters = new Waiters();
    let stock = 0;
    const take = (): number | typeof AGAIN => (stock > 0 ? stock-- : AGAIN);
    const served: string[] = [];
    const all = ["a", "b", "c"].map((name) => waiters.run(take).then(() => served.push(name)));
    stock = 2;
    all.push(waiters.run(take).then(() => served.push("late")));
    waiters.retry();
    await Promise.all(all.slice(0, 2));
    expect(served).toEqual(["a", "b"]);
    stock = 2;
    waiters.retry();
    await Promise.all(all);
    expect(served).toEqual(["a", "b", "c", "late"]);
  });

  test("an attempt that throws rejects its own caller only", async () => {
    const waiters = new Waiters();
    let broken = false;
    const first = rejection(
      waiters.run(() => {
        if (broken) throw new Error("broken");
        return AGAIN;
      }),
    );
    let ready = false;
    const second = waiters.run(() => (ready ? "fine" : AGAIN));
    broken = true;
    waiters.retry();
    expect(await first).toHaveProperty("message", "broken");
    ready = true;
    waiters.retry();
    expect(await second).toBe("fine");
  });

  test("fail rejects all; an attempt that fails the queue it stands in leaves nobody behind", async () => {
    const waiters = new Waiters();
    let dead = false;
    const attempt = (): typeof AGAIN => {
      if (dead) waiters.fail(new Error("dead"));
      return AGAIN;
    };
    const all = [rejection(waiters.run(attempt)), rejection(waiters.run(attempt))];
    dead = true;
    waiters.retry();
    expect((await Promise.all(all)).map((error) => (error as Error).message)).toEqual(["dead", "dead"]);
    expect(waiters.length).toBe(0);
  });

  test("an abort takes its caller out of the queue", async () => {
    const waiters = new Waiters();
    const abort = new AbortController();
    let ready = false;
    const first = rejection(waiters.run(() => (ready ? 1 : AGAIN), abort.signal));
    const second = waiters.run(() => (ready ? 2 : AGAIN));
    abort.abort();
    ready = true;
    waiters.retry();
    expect(await first).toHaveProperty("name", "AbortError");
    expect(await second).toBe(2);
    expect(await rejection(waiters.run(() => 3, abort.signal))).toHaveProperty("name", "AbortError");
  });
});

test("a Turnstile lets its limit in, the others in order as those inside leave", async () => {
  const turnstile = new Turnstile(2);
  const inside: number[] = [];
  const all = [0, 1, 2, 3].map((i) => turnstile.enter().then(() => inside.push(i)));
  await Promise.all(all.slice(0, 2));
  expect([inside, turnstile.busy, turnstile.waiting]).toEqual([[0, 1], 2, 2]);
  turnstile.leave();
  await all[2];
  expect([inside, turnstile.busy, turnstile.waiting]).toEqual([[0, 1, 2], 2, 1]);
  for (let i = 0; i < 3; i++) turnstile.leave();
  await all[3];
  expect([inside, turnstile.busy, turnstile.waiting]).toEqual([[0, 1, 2, 3], 0, 0]);
});
