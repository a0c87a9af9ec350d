import { Bitmap, BITMAP_HEADER } from "../../assembly/storage/bitmap";
import { Dice, HELD } from "./support/dice";

const MOST: u32 = 65536;
const room = memory.data(BITMAP_HEADER + (MOST / 32 + MOST / 1024 + MOST / 32768) * 4 + 4, 4);
const bitmap = Bitmap.at(room);

function bytesFor(n: u32): u32 {
  return BITMAP_HEADER + (n / 32 + n / 1024 + n / 32768) * 4;
}

function lowestFree(taken: StaticArray<bool>): i32 {
  for (let i = 0; i < taken.length; i++) if (!taken[i]) return i;
  return -1;
}

/** Random takes and gives against a table of flags that is searched from the start. */
function bitmapHolds(seed: u32, n: u32, steps: i32): i32 {
  const dice = new Dice(seed);
  const taken = new StaticArray<bool>(<i32>n);
  bitmap.init(n);
  for (let step = 0; step < steps; step++) {
    const growing = ((step * 4) / steps) % 2 == 0;
    if (dice.below(16) < (growing ? <u32>13 : <u32>4)) {
      const expected = lowestFree(taken);
      if (bitmap.take() != expected) return step;
      if (expected >= 0) taken[expected] = true;
    } else {
      const i = dice.below(n);
      if (bitmap.has(i) != taken[i]) return step;
      bitmap.give(i);
      taken[i] = false;
    }
  }
  for (let i: u32 = 0; i < n; i++) if (bitmap.has(i) != taken[i]) return steps;
  return HELD;
}

/** Fill a bitmap of n, find it full, free single indices anywhere and get exactly those back; guards stay. */
function fillsUp(n: u32): i32 {
  memory.fill(room, 0xa5, bytesFor(n) + 4);
  bitmap.init(n);
  for (let i: u32 = 0; i < n; i++) if (bitmap.take() != <i32>i) return <i32>i;
  if (bitmap.take() != -1) return <i32>n;
  for (let i: u32 = n; i > 0; i -= (i >> 4) + 1) {
    bitmap.give(i - 1);
    if (bitmap.take() != <i32>(i - 1) || bitmap.take() != -1) return <i32>(n + i);
  }
  return load<u32>(room + bytesFor(n)) == 0xa5a5a5a5 ? HELD : 0x7fffffff;
}

describe("a bitmap", () => {
  it("always finds the lowest index that is free", () => {
    for (let seed: u32 = 1; seed <= 15; seed++) {
      expect(bitmapHolds(seed, 1 + seed, 300)).toBe(HELD, "small, seed " + seed.toString());
      expect(bitmapHolds(seed, 31 + (seed % 4), 400)).toBe(HELD, "a word, seed " + seed.toString());
    }
    expect(bitmapHolds(99, 1100, 5000)).toBe(HELD, "seed 99, three levels");
  });

  it("fills up to the last index, with the memory it was promised", () => {
    const sizes: StaticArray<u32> = [1, 2, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 2048, 32767, 32768, 32769, 65535, 65536];
    for (let k = 0; k < sizes.length; k++) expect(fillsUp(sizes[k])).toBe(HELD, "n = " + sizes[k].toString());
  });

  it("ignores the giving of what is not taken, or no index", () => {
    bitmap.init(40);
    bitmap.take();
    bitmap.give(5);
    bitmap.give(40);
    bitmap.give(0xffffffff);
    expect(bitmap.has(0)).toBe(true);
    expect(bitmap.has(40)).toBe(false, "past the end");
    expect(bitmap.take()).toBe(1);
  });

  it("starts afresh", () => {
    bitmap.init(70);
    for (let i = 0; i < 70; i++) bitmap.take();
    bitmap.init(70);
    expect(bitmap.take()).toBe(0);
    expect(bitmap.has(69)).toBe(false);
  });
});
