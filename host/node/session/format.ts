/**
 * The file of a recorded session: everything that entered a module, in order. docs/lockstep.md has the format in words; the other
 * reader is host/boards/common/session.c. Numbers of fixed size are little-endian, all others are LEB128 without sign.
 */

/** The first octets of the file, and what its reader has to understand. */
export const MAGIC = Uint8Array.from("SWSN", (letter) => letter.charCodeAt(0));
export const VERSION = 1;

/** The header's part of fixed size: where its fields lie. Names and arities of the functions follow. */
export const Header = {
  version: 4,
  functions: 5,
  length: 6,
  moduleSize: 8,
  memorySize: 12,
  moduleHash: 16,
  profile: 48,
  size: 64,
} as const;
export const HASH = 32;
export const PROFILE = 16;

/** The first octet of a record: the number of a function, with `Trapped` when the call trapped; or one of these. */
export const enum Tag {
  Checkpoint = 0x7e,
  End = 0x7f,
  Trapped = 0x80,
}
/** Functions that can be told from those. */
export const MAX_FUNCTIONS = 0x7e;

/** The longest LEB128 of 32 bits. */
export const LEB = 5;

/** A function that steps call. */
export interface SessionFunction {
  readonly name: string;
  /** How many arguments it takes, each a word of 32 bits. */
  readonly arity: number;
}

/** What a session was recorded with. */
export interface SessionHeader {
  /** The profile's name, "" for a module that is none's. */
  readonly profile: string;
  /** Octets of the module. */
  readonly moduleSize: number;
  /** Its SHA-256, in hexadecimal. */
  readonly moduleHash: string;
  /** Octets of linear memory that the session is about, a multiple of 4. */
  readonly memorySize: number;
  /** Steps name them by their place in here. */
  readonly functions: readonly SessionFunction[];
}

/** What the host wrote to the memory since the step before: whole words. */
export interface Write {
  readonly address: number;
  readonly octets: Uint8Array;
}

/** One call of the module. */
export interface Step {
  readonly kind: "step";
  /** What was written before it, in ascending order and apart. */
  readonly writes: readonly Write[];
  /** Its place among the header's functions. */
  readonly fn: number;
  readonly args: readonly number[];
  /** As a word without sign; 0 where a function has none, or trapped. */
  readonly result: number;
  readonly trapped: boolean;
}

/** The CRC-32 of the memory behind the step before. */
export interface Checkpoint {
  readonly kind: "checkpoint";
  readonly crc: number;
}

/** The last record. */
export interface End {
  readonly kind: "end";
  /** How many there were. */
  readonly steps: number;
  /** The CRC-32 of the memory behind the last of them. */
  readonly crc: number;
}

export type Entry = Step | Checkpoint | End;
