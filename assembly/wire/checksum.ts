import { SIMD } from "../config";
import { swapped } from "./bytes";

/**
 * The Internet checksum (RFC 1071). Its sum may be taken over wider words than sixteen bits and in either byte order (§2), so
 * 32-bit halves are added into 64-bit accumulators, little-endian as they lie in memory, and folded once at the end; the result
 * is stored as it is: `store<u16>(p, <u16>fold(sum(…) + pseudo(…)))`. A checked range, its checksum included, folds to 0.
 */

const LOW_HALF: u64 = 0xffffffff;
/** Octets summed in one round. */
const BLOCK: u32 = 32;

/**
 * Partial sum of `length` octets, any alignment; an odd last octet is padded with a zero. Partial sums may be added as long as
 * every range but the last has an even length.
 */
export function sum(at: usize, length: u32): u64 {
  const rest = length & (BLOCK - 1);
  const end = at + (length - rest);
  const total = SIMD ? sumVectors(at, end) : sumWords(at, end);
  return total + sumRest(end, rest);
}

/** A multiple of 32 octets; four accumulators, so that additions need not wait for one another. */
function sumWords(at: usize, end: usize): u64 {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  while (at < end) {
    a += <u64>load<u32>(at);
    b += <u64>load<u32>(at, 4);
    c += <u64>load<u32>(at, 8);
    d += <u64>load<u32>(at, 12);
    a += <u64>load<u32>(at, 16);
    b += <u64>load<u32>(at, 20);
    c += <u64>load<u32>(at, 24);
    d += <u64>load<u32>(at, 28);
    at += BLOCK;
  }
  return a + b + c + d;
}

/** A multiple of 32 octets with 128-bit vectors: the low and the high halves of the 64-bit lanes are added apart. */
function sumVectors(at: usize, end: usize): u64 {
  const mask = v128.splat<u64>(LOW_HALF);
  let low = v128.splat<u64>(0);
  let high = v128.splat<u64>(0);
  while (at < end) {
    const v = v128.load(at);
    const w = v128.load(at, 16);
    low = i64x2.add(low, i64x2.add(v128.and(v, mask), v128.and(w, mask)));
    high = i64x2.add(high, i64x2.add(i64x2.shr_u(v, 32), i64x2.shr_u(w, 32)));
    at += BLOCK;
  }
  const both = i64x2.add(low, high);
  return i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1);
}

/** Fewer octets than a block. */
function sumRest(at: usize, length: u32): u64 {
  let total: u64 = 0;
  const words = at + (length & ~3);
  while (at < words) {
    total += <u64>load<u32>(at);
    at += 4;
  }
  if (length & 2) {
    total += <u64>load<u16>(at);
    at += 2;
  }
  if (length & 1) total += <u64>load<u8>(at);
  return total;
}

/** The checksum of a sum: folded to sixteen bits and complemented, in memory order; 0 when the range is intact. */
// prettier-ignore
@inline export function fold(total: u64): u32 {
  let s = (total & LOW_HALF) + (total >> 32);
  s = (s & 0xffff) + ((s >> 16) & 0xffff) + (s >> 32);
  s = (s & 0xffff) + (s >> 16);
  return ~(<u32>s) & 0xffff;
}

/** Partial sum of the pseudo header of TCP and UDP (RFC 9293 §3.1); addresses and numbers in host order. */
// prettier-ignore
@inline export function pseudo(src: u32, dst: u32, protocol: u32, length: u32): u64 {
  return <u64>swapped(src) + <u64>swapped(dst) + <u64>(protocol << 8) + <u64>(((length & 0xff) << 8) | (length >> 8));
}
