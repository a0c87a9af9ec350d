import { SND_BUF } from "../config";

/**
 * The octets of `/bytes/N`: octet i is i mod 251, a prime, so that no power-of-two slip of a buffer goes unnoticed. They are copied
 * from a stretch that has at least RUN octets behind every place of the period.
 */
const PERIOD: u32 = 251;
const RUN: u32 = SND_BUF >= 16384 ? 16384 : 1;
const STRETCH: u32 = PERIOD + RUN;
const stretch = memory.data(STRETCH, 8);

/** Lay the stretch down; once, before the first fillPattern. */
export function preparePattern(): void {
  for (let i: u32 = 0; i < STRETCH; i++) store<u8>(stretch + i, <u8>(i % PERIOD));
}

/** Write octets `from` to `from + length` of the pattern. */
export function fillPattern(at: usize, from: u32, length: u32): void {
  while (length > 0) {
    const phase = from % PERIOD;
    const run = min(length, STRETCH - phase);
    memory.copy(at, stretch + phase, run);
    at += run;
    from += run;
    length -= run;
  }
}
