/** The octets of a conversation: known from their place in the stream, so that a wrong one is seen wherever it comes out. */

/** Octet i of what either side says unless the script has a text; it repeats after 251, so that no power of two hides an error. */
export function pattern(from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (from + i) % 251;
  return bytes;
}

/** What one socket has written and read so far. */
export class Stream {
  wrote = 0;
  read = 0;
  /** Reading no longer follows the pattern: urgent data is not part of it, or nobody knows how much was skipped. */
  irregular = false;
  private readonly texts: { at: number; bytes: Uint8Array }[] = [];

  /** The octets a call writes next. */
  outgoing(length: number, text?: string): Uint8Array {
    const bytes = this.written(this.wrote, length);
    if (text === undefined) return bytes;
    const own = new TextEncoder().encode(text).subarray(0, length);
    bytes.set(own);
    this.texts.push({ at: this.wrote, bytes: own });
    return bytes;
  }

  /** What was written at a place in the stream. */
  written(from: number, length: number): Uint8Array {
    const bytes = pattern(from, length);
    for (const text of this.texts) {
      for (let i = Math.max(from, text.at); i < Math.min(from + length, text.at + text.bytes.length); i++) {
        bytes[i - from] = text.bytes[i - text.at];
      }
    }
    return bytes;
  }
}

/** The first octet that differs, or -1. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  return a.findIndex((octet, i) => octet !== b[i]);
}
