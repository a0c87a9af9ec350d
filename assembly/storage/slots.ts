/** Octets of a Slots for n indices: SLOTS_HEADER + n * SLOTS_ENTRY, aligned to 4. */
export const SLOTS_HEADER: u32 = 12;
export const SLOTS_ENTRY: u32 = 2;
const END: u32 = 0xffff;

/**
 * A pool of the indices 0..n-1 (n up to 65535): take a free one, give it back, both in O(1); last given, first taken.
 * Each index has a link to the next free one; an index that is taken links to itself.
 */
@final
@unmanaged
export class Slots {
  private head: u32;
  private taken: u32;
  private size: u32;

  // prettier-ignore
  @inline static at(p: usize): Slots { return changetype<Slots>(p); }

  /** Make all of 0..n-1 free; 0 is taken first. */
  init(n: u32): void {
    assert(n <= END);
    for (let i: u32 = 0; i < n; i++) this.setLink(i, i + 1 == n ? END : i + 1);
    this.head = n == 0 ? END : 0;
    this.taken = 0;
    this.size = n;
  }

  /** A free index, or -1. */
  take(): i32 {
    const i = this.head;
    if (i == END) return -1;
    this.head = this.link(i);
    this.setLink(i, i);
    this.taken++;
    return <i32>i;
  }

  /** Take an index back. Giving what is not taken does nothing (and stops a debug build). */
  give(i: u32): void {
    const ours = this.has(i);
    assert(ours);
    if (!ours) return;
    this.setLink(i, this.head);
    this.head = i;
    this.taken--;
  }

  /** Is index `i` taken? */
  has(i: u32): bool {
    return i < this.size && this.link(i) == i;
  }

  /** How many are taken. */
  used(): u32 {
    return this.taken;
  }

  /** How many are free. */
  free(): u32 {
    return this.size - this.taken;
  }

  // prettier-ignore
  @inline private link(i: u32): u32 { return load<u16>(changetype<usize>(this) + SLOTS_HEADER + (<usize>i << 1)); }
  // prettier-ignore
  @inline private setLink(i: u32, to: u32): void {
    store<u16>(changetype<usize>(this) + SLOTS_HEADER + (<usize>i << 1), <u16>to);
  }
}
