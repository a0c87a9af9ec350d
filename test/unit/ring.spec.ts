import { ringRead, ringSpan, ringWrite } from "../../assembly/storage/ring";
import { Dice, HELD } from "./support/dice";

const LARGEST: u32 = 64;
const GUARD: u32 = 16;
const room = memory.data(LARGEST + 2 * GUARD, 8);
const model = memory.data(LARGEST + 2 * GUARD, 8);
const text = memory.data(LARGEST + 2, 8);
const copy = memory.data(LARGEST + 2, 8);

/** Writes and reads at random positions, around 2^32 too, against one octet at a time; the octets around the ring must stay. */
function ringHolds(seed: u32, size: u32): i32 {
  const dice = new Dice(seed);
  dice.fill(room, LARGEST + 2 * GUARD);
  memory.copy(model, room, LARGEST + 2 * GUARD);
  const ring = room + GUARD;
  for (let step = 0; step < 300; step++) {
    const position: u32 = dice.next() % 3 == 0 ? 0 - dice.below(2 * size) : dice.next();
    const length = dice.below(size + 1);
    dice.fill(text, LARGEST + 2);
    ringWrite(ring, size - 1, position, text + 1, length);
    for (let i: u32 = 0; i < length; i++) store<u8>(model + GUARD + ((position + i) % size), load<u8>(text + 1 + i));
    if (memory.compare(room, model, LARGEST + 2 * GUARD) != 0) return step;

    memory.fill(copy, 0x5a, LARGEST + 2);
    ringRead(ring, size - 1, position, copy + 1, length);
    if (memory.compare(copy + 1, text + 1, length) != 0) return step;
    if (load<u8>(copy) != 0x5a || load<u8>(copy + 1 + length) != 0x5a) return step;
  }
  return HELD;
}

describe("a ring of octets", () => {
  it("holds what is written, wherever it wraps, whatever its size", () => {
    for (let seed: u32 = 1; seed <= 30; seed++) {
      for (let size: u32 = 1; size <= LARGEST; size <<= 1) {
        expect(ringHolds(seed, size)).toBe(HELD, "seed " + seed.toString() + ", size " + size.toString());
      }
    }
  });

  it("takes exactly its size at once, from any position", () => {
    for (let position: u32 = 0xfffffff8; position != 8; position++) {
      new Dice(position).fill(text, 8);
      ringWrite(room, 7, position, text, 8);
      ringRead(room, 7, position, copy, 8);
      expect(memory.compare(copy, text, 8)).toBe(0);
      expect(<u32>load<u8>(room + (position & 7))).toBe(<u32>load<u8>(text));
    }
  });

  it("tells how much lies in one piece", () => {
    expect(ringSpan(7, 0, 8)).toBe(8);
    expect(ringSpan(7, 5, 8)).toBe(3);
    expect(ringSpan(7, 5, 3)).toBe(3);
    expect(ringSpan(7, 5, 2)).toBe(2);
    expect(ringSpan(7, 7, 8)).toBe(1);
    expect(ringSpan(7, 0xffffffff, 5)).toBe(1);
    expect(ringSpan(7, 8, 0)).toBe(0);
    expect(ringSpan(0, 12345, 1)).toBe(1);
  });

  it("refuses more than its size in a debug build", () => {
    expect(() => {
      ringWrite(room, 7, 0, text, 9);
    }).toThrow();
    expect(() => {
      ringRead(room, 7, 0, copy, 9);
    }).toThrow();
  });
});
