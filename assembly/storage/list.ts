/** Octets of a List for n indices: LIST_HEADER + n * LIST_ENTRY, aligned to 4. */
export const LIST_HEADER: u32 = 12;
export const LIST_ENTRY: u32 = 4;

/**
 * A list of indices 0..n-1 (n up to 65535), each at most once, first in first out; every operation is O(1).
 * Links run in a circle through the sentinel n: `u16 next, u16 prev` a node, and a node that is not listed links to itself.
 */
@final
@unmanaged
export class List {
  private size: u32;
  private length: u32;

  // prettier-ignore
  @inline static at(p: usize): List { return changetype<List>(p); }

  /** An empty list. */
  init(n: u32): void {
    assert(n <= 0xffff);
    this.size = n;
    this.length = 0;
    for (let i: u32 = 0; i <= n; i++) this.join(i, i);
  }

  /** Append `i`; if it is listed already it keeps its place. */
  push(i: u32): void {
    assert(i < this.size);
    if (this.has(i)) return;
    this.join(this.prevOf(this.size), i);
    this.join(i, this.size);
    this.length++;
  }

  /** Take the first off, or -1. */
  pop(): i32 {
    const i = this.first();
    if (i >= 0) this.remove(<u32>i);
    return i;
  }

  /** Take `i` off, wherever it stands; nothing happens if it is not listed. */
  remove(i: u32): void {
    if (!this.has(i)) return;
    this.join(this.prevOf(i), this.nextOf(i));
    this.join(i, i);
    this.length--;
  }

  @inline has(i: u32): bool {
    return i < this.size && this.nextOf(i) != i;
  }

  /** The first index, or -1. */
  // prettier-ignore
  @inline first(): i32 { return this.next(this.size); }

  /** The index behind `i` (which is listed), or -1. */
  next(i: u32): i32 {
    const after = this.nextOf(i);
    return after == this.size ? -1 : <i32>after;
  }

  // prettier-ignore
  @inline get count(): u32 { return this.length; }

  // prettier-ignore
  @inline private node(i: u32): usize { return changetype<usize>(this) + 8 + (<usize>i << 2); }
  // prettier-ignore
  @inline private nextOf(i: u32): u32 { return load<u16>(this.node(i)); }
  // prettier-ignore
  @inline private prevOf(i: u32): u32 { return load<u16>(this.node(i), 2); }

  @inline private join(before: u32, after: u32): void {
    store<u16>(this.node(before), <u16>after);
    store<u16>(this.node(after), <u16>before, 2);
  }
}
