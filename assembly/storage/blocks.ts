/** A bit for each block of something: which of them are there. Bits are numbered from the lowest of the first octet on. */

/** What there is of a range of blocks. */
export const enum Presence {
  None,
  Part,
  All,
}

/** The bits of octet `i` of the map that stand for blocks of from..to-1. */
// prettier-ignore
@inline function maskOf(i: u32, from: u32, to: u32): u32 {
  const low = i == from >> 3 ? 0xff << (from & 7) : 0xff;
  const high = i == (to - 1) >> 3 ? 0xff >> (7 - ((to - 1) & 7)) : 0xff;
  return low & high;
}

/** Of the blocks from..to-1, at least one. */
export function blocksPresent(map: usize, from: u32, to: u32): Presence {
  let any = false;
  let all = true;
  for (let i = from >> 3; i <= (to - 1) >> 3; i++) {
    const mask = maskOf(i, from, to);
    const found = (<u32>load<u8>(map + i)) & mask;
    if (found != 0) any = true;
    if (found != mask) all = false;
  }
  return all ? Presence.All : any ? Presence.Part : Presence.None;
}

/** The blocks from..to-1, at least one, are there. */
export function setBlocks(map: usize, from: u32, to: u32): void {
  for (let i = from >> 3; i <= (to - 1) >> 3; i++) store<u8>(map + i, <u8>((<u32>load<u8>(map + i)) | maskOf(i, from, to)));
}
