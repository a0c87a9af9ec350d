import { Counter, Drop, Trace } from "./abi";
import { trace } from "./trace";

const counters = memory.data((Drop.count + Counter.count) * 4, 4);
const COUNTED: usize = counters + Drop.count * 4;

export function initStats(): void {
  memory.fill(counters, 0, (Drop.count + Counter.count) * 4);
}

/** Count a discarded frame or segment. Every early return of the receive path goes through here. */
export function drop(why: Drop): Drop {
  const at = counters + ((<usize>why) << 2);
  store<u32>(at, load<u32>(at) + 1);
  trace(Trace.Drop, why);
  return why;
}

export function dropped(why: Drop): u32 {
  return load<u32>(counters + ((<usize>why) << 2));
}

// prettier-ignore
@inline export function count(what: Counter, by: u32 = 1): void {
  const at = COUNTED + (<usize>what << 2);
  store<u32>(at, load<u32>(at) + by);
}

export function counted(what: Counter): u32 {
  return load<u32>(COUNTED + ((<usize>what) << 2));
}

/** Address of the counters: Drop.count words, then Counter.count words. */
export function statsAt(): usize {
  return counters;
}
