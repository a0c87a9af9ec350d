import { BUFFER_PRESSURE, BUFFERS, MAX_BUF, MIN_BUF } from "../../assembly/config";
import { freeBuffer, freeOctets, initBuffers, lendBuffer, returnLoan, sizeFor, takeBuffer } from "../../assembly/storage/buddy";
import { endLoan, lentOctets, loanAt } from "../../assembly/storage/loans";
import { Dice, HELD } from "./support/dice";

const MOST: i32 = <i32>(BUFFERS / MIN_BUF);

class Held {
  constructor(
    public at: usize,
    public size: u32,
  ) {}
}

function overlaps(held: Array<Held>, at: usize, size: u32): bool {
  for (let k = 0; k < held.length; k++) if (at < held[k].at + held[k].size && held[k].at < at + size) return true;
  return false;
}

/** Every buffer is filled with its own octet when taken; a neighbour that writes into it is found out when it is given back. */
function intact(buffer: Held): bool {
  for (let i: u32 = 0; i < buffer.size; i++) if (load<u8>(buffer.at + i) != <u8>(buffer.at >> 8)) return false;
  return true;
}

function largest(): u32 {
  let size = MAX_BUF;
  for (; size >= MIN_BUF; size >>= 1) {
    const at = takeBuffer(size);
    if (at == 0) continue;
    freeBuffer(at, size);
    return size;
  }
  return 0;
}

/** How many buffers of a size can be had from an empty arena. */
function capacity(size: u32): u32 {
  initBuffers();
  let count: u32 = 0;
  while (takeBuffer(size) != 0) count++;
  return count;
}

/** Random takes and gives: no two overlap, the count of free octets is right, and all comes together again at the end. */
function buddiesHold(seed: u32): i32 {
  const dice = new Dice(seed);
  const held: Array<Held> = [];
  let free = BUFFERS;
  initBuffers();
  for (let step = 0; step < 400; step++) {
    const growing = step % 100 < 60;
    if (dice.below(8) < (growing ? <u32>6 : <u32>2)) {
      const size = dice.below(3) == 0 ? sizeFor(dice.below(2 * MAX_BUF)) : min<u32>(MIN_BUF << dice.below(4), MAX_BUF);
      const room = largest();
      const at = takeBuffer(size);
      if ((at != 0) != size <= room) return step;
      if (at == 0) continue;
      if (at % 16 != 0 || overlaps(held, at, size)) return step;
      memory.fill(at, <u8>(at >> 8), size);
      held.push(new Held(at, size));
      free -= size;
    } else if (held.length > 0) {
      const k = <i32>dice.below(held.length);
      const buffer = held[k];
      if (!intact(buffer)) return step;
      held.splice(k, 1);
      freeBuffer(buffer.at, buffer.size);
      free += buffer.size;
    }
    if (freeOctets() != free) return step;
  }
  while (held.length > 0) {
    const buffer = held.pop();
    freeBuffer(buffer.at, buffer.size);
  }
  if (freeOctets() != BUFFERS) return 1000;
  let count: u32 = 0;
  while (takeBuffer(MAX_BUF) != 0) count++;
  return count == BUFFERS / MAX_BUF ? HELD : 1001;
}

