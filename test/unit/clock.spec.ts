import { due, now, setNow, until } from "../../assembly/clock";

/** Each statement must hold at every start of time, the ends of the number range included. */
const starts: StaticArray<u32> = [0, 1, 1000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

describe("the clock", () => {
  it("shows the time it was set to", () => {
    for (let k = 0; k < starts.length; k++) {
      setNow(starts[k]);
      expect(now()).toBe(starts[k]);
    }
  });

  it("says that a deadline is due at its very time and later, not before", () => {
    for (let k = 0; k < starts.length; k++) {
      setNow(starts[k]);
      expect(due(starts[k])).toBe(true);
      expect(due(starts[k] - 1)).toBe(true);
      expect(due(starts[k] - 0x7fffffff)).toBe(true);
      expect(due(starts[k] + 1)).toBe(false);
      expect(due(starts[k] + 0x7fffffff)).toBe(false);
    }
  });

  it("tells the milliseconds to a deadline, none when it has come", () => {
    for (let k = 0; k < starts.length; k++) {
      setNow(starts[k]);
      expect(until(starts[k])).toBe(0);
      expect(until(starts[k] - 1)).toBe(0);
      expect(until(starts[k] - 0x7fffffff)).toBe(0);
      expect(until(starts[k] + 1)).toBe(1);
      expect(until(starts[k] + 0x7fffffff)).toBe(0x7fffffff);
    }
  });
});
