import { Errno, Family, Owner, Protocol, SocketType } from "../abi";
import { PAIRS, RAW_SOCKETS, SEQPACKET } from "../config";
import { ownerOf } from "../events";
import { Wish } from "../tcp/flags";
import { Tcb } from "../tcp/tcb";
import { writeAddress } from "./address";
import { datagramClose, datagramOpen } from "./datagram";
import { Kind, Socket, dropDescriptor, freeSocket, newDescriptor, newSocket, refusal, socketAt, streamOf } from "./descriptor";
import { pairClose } from "./pair";
import { takePair } from "./pair_end";
import { rawClose, rawOpen } from "./raw";
import { streamAccepted, streamClose, streamOpen, streamTake } from "./stream";
import { inheritTimeouts } from "./timeouts";

/** The calls that make descriptors, and those that end them. */

/** socket(2) for an owner: -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EMFILE, -ENOBUFS. */
export function socketOf(owner: Owner, family: u32, type: u32, protocol: u32): i32 {
  if (family != Family.AF_INET) return -Errno.EAFNOSUPPORT;
  if (RAW_SOCKETS && type == SocketType.SOCK_RAW) return rawSocket(owner, protocol);
  const records = SEQPACKET && type == SocketType.SOCK_SEQPACKET;
  const stream = records || type == SocketType.SOCK_STREAM;
  if (!stream && type != SocketType.SOCK_DGRAM) return -Errno.ESOCKTNOSUPPORT;
  if (protocol && protocol != <u32>(stream ? Protocol.IPPROTO_TCP : Protocol.IPPROTO_UDP)) return -Errno.EPROTONOSUPPORT;
  const i = newSocket(owner, stream ? Kind.Stream : Kind.Datagram);
  if (i < 0) return i;
  const pcb = stream ? streamOpen(i) : datagramOpen(i);
  if (records && pcb >= 0) Tcb.at(pcb).wish(Wish.Records, true);
  return described(i, pcb);
}

/** Every protocol but 0 has raw sockets. */
function rawSocket(owner: Owner, protocol: u32): i32 {
  if (protocol > <u32>Protocol.IPPROTO_RAW) return -Errno.EINVAL;
  if (protocol == 0) return -Errno.EPROTONOSUPPORT;
  const i = newSocket(owner, Kind.Raw);
  return i < 0 ? i : described(i, rawOpen(i, protocol));
}

/** The new socket `i` has its record, or else `pcb` is -errno: a descriptor, or that. */
function described(i: u32, pcb: i32): i32 {
  if (pcb < 0) {
    freeSocket(i);
    return pcb;
  }
  Socket.at(i).pcb = <u16>pcb;
  const fd = newDescriptor(i);
  if (fd < 0) endOf(Socket.at(i));
  return fd;
}

/**
 * socketpair(2): two connected sockets, the first for `owner`, the second for `other`; their descriptors go to the two words at `fds`.
 * -EOPNOTSUPP for a family that has no pairs, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EMFILE, -ENOBUFS.
 */
export function socketPairOf(owner: Owner, other: Owner, family: u32, type: u32, protocol: u32, fds: usize): i32 {
  if (!PAIRS) return -Errno.ENOSYS;
  if (family != Family.AF_UNIX) return family == Family.AF_INET ? -Errno.EOPNOTSUPP : -Errno.EAFNOSUPPORT;
  if (type != SocketType.SOCK_STREAM && type != SocketType.SOCK_DGRAM && type != SocketType.SOCK_SEQPACKET) {
    return -Errno.ESOCKTNOSUPPORT;
  }
  if (protocol && protocol != Family.AF_UNIX) return -Errno.EPROTONOSUPPORT;
  if (fds == 0) return -Errno.EINVAL;
  const first = newSocket(owner, Kind.Pair);
  if (first < 0) return first;
  const second = newSocket(other, Kind.Pair);
  const failed = second < 0 ? second : joined(first, second, type, fds);
  if (failed < 0) freeSocket(first);
  if (failed < 0 && second >= 0) freeSocket(second);
  return failed;
}

/** Two sockets become a pair, and get their descriptors: 0 or -errno. */
function joined(first: u32, second: u32, type: u32, fds: usize): i32 {
  const end = takePair(first, second, type);
  if (end < 0) return -Errno.ENOBUFS;
  Socket.at(first).pcb = <u16>end;
  Socket.at(second).pcb = <u16>(end + 1);
  const fd = newDescriptor(first);
  const other = fd < 0 ? fd : newDescriptor(second);
  if (other < 0) {
    if (fd >= 0) dropDescriptor(fd, Socket.at(first));
    pairClose(end);
    pairClose(end + 1);
    return other;
  }
  store<u32>(fds, fd);
  store<u32>(fds, other, 4);
  return 0;
}

/** accept(2): a new descriptor, -EAGAIN, -EINVAL, -EMFILE; the peer's address goes to `address` unless that is 0. */
export function accept(fd: i32, address: usize): i32 {
  const at = streamOf(fd);
  if (at == 0) return refusal(fd);
  const listener = changetype<Tcb>(at);
  const index = streamAccepted(listener);
  if (index < 0) return index;
  const i = newSocket(ownerOf(listener.socket), Kind.Stream);
  if (i < 0) return i;
  const accepted = newDescriptor(i);
  if (accepted < 0) {
    freeSocket(i);
    return accepted;
  }
  const tcb = Tcb.at(index);
  Socket.at(i).pcb = <u16>index;
  inheritTimeouts(i, listener.socket);
  streamTake(listener, tcb, i);
  if (address) writeAddress(address, tcb.foreignAddress, tcb.foreignPort);
  return accepted;
}

/** The last descriptor of a socket is gone. */
function endOf(socket: Socket): void {
  if (socket.kind == Kind.Stream) streamClose(Tcb.at(socket.pcb));
  else if (socket.isPair) pairClose(socket.pcb);
  else if (socket.isRaw) rawClose(socket.pcb);
  else datagramClose(socket.pcb);
  freeSocket(socket.index);
}

/** close(2): the socket ends with its last descriptor. */
export function close(fd: i32): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (dropDescriptor(fd, socket)) endOf(socket);
  return 0;
}

/** dup(2): another descriptor of the same socket, the lowest that is free; -EBADF, -EMFILE. */
export function dup(fd: i32): i32 {
  const socket = socketAt(fd);
  return socket ? newDescriptor(socket.index) : -Errno.EBADF;
}
