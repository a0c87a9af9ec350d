import { RANGES } from "../config";

const START: usize = 4;
const END: usize = 8;
const STRIDE: usize = 8;
/** Octets of an Assembler, aligned to 4. */
export const ASSEMBLER_BYTES: u32 = 4 + RANGES * 8;

/**
 * What has arrived out of order: at most RANGES ranges [start, end) of stream positions, in order and apart (what touches is
 * merged). The octets themselves lie in the socket's ring. Positions are absolute u32 and are compared by their signed distance
 * from `base`, the next octet expected, so they may run past 2^32; nothing lies 2^31 or more from base.
 */
@final
@unmanaged
export class Assembler {
  private ranges: u32;

  // prettier-ignore
  @inline static at(p: usize): Assembler { return changetype<Assembler>(p); }

  // prettier-ignore
  @inline init(): void { this.ranges = 0; }
  // prettier-ignore
  @inline get count(): u32 { return this.ranges; }
  // prettier-ignore
  @inline start(i: u32): u32 { return load<u32>(this.range(i), START); }
  // prettier-ignore
  @inline end(i: u32): u32 { return load<u32>(this.range(i), END); }

  /** Remember [start, end), which may overlap anything. False when it would need one range too many: nothing has changed then. */
  add(base: u32, start: u32, end: u32): bool {
    if (i32(end - base) <= i32(start - base)) return true;
    const first = this.endingFrom(base, start);
    const past = this.startingAfter(base, end, first);
    if (first == past) return this.insert(first, start, end);
    const from = earlier(base, start, this.start(first));
    const to = later(base, end, this.end(past - 1));
    this.set(first, from, to);
    this.removeRanges(first + 1, past);
    return true;
  }

  /**
   * Take the range that starts at or before `base` off the list; how many octets from base on it holds, so how far base moves.
   * Ranges that end at or before base go too. 0 when there is a hole at base.
   */
  take(base: u32): u32 {
    let gone: u32 = 0;
    let moved: u32 = 0;
    while (gone < this.ranges && i32(this.start(gone) - base) <= <i32>moved) {
      const reach = i32(this.end(gone) - base);
      if (reach > <i32>moved) moved = <u32>reach;
      gone++;
    }
    this.removeRanges(0, gone);
    return moved;
  }

  /** The first range that ends at `position` or later. */
  private endingFrom(base: u32, position: u32): u32 {
    let i: u32 = 0;
    while (i < this.ranges && i32(this.end(i) - base) < i32(position - base)) i++;
    return i;
  }

  /** The first range from `i` on that starts later than `position`. */
  private startingAfter(base: u32, position: u32, i: u32): u32 {
    while (i < this.ranges && i32(this.start(i) - base) <= i32(position - base)) i++;
    return i;
  }

  private insert(i: u32, start: u32, end: u32): bool {
    if (this.ranges == RANGES) return false;
    memory.copy(this.range(i + 1) + START, this.range(i) + START, (this.ranges - i) * <u32>STRIDE);
    this.ranges++;
    this.set(i, start, end);
    return true;
  }

  private removeRanges(from: u32, to: u32): void {
    if (from == to) return;
    memory.copy(this.range(from) + START, this.range(to) + START, (this.ranges - to) * <u32>STRIDE);
    this.ranges -= to - from;
  }

  // prettier-ignore
  @inline private range(i: u32): usize { return changetype<usize>(this) + <usize>i * STRIDE; }

  private set(i: u32, start: u32, end: u32): void {
    store<u32>(this.range(i), start, START);
    store<u32>(this.range(i), end, END);
  }
}

// prettier-ignore
@inline function earlier(base: u32, a: u32, b: u32): u32 { return i32(a - base) < i32(b - base) ? a : b; }
// prettier-ignore
@inline function later(base: u32, a: u32, b: u32): u32 { return i32(a - base) > i32(b - base) ? a : b; }
