import { randomBytes } from "node:crypto";
import { spread } from "./random";

/** 128 bits: as given, derived from a number, or from the system's entropy. Throws a RangeError unless a seed has four words. */
export function seedOf(seed: Uint32Array | number | undefined): Uint32Array {
  if (seed === undefined) return new Uint32Array(new Uint8Array(randomBytes(16)).buffer);
  if (typeof seed === "number") return Uint32Array.of(seed, spread(seed + 1), spread(seed + 2), spread(seed + 3));
  if (seed.length !== 4) throw new RangeError(`a seed has 4 words, not ${seed.length}`);
  return seed;
}

/** Each board on a cable, by its number, and the gateway that leads to it has a seed of its own, derived from that of the run. */
export function seedOfBoard(seed: number | undefined, number: number): number | undefined {
  return seed === undefined ? undefined : (seed ^ (2 * number)) >>> 0;
}

/** The seed of the gateway that leads to the board with this seed. */
export function seedOfGateway(seed: number | undefined): number | undefined {
  return seed === undefined ? undefined : (seed ^ 1) >>> 0;
}

/** A locally administered address of an interface. */
export function macOf(seed: Uint32Array, index: number): Uint8Array {
  const low = spread(seed[0] ^ spread(seed[1])) + index;
  const high = spread(seed[2] ^ spread(seed[3] + 1));
  return Uint8Array.of(0x02, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255);
}
