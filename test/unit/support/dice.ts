/** A deterministic source of test data (xorshift32, Marsaglia 2003): the same seed throws the same dice. */
export class Dice {
  private state: u32;

  constructor(seed: u32) {
    this.state = seed * 2654435761 + 1;
    if (this.state == 0) this.state = 1;
  }

  next(): u32 {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x;
  }

  below(bound: u32): u32 {
    return this.next() % bound;
  }

  fill(at: usize, length: u32): void {
    for (let i: u32 = 0; i < length; i++) store<u8>(at + i, <u8>(this.next() >> 11));
  }
}

/** What a property answers when nothing went wrong; otherwise it answers the step at which something did. */
export const HELD: i32 = -1;
