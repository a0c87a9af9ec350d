import { random, randomBelow, seedRandom, siphash } from "../../assembly/random";

function sequence(length: i32): Array<u32> {
  const drawn: Array<u32> = [];
  for (let i = 0; i < length; i++) drawn.push(random());
  return drawn;
}

function differing(a: Array<u32>, b: Array<u32>): i32 {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] != b[i]) count++;
  return count;
}

describe("SipHash-2-4", () => {
  it("gives the value of its authors for sixteen octets (key 00..0f, input 00..0f)", () => {
    seedRandom(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
    expect(siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908)).toBe(0x3f2acc7f57c29bdb);
  });

  it("depends on every word of the seed and on both inputs", () => {
    seedRandom(1, 2, 3, 4);
    const value = siphash(5, 6);
    expect(siphash(5, 6)).toBe(value);
    expect(siphash(6, 5)).not.toBe(value);
    expect(siphash(5, 7)).not.toBe(value);
    seedRandom(9, 2, 3, 4);
    expect(siphash(5, 6)).not.toBe(value);
    seedRandom(1, 9, 3, 4);
    expect(siphash(5, 6)).not.toBe(value);
    seedRandom(1, 2, 9, 4);
    expect(siphash(5, 6)).not.toBe(value);
    seedRandom(1, 2, 3, 9);
    expect(siphash(5, 6)).not.toBe(value);
  });
});

describe("chance", () => {
  it("is the same for the same seed and another for another", () => {
    seedRandom(1, 2, 3, 4);
    const first = sequence(50);
    seedRandom(1, 2, 3, 4);
    expect(differing(first, sequence(50))).toBe(0);
    seedRandom(1, 2, 3, 5);
    expect(differing(first, sequence(50))).toBeGreaterThan(45);
  });

  it("does not repeat itself", () => {
    seedRandom(7, 7, 7, 7);
    const drawn = sequence(500);
    drawn.sort();
    let repeats = 0;
    for (let i = 1; i < drawn.length; i++) if (drawn[i] == drawn[i - 1]) repeats++;
    expect(repeats).toBeLessThan(3);
  });

  it("sets each bit about half of the time", () => {
    seedRandom(1, 1, 2, 3);
    const drawn = sequence(2000);
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      for (let i = 0; i < drawn.length; i++) ones += <i32>((drawn[i] >> bit) & 1);
      expect(abs(ones - 1000)).toBeLessThan(150, "bit " + bit.toString());
    }
  });

  it("stays below a bound and reaches all that is", () => {
    seedRandom(3, 1, 4, 1);
    const seen = new StaticArray<bool>(10);
    for (let i = 0; i < 300; i++) {
      const n = randomBelow(10);
      expect(n < 10).toBe(true);
      seen[n] = true;
    }
    for (let n = 0; n < 10; n++) expect(seen[n]).toBe(true, "never drawn: " + n.toString());
    expect(randomBelow(1)).toBe(0);
    let high = false;
    for (let i = 0; i < 50; i++) if (randomBelow(0xffffffff) > 0x80000000) high = true;
    expect(high).toBe(true, "a bound near 2^32");
  });
});
