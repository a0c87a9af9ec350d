import { init as initStack } from "../exports";
import { input, output } from "../stack";
import { discard, startDiscard } from "./discard";
import { echo, startEcho } from "./echo";
import { http, startHttp, stopHttp } from "./http";

export * from "../exports";

/** Start, or start over, with 128 bits of entropy: no application runs before the next `serve`. */
export function init(s0: u32, s1: u32, s2: u32, s3: u32): i32 {
  stopHttp();
  return initStack(s0, s1, s2, s3);
}

/** Start the applications of this firmware: HTTP on port 80, echo on 7, discard on 9. Returns 0 or -errno. */
export function serve(): i32 {
  const result = startHttp();
  if (result < 0) return result;
  return min(startEcho(), startDiscard());
}

/**
 * Take frames, run what is due, serve, send. `now` is milliseconds from any start. Returns the milliseconds until the next call is
 * needed: 0xffffffff when nothing waits for time, 0 when more work is waiting.
 */
export function poll(now: u32): u32 {
  input(now);
  const next = http();
  echo();
  discard();
  return min(next, output());
}
