/**
 * Time comes in with `poll(now)`: u32 milliseconds from any start, wrapping after 49.7 days. Two times are compared by the sign
 * of their difference, so no two that are compared may lie more than 24.8 days apart.
 */
const clock = memory.data(4, 4);

/** The time of the present poll. */
export function now(): u32 {
  return load<u32>(clock);
}

export function setNow(ms: u32): void {
  store<u32>(clock, ms);
}

/** True when `deadline` has come. */
// prettier-ignore
@inline export function due(deadline: u32): bool {
  return i32(deadline - now()) <= 0;
}

/** Milliseconds until `deadline`, 0 when it has come. */
export function until(deadline: u32): u32 {
  const left = i32(deadline - now());
  return left > 0 ? left : 0;
}

/** What `poll` returns when nothing waits for time. */
export const NEVER: u32 = 0xffffffff;
