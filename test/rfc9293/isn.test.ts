import { expect, test } from "vitest";
import { answerTo, differences, distinct, opened } from "../support/numbers";
import { passive, PORT } from "../support/states";
import { world } from "../support/world";

// 3.4.1, initial sequence numbers

test.each([4, 1000, 100_000, 20_000_000])(
  "MUST-8, SHLD-1: in %i ms the number of one four-tuple moves by 4 us ticks",
  async (ms) => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    const first = answerTo(w, peer, 5555);
    const at = w.now;
    w.run(ms);
    const second = answerTo(w, peer, 5555);
    const ticks = (w.now - at) * 250;
    // Modulo 2^32: 4.55 hours are one turn.
    expect(Math.abs((second - first - ticks) | 0)).toBeLessThanOrEqual(4 * 250);
  },
);

test("SHLD-1: addresses and ports each change the number, by an amount that has no pattern", async () => {
  const w = await world();
  w.board.listen(PORT);
  w.board.listen(PORT + 1);
  const [one, two] = [w.peer(), w.peer()];
  const base = answerTo(w, one, 5555);
  const before = w.now;
  const moved = (seq: number): number => (seq - base - (w.now - before) * 250) | 0;
  const flow = one.flow({ port: 5555, to: PORT + 1 }).send({ flags: "S", mss: 1460 });
  const offsets = [
    moved(answerTo(w, two, 5555)),
    moved(answerTo(w, one, 5556)),
    moved(answerTo(w, one, 5557)),
    moved(flow.expect({ flags: "SA" }).raw.seq),
  ];
  expect(distinct(offsets)).toBe(4);
  for (const offset of offsets) expect(Math.abs(offset)).toBeGreaterThan(100_000);
});

test("MUST-9: the function is keyed: another secret, other numbers; the same, the same", async () => {
  const numbers: number[] = [];
  for (const seed of [1, 2, 3, 4, 5, 1]) {
    const w = await world({ seed });
    w.board.listen(PORT);
    numbers.push(answerTo(w, w.peer(), 5555));
  }
  expect(distinct(numbers)).toBe(5);
  expect(numbers[5]).toBe(numbers[0]);
});

test("MUST-9: numbers seen by one peer do not give away those of another", async () => {
  const w = await world();
  w.board.listen(PORT);
  const [attacker, victim] = [w.peer(), w.peer()];
  const offsets = Array.from({ length: 60 }, (_, i) => {
    const seen = answerTo(w, attacker, 20_000 + i);
    return (answerTo(w, victim, 20_000 + i) - seen) >>> 0;
  });
  expect(distinct(offsets)).toBe(60);
  // Each bit of the differences is set about half of the time.
  for (let bit = 0; bit < 32; bit++) {
    const set = differences(offsets).filter((step) => (step >>> bit) & 1).length;
    expect(set, `bit ${bit}`).toBeGreaterThan(12);
    expect(set, `bit ${bit}`).toBeLessThan(47);
  }
});

test("MUST-8, MUST-9: active opens choose in the same way", async () => {
  const w = await world();
  const peer = w.peer();
  const numbers = Array.from({ length: 40 }, (_, i) => opened(w, peer, 4000 + i).seq);
  expect(distinct(differences(numbers))).toBeGreaterThan(36);
  passive(w, { peer });
});
