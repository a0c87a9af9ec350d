import { SND_BUF } from "../config";

/**
 * The octets of `/bytes/N`: octet i is i mod 251, a prime, so that no power-of-two slip of a buffer goes unnoticed. They are copied
 * from a stretch that has at least RUN octets behind every place of the period, or counted where memory is too short for that.
 */
const PERIOD: u32 = 251;
const COUNTED: bool = SND_BUF < 16384;
const RUN: u32 = 16384;
const STRETCH: u32 = COUNTED ? 8 : PERIOD + RUN;
@lazy const stretch = memory.data(STRETCH, 8);

/** Lay the stretch down; once, before the first fillPattern. */
export function preparePattern(): void {
  if (COUNTED) return;
  for (let i: u32 = 0; i < STRETCH; i++) store<u8>(stretch + i, <u8>(i % PERIOD));
}

/** Write octets `from` to `from + length` of the pattern. */
export function fillPattern(at: usize, from: u32, length: u32): void {
  if (COUNTED) return count(at, from, length);
  while (length > 0) {
    const phase = from % PERIOD;
    const run = min(length, STRETCH - phase);
    memory.copy(at, stretch + phase, run);
    at += run;
    from += run;
    length -= run;
  }
}

function count(at: usize, from: u32, length: u32): void {
  let phase = from % PERIOD;
  for (let i: u32 = 0; i < length; i++) {
    store<u8>(at + i, <u8>phase);
    phase = phase == PERIOD - 1 ? 0 : phase + 1;
  }
}
