import { Heap, HEAP_ENTRY, HEAP_HEADER } from "../../assembly/storage/heap";
import { Dice, HELD } from "./support/dice";

const MOST: u32 = 65535;
const room = memory.data(HEAP_HEADER + MOST * HEAP_ENTRY + 4, 4);
const heap = Heap.at(room);
/** Deadlines of the model, relative to the start of the time under test; -1 for none. */
const NONE: i32 = -1;

function earliestOf(model: StaticArray<i32>): i32 {
  let least = NONE;
  for (let id = 0; id < model.length; id++) {
    if (model[id] != NONE && (least == NONE || model[id] < least)) least = model[id];
  }
  return least;
}

/** Random sets, moves and clears against a table; times start at `origin`, so they may run over 2^32. */
function heapHolds(seed: u32, n: u32, origin: u32, span: u32): i32 {
  const dice = new Dice(seed);
  const model = new StaticArray<i32>(<i32>n);
  let count: u32 = 0;
  model.fill(NONE);
  heap.init(n);
  for (let step = 0; step < 500; step++) {
    const id = dice.below(n);
    const had = model[id] != NONE;
    if (heap.has(id) != had) return step;
    if (had && heap.when(id) - origin != <u32>model[id]) return step;
    if (dice.below(8) < 5) {
      model[id] = <i32>dice.below(span);
      heap.set(id, origin + <u32>model[id]);
      if (!had) count++;
    } else {
      model[id] = NONE;
      heap.clear(id);
      if (had) count--;
    }
    const least = earliestOf(model);
    const first = heap.earliest();
    if (heap.count != count || first < 0 != (least == NONE)) return step;
    if (first >= 0 && (model[first] != least || heap.when(<u32>first) - origin != <u32>least)) return step;
  }
  return HELD;
}

/** Everything comes out in the order of time. */
function sorts(seed: u32, n: u32, origin: u32): i32 {
  const dice = new Dice(seed);
  heap.init(n);
  for (let id: u32 = 0; id < n; id++) heap.set(id, origin + dice.below(0x7fffffff));
  let last: u32 = 0;
  for (let step: u32 = 0; step < n; step++) {
    const id = heap.earliest();
    const when = heap.when(<u32>id) - origin;
    if (when < last) return <i32>step;
    last = when;
    heap.clear(<u32>id);
    if (heap.has(<u32>id)) return <i32>step;
  }
  return heap.earliest() == -1 ? HELD : <i32>n;
}

describe("a heap of deadlines", () => {
  it("knows the earliest through sets, moves either way and clears", () => {
    for (let seed: u32 = 1; seed <= 25; seed++) {
      expect(heapHolds(seed, 1 + seed * 2, 1000, 100)).toBe(HELD, "many equal, seed " + seed.toString());
      expect(heapHolds(seed, 60, dice0(seed), 0x7fffffff)).toBe(HELD, "seed " + seed.toString());
    }
  });

  it("does so when time runs over 2^32 and over 2^31", () => {
    for (let seed: u32 = 1; seed <= 10; seed++) {
      expect(heapHolds(seed, 30, 0xfffffff0, 32)).toBe(HELD, "2^32, seed " + seed.toString());
      expect(heapHolds(seed, 30, 0x7ffffff0, 32)).toBe(HELD, "2^31, seed " + seed.toString());
      expect(heapHolds(seed, 30, 0xc0000000, 0x7fffffff)).toBe(HELD, "far over 2^32, seed " + seed.toString());
    }
  });

  it("gives deadlines out in order", () => {
    for (let n: u32 = 1; n < 40; n++) expect(sorts(n, n, 0 - n * 1000000)).toBe(HELD, "n = " + n.toString());
    expect(sorts(77, MOST, 0xdeadbeef)).toBe(HELD, "65535 deadlines");
  });

  it("works with one", () => {
    heap.init(1);
    expect(heap.earliest()).toBe(-1);
    heap.set(0, 5);
    heap.set(0, 0xfffffff0);
    expect(heap.count).toBe(1);
    expect(heap.earliest()).toBe(0);
    expect(heap.when(0)).toBe(0xfffffff0);
    heap.clear(0);
    heap.clear(0);
    expect(heap.has(0)).toBe(false);
    expect(heap.earliest()).toBe(-1);
  });

  it("keeps to its memory", () => {
    store<u32>(room + HEAP_HEADER + 5 * HEAP_ENTRY, 0xa5a5a5a5);
    expect(heapHolds(3, 5, 0, 1000)).toBe(HELD);
    expect(load<u32>(room + HEAP_HEADER + 5 * HEAP_ENTRY)).toBe(0xa5a5a5a5);
  });

  it("stops a debug build that names no id, or asks for a deadline that is not there", () => {
    expect(() => {
      heap.init(3);
      heap.set(3, 1);
    }).toThrow();
    expect(() => {
      heap.init(3);
      heap.when(1);
    }).toThrow();
  });
});

function dice0(seed: u32): u32 {
  return new Dice(seed ^ 0x5555).next();
}
