import { Tcb } from "../tcp/tcb";
import { Wish } from "../tcp/flags";

/** What the values of options have in common. */

/** The largest number an option can answer. */
export const LARGEST: u32 = 0x7fffffff;

/** One comparison for both bounds. */
// prettier-ignore
@inline export function isOutside(n: u32, least: u32, most: u32): bool { return n - least > most - least; }

export function wish(tcb: Tcb, which: Wish, on: u32): i32 {
  tcb.wish(which, on != 0);
  return 0;
}
