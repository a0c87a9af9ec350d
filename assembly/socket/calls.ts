import { Errno, Family, MessageFlag, Poll } from "../abi";
import { SEQPACKET } from "../config";
import { Tcb } from "../tcp/tcb";
import { checkAddress, ipOf, portOf, writeAddress } from "./address";
import {
  datagramBind,
  datagramConnect,
  datagramDisconnect,
  datagramReady,
  datagramReceive,
  datagramSend,
  datagramSenderIp,
  datagramSenderPort,
  datagramShutdown,
} from "./datagram";
import { Kind, Socket, refusal, socketAt, streamOf } from "./descriptor";
import { pairReady, pairReceive, pairSend, pairShutdown } from "./pair";
import { rawBind, rawConnect, rawSend } from "./raw";
import { seqpacketReceive, seqpacketSend } from "./seqpacket";
import { streamBind, streamConnect, streamListen, streamReady, streamReceive, streamSend, streamShutdown } from "./stream";

export { nextEvent } from "./descriptor";
export { ioctl } from "./ioctl";
export { getpeername, getsockname } from "./names";
export { accept, close, dup, socketOf, socketPairOf } from "./open";
export { getsockopt, setsockopt } from "./sockopt";
export { recv_ptr, recv_ready, recv_release, send_commit, send_ptr, send_room } from "./spans";

/**
 * The BSD calls, for the exports and for applications inside the module alike. Pointers are addresses in memory, addresses 24-byte
 * AddressRecords; results are a count, a descriptor, 0, or a negative errno as Linux gives it. No call blocks.
 */

/** bind(2). Address 0 is every address, port 0 a free one: 0, -EINVAL when it is bound, -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT. */
export function bind(fd: i32, address: usize): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (socket.isPair) return -Errno.EOPNOTSUPP; // there are no names to have
  const fault = checkAddress(address);
  if (fault) return fault;
  if (socket.isRaw) return rawBind(socket.pcb, ipOf(address));
  if (socket.kind == Kind.Datagram) return datagramBind(socket.pcb, ipOf(address), portOf(address));
  return streamBind(Tcb.at(socket.pcb), ipOf(address), portOf(address));
}

/** listen(2), with room for `backlog` connections that nobody has accepted: 0, -EADDRINUSE, -EINVAL, -EOPNOTSUPP. */
export function listen(fd: i32, backlog: i32): i32 {
  const at = streamOf(fd);
  return at ? streamListen(changetype<Tcb>(at), backlog) : refusal(fd);
}

/** connect(2): -EINPROGRESS while a stream's handshake goes on; AF_UNSPEC disconnects a datagram socket. */
export function connect(fd: i32, address: usize): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (address == 0) return -Errno.EINVAL;
  if (socket.isPair) return -Errno.EISCONN;
  const datagram = socket.kind != Kind.Stream;
  if (datagram && <u32>load<u16>(address) == Family.AF_UNSPEC) {
    datagramDisconnect(socket.pcb);
    return 0;
  }
  const fault = checkAddress(address);
  if (fault) return fault;
  if (socket.isRaw) return rawConnect(socket.pcb, ipOf(address));
  if (datagram) return datagramConnect(socket.pcb, ipOf(address), portOf(address));
  return streamConnect(Tcb.at(socket.pcb), ipOf(address), portOf(address));
}

const KNOWN: u32 =
  MessageFlag.MSG_PEEK |
  MessageFlag.MSG_TRUNC |
  MessageFlag.MSG_DONTWAIT |
  MessageFlag.MSG_WAITALL |
  MessageFlag.MSG_NOSIGNAL |
  MessageFlag.MSG_MORE;

/** A datagram is never urgent, and only a record ends. */
// prettier-ignore
@inline function known(socket: Socket): u32 {
  if (socket.isPair) return KNOWN | MessageFlag.MSG_EOR;
  if (hasRecords(socket)) return (KNOWN & ~MessageFlag.MSG_MORE) | MessageFlag.MSG_EOR;
  return socket.kind == Kind.Stream ? KNOWN | MessageFlag.MSG_OOB : KNOWN;
}

/** It is a SOCK_SEQPACKET socket over TCP. */
// prettier-ignore
@inline function hasRecords(socket: Socket): bool {
  return SEQPACKET && socket.kind == Kind.Stream && Tcb.at(socket.pcb).records;
}

/** send(2): as `sendto` without an address. */
export function send(fd: i32, from: usize, length: u32, flags: u32): i32 {
  return sendto(fd, from, length, flags, 0);
}

/** sendto(2). A stream ignores the address, as Linux does with one that is connected. */
export function sendto(fd: i32, from: usize, length: u32, flags: u32, address: usize): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (flags & ~known(socket)) return -Errno.EOPNOTSUPP;
  if (socket.isPair) return address ? -Errno.EISCONN : pairSend(socket.pcb, from, length);
  if (hasRecords(socket)) return seqpacketSend(Tcb.at(socket.pcb), from, length);
  if (socket.kind == Kind.Stream) return streamSend(Tcb.at(socket.pcb), from, length, flags);
  const fault = address ? checkAddress(address) : 0;
  if (fault) return fault;
  if (socket.isRaw) return rawSend(socket.pcb, from, length, flags, address ? ipOf(address) : 0, address != 0);
  if (address == 0) return datagramSend(socket.pcb, from, length, flags, 0, 0, false);
  return datagramSend(socket.pcb, from, length, flags, ipOf(address), portOf(address), true);
}

/** recv(2): as `recvfrom` without an address. */
export function recv(fd: i32, to: usize, length: u32, flags: u32): i32 {
  return recvfrom(fd, to, length, flags, 0);
}

/**
 * recvfrom(2): 0 is the end of a stream, or an empty datagram or record; the sender goes to `address` unless that is 0. What ends a
 * stream of records has no sender: AF_UNSPEC.
 */
export function recvfrom(fd: i32, to: usize, length: u32, flags: u32, address: usize): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (flags & ~known(socket)) return -Errno.EOPNOTSUPP;
  if (socket.isPair) return pairReceive(socket.pcb, to, length, flags, address);
  if (hasRecords(socket)) return seqpacketReceive(Tcb.at(socket.pcb), to, length, flags, address);
  if (socket.kind == Kind.Stream) return streamReceive(Tcb.at(socket.pcb), to, length, flags);
  const octets = datagramReceive(socket.pcb, to, length, flags);
  if (address && octets >= 0) writeAddress(address, datagramSenderIp(), datagramSenderPort());
  return octets;
}

/** shutdown(2), a Shutdown: 0, -ENOTCONN, -EINVAL. */
export function shutdown(fd: i32, how: u32): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (socket.isPair) return pairShutdown(socket.pcb, how);
  if (socket.kind == Kind.Stream) return streamShutdown(Tcb.at(socket.pcb), how);
  return datagramShutdown(socket.pcb, how);
}

/** The poll(2) mask, or POLLNVAL. */
export function ready(fd: i32): u32 {
  const socket = socketAt(fd);
  if (!socket) return Poll.POLLNVAL;
  if (socket.isPair) return pairReady(socket.pcb);
  return socket.kind == Kind.Stream ? streamReady(Tcb.at(socket.pcb)) : datagramReady(socket.pcb);
}
