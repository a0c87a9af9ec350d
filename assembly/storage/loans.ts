import { REASSEMBLIES } from "../config";

/** Buffers of the arena may be lent: who has one on loan loses it, without notice, when a socket needs the memory. */
export const LOANS: bool = REASSEMBLIES > 0;

/** `u32 at, u32 size` of each loan, at 0: there is none. */
const LOAN_SIZE: u32 = 8;
@lazy const loans = memory.data(LOANS ? REASSEMBLIES * LOAN_SIZE : LOAN_SIZE, 4);
/** Octets on loan. */
@lazy const lent = memory.data(4, 4);

// prettier-ignore
@inline function loan(i: u32): usize { return loans + <usize>i * LOAN_SIZE; }

export function initLoans(): void {
  memory.fill(loans, 0, REASSEMBLIES * LOAN_SIZE);
  store<u32>(lent, 0);
}

/** Where the buffer of loan `i` is, 0 when there is none (any more). */
// prettier-ignore
@inline export function loanAt(i: u32): usize { return load<u32>(loan(i)); }
// prettier-ignore
@inline export function loanSize(i: u32): u32 { return load<u32>(loan(i), 4); }
// prettier-ignore
@inline export function lentOctets(): u32 { return load<u32>(lent); }

/** The buffer at `at` is on loan from now on; loan `i` was none. */
export function beginLoan(i: u32, at: usize, size: u32): void {
  assert(loanAt(i) == 0);
  store<u32>(loan(i), <u32>at);
  store<u32>(loan(i), size, 4);
  store<u32>(lent, lentOctets() + size);
}

/** It is not any more; what becomes of the buffer is the caller's affair. */
export function endLoan(i: u32): void {
  if (loanAt(i) == 0) return;
  store<u32>(loan(i), 0);
  store<u32>(lent, lentOctets() - loanSize(i));
}
