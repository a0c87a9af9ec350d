/** Octets of a Bitmap for n indices, aligned to 4: BITMAP_HEADER + (n / 32 + n / 1024 + n / 32768) * 4, in whole divisions. */
export const BITMAP_HEADER: u32 = 40;
/** `u32 size, u32 levels, u32 offset[4]`, then room for the four words that the divisions round off. */
const SIZE: usize = 0;
const LEVELS: usize = 4;
const OFFSETS: usize = 8;
const WORDS: u32 = 24;
const FULL: u32 = 0xffffffff;

/**
 * A set of indices 0..n-1 (n 1..65536) that finds the lowest one not in it: descriptors, lowest free first. A bit of level 0 is an
 * index in use, a bit of a higher level is a word below that is full, and the highest level is one word: a search reads one word
 * a level. Bits past the end of a level are set, so they are never found.
 */
@final
@unmanaged
export class Bitmap {
  // prettier-ignore
  @inline static at(p: usize): Bitmap { return changetype<Bitmap>(p); }

  /** The empty set. */
  init(n: u32): void {
    assert(n > 0 && n <= 65536);
    store<u32>(this.p, n, SIZE);
    let at: u32 = WORDS;
    let level: u32 = 0;
    for (let bits = n; level == 0 || bits > 1; level++) {
      const words = (bits + 31) >> 5;
      store<u32>(this.p + ((<usize>level) << 2), at, OFFSETS);
      memory.fill(this.p + at, 0, words << 2);
      at += words << 2;
      if (bits & 31) store<u32>(this.p + at - 4, FULL << (bits & 31));
      bits = words;
    }
    store<u32>(this.p, level, LEVELS);
  }

  /** Put the lowest index that is not in the set into it; -1 when all are. */
  take(): i32 {
    let i: u32 = 0;
    for (let level = this.levels; level > 0; level--) {
      const word = load<u32>(this.word(level - 1, i));
      if (word == FULL) return -1;
      i = (i << 5) | ctz<u32>(~word);
    }
    this.add(i);
    return <i32>i;
  }

  /** Take `i` out of the set; nothing happens if it is not in it. */
  give(i: u32): void {
    if (!this.has(i)) return;
    const levels = this.levels;
    for (let level: u32 = 0; level < levels; level++) {
      const at = this.word(level, i >> 5);
      const before = load<u32>(at);
      store<u32>(at, before & ~(1 << (i & 31)));
      if (before != FULL) return;
      i >>= 5;
    }
  }

  /** Is `i` in the set (taken)? */
  has(i: u32): bool {
    if (i >= load<u32>(this.p, SIZE)) return false;
    return ((load<u32>(this.word(0, i >> 5)) >> (i & 31)) & 1) != 0;
  }

  private add(i: u32): void {
    const levels = this.levels;
    for (let level: u32 = 0; level < levels; level++) {
      const at = this.word(level, i >> 5);
      const after = load<u32>(at) | (1 << (i & 31));
      store<u32>(at, after);
      if (after != FULL) return;
      i >>= 5;
    }
  }

  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }
  // prettier-ignore
  @inline private get levels(): u32 { return load<u32>(this.p, LEVELS); }
  // prettier-ignore
  @inline private word(level: u32, index: u32): usize {
    return this.p + load<u32>(this.p + (<usize>level << 2), OFFSETS) + (<usize>index << 2);
  }
}
