import { ICMP_RATE, RESET_RATE } from "../config";
import { now } from "../clock";
import { randomBelow } from "../random";

/** What is answered to nobody in particular, and so must not be had in any amount (RFC 1812 §4.3.2.8). */
export const enum Answer {
  IcmpError,
  Reset,
  count,
}

const WINDOW: u32 = 1000;
const budgets = memory.data(Answer.count * 8, 4);

export function initLimits(): void {
  openWindow(Answer.IcmpError);
  openWindow(Answer.Reset);
}

/** Whatever was answered before, the next question opens a new window. */
function openWindow(what: Answer): void {
  store<u32>(budgets + ((<usize>what) << 3), now() - WINDOW);
}

/**
 * True when one more answer of this kind may be sent in this second. The budget is drawn anew each second: with a known one, an
 * off-path attacker could find open ports by what is left of it (SAD DNS, CVE-2020-25705).
 */
export function mayAnswer(what: Answer): bool {
  const at = budgets + ((<usize>what) << 3);
  let left = load<u32>(at, 4);
  if (now() - load<u32>(at) >= WINDOW) {
    store<u32>(at, now());
    const rate = what == Answer.Reset ? RESET_RATE : ICMP_RATE;
    left = rate - randomBelow(rate / 4 + 1); // up to a quarter below the rate
  }
  if (left == 0) return false;
  store<u32>(at, left - 1, 4);
  return true;
}
