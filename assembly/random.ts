/**
 * Chance comes in once, as the 128-bit seed of `init`; everything unpredictable (initial sequence numbers, ports, jitter, the
 * order of hash buckets) is drawn from it by SipHash-2-4, a keyed function nobody outside can compute (RFC 9293 MUST-9).
 */
const k0 = memory.data(8, 8);
const k1 = memory.data(8, 8);
const drawn = memory.data(8, 8);
const v = memory.data(32, 8);

export function seedRandom(s0: u32, s1: u32, s2: u32, s3: u32): void {
  store<u64>(k0, (<u64>s0) | ((<u64>s1) << 32));
  store<u64>(k1, (<u64>s2) | ((<u64>s3) << 32));
  store<u64>(drawn, 0);
}

function sipRound(): void {
  let v0 = load<u64>(v);
  let v1 = load<u64>(v, 8);
  let v2 = load<u64>(v, 16);
  let v3 = load<u64>(v, 24);
  v0 += v1;
  v1 = rotl<u64>(v1, 13) ^ v0;
  v0 = rotl<u64>(v0, 32);
  v2 += v3;
  v3 = rotl<u64>(v3, 16) ^ v2;
  v0 += v3;
  v3 = rotl<u64>(v3, 21) ^ v0;
  v2 += v1;
  v1 = rotl<u64>(v1, 17) ^ v2;
  v2 = rotl<u64>(v2, 32);
  store<u64>(v, v0);
  store<u64>(v, v1, 8);
  store<u64>(v, v2, 16);
  store<u64>(v, v3, 24);
}

function absorb(m: u64): void {
  store<u64>(v, load<u64>(v, 24) ^ m, 24);
  sipRound();
  sipRound();
  store<u64>(v, load<u64>(v) ^ m);
}

/** SipHash-2-4 of the sixteen octets `a`, `b` (little-endian) under the seed. */
export function siphash(a: u64, b: u64): u64 {
  const key0 = load<u64>(k0);
  const key1 = load<u64>(k1);
  store<u64>(v, key0 ^ 0x736f6d6570736575);
  store<u64>(v, key1 ^ 0x646f72616e646f6d, 8);
  store<u64>(v, key0 ^ 0x6c7967656e657261, 16);
  store<u64>(v, key1 ^ 0x7465646279746573, 24);
  absorb(a);
  absorb(b);
  absorb((<u64>16) << 56);
  store<u64>(v, load<u64>(v, 16) ^ 0xff, 16);
  sipRound();
  sipRound();
  sipRound();
  sipRound();
  return load<u64>(v) ^ load<u64>(v, 8) ^ load<u64>(v, 16) ^ load<u64>(v, 24);
}

/** The uses of `siphash`, so that one never answers for another. */
export const enum Purpose {
  Draw = 1,
  InitialSequence,
  PortOffset,
  PortCounter,
  Buckets,
  Cookie,
  Timestamp,
  Share,
  Identification,
}

/** The next of an unpredictable sequence. */
export function random(): u32 {
  const n = load<u64>(drawn) + 1;
  store<u64>(drawn, n);
  return <u32>siphash(Purpose.Draw, n);
}

/** A number below `bound` (1 or more). */
export function randomBelow(bound: u32): u32 {
  return <u32>((<u64>random() * bound) >> 32);
}
