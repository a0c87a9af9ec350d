import { Slots, SLOTS_ENTRY, SLOTS_HEADER } from "../../assembly/storage/slots";
import { Dice, HELD } from "./support/dice";

const MOST: u32 = 65535;
const room = memory.data(SLOTS_HEADER + MOST * SLOTS_ENTRY + 4, 4);
const slots = Slots.at(room);

/** Random takes and gives against a table of flags: no index twice, none above n, -1 only when all are taken. */
function poolHolds(seed: u32, n: u32): i32 {
  const dice = new Dice(seed);
  const taken = new StaticArray<bool>(<i32>n);
  let used: u32 = 0;
  slots.init(n);
  for (let step = 0; step < 600; step++) {
    if (dice.below(16) < (step % 200 < 100 ? <u32>11 : <u32>5)) {
      const i = slots.take();
      if (i < 0 ? used != n : <u32>i >= n || taken[i]) return step;
      if (i >= 0) {
        taken[i] = true;
        used++;
      }
    } else {
      const i = dice.below(n);
      if (slots.has(i) != taken[i]) return step;
      if (taken[i]) {
        slots.give(i);
        taken[i] = false;
        used--;
      }
    }
    if (slots.used() != used || slots.free() != n - used) return step;
  }
  return HELD;
}

describe("a pool of slots", () => {
  it("never gives one out twice, nor refuses while one is free", () => {
    for (let seed: u32 = 1; seed <= 20; seed++) {
      expect(poolHolds(seed, 1 + seed * seed * 3)).toBe(HELD, "seed " + seed.toString());
      expect(poolHolds(seed, 1 + (seed & 3))).toBe(HELD, "small, seed " + seed.toString());
    }
  });

  it("works with one slot", () => {
    slots.init(1);
    for (let round = 0; round < 3; round++) {
      expect(slots.take()).toBe(0);
      expect(slots.take()).toBe(-1);
      expect(slots.has(0)).toBe(true);
      slots.give(0);
      expect(slots.has(0)).toBe(false);
    }
  });

  it("works with none", () => {
    slots.init(0);
    expect(slots.take()).toBe(-1);
    expect(slots.has(0)).toBe(false);
    expect(slots.used()).toBe(0);
  });

  it("starts at the lowest and takes again what was given last", () => {
    slots.init(4);
    expect(slots.take()).toBe(0);
    expect(slots.take()).toBe(1);
    expect(slots.take()).toBe(2);
    slots.give(0);
    slots.give(2);
    expect(slots.take()).toBe(2);
    expect(slots.take()).toBe(0);
    expect(slots.take()).toBe(3);
  });

  it("reaches the last of 65535 and nothing beyond its memory", () => {
    store<u16>(room + SLOTS_HEADER + MOST * SLOTS_ENTRY, 0xa5a5);
    slots.init(MOST);
    let last = -1;
    let count: u32 = 0;
    for (let i = slots.take(); i >= 0; i = slots.take()) {
      last = i;
      count++;
    }
    expect(last).toBe(65534);
    expect(count).toBe(MOST);
    expect(slots.has(65534)).toBe(true);
    slots.give(65534);
    expect(slots.take()).toBe(65534);
    expect(<u32>load<u16>(room + SLOTS_HEADER + MOST * SLOTS_ENTRY)).toBe(0xa5a5);
  });

  it("stops a debug build that gives one twice, or one that is none", () => {
    expect(() => {
      slots.init(4);
      slots.take();
      slots.give(0);
      slots.give(0);
    }).toThrow();
    expect(() => {
      slots.init(4);
      slots.give(4);
    }).toThrow();
  });
});
