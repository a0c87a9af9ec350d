/**
 * A ring of octets whose size is a power of two: octet number `position` of a stream lies at `base + (position & mask)`, so
 * positions run on past 2^32 without a thought. `length` is at most `mask + 1`; who writes over what is the caller's affair.
 */

/** Copy `length` octets into the ring; at most two copies. */
export function ringWrite(base: usize, mask: u32, position: u32, from: usize, length: u32): void {
  assert(length <= mask + 1);
  const at = position & mask;
  const straight = mask + 1 - at;
  if (length <= straight) {
    memory.copy(base + at, from, length);
    return;
  }
  memory.copy(base + at, from, straight);
  memory.copy(base, from + straight, length - straight);
}

/** Copy `length` octets out of the ring; at most two copies. */
export function ringRead(base: usize, mask: u32, position: u32, to: usize, length: u32): void {
  assert(length <= mask + 1);
  const at = position & mask;
  const straight = mask + 1 - at;
  if (length <= straight) {
    memory.copy(to, base + at, length);
    return;
  }
  memory.copy(to, base + at, straight);
  memory.copy(to + straight, base, length - straight);
}

/** Of `length` octets from `position` on, how many lie in one piece. */
// prettier-ignore
@inline export function ringSpan(mask: u32, position: u32, length: u32): u32 {
  const straight = mask + 1 - (position & mask);
  return length < straight ? length : straight;
}
