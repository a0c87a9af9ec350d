import { AddressRecord, Errno, Family, Ioctl, Level, MessageFlag, Poll, SocketOption } from "../abi";
import { type Address, readAddress } from "../address";
import { type Descriptor, PAYLOAD } from "../descriptor";
import { checked, systemError } from "../errors";
import { AGAIN } from "../waiters";

/** One attempt to move octets between a caller and the module; none of these waits. */

/** What one receiving call gave. */
export interface Message {
  /** The octets, as many as fitted. */
  data: Uint8Array;
  /** Octets of the whole message, also of those that did not fit. */
  length: number;
  /** Who sent it. */
  from: Address;
  /** It is no message, but the end of them. */
  over: boolean;
}

const { MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_MORE } = MessageFlag;

/** The longest message, or the longest part of a stream, that one call of the module takes. */
export function roomOf({ board }: Descriptor): number {
  return board.exports.scratch_size() - PAYLOAD;
}

/** The octets at `at`, in `target` or, without one, on their own. */
function copied(u8: Uint8Array, at: number, count: number, target?: Uint8Array): Uint8Array {
  if (!target) return u8.slice(at, at + count);
  target.set(u8.subarray(at, at + count));
  return target.subarray(0, count);
}

/** Pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The octets of a stream that are there, `max` at most; none at its end. */
export function takeStream(descriptor: Descriptor, max: number, target?: Uint8Array): Uint8Array | typeof AGAIN {
  const first = takeSpan(descriptor, max, target);
  if (first === AGAIN || first.length === 0 || first.length === max) return first;
  const { board, fd } = descriptor;
  if (board.exports.ioctl(fd, Ioctl.FIONREAD) <= 0) return first;
  const second = takeSpan(descriptor, max - first.length, target?.subarray(first.length));
  if (second === AGAIN) return first;
  return target ? target.subarray(0, first.length + second.length) : joined([first, second]);
}

/** A part of it that lies in one piece in the receive buffer, which is a ring. */
function takeSpan({ board, fd }: Descriptor, max: number, target?: Uint8Array): Uint8Array | typeof AGAIN {
  const { exports, u8 } = board;
  const ready = exports.recv_ready(fd);
  if (ready === -Errno.EAGAIN) return AGAIN;
  const count = Math.min(checked("recv", ready), max);
  const chunk = copied(u8, exports.recv_ptr(fd) >>> 0, count, target);
  if (count === 0) return chunk;
  checked("recv", exports.recv_release(fd, count));
  board.wake();
  return chunk;
}

/** Octets by a copy through the scratch region: what spans do not give, MSG_PEEK, MSG_OOB and pairs. */
export function takeOctets(descriptor: Descriptor, max: number, flags: number, target?: Uint8Array): Uint8Array | typeof AGAIN {
  const { board, fd } = descriptor;
  const at = board.exports.scratch() + PAYLOAD;
  const count = board.exports.recv(fd, at, Math.min(max, roomOf(descriptor)), flags & (MSG_PEEK | MSG_OOB));
  if (count === -Errno.EAGAIN) return AGAIN;
  const chunk = copied(board.u8, at, checked("recv", count), target);
  if (!(flags & MSG_PEEK)) board.wake();
  return chunk;
}

/** The next message of a socket that has messages. */
export function takeMessage(descriptor: Descriptor, max: number, flags: number, target?: Uint8Array): Message | typeof AGAIN {
  const { board, fd } = descriptor;
  const at = board.exports.scratch() + PAYLOAD;
  const sender = descriptor.addressRoom();
  const room = Math.min(max, roomOf(descriptor));
  const length = board.exports.recvfrom(fd, at, room, (flags & MSG_PEEK) | MSG_TRUNC, sender);
  if (length === -Errno.EAGAIN) return AGAIN;
  const data = copied(board.u8, at, Math.min(checked("recvfrom", length), room), target);
  if (!(flags & MSG_PEEK)) board.wake();
  const over = board.view.getUint16(sender + AddressRecord.family, true) === Family.AF_UNSPEC;
  return { data, length, from: readAddress(board.view, sender), over };
}

/** The octets a read could take now; AGAIN unless it is `least`, or no more will come. */
export function arrived({ board, fd }: Descriptor, least: number): number | typeof AGAIN {
  const count = Math.max(board.exports.ioctl(fd, Ioctl.FIONREAD), 0);
  const over = board.exports.ready(fd) & (Poll.POLLERR | Poll.POLLHUP | Poll.POLLRDHUP);
  return count >= least || over ? count : AGAIN;
}

/** Octets of a stream that one look can show at most: what the receive buffer holds, and the scratch region. */
export function readableAtMost(descriptor: Descriptor): number {
  return Math.min(descriptor.option(Level.SOL_SOCKET, SocketOption.SO_RCVBUF), roomOf(descriptor));
}

/** Queue the octets of a stream from `from` on; how far that went. */
export function putStream(descriptor: Descriptor, bytes: Uint8Array, from: number, flags: number): number {
  if (flags & MSG_OOB) return putUrgent(descriptor, bytes, from, flags);
  if (flags & MSG_MORE || bytes.length === 0) return putOctets(descriptor, bytes, from, flags);
  const { board, fd } = descriptor;
  const { exports, u8 } = board;
  let at = from;
  while (at < bytes.length) {
    const room = exports.send_room(fd);
    if (room === -Errno.EAGAIN) break;
    const count = Math.min(checked("send", room), bytes.length - at);
    u8.set(bytes.subarray(at, at + count), exports.send_ptr(fd) >>> 0);
    at += checked("send", exports.send_commit(fd, count));
  }
  if (at > from) board.wake();
  return at;
}

/** The last octet, and no other, is the urgent one, also where the buffer takes only a part at a time. */
function putUrgent(descriptor: Descriptor, bytes: Uint8Array, from: number, flags: number): number {
  const last = bytes.length - 1;
  const at = from < last ? putOctets(descriptor, bytes.subarray(0, last), from, flags & ~MSG_OOB) : from;
  return at < last ? at : putOctets(descriptor, bytes, at, flags);
}

/** The same by a copy through the scratch region, which takes flags. */
export function putOctets(descriptor: Descriptor, bytes: Uint8Array, from: number, flags: number): number {
  const { board, fd } = descriptor;
  const room = roomOf(descriptor);
  const place = board.exports.scratch() + PAYLOAD;
  let at = from;
  do {
    const chunk = bytes.subarray(at, at + room);
    board.u8.set(chunk, place);
    const taken = board.exports.send(fd, place, chunk.length, flags);
    if (taken === -Errno.EAGAIN) break;
    at += checked("send", taken);
    if (taken < chunk.length) break;
  } while (at < bytes.length);
  if (at > from) board.wake();
  return at;
}

/** Send one message, to `to` or to the peer. */
export function putMessage(descriptor: Descriptor, bytes: Uint8Array, flags: number, to?: Address): number | typeof AGAIN {
  const syscall = to ? "sendto" : "send";
  const { board, fd } = descriptor;
  if (bytes.length > roomOf(descriptor)) throw systemError(syscall, -Errno.EMSGSIZE, to);
  const at = board.exports.scratch() + PAYLOAD;
  board.u8.set(bytes, at);
  const sent = board.exports.sendto(fd, at, bytes.length, flags, to ? descriptor.putAddress(to) : 0);
  if (sent === -Errno.EAGAIN) return AGAIN;
  board.wake();
  return checked(syscall, sent, to);
}
