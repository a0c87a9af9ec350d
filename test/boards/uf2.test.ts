import fc from "fast-check";
import { expect, test } from "vitest";
import { uf2 } from "../../host/tools/board/uf2";

/** What a boot loader does with a file: octets by address. Throws an Error at the first block that it would not take. */
function flashed(file: Uint8Array, family: number): Map<number, number> {
  const memory = new Map<number, number>();
  const view = new DataView(file.buffer);
  for (let at = 0; at < file.length; at += 512) {
    const word = (index: number): number => view.getUint32(at + 4 * index, true);
    if (word(0) !== 0x0a324655 || word(1) !== 0x9e5d5157 || view.getUint32(at + 508, true) !== 0x0ab16f30)
      throw new Error("no block of UF2");
    if (family && (!(word(2) & 0x2000) || word(7) !== family)) throw new Error("another chip's");
    if (word(5) !== at / 512 || word(6) !== file.length / 512 || word(4) > 476) throw new Error("not a whole file");
    for (let i = 0; i < word(4); i++) memory.set(word(3) + i, file[at + 32 + i]);
  }
  return memory;
}

test("a boot loader finds every octet of a program where it belongs", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2000 }),
      fc.constantFrom(0, 0x10000000),
      fc.constantFrom(0, 0xe48bff56),
      (program, at, chip) => {
        const memory = flashed(uf2(program, at, chip), chip);
        program.forEach((octet, i) => expect(memory.get(at + i)).toBe(octet));
        expect(memory.size).toBe(Math.ceil(program.length / 256) * 256);
      },
    ),
  );
});

test("a program of another chip's family is not taken", () => {
  expect(() => flashed(uf2(new Uint8Array(10), 0, 1), 2)).toThrow("another chip's");
});
