import { freeBuffer, sizeFor, takeBuffer } from "./buddy";
import { ringRead, ringWrite } from "./ring";

/**
 * The datagrams a socket has not read: one record behind the other in its ring, each `{ u16 length, u16 port, u32 source }` and the
 * data, padded to four octets.
 */
@unmanaged
export class Queue {
  /** A ring of `size` octets, free-running positions. */
  buffer: usize;
  size: u32;
  head: u32;
  tail: u32;
  /** Octets of data in the queue, record headers and padding not counted. */
  queued: u32;
}
const HEADER: u32 = 8;

/** The header of the record last written or read. */
@final
@unmanaged
export class Received {
  private _length: u16;
  private _port: u16;
  source: u32;
  // prettier-ignore
  @inline get length(): u32 { return this._length; }
  // prettier-ignore
  @inline get port(): u32 { return this._port; }
  fill(length: u32, port: u32, source: u32): void {
    this._length = <u16>length;
    this._port = <u16>port;
    this.source = source;
  }
}
export const received = changetype<Received>(memory.data(8, 4));

// prettier-ignore
@inline function padded(length: u32): u32 { return (length + 3) & ~3; }

/** Give a new socket its ring of about `wanted` octets; false when the arena is empty. */
export function openQueue(queue: Queue, wanted: u32): bool {
  const size = sizeFor(wanted);
  queue.buffer = takeBuffer(size);
  queue.size = size;
  return queue.buffer != 0;
}

export function closeQueue(queue: Queue): void {
  freeBuffer(queue.buffer, queue.size);
}

/** Move the queue into a ring of about `wanted` octets; it stays as it is when that has no room for it, or there is none. */
export function resizeQueue(queue: Queue, wanted: u32): void {
  const size = sizeFor(wanted);
  const held = queue.tail - queue.head;
  if (size == queue.size || size < held) return;
  const buffer = takeBuffer(size);
  if (!buffer) return;
  ringRead(queue.buffer, queue.size - 1, queue.head, buffer, held);
  closeQueue(queue);
  queue.buffer = buffer;
  queue.size = size;
  queue.head = 0;
  queue.tail = held;
}

// prettier-ignore
@inline export function queueEmpty(queue: Queue): bool { return queue.head == queue.tail; }

/** Octets of the ring that a datagram of that length takes. */
// prettier-ignore
@inline export function recordRoom(length: u32): u32 { return HEADER + padded(length); }

/** Append a datagram from `source` and `port`; false when there is no room. */
export function enqueue(queue: Queue, data: usize, length: u32, source: u32, port: u32): bool {
  if (queue.size - (queue.tail - queue.head) < recordRoom(length)) return false;
  const mask = queue.size - 1;
  received.fill(length, port, source);
  ringWrite(queue.buffer, mask, queue.tail, changetype<usize>(received), HEADER);
  ringWrite(queue.buffer, mask, queue.tail + HEADER, data, length);
  queue.tail += recordRoom(length);
  queue.queued += length;
  return true;
}

/** Copy at most `room` octets of the oldest datagram (there is one) and describe it in `received`. */
export function peek(queue: Queue, to: usize, room: u32): void {
  const mask = queue.size - 1;
  ringRead(queue.buffer, mask, queue.head, changetype<usize>(received), HEADER);
  ringRead(queue.buffer, mask, queue.head + HEADER, to, min<u32>(room, received.length));
}

/** Take off the datagram of the last `peek`. */
export function discard(queue: Queue): void {
  queue.head += recordRoom(received.length);
  queue.queued -= received.length;
}
