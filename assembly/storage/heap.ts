/** Octets of a Heap for n ids: HEAP_HEADER + n * HEAP_ENTRY, aligned to 4. */
export const HEAP_HEADER: u32 = 8;
export const HEAP_ENTRY: u32 = 8;
const ABSENT: u32 = 0xffff;

const WHEN: usize = HEAP_HEADER;
const ID: usize = HEAP_HEADER + 4;
const BACK: usize = HEAP_HEADER + 6;

/**
 * Deadlines by small id (0..capacity-1, capacity up to 65535), the earliest first: a binary heap. Times wrap, so no two deadlines
 * in it may lie 2^31 or more apart (24.8 days in milliseconds).
 *
 *     header   u32 count, u32 capacity
 *     entry k  u32 when, u16 id   the heap's node k: the parent of nodes 2k+1 and 2k+2
 *              u16 back           the node where id k is, or 0xffff
 */
@final
@unmanaged
export class Heap {
  count: u32;
  capacity: u32;

  // prettier-ignore
  @inline static at(p: usize): Heap { return changetype<Heap>(p); }

  /** An empty heap. */
  init(capacity: u32): void {
    assert(capacity <= ABSENT);
    this.count = 0;
    this.capacity = capacity;
    for (let id: u32 = 0; id < capacity; id++) this.setBack(id, ABSENT);
  }

  /** Give `id` the deadline `when`, whether it had one or not. */
  set(id: u32, when: u32): void {
    assert(id < this.capacity);
    let node = this.back(id);
    if (node == ABSENT) node = this.count++;
    this.place(node, id, when);
  }

  /** Take the deadline of `id` away; nothing happens if it has none. */
  clear(id: u32): void {
    const node = this.back(id);
    if (node == ABSENT) return;
    this.setBack(id, ABSENT);
    const last = --this.count;
    if (node != last) this.place(node, this.idAt(last), this.whenAt(last));
  }

  // prettier-ignore
  @inline has(id: u32): bool { return this.back(id) != ABSENT; }

  /** The deadline of `id`, which has one. */
  when(id: u32): u32 {
    assert(this.has(id));
    return this.whenAt(this.back(id));
  }

  /** The id whose deadline is the earliest, or -1. */
  // prettier-ignore
  @inline earliest(): i32 { return this.count == 0 ? -1 : <i32>this.idAt(0); }

  /** Settle `id` in the hole `node` or where it belongs from there: up if earlier than the parent, else down. */
  private place(node: u32, id: u32, when: u32): void {
    const up = this.rise(node, when);
    this.put(up == node ? this.sink(node, when) : up, id, when);
  }

  /** Move parents later than `when` down into the hole `node`; the hole that is left. */
  private rise(node: u32, when: u32): u32 {
    while (node > 0) {
      const parent = (node - 1) >> 1;
      if (i32(when - this.whenAt(parent)) >= 0) return node;
      this.put(node, this.idAt(parent), this.whenAt(parent));
      node = parent;
    }
    return node;
  }

  /** Move children earlier than `when` up into the hole `node`; the hole that is left. */
  private sink(node: u32, when: u32): u32 {
    const count = this.count;
    for (let child: u32 = (node << 1) + 1; child < count; child = (node << 1) + 1) {
      const right = child + 1;
      if (right < count && i32(this.whenAt(right) - this.whenAt(child)) < 0) child = right;
      if (i32(this.whenAt(child) - when) >= 0) return node;
      this.put(node, this.idAt(child), this.whenAt(child));
      node = child;
    }
    return node;
  }

  // prettier-ignore
  @inline private entry(k: u32): usize { return changetype<usize>(this) + (<usize>k << 3); }
  // prettier-ignore
  @inline private whenAt(node: u32): u32 { return load<u32>(this.entry(node), WHEN); }
  // prettier-ignore
  @inline private idAt(node: u32): u32 { return load<u16>(this.entry(node), ID); }
  // prettier-ignore
  @inline private back(id: u32): u32 { return load<u16>(this.entry(id), BACK); }
  // prettier-ignore
  @inline private setBack(id: u32, node: u32): void { store<u16>(this.entry(id), <u16>node, BACK); }

  private put(node: u32, id: u32, when: u32): void {
    store<u32>(this.entry(node), when, WHEN);
    store<u16>(this.entry(node), <u16>id, ID);
    this.setBack(id, node);
  }
}
