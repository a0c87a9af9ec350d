import { SND_BUF } from "../config";

/**
 * CRC-32 as in Ethernet, zip and PNG: polynomial 0x04C11DB7, reflected. By a table of 16 words (half an octet at a time), or, where
 * memory is plentiful, by eight tables of 256 words (eight octets at a time), which `prepareCrc32` computes.
 */
const SLICED: bool = SND_BUF >= 16384;
// prettier-ignore
const nibbles = memory.data<u32>([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
])
const slices = memory.data(SLICED ? 8192 : 4, 8);

/** The CRC of no octets at all; `crc32` continues from it. */
export const CRC32_START: u32 = 0;

/** Compute the big tables; a no-op where there are none. */
export function prepareCrc32(): void {
  if (!SLICED) return;
  for (let octet: u32 = 0; octet < 256; octet++) {
    let crc = step(octet);
    store<u32>(slices + (octet << 2), crc);
    for (let slice: u32 = 1; slice < 8; slice++) {
      crc = (crc >> 8) ^ step(crc & 0xff);
      store<u32>(slices + (slice << 10) + (octet << 2), crc);
    }
  }
}

/** The remainder of one octet. */
function step(octet: u32): u32 {
  const half = (octet >> 4) ^ load<u32>(nibbles + ((octet & 15) << 2));
  return (half >> 4) ^ load<u32>(nibbles + ((half & 15) << 2));
}

// prettier-ignore
@inline function look(slice: usize, octet: u32): u32 { return load<u32>(slices + (slice << 10) + ((octet & 0xff) << 2)); }

/** The CRC of everything so far (`crc`, at first CRC32_START) and `length` octets more. */
export function crc32(crc: u32, at: usize, length: u32): u32 {
  crc = ~crc;
  const end = at + length;
  if (SLICED) {
    while (at + 8 <= end) {
      const low = load<u32>(at) ^ crc;
      const high = load<u32>(at, 4);
      crc =
        look(7, low) ^
        look(6, low >> 8) ^
        look(5, low >> 16) ^
        look(4, low >> 24) ^
        look(3, high) ^
        look(2, high >> 8) ^
        look(1, high >> 16) ^
        look(0, high >> 24);
      at += 8;
    }
  }
  while (at < end) {
    crc ^= load<u8>(at++);
    crc = (crc >> 4) ^ load<u32>(nibbles + ((crc & 15) << 2));
    crc = (crc >> 4) ^ load<u32>(nibbles + ((crc & 15) << 2));
  }
  return ~crc;
}
