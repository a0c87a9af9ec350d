import { be } from "./bytes";

/** Option kinds (RFC 9293 §3.2, RFC 7323 §2.2). */
const enum Kind {
  EndOfList = 0,
  NoOperation = 1,
  MaximumSegmentSize = 2,
  WindowScale = 3,
}

/** No window scale option was there. */
export const NO_SCALE: u32 = 0xff;

/** What the options of the present segment said. */
@final
@unmanaged
export class Options {
  /** 0: no MSS option. */
  mss: u32;
  /** The shift count as it came, or NO_SCALE. */
  scale: u32;
}
export const options = changetype<Options>(memory.data(8, 4));

const MSS_LENGTH: u32 = 4;
const SCALE_LENGTH: u32 = 3;

/**
 * Read the options between `at` and `end`, at any alignment; unknown kinds are skipped by their length (MUST-5, 6, 64, 68).
 * False for a length that cannot be (MUST-7). Deviation: the segment is then dropped, not the connection reset as the RFC
 * suggests, because a blind attacker could send it.
 */
export function parseOptions(at: usize, end: usize): bool {
  options.mss = 0;
  options.scale = NO_SCALE;
  while (at < end) {
    const kind = <u32>load<u8>(at);
    if (kind == Kind.EndOfList) return true;
    if (kind == Kind.NoOperation) {
      at++;
      continue;
    }
    if (end - at < 2) return false;
    const length = <u32>load<u8>(at, 1);
    if (length < 2 || length > <u32>(end - at)) return false;
    if (!parseOption(kind, length, at + 2)) return false;
    at += length;
  }
  return true;
}

function parseOption(kind: u32, length: u32, value: usize): bool {
  if (kind == Kind.MaximumSegmentSize) {
    if (length != MSS_LENGTH) return false;
    options.mss = be.get16(value);
  } else if (kind == Kind.WindowScale) {
    if (length != SCALE_LENGTH) return false;
    options.scale = min<u32>(load<u8>(value), NO_SCALE - 1);
  }
  return true;
}

/** Write the options of a SYN: `<mss>` or `<mss, nop, wscale>`; returns their length, a multiple of four. */
export function writeSynOptions(at: usize, mss: u32, scale: u32): u32 {
  be.set32(at, (Kind.MaximumSegmentSize << 24) | (MSS_LENGTH << 16) | mss);
  if (scale == NO_SCALE) return 4;
  be.set32(at + 4, (Kind.NoOperation << 24) | (Kind.WindowScale << 16) | (SCALE_LENGTH << 8) | scale);
  return 8;
}
