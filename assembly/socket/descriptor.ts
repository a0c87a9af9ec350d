import { Errno, Owner } from "../abi";
import { MAX_SOCKETS, PAIRS, RAW_SOCKETS } from "../config";
import { forget, initEvents, nextSocketOf, setOwner } from "../events";
import { Tcb } from "../tcp/tcb";
import { BITMAP_HEADER, Bitmap } from "../storage/bitmap";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";
import { resetTimeouts } from "./timeouts";

/** Descriptors: small integers, lowest free first, several of which may stand for one socket (dup). */

export const enum Kind {
  Stream = 1,
  Datagram,
  Raw,
  /** One end of `socketpair`. */
  Pair,
}

@final
@unmanaged
export class Socket {
  kind: Kind;
  /** Index of its Tcb, its datagram record, or its end of a pair. */
  pcb: u16;
  /** Descriptors that stand for it. */
  references: u16;
  /** The lowest of them as far as known: the one events name. */
  fd: u16;

  @inline static at(i: u32): Socket {
    return changetype<Socket>(table + <usize>i * SOCKET_SIZE);
  }
  @inline get index(): u32 {
    return <u32>((changetype<usize>(this) - table) / SOCKET_SIZE);
  }
  @inline get isRaw(): bool {
    return RAW_SOCKETS > 0 && this.kind == Kind.Raw;
  }
  @inline get isPair(): bool {
    return PAIRS > 0 && this.kind == Kind.Pair;
  }
}

const SOCKET_SIZE: u32 = (<u32>offsetof<Socket>() + 3) & ~3;
/** Room for a few dups on top of one descriptor for each socket. */
const MAX_FDS: u32 = MAX_SOCKETS + 4;
const NO_SOCKET: u32 = 0xffff;
const table = memory.data(MAX_SOCKETS * SOCKET_SIZE, 4);
const sockets = changetype<Slots>(memory.data(SLOTS_HEADER + MAX_SOCKETS * SLOTS_ENTRY, 4));
const descriptors = memory.data(MAX_FDS * 2, 2);
const taken = changetype<Bitmap>(memory.data(BITMAP_HEADER + (MAX_FDS / 32 + MAX_FDS / 1024 + MAX_FDS / 32768) * 4, 4));

export function initDescriptors(): void {
  sockets.init(MAX_SOCKETS);
  taken.init(MAX_FDS);
  memory.fill(descriptors, 0xff, MAX_FDS * 2);
  initEvents();
}

/** The socket a descriptor stands for; null is EBADF. */
export function socketAt(fd: i32): Socket | null {
  if (<u32>fd >= MAX_FDS) return null;
  const i = <u32>load<u16>(descriptors + ((<usize>fd) << 1));
  return i == NO_SOCKET ? null : Socket.at(i);
}

/** The Tcb behind a stream descriptor; 0 if it is none, and then `refusal(fd)` is the errno. */
// prettier-ignore
@inline export function streamOf(fd: i32): usize {
  const socket = socketAt(fd);
  return socket && socket.kind == Kind.Stream ? changetype<usize>(Tcb.at(socket.pcb)) : 0;
}

/** Why `streamOf` found nothing: -EBADF, or -EOPNOTSUPP for a socket of another kind. */
export function refusal(fd: i32): i32 {
  return socketAt(fd) ? -Errno.EOPNOTSUPP : -Errno.EBADF;
}

/** A new socket without a descriptor, or -EMFILE. */
export function newSocket(owner: Owner, kind: Kind): i32 {
  const i = sockets.take();
  if (i < 0) return -Errno.EMFILE;
  const socket = Socket.at(i);
  socket.kind = kind;
  socket.references = 0;
  socket.fd = <u16>NO_SOCKET;
  setOwner(i, owner);
  resetTimeouts(i);
  return i;
}

/** No descriptor stands for it any more. */
export function freeSocket(i: u32): void {
  forget(i);
  sockets.give(i);
}

/** The lowest free descriptor now stands for socket `i`; -EMFILE if there is none. */
export function newDescriptor(i: u32): i32 {
  const fd = taken.take();
  if (fd < 0) return -Errno.EMFILE;
  store<u16>(descriptors + ((<usize>fd) << 1), <u16>i);
  const socket = Socket.at(i);
  socket.references++;
  if (<u32>fd < <u32>socket.fd) socket.fd = <u16>fd;
  return fd;
}

/** `fd` stands for nothing any more. True if it was the last of its socket. */
export function dropDescriptor(fd: u32, socket: Socket): bool {
  store<u16>(descriptors + ((<usize>fd) << 1), <u16>NO_SOCKET);
  taken.give(fd);
  socket.references--;
  if (socket.references == 0) return true;
  if (<u32>socket.fd == fd) socket.fd = <u16>lowestOf(socket.index);
  return false;
}

function lowestOf(i: u32): u32 {
  for (let fd: u32 = 0; fd < MAX_FDS; fd++) if (<u32>load<u16>(descriptors + ((<usize>fd) << 1)) == i) return fd;
  return NO_SOCKET;
}

/** The next descriptor something happened to, or -EAGAIN. */
export function nextEvent(owner: Owner): i32 {
  const i = nextSocketOf(owner);
  return i < 0 ? -Errno.EAGAIN : <i32>Socket.at(i).fd;
}
