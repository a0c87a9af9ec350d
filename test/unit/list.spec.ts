import { List, LIST_ENTRY, LIST_HEADER } from "../../assembly/storage/list";
import { Dice, HELD } from "./support/dice";

const MOST: u32 = 65535;
const room = memory.data(LIST_HEADER + MOST * LIST_ENTRY + 4, 4);
const list = List.at(room);

function sameOrder(model: Array<u32>): bool {
  let i = list.first();
  for (let k = 0; k < model.length; k++) {
    if (i < 0 || <u32>i != model[k]) return false;
    i = list.next(<u32>i);
  }
  return i == -1 && list.count == <u32>model.length;
}

/** Random pushes, pops and removals against an array. */
function listHolds(seed: u32, n: u32): i32 {
  const dice = new Dice(seed);
  const model: Array<u32> = [];
  list.init(n);
  for (let step = 0; step < 400; step++) {
    const i = dice.below(n);
    const place = model.indexOf(i);
    const what = dice.below(8);
    if (list.has(i) != place >= 0) return step;
    if (what < 4) {
      list.push(i);
      if (place < 0) model.push(i);
    } else if (what < 6) {
      list.remove(i);
      if (place >= 0) model.splice(place, 1);
    } else {
      const expected = model.length == 0 ? -1 : <i32>model.shift();
      if (list.pop() != expected) return step;
    }
    if (!sameOrder(model)) return step;
  }
  return HELD;
}

describe("a list of indices", () => {
  it("keeps the order of an array through pushes, pops and removals", () => {
    for (let seed: u32 = 1; seed <= 20; seed++) {
      expect(listHolds(seed, 1 + (seed % 5))).toBe(HELD, "small, seed " + seed.toString());
      expect(listHolds(seed, 40)).toBe(HELD, "seed " + seed.toString());
    }
  });

  it("is first in, first out", () => {
    list.init(4);
    list.push(2);
    list.push(0);
    list.push(3);
    expect(list.first()).toBe(2);
    expect(list.next(2)).toBe(0);
    expect(list.next(3)).toBe(-1);
    expect(list.pop()).toBe(2);
    expect(list.pop()).toBe(0);
    expect(list.pop()).toBe(3);
    expect(list.pop()).toBe(-1);
    expect(list.first()).toBe(-1);
  });

  it("keeps the place of an index that is pushed again", () => {
    list.init(3);
    list.push(1);
    list.push(2);
    list.push(1);
    expect(list.count).toBe(2);
    expect(list.pop()).toBe(1);
    expect(list.pop()).toBe(2);
    expect(list.pop()).toBe(-1);
  });

  it("ignores the removal of what is not listed", () => {
    list.init(3);
    list.push(1);
    list.remove(0);
    list.remove(3);
    list.remove(0xffffffff);
    expect(list.count).toBe(1);
    expect(list.has(3)).toBe(false);
    expect(list.pop()).toBe(1);
  });

  it("works with one index", () => {
    list.init(1);
    for (let round = 0; round < 3; round++) {
      expect(list.pop()).toBe(-1);
      list.push(0);
      expect(list.has(0)).toBe(true);
      expect(list.next(0)).toBe(-1);
      expect(list.pop()).toBe(0);
      expect(list.has(0)).toBe(false);
    }
  });

  it("works with 65535 and keeps to its memory", () => {
    store<u32>(room + LIST_HEADER + MOST * LIST_ENTRY, 0xa5a5a5a5);
    list.init(MOST);
    list.push(65534);
    list.push(0);
    expect(list.pop()).toBe(65534);
    expect(list.pop()).toBe(0);
    expect(list.pop()).toBe(-1);
    expect(load<u32>(room + LIST_HEADER + MOST * LIST_ENTRY)).toBe(0xa5a5a5a5);
  });

  it("stops a debug build that pushes what is no index", () => {
    expect(() => {
      list.init(3);
      list.push(3);
    }).toThrow();
  });
});