describe("the buffers", () => {
  it("never overlap, are counted, and merge into the whole again", () => {
    for (let seed: u32 = 1; seed <= 30; seed++) expect(buddiesHold(seed)).toBe(HELD, "seed " + seed.toString());
  });

  it("of any one size fill the arena", () => {
    for (let size = MIN_BUF; size <= MAX_BUF; size <<= 1) {
      expect(capacity(size)).toBe(BUFFERS / size, "size " + size.toString());
      expect(freeOctets()).toBe(BUFFERS % size);
    }
  });

  it("leave nothing when all are taken, and come back", () => {
    expect(capacity(MIN_BUF)).toBe(<u32>MOST);
    expect(freeOctets()).toBe(0);
    expect(takeBuffer(MIN_BUF)).toBe(0);
    initBuffers();
    expect(freeOctets()).toBe(BUFFERS);
  });

  it("have a power of two as size, within the bounds", () => {
    initBuffers();
    expect(sizeFor(0)).toBe(MIN_BUF);
    expect(sizeFor(1)).toBe(MIN_BUF);
    expect(sizeFor(MIN_BUF)).toBe(MIN_BUF);
    expect(sizeFor(MIN_BUF + 1)).toBe(MIN_BUF * 2);
    expect(sizeFor(MIN_BUF * 2 - 1)).toBe(MIN_BUF * 2);
    expect(sizeFor(MIN_BUF * 2)).toBe(MIN_BUF * 2);
    expect(sizeFor(MAX_BUF - 1)).toBe(MAX_BUF);
    expect(sizeFor(MAX_BUF)).toBe(MAX_BUF);
    expect(sizeFor(MAX_BUF + 1)).toBe(MAX_BUF);
    expect(sizeFor(0xffffffff)).toBe(MAX_BUF);
  });

  it("shrink when memory is short: sizeFor gives a size that can be had while anything is free", () => {
    initBuffers();
    let count = 0;
    while (freeOctets() > 0) {
      const size = sizeFor(MAX_BUF);
      if (takeBuffer(size) == 0 || size * BUFFER_PRESSURE > max(freeOctets() + size, MIN_BUF * BUFFER_PRESSURE)) break;
      count++;
    }
    expect(freeOctets()).toBe(0);
    expect(count).toBeGreaterThan(<i32>(BUFFERS / MAX_BUF) - 1);
    expect(sizeFor(MAX_BUF)).toBe(MIN_BUF, "and there is no such buffer");
  });

  it("shrink to what is left between others, however much that is in all", () => {
    initBuffers();
    const buffers: Array<usize> = [];
    for (let at = takeBuffer(MIN_BUF); at != 0; at = takeBuffer(MIN_BUF)) buffers.push(at);
    for (let k = 0; k < MOST; k += 2) freeBuffer(buffers[k], MIN_BUF);
    expect(freeOctets()).toBe(<u32>((MOST + 1) / 2) * MIN_BUF);
    expect(sizeFor(MAX_BUF)).toBe(MIN_BUF);
    freeBuffer(buffers[1], MIN_BUF);
    expect(sizeFor(MAX_BUF)).toBe(MIN_BUF * 2);
  });

  it("cannot be had in a size that is none", () => {
    initBuffers();
    expect(takeBuffer(MAX_BUF * 2)).toBe(0);
    expect(takeBuffer(MIN_BUF / 2)).toBe(0);
    expect(takeBuffer(0)).toBe(0);
    expect(freeOctets()).toBe(BUFFERS);
  });

  it("stop a debug build that gives one back twice", () => {
    expect(() => {
      initBuffers();
      const at = takeBuffer(MIN_BUF);
      freeBuffer(at, MIN_BUF);
      freeBuffer(at, MIN_BUF);
    }).toThrow();
  });

  it("stop a debug build that gives one back twice, though it has merged meanwhile", () => {
    expect(() => {
      initBuffers();
      const lower = takeBuffer(MIN_BUF);
      const upper = takeBuffer(MIN_BUF);
      freeBuffer(lower, MIN_BUF);
      freeBuffer(upper, MIN_BUF);
      freeBuffer(upper, MIN_BUF);
    }).toThrow();
  });

  it("stop a debug build that gives one back in another size, from its middle or from elsewhere", () => {
    expect(() => {
      initBuffers();
      freeBuffer(takeBuffer(MIN_BUF), MIN_BUF * 2);
    }).toThrow();
    expect(() => {
      initBuffers();
      freeBuffer(takeBuffer(MIN_BUF * 2) + MIN_BUF, MIN_BUF);
    }).toThrow();
    expect(() => {
      initBuffers();
      freeBuffer(16, MIN_BUF);
    }).toThrow();
    expect(() => {
      initBuffers();
      freeBuffer(takeBuffer(MIN_BUF) + 16, MIN_BUF);
    }).toThrow();
  });
});

describe("buffers on loan", () => {
  it("are taken back when a socket needs the memory, and only then", () => {
    initBuffers();
    expect(lendBuffer(0, MAX_BUF)).not.toBe(0);
    expect(lendBuffer(1, MIN_BUF)).not.toBe(0);
    expect(lentOctets()).toBe(MAX_BUF + MIN_BUF);
    const at = takeBuffer(MIN_BUF);
    expect(loanAt(0)).not.toBe(0);
    freeBuffer(at, MIN_BUF);
    while (loanAt(0) != 0) expect(takeBuffer(MIN_BUF)).not.toBe(0);
    expect(loanAt(1)).toBe(0);
    expect(lentOctets()).toBe(0);
    while (takeBuffer(MIN_BUF) != 0) {}
    expect(freeOctets()).toBe(0);
    expect(lendBuffer(0, MIN_BUF)).toBe(0);
  });

  it("can be given back, or become a buffer like any other", () => {
    initBuffers();
    lendBuffer(0, MIN_BUF);
    returnLoan(0);
    returnLoan(0);
    expect(freeOctets()).toBe(BUFFERS);
    const at = lendBuffer(1, MIN_BUF);
    endLoan(1);
    expect(freeOctets()).toBe(BUFFERS - MIN_BUF);
    freeBuffer(at, MIN_BUF);
    expect(freeOctets()).toBe(BUFFERS);
  });
});
