/** The firmware without an application: every socket is the host's. */
export * from "../exports";
import { input, output } from "../stack";

/** Nothing to start. */
export function serve(): i32 {
  return 0;
}

export function poll(now: u32): u32 {
  input(now);
  return output();
}
