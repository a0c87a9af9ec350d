import { now } from "../clock";

/** Milliseconds since the applications started; unlike the clock they do not wrap. Needs a look once in 49 days. */
const seen = memory.data(4, 4);
const passed = memory.data(8, 8);

/** Time begins, at the next `tick`. */
export function startUptime(): void {
  store<u64>(passed, NOT_YET);
}
const NOT_YET: u64 = ~0;

export function tick(): void {
  const elapsed = now() - load<u32>(seen);
  store<u32>(seen, now());
  store<u64>(passed, load<u64>(passed) == NOT_YET ? 0 : load<u64>(passed) + elapsed);
}

export function uptime(): u64 {
  return load<u64>(passed);
}
