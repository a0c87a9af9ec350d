import { fold, pseudo, sum } from "../../assembly/wire/checksum";
import { Dice, HELD } from "./support/dice";

const data = memory.data(2048 + 64, 16);
const BIG: u32 = 70000;
const big = memory.data(BIG, 16);

/** RFC 1071 §1 to the letter: sixteen-bit words in network order, carries brought around at each addition, complemented. */
function plain(at: usize, length: u32, start: u32 = 0): u32 {
  let s = start;
  for (let i: u32 = 0; i < length; i += 2) {
    const low: u32 = i + 1 < length ? load<u8>(at + i + 1) : 0;
    s += ((<u32>load<u8>(at + i)) << 8) | low;
    if (s > 0xffff) s -= 0xffff;
  }
  return s;
}

/** The checksum as a number, the way a packet printer shows it. */
function checksum(total: u64): u32 {
  return bswap<u16>(<u16>fold(total));
}

function complement(s: u32): u32 {
  return ~s & 0xffff;
}

function flip(bit: u32): void {
  const at = data + (bit >> 5) * 4;
  store<u32>(at, load<u32>(at) ^ (1 << (bit & 31)));
}

/** The first of length * 100 + alignment where `sum` and the plain sum differ; the neighbours of the range hold other octets. */
function firstDifference(from: u32, to: u32, fill: i32): i32 {
  new Dice(from + to).fill(data, 2112);
  if (fill >= 0) memory.fill(data, <u8>fill, 2112);
  for (let length = from; length <= to; length++) {
    for (let shift: u32 = 0; shift < 32; shift++) {
      const at = data + shift;
      if (checksum(sum(at, length)) != complement(plain(at, length))) return <i32>(length * 100 + shift);
    }
  }
  return HELD;
}

describe("the Internet checksum", () => {
  it("of RFC 1071's example is ddf2, complemented", () => {
    store<u64>(data, bswap<u64>(0x0001f203f4f5f6f7));
    expect(checksum(sum(data, 8))).toBe(complement(0xddf2));
  });

  it("of an IPv4 header (RFC 1071 in practice: 4500 0073 … b861)", () => {
    store<u64>(data, bswap<u64>(0x4500007300004000));
    store<u64>(data, bswap<u64>(0x40110000c0a80001), 8);
    store<u32>(data, bswap<u32>(0xc0a800c7), 16);
    expect(checksum(sum(data, 20))).toBe(0xb861);
    store<u16>(data, <u16>fold(sum(data, 20)), 10);
    expect(fold(sum(data, 20))).toBe(0, "a header with its checksum in place");
  });

  it("of nothing is ffff", () => {
    expect(fold(sum(data, 0))).toBe(0xffff);
  });

  it("agrees with the plain sum for lengths 0 to 200 at every alignment", () => {
    expect(firstDifference(0, 200, -1)).toBe(HELD, "length * 100 + alignment");
  });

  it("agrees for full segments", () => {
    expect(firstDifference(1455, 1480, -1)).toBe(HELD, "length * 100 + alignment");
  });

  it("agrees for all zeros and for all ones, where carries are the most", () => {
    expect(firstDifference(0, 140, 0)).toBe(HELD, "zeros: length * 100 + alignment");
    expect(firstDifference(0, 140, 0xff)).toBe(HELD, "ones: length * 100 + alignment");
    expect(firstDifference(1460, 1461, 0xff)).toBe(HELD, "ones: length * 100 + alignment");
  });

  it("agrees for 65535 octets of ones", () => {
    memory.fill(big, 0xff, BIG);
    expect(checksum(sum(big + 1, 65535))).toBe(complement(plain(big + 1, 65535)));
  });

  it("takes an odd last octet as if a zero followed, whatever does", () => {
    new Dice(7).fill(data, 256);
    store<u8>(data, 0xff, 33);
    const before = fold(sum(data, 33));
    store<u8>(data, 0x12, 33);
    expect(fold(sum(data, 33))).toBe(before);
    store<u8>(data, load<u8>(data, 32) ^ 0x40, 32);
    expect(fold(sum(data, 33))).not.toBe(before, "the last octet counts");
  });

  it("may be summed in parts, all but the last even", () => {
    new Dice(8).fill(data, 256);
    expect(fold(sum(data, 20) + sum(data + 20, 62) + sum(data + 82, 33))).toBe(fold(sum(data, 115)));
  });

  it("folds the largest sums without losing a carry", () => {
    // Congruent to 0 modulo ffff without being 0: the folded sum is ffff, its complement 0.
    expect(fold(0xffffffffffffffff)).toBe(0);
    expect(fold(0xffff)).toBe(0);
    expect(fold(0xffff0000)).toBe(0);
    expect(fold(0x1fffe)).toBe(0);
    expect(fold(0x1ffff)).toBe(0xfffe);
    expect(fold(0xffffffff00000001)).toBe(0xfffe);
    expect(fold(0xfffffffffffffffe)).toBe(1);
    expect(fold(0)).toBe(0xffff);
  });

  it("sees every single flipped bit", () => {
    new Dice(9).fill(data, 96);
    store<u16>(data, 0, 50);
    store<u16>(data, <u16>fold(sum(data, 96)), 50);
    expect(fold(sum(data, 96))).toBe(0);
    let unseen: u32 = 0;
    for (let bit: u32 = 0; bit < 96 * 8; bit++) {
      flip(bit);
      if (fold(sum(data, 96)) == 0) unseen++;
      flip(bit);
    }
    expect(unseen).toBe(0);
  });
});

describe("the pseudo header", () => {
  it("sums as if it were twelve octets before the segment (RFC 9293 section 3.1)", () => {
    const dice = new Dice(11);
    for (let round = 0; round < 50; round++) {
      const src = dice.next();
      const dst = dice.next();
      const protocol = round % 2 ? 6 : 17;
      const length = dice.below(65536);
      store<u32>(data, bswap<u32>(src));
      store<u32>(data, bswap<u32>(dst), 4);
      store<u32>(data, bswap<u32>((protocol << 16) | length), 8);
      dice.fill(data + 12, 40);
      expect(fold(pseudo(src, dst, protocol, length) + sum(data + 12, 40))).toBe(fold(sum(data, 52)));
    }
  });

  it("counts each of its fields", () => {
    const right = fold(pseudo(0x0a000001, 0x0a000002, 6, 20));
    expect(fold(pseudo(0x0a000003, 0x0a000002, 6, 20))).not.toBe(right);
    expect(fold(pseudo(0x0a000001, 0x0a000004, 6, 20))).not.toBe(right);
    expect(fold(pseudo(0x0a000001, 0x0a000002, 17, 20))).not.toBe(right);
    expect(fold(pseudo(0x0a000001, 0x0a000002, 6, 21))).not.toBe(right);
  });
});
