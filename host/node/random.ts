/** The mixing step of SplitMix32: neighbouring numbers get bits that have nothing in common. */
export function spread(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** Chance that repeats itself: numbers from 0 up to 1, the same ones for the same seed (SplitMix32). Not for secrets. */
export function seeded(seed: number): () => number {
  let state = spread(seed | 0) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return spread(state) / 0x100000000;
  };
}
