import { expect, test } from "vitest";
import { answerTo, differences, distinct, opened } from "../support/numbers";
import { PORT } from "../support/states";
import { world } from "../support/world";

// RFC 6528, initial sequence numbers

test("6528-1: 250 ticks a millisecond on one four-tuple, whatever happens to others meanwhile", async () => {
  const w = await world();
  w.board.listen(PORT);
  const peer = w.peer();
  let last = answerTo(w, peer, 5555);
  for (let i = 0; i < 20; i++) {
    const at = w.now;
    for (let other = 0; other < i; other++) answerTo(w, peer, 6000 + other);
    w.run(777);
    const next = answerTo(w, peer, 5555);
    expect(Math.abs(((next - last) | 0) - (w.now - at) * 250)).toBeLessThanOrEqual(1000);
    last = next;
  }
});

test("6528-2: keys that differ in one bit give numbers that have nothing in common", async () => {
  const numbers = new Set<number>();
  for (let bit = 0; bit < 32; bit += 4) {
    for (const seed of [1 << bit, (1 << bit) + 1]) {
      const w = await world({ seed });
      w.board.listen(PORT);
      numbers.add(answerTo(w, w.peer(), 5555));
    }
  }
  expect(numbers.size).toBe(16);
});

test("6528-3: later is ahead by the time; neighbours differ by nothing fixed; a reboot changes all", async () => {
  const perBoot: number[][] = [];
  for (const seed of [1, 2]) {
    const w = await world({ seed });
    w.board.listen(PORT);
    const peer = w.peer();
    const numbers = Array.from({ length: 50 }, (_, i) => answerTo(w, peer, 10_000 + i));
    expect(distinct(differences(numbers))).toBeGreaterThan(47);
    perBoot.push(numbers);
  }
  const moved = perBoot[0].map((number, i) => (perBoot[1][i] - number) >>> 0);
  expect(distinct(moved)).toBe(50);
});

test("6528-4, 6528-5: the key comes with each boot from the host's chance, and is not changed while it runs", async () => {
  const w = await world();
  w.board.listen(PORT);
  const peer = w.peer();
  const before = answerTo(w, peer, 5555);
  const at = w.now;
  // Three days, many connections: the number still follows the clock alone.
  for (let i = 0; i < 100; i++) opened(w, peer, 2000 + i);
  w.run(3 * 86_400_000);
  const ticks = (w.now - at) * 250;
  expect(Math.abs((answerTo(w, peer, 5555) - before - ticks) | 0)).toBeLessThanOrEqual(4000);
});
