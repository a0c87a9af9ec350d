import { crc32, CRC32_START, prepareCrc32 } from "../../assembly/apps/crc32";
import { octets, size } from "../../assembly/lib/text";
import { Dice, HELD } from "./support/dice";

const ROOM: u32 = 300;
const room = memory.data(ROOM, 8);

/** The definition, a bit at a time: x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1. */
function byDefinition(at: usize, length: u32): u32 {
  let crc: u32 = ~0;
  for (let i: u32 = 0; i < length; i++) {
    crc ^= load<u8>(at + i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

/** Any octets, at any alignment, in any number of pieces. */
function agrees(seed: u32): i32 {
  const dice = new Dice(seed);
  dice.fill(room, ROOM);
  for (let step = 0; step < 100; step++) {
    const at = room + dice.below(9);
    const length = dice.below(ROOM - 8);
    let crc = CRC32_START;
    for (let done: u32 = 0; done < length;) {
      const piece = min(length - done, dice.below(40));
      crc = crc32(crc, at + done, piece);
      done += piece;
    }
    if (crc != byDefinition(at, length)) return step;
  }
  return HELD;
}

describe("CRC-32", () => {
  it("has the value everybody checks with", () => {
    prepareCrc32();
    const check = text("123456789");
    expect(crc32(CRC32_START, octets(check), size(check))).toBe(0xcbf43926);
  });

  it("of nothing is 0", () => {
    expect(crc32(CRC32_START, room, 0)).toBe(0);
  });

  it("is that of the definition", () => {
    prepareCrc32();
    for (let seed: u32 = 1; seed <= 20; seed++) expect(agrees(seed)).toBe(HELD, "seed " + seed.toString());
  });
});
