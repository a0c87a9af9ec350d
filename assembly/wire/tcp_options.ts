import { SACK, TIMESTAMPS, USER_TIMEOUT_OPTION } from "../config";
import { be } from "./bytes";

/** Option kinds (RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2 and §3). */
const enum Kind {
  EndOfList = 0,
  NoOperation = 1,
  MaximumSegmentSize = 2,
  WindowScale = 3,
  SackPermitted = 4,
  Sack = 5,
  Timestamps = 8,
  UserTimeout = 28,
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
  /** TSval and TSecr, if `timestamps`. */
  tsVal: u32;
  tsEcr: u32;
  /** Where the first SACK block is, and how many there are. */
  blocks: usize;
  blockCount: u32;
  /** The field of a user timeout option (RFC 5482 §3), 0 for none. */
  userTimeout: u32;
  timestamps: bool;
  sackPermitted: bool;
}
export const options = changetype<Options>(memory.data(32, 4));

const MSS_LENGTH: u32 = 4;
const SCALE_LENGTH: u32 = 3;
const PERMITTED_LENGTH: u32 = 2;
const TIMESTAMPS_LENGTH: u32 = 10;
export const USER_TIMEOUT_SIZE: u32 = 4;
const BLOCK: u32 = 8;
/** Room for options in a header (RFC 9293 §3.1). */
const MOST: u32 = 40;
/** `<nop, nop, TS>`, as nearly every segment has it. */
const ONLY_TIMESTAMPS: u32 = (Kind.NoOperation << 24) | (Kind.NoOperation << 16) | (Kind.Timestamps << 8) | TIMESTAMPS_LENGTH;
/** Octets of `<nop, nop, TS>`. */
export const TIMESTAMPS_SIZE: u32 = 12;

/** There are no options. */
export function noOptions(): void {
  options.mss = 0;
  options.scale = NO_SCALE;
  options.blockCount = 0;
  if (USER_TIMEOUT_OPTION) options.userTimeout = 0;
  options.timestamps = false;
  options.sackPermitted = false;
}

/**
 * Read the options between `at` and `end`, at any alignment; unknown kinds are skipped by their length (MUST-5, 6, 64, 68).
 * False for a length that cannot be (MUST-7). Deviation: the segment is then dropped, not the connection reset as the RFC
 * suggests, because a blind attacker could send it.
 */
export function parseOptions(at: usize, end: usize): bool {
  noOptions();
  if (TIMESTAMPS && end - at == TIMESTAMPS_SIZE && be.get32(at) == ONLY_TIMESTAMPS) {
    readTimestamps(at + 4);
    return true;
  }
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
  } else if (TIMESTAMPS && kind == Kind.Timestamps) {
    if (length != TIMESTAMPS_LENGTH) return false;
    readTimestamps(value);
  } else if (USER_TIMEOUT_OPTION && kind == Kind.UserTimeout) {
    if (length != USER_TIMEOUT_SIZE) return false;
    options.userTimeout = be.get16(value);
  } else if (SACK && kind == Kind.SackPermitted) {
    if (length != PERMITTED_LENGTH) return false;
    options.sackPermitted = true;
  } else if (SACK && kind == Kind.Sack) {
    if (length < 2 + BLOCK || (length - 2) % BLOCK != 0) return false;
    options.blocks = value;
    options.blockCount = (length - 2) / BLOCK;
  }
  return true;
}

// prettier-ignore
@inline function readTimestamps(value: usize): void {
  options.timestamps = true;
  options.tsVal = be.get32(value);
  options.tsEcr = be.get32(value + 4);
}

/** Edges of a SACK block in place. */
// prettier-ignore
@inline export function leftEdge(blocks: usize, i: u32): u32 { return be.get32(blocks + i * BLOCK); }
// prettier-ignore
@inline export function rightEdge(blocks: usize, i: u32): u32 { return be.get32(blocks + i * BLOCK + 4); }

/** Options are written to `at`, which moves on; a segment's are complete when `at` is back at a multiple of four. */
@final
@unmanaged
export class OptionWriter {
  at: usize;

  @inline private word(a: u32, b: u32, c: u32, d: u32): void {
    be.set32(this.at, (a << 24) | (b << 16) | (c << 8) | d);
    this.at += 4;
  }
  @inline private number(n: u32): void {
    be.set32(this.at, n);
    this.at += 4;
  }

  mss(size: u32): void {
    this.word(Kind.MaximumSegmentSize, MSS_LENGTH, size >> 8, size & 0xff);
  }
  /** `<nop, wscale>` */
  scale(shift: u32): void {
    this.word(Kind.NoOperation, Kind.WindowScale, SCALE_LENGTH, shift);
  }
  /** `<nop, nop, sackOK>` */
  sackPermitted(): void {
    this.word(Kind.NoOperation, Kind.NoOperation, Kind.SackPermitted, PERMITTED_LENGTH);
  }
  /** `<sackOK, eol, eol>` */
  sackPermittedLast(): void {
    this.word(Kind.SackPermitted, PERMITTED_LENGTH, Kind.EndOfList, Kind.EndOfList);
  }
  /** `<nop, nop, TS>` */
  timestamps(value: u32, echo: u32): void {
    this.number(ONLY_TIMESTAMPS);
    this.number(value);
    this.number(echo);
  }
  /** `<sackOK, TS>` */
  sackPermittedTimestamps(value: u32, echo: u32): void {
    this.word(Kind.SackPermitted, PERMITTED_LENGTH, Kind.Timestamps, TIMESTAMPS_LENGTH);
    this.number(value);
    this.number(echo);
  }
  /** `<uto>` */
  userTimeout(field: u32): void {
    this.word(Kind.UserTimeout, USER_TIMEOUT_SIZE, field >> 8, field & 0xff);
  }
  /** `<nop, nop, sack>`: so many blocks follow. */
  sack(blocks: u32): void {
    this.word(Kind.NoOperation, Kind.NoOperation, Kind.Sack, 2 + blocks * BLOCK);
  }
  block(left: u32, right: u32): void {
    this.number(left);
    this.number(right);
  }
}
export const optionWriter = changetype<OptionWriter>(memory.data(4, 4));

/** Octets that so many SACK blocks take, 0 for none. */
// prettier-ignore
@inline export function sackSize(blocks: u32): u32 { return blocks ? 4 + blocks * BLOCK : 0; }

/** SACK blocks that fit beside `used` octets of other options. */
// prettier-ignore
@inline export function blocksThatFit(used: u32): u32 { return (MOST - used - 4) / BLOCK; }
