import { PAIRS } from "../config";
import { notify } from "../events";
import { receiveBuffer } from "../settings";
import { SocketType } from "../abi";
import { Queue, closeQueue, openQueue, queueEmpty, resizeQueue } from "../storage/queue";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";

/** The ends of `socketpair`: 2k and 2k + 1 are a pair. What one sends lies in the queue of the other; there is no buffer in between. */

/** Bits of End.flags. */
export const enum EndFlag {
  /** Some descriptor stands for it. */
  Open = 1,
  /** Nothing comes any more, nothing may be sent any more. */
  ReadShut = 2,
  WriteShut = 4,
  /** Its user was told that the other's queue has no room, and waits for news. */
  WriterWaits = 8,
  /** SOCK_DGRAM: its user has been told that nobody is there any more. */
  Disconnected = 0x10,
}

@final
@unmanaged
export class End extends Queue {
  /** Octets of room a writer that was refused needs. */
  wanted: u32;
  private _socket: u16;
  private _flags: u8;
  /** A SocketType. */
  private _type: u8;
  /** An errno its user has not heard of. */
  private _error: u8;

  // prettier-ignore
  @inline static at(i: u32): End { return changetype<End>(ends + <usize>i * SIZE); }
  // prettier-ignore
  @inline get index(): u32 { return <u32>(changetype<usize>(this) - ends) / SIZE; }
  /** The other end. */
  // prettier-ignore
  @inline get peer(): End { return End.at(this.index ^ 1); }
  // prettier-ignore
  @inline get socket(): u32 { return this._socket; }
  // prettier-ignore
  @inline get type(): u32 { return this._type; }
  // prettier-ignore
  @inline get isStream(): bool { return <u32>this._type == SocketType.SOCK_STREAM; }
  // prettier-ignore
  @inline get isDatagram(): bool { return <u32>this._type == SocketType.SOCK_DGRAM; }
  // prettier-ignore
  @inline get error(): u32 { return this._error; }
  set error(v: u32) {
    this._error = <u8>v;
  }

  // prettier-ignore
  @inline has(flag: EndFlag): bool { return (this._flags & <u8>flag) != 0; }
  // prettier-ignore
  @inline set(flags: EndFlag): void { this._flags |= <u8>flags; }
  // prettier-ignore
  @inline clear(flag: EndFlag): void { this._flags &= ~(<u8>flag); }

  /** Octets of its ring that are free. */
  // prettier-ignore
  @inline get room(): u32 { return this.size - (this.tail - this.head); }

  /** Something happened that its owner may want to look at. */
  tell(): void {
    if (this.has(EndFlag.Open)) notify(this.socket);
  }

  /** As new, for `socket`. */
  reset(socket: u32, type: u32): void {
    memory.fill(changetype<usize>(this), 0, SIZE);
    this._socket = <u16>socket;
    this._type = <u8>type;
    this.set(EndFlag.Open);
  }
}
const SIZE: u32 = 32;
@lazy const ends: usize = PAIRS ? memory.data(2 * PAIRS * SIZE, 4) : 0;
@lazy const pairs: usize = PAIRS ? memory.data(SLOTS_HEADER + PAIRS * SLOTS_ENTRY, 4) : 0;

export function initPairs(): void {
  Slots.at(pairs).init(PAIRS);
}

/** Is there an end of this index, with a user? */
export function isOpenEnd(i: u32): bool {
  return Slots.at(pairs).has(i >> 1) && End.at(i).has(EndFlag.Open);
}

/** A new pair for two sockets: the index of the first end, or -1 when all are taken or the arena is empty. */
export function takePair(first: u32, second: u32, type: u32): i32 {
  const k = Slots.at(pairs).take();
  if (k < 0) return -1;
  const i = (<u32>k) << 1;
  End.at(i).reset(first, type);
  End.at(i + 1).reset(second, type);
  if (openQueue(End.at(i), receiveBuffer())) {
    if (openQueue(End.at(i + 1), receiveBuffer())) return <i32>i;
    closeQueue(End.at(i));
  }
  Slots.at(pairs).give(k);
  return -1;
}

/** This end has no user any more; with the second, the pair is gone. */
export function giveEnd(end: End): void {
  closeQueue(end);
  end.size = 0;
  end.head = end.tail;
  end.queued = 0;
  end.clear(EndFlag.Open);
  if (!end.peer.has(EndFlag.Open)) Slots.at(pairs).give(end.index >> 1);
}

/** The ring that this end is read from gets about `wanted` octets. */
export function resizeEnd(end: End, wanted: u32): void {
  if (!end.has(EndFlag.Open)) return;
  resizeQueue(end, wanted);
  offerRoom(end.peer);
}

/** A third of the other's ring is free, and what a writer that was refused needs: enough to wake it for. */
export function hasRoom(end: End): bool {
  const peer = end.peer;
  return peer.room * 3 >= peer.size && peer.room >= min(end.wanted, peer.size);
}

/** Its user is told of room for more, if it waits for that. */
export function offerRoom(end: End): void {
  if (!end.has(EndFlag.WriterWaits) || !hasRoom(end)) return;
  end.clear(EndFlag.WriterWaits);
  end.tell();
}

/** Something can be read. */
// prettier-ignore
@inline export function holds(end: End): bool { return !queueEmpty(end); }
