import { UDP_BUF } from "../config";
import { freeBuffer, sizeFor, takeBuffer } from "../storage/buddy";
import { ringRead, ringWrite } from "../storage/ring";
import { Pcb } from "./pcb";

/**
 * The datagrams a socket has not read: one record behind the other in its ring, each `{ u16 length, u16 port, u32 source }` and the
 * data, padded to four octets.
 */
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

/** Give a new socket its ring; false when the arena is empty. */
export function openQueue(pcb: Pcb): bool {
  const size = sizeFor(UDP_BUF);
  pcb.buffer = takeBuffer(size);
  pcb.size = size;
  return pcb.buffer != 0;
}

export function closeQueue(pcb: Pcb): void {
  freeBuffer(pcb.buffer, pcb.size);
}

/** Move the queue into a ring of about `wanted` octets; it stays as it is when that has no room for it, or there is none. */
export function resizeQueue(pcb: Pcb, wanted: u32): void {
  const size = sizeFor(wanted);
  const held = pcb.tail - pcb.head;
  if (size == pcb.size || size < held) return;
  const buffer = takeBuffer(size);
  if (!buffer) return;
  ringRead(pcb.buffer, pcb.size - 1, pcb.head, buffer, held);
  closeQueue(pcb);
  pcb.buffer = buffer;
  pcb.size = size;
  pcb.head = 0;
  pcb.tail = held;
}

// prettier-ignore
@inline export function queueEmpty(pcb: Pcb): bool { return pcb.head == pcb.tail; }

/** Append a datagram from `source` and `port`; false when there is no room. */
export function enqueue(pcb: Pcb, data: usize, length: u32, source: u32, port: u32): bool {
  if (pcb.size - (pcb.tail - pcb.head) < HEADER + padded(length)) return false;
  const mask = pcb.size - 1;
  received.fill(length, port, source);
  ringWrite(pcb.buffer, mask, pcb.tail, changetype<usize>(received), HEADER);
  ringWrite(pcb.buffer, mask, pcb.tail + HEADER, data, length);
  pcb.tail += HEADER + padded(length);
  pcb.queued += length;
  return true;
}

/** Copy at most `room` octets of the oldest datagram (there is one) and describe it in `received`. */
export function peek(pcb: Pcb, to: usize, room: u32): void {
  const mask = pcb.size - 1;
  ringRead(pcb.buffer, mask, pcb.head, changetype<usize>(received), HEADER);
  ringRead(pcb.buffer, mask, pcb.head + HEADER, to, min<u32>(room, received.length));
}

/** Take off the datagram of the last `peek`. */
export function discard(pcb: Pcb): void {
  pcb.head += HEADER + padded(received.length);
  pcb.queued -= received.length;
}
