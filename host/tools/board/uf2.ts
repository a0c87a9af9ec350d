/** Octets of a block, and how many of them are the program's. */
const BLOCK = 512;
const PAYLOAD = 256;

/** The words around a block, and the flag that says its eighth word names the chip's family. */
const MAGIC = { first: 0x0a324655, second: 0x9e5d5157, last: 0x0ab16f30 };
const FAMILY_PRESENT = 0x2000;

/**
 * A program in UF2, the format of boards that show themselves as a drive: blocks of 512 octets, each of which says where 256 octets of it
 * go (Microsoft's UF2 specification).
 *
 * @param address where the program begins
 * @param family the chip's number in the list of families, which its boot loader looks at; 0 when there is none
 */
export function uf2(program: Uint8Array, address: number, family = 0): Uint8Array {
  const blocks = Math.ceil(program.length / PAYLOAD);
  const file = new Uint8Array(blocks * BLOCK);
  const view = new DataView(file.buffer);
  for (let block = 0; block < blocks; block++) {
    const from = block * PAYLOAD;
    const flags = family ? FAMILY_PRESENT : 0;
    const words = [MAGIC.first, MAGIC.second, flags, address + from, PAYLOAD, block, blocks, family];
    words.forEach((word, index) => view.setUint32(block * BLOCK + 4 * index, word, true));
    file.set(program.subarray(from, from + PAYLOAD), block * BLOCK + 32);
    view.setUint32(block * BLOCK + BLOCK - 4, MAGIC.last, true);
  }
  return file;
}
