import { RANGES } from "../../assembly/config";
import { Assembler, ASSEMBLER_BYTES } from "../../assembly/storage/assembler";
import { Dice, HELD } from "./support/dice";

const room = memory.data(ASSEMBLER_BYTES + 4, 4);
const ranges = Assembler.at(room);
/** Octets of stream in one run of the model. */
const STREAM: u32 = 400;
const WINDOW: u32 = 60;

/** Ranges are in order, apart, not empty, and hold exactly the octets the model has from `from` on. */
function same(model: StaticArray<bool>, origin: u32, from: u32): bool {
  let i: u32 = 0;
  for (let at = from; at < STREAM; at++) {
    if (!model[at]) continue;
    let end = at;
    while (end < STREAM && model[end]) end++;
    if (i >= ranges.count || ranges.start(i) - origin != at || ranges.end(i) - origin != end) return false;
    i++;
    at = end;
  }
  return i == ranges.count;
}

function runsIn(model: StaticArray<bool>): u32 {
  let runs: u32 = 0;
  for (let at: u32 = 0; at < STREAM; at++) if (model[at] && (at == 0 || !model[at - 1])) runs++;
  return runs;
}

function mark(model: StaticArray<bool>, start: u32, end: u32, to: bool): void {
  for (let at = start; at < end; at++) model[at] = to;
}

/** A receiver that gets random pieces of a window, checks each step against a flag per octet, and delivers in order. */
function assembles(seed: u32, origin: u32): i32 {
  const dice = new Dice(seed);
  const model = new StaticArray<bool>(STREAM + 1);
  let base: u32 = 0;
  ranges.init();
  for (let step = 0; step < 3000 && base + WINDOW < STREAM; step++) {
    const start = base + (dice.below(8) == 0 ? 0 : dice.below(WINDOW));
    const end = min(start + dice.below(12), base + WINDOW);
    const trial = new StaticArray<bool>(STREAM + 1);
    for (let at: u32 = 0; at < STREAM; at++) trial[at] = model[at];
    mark(trial, start, end, true);
    const fits = runsIn(trial) <= RANGES;
    if (ranges.add(origin + base, origin + start, origin + end) != fits) return step;
    if (fits) mark(model, start, end, true);
    if (!same(model, origin, base)) return step;

    let expected: u32 = 0;
    while (model[base + expected]) expected++;
    if (dice.below(3) == 0 || ranges.count == RANGES) {
      if (ranges.take(origin + base) != expected) return step;
      mark(model, base, base + expected, false);
      base += expected;
      if (!same(model, origin, base)) return step;
      // An octet that is missing arrives at last, in order.
      if (dice.below(2) == 0) base += 1;
      const gone = ranges.take(origin + base);
      let held: u32 = 0;
      while (model[base + held]) held++;
      if (gone != held) return step;
      mark(model, 0, base + held, false);
      base += held;
    }
  }
  return HELD;
}

describe("the assembler", () => {
  it("agrees with a flag per octet, from any initial position", () => {
    const origins: StaticArray<u32> = [
      0,
      1,
      0x7fffffff,
      0x80000000,
      0xffffffff,
      0xfffffffe,
      0 - 100,
      0 - 399,
      0x80000000 - 200,
      12345678,
    ];
    for (let seed: u32 = 1; seed <= 20; seed++) {
      for (let k = 0; k < origins.length; k++) {
        expect(assembles(seed, origins[k])).toBe(HELD, "seed " + seed.toString() + ", origin " + origins[k].toString());
      }
    }
  });

  it("merges what overlaps or touches, and nothing else", () => {
    const base: u32 = 0xfffffff0;
    ranges.init();
    expect(ranges.add(base, base + 10, base + 20)).toBe(true);
    expect(ranges.add(base, base + 30, base + 40)).toBe(true);
    expect(ranges.count).toBe(2);
    expect(ranges.add(base, base + 21, base + 29)).toBe(true);
    expect(ranges.count).toBe(3, "one octet apart on either side");
    expect(ranges.add(base, base + 20, base + 21)).toBe(true);
    expect(ranges.count).toBe(2);
    expect(ranges.add(base, base + 5, base + 50)).toBe(true);
    expect(ranges.count).toBe(1);
    expect(ranges.start(0)).toBe(base + 5);
    expect(ranges.end(0)).toBe(base + 50);
  });

  it("keeps the larger range when a part of it comes again", () => {
    ranges.init();
    ranges.add(100, 110, 150);
    expect(ranges.add(100, 120, 130)).toBe(true);
    expect(ranges.add(100, 110, 150)).toBe(true);
    expect(ranges.count).toBe(1);
    expect(ranges.start(0)).toBe(110);
    expect(ranges.end(0)).toBe(150);
  });

  it("refuses one range too many and changes nothing; merging goes on", () => {
    ranges.init();
    for (let k: u32 = 0; k < RANGES; k++) expect(ranges.add(0, 10 + k * 10, 12 + k * 10)).toBe(true);
    const before = load<u64>(room + ASSEMBLER_BYTES - 8);
    expect(ranges.add(0, 5, 6)).toBe(false);
    expect(ranges.add(0, 15, 16)).toBe(false);
    expect(ranges.add(0, 10000, 10001)).toBe(false);
    expect(ranges.count).toBe(RANGES);
    expect(ranges.start(0)).toBe(10);
    expect(load<u64>(room + ASSEMBLER_BYTES - 8)).toBe(before);
    expect(ranges.add(0, 12, 13)).toBe(true);
    expect(ranges.end(0)).toBe(13);
    expect(ranges.add(0, 0, 10)).toBe(true);
    expect(ranges.take(0)).toBe(13);
    expect(ranges.add(0, 15, 16)).toBe(true, "there is room again");
  });

  it("says yes to nothing", () => {
    ranges.init();
    expect(ranges.add(0, 5, 5)).toBe(true);
    expect(ranges.add(0, 6, 5)).toBe(true);
    expect(ranges.add(0xffffffff, 3, 3)).toBe(true);
    expect(ranges.count).toBe(0);
    expect(ranges.take(0)).toBe(0);
  });

  it("moves base over a range that started before it, and forgets what lies behind", () => {
    ranges.init();
    ranges.add(100, 110, 120);
    ranges.add(100, 130, 140);
    ranges.add(100, 150, 160);
    expect(ranges.take(135)).toBe(5);
    expect(ranges.count).toBe(1);
    expect(ranges.start(0)).toBe(150);
    expect(ranges.take(160)).toBe(0, "ends at base: it goes, base stays");
    expect(ranges.count).toBe(0);
  });

  it("leaves ranges behind a hole alone", () => {
    ranges.init();
    ranges.add(0, 1, 5);
    expect(ranges.take(0)).toBe(0);
    expect(ranges.count).toBe(1);
  });

  it("keeps to its memory", () => {
    store<u32>(room + ASSEMBLER_BYTES, 0xa5a5a5a5);
    ranges.init();
    for (let k: u32 = RANGES + 3; k > 0; k--) ranges.add(0, k * 10, k * 10 + 1);
    ranges.add(0, 0, 1000);
    ranges.take(0);
    expect(load<u32>(room + ASSEMBLER_BYTES)).toBe(0xa5a5a5a5);
  });
});
