import { SACK, SENT_RECORDS } from "../config";
import { Seq } from "./seq";
import { NONE } from "./tcb";

/** What has become of text in flight, in one bit each. */
export const enum Mark {
  /** The peer holds it (RFC 2018). */
  Sacked = 1,
  /** Believed lost, and not sent again since. */
  Lost = 2,
  /** Sent more than once. */
  Resent = 4,
}

/** A run of octets in flight that were sent together and share their fate: one record of a connection's scoreboard. */
@final
@unmanaged
export class Sent {
  from: Seq;
  to: Seq;
  /** When it was last sent, ms, and as the how-many-eth transmission of its connection. */
  at: u32;
  order: u32;
  /** The next of its connection in sequence, or the next free one. */
  next: u16;
  /** A mask of Mark. */
  marks: u8;

  @inline static of(i: u32): Sent {
    return changetype<Sent>(pool + <usize>i * SENT_SIZE);
  }
  @inline has(mark: Mark): bool {
    return ((<u32>this.marks) & mark) != 0;
  }
  @inline set(mark: Mark): void {
    this.marks = <u8>((<u32>this.marks) | mark);
  }
  @inline clear(mark: Mark): void {
    this.marks = <u8>((<u32>this.marks) & ~mark);
  }
  @inline get length(): u32 {
    return this.to.since(this.from);
  }
}

const SENT_SIZE: u32 = (<u32>offsetof<Sent>() + 3) & ~3;
@lazy const pool = memory.data(SACK ? SENT_RECORDS * SENT_SIZE : SENT_SIZE, 4);
/** The first free record, and how many there are. */
@lazy const free = memory.data(8, 4);

export function initSent(): void {
  if (!SACK) return;
  for (let i: u32 = 0; i < SENT_RECORDS; i++) Sent.of(i).next = <u16>(i + 1 < SENT_RECORDS ? i + 1 : NONE);
  store<u32>(free, 0);
  store<u32>(free, SENT_RECORDS, 4);
}

/** A free record, or NONE. */
export function takeSent(): u32 {
  const i = load<u32>(free);
  if (i == NONE) return NONE;
  store<u32>(free, Sent.of(i).next);
  store<u32>(free, load<u32>(free, 4) - 1, 4);
  return i;
}

export function giveSent(i: u32): void {
  Sent.of(i).next = <u16>load<u32>(free);
  store<u32>(free, i);
  store<u32>(free, load<u32>(free, 4) + 1, 4);
}

/** Records that are free. */
// prettier-ignore
@inline export function sentLeft(): u32 { return load<u32>(free, 4); }
