import { Errno, Family, Level, MessageFlag, Owner, Poll, Protocol, SocketOption, SocketType } from "../abi";
import { SEQPACKET } from "../config";
import { ownerOf } from "../events";
import { Wish } from "../tcp/flags";
import { Tcb } from "../tcp/tcb";
import { checkAddress, ipOf, portOf, writeAddress } from "./address";
import {
  datagramBind,
  datagramClose,
  datagramConnect,
  datagramDisconnect,
  datagramForeignIp,
  datagramForeignPort,
  datagramLocalIp,
  datagramLocalPort,
  datagramOpen,
  datagramOption,
  datagramReady,
  datagramReceive,
  datagramSend,
  datagramSenderIp,
  datagramSenderPort,
  datagramShutdown,
  datagramTakeError,
  setDatagramOption,
} from "./datagram";
import { Kind, Socket, dropDescriptor, freeSocket, newDescriptor, newSocket, refusal, socketAt, streamOf } from "./descriptor";
import { secondWord, streamGetOption, streamSetOption } from "./options";
import { getRecord, isRecord, setRecord } from "./records";
import { seqpacketReceive, seqpacketSend } from "./seqpacket";
import {
  streamAccepted,
  streamBind,
  streamClose,
  streamConnect,
  streamConnected,
  streamListen,
  streamOpen,
  streamReady,
  streamReceive,
  streamSend,
  streamShutdown,
  streamTake,
} from "./stream";
import { getTimeout, inheritTimeouts, isTimeout, setTimeout } from "./timeouts";

export { nextEvent } from "./descriptor";
export { ioctl } from "./ioctl";
export { recv_ptr, recv_ready, recv_release, send_commit, send_ptr, send_room } from "./spans";

/**
 * The BSD calls, for the exports and for applications inside the module alike. Pointers are addresses in memory, addresses 24-byte
 * AddressRecords; results are a count, a descriptor, 0, or a negative errno as Linux gives it. No call blocks.
 */

/** socket(2) for an owner: -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EMFILE, -ENOBUFS. */
export function socketOf(owner: Owner, family: u32, type: u32, protocol: u32): i32 {
  if (family != Family.AF_INET) return -Errno.EAFNOSUPPORT;
  const records = SEQPACKET && type == SocketType.SOCK_SEQPACKET;
  const stream = records || type == SocketType.SOCK_STREAM;
  if (!stream && type != SocketType.SOCK_DGRAM) return -Errno.ESOCKTNOSUPPORT;
  if (protocol && protocol != <u32>(stream ? Protocol.IPPROTO_TCP : Protocol.IPPROTO_UDP)) return -Errno.EPROTONOSUPPORT;
  const i = newSocket(owner, stream ? Kind.Stream : Kind.Datagram);
  if (i < 0) return i;
  const pcb = stream ? streamOpen(i) : datagramOpen(i);
  if (pcb < 0) {
    freeSocket(i);
    return pcb;
  }
  Socket.at(i).pcb = <u16>pcb;
  if (records) Tcb.at(pcb).wish(Wish.Records, true);
  const fd = newDescriptor(i);
  if (fd < 0) endOf(Socket.at(i));
  return fd;
}

/** The last descriptor of a socket is gone. */
function endOf(socket: Socket): void {
  if (socket.kind == Kind.Stream) streamClose(Tcb.at(socket.pcb));
  else datagramClose(socket.pcb);
  freeSocket(socket.index);
}

export function bind(fd: i32, address: usize): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  const fault = checkAddress(address);
  if (fault) return fault;
  const socket = Socket.at(i);
  if (socket.kind == Kind.Datagram) return datagramBind(socket.pcb, ipOf(address), portOf(address));
  return streamBind(Tcb.at(socket.pcb), ipOf(address), portOf(address));
}

export function listen(fd: i32, backlog: i32): i32 {
  const at = streamOf(fd);
  return at ? streamListen(changetype<Tcb>(at), backlog) : refusal(fd);
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

/** connect(2): -EINPROGRESS while a stream's handshake goes on; AF_UNSPEC disconnects a datagram socket. */
export function connect(fd: i32, address: usize): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  if (address == 0) return -Errno.EINVAL;
  const socket = Socket.at(i);
  const datagram = socket.kind == Kind.Datagram;
  if (datagram && <u32>load<u16>(address) == Family.AF_UNSPEC) {
    datagramDisconnect(socket.pcb);
    return 0;
  }
  const fault = checkAddress(address);
  if (fault) return fault;
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
  if (hasRecords(socket)) return (KNOWN & ~MessageFlag.MSG_MORE) | MessageFlag.MSG_EOR;
  return socket.kind == Kind.Stream ? KNOWN | MessageFlag.MSG_OOB : KNOWN;
}

/** It is a SOCK_SEQPACKET socket over TCP. */
// prettier-ignore
@inline function hasRecords(socket: Socket): bool {
  return SEQPACKET && socket.kind == Kind.Stream && Tcb.at(socket.pcb).records;
}

export function send(fd: i32, from: usize, length: u32, flags: u32): i32 {
  return sendto(fd, from, length, flags, 0);
}

/** sendto(2). A stream ignores the address, as Linux does with one that is connected. */
export function sendto(fd: i32, from: usize, length: u32, flags: u32, address: usize): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  const socket = Socket.at(i);
  if (flags & ~known(socket)) return -Errno.EOPNOTSUPP;
  if (hasRecords(socket)) return seqpacketSend(Tcb.at(socket.pcb), from, length);
  if (socket.kind == Kind.Stream) return streamSend(Tcb.at(socket.pcb), from, length, flags);
  if (address == 0) return datagramSend(socket.pcb, from, length, flags, 0, 0, false);
  const fault = checkAddress(address);
  if (fault) return fault;
  return datagramSend(socket.pcb, from, length, flags, ipOf(address), portOf(address), true);
}

export function recv(fd: i32, to: usize, length: u32, flags: u32): i32 {
  return recvfrom(fd, to, length, flags, 0);
}

/**
 * recvfrom(2): 0 is the end of a stream, or an empty datagram or record; the sender goes to `address` unless that is 0. What ends a
 * stream of records has no sender: AF_UNSPEC.
 */
export function recvfrom(fd: i32, to: usize, length: u32, flags: u32, address: usize): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  const socket = Socket.at(i);
  if (flags & ~known(socket)) return -Errno.EOPNOTSUPP;
  if (hasRecords(socket)) return seqpacketReceive(Tcb.at(socket.pcb), to, length, flags, address);
  if (socket.kind == Kind.Stream) return streamReceive(Tcb.at(socket.pcb), to, length, flags);
  const octets = datagramReceive(socket.pcb, to, length, flags);
  if (address && octets >= 0) writeAddress(address, datagramSenderIp(), datagramSenderPort());
  return octets;
}

export function shutdown(fd: i32, how: u32): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  const socket = Socket.at(i);
  if (socket.kind == Kind.Datagram) return datagramShutdown(socket.pcb, how);
  return streamShutdown(Tcb.at(socket.pcb), how);
}

/** close(2): the socket ends with its last descriptor. */
export function close(fd: i32): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  const socket = Socket.at(i);
  if (dropDescriptor(fd, socket)) endOf(socket);
  return 0;
}

export function dup(fd: i32): i32 {
  const i = socketAt(fd);
  return i < 0 ? i : newDescriptor(i);
}

export function getsockname(fd: i32, address: usize): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  if (address == 0) return -Errno.EINVAL;
  const socket = Socket.at(i);
  const tcb = Tcb.at(socket.pcb);
  if (socket.kind == Kind.Stream) writeAddress(address, tcb.localAddress, tcb.localPort);
  else writeAddress(address, datagramLocalIp(socket.pcb), datagramLocalPort(socket.pcb));
  return 0;
}

export function getpeername(fd: i32, address: usize): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  if (address == 0) return -Errno.EINVAL;
  const socket = Socket.at(i);
  if (socket.kind == Kind.Stream) {
    const tcb = Tcb.at(socket.pcb);
    if (!streamConnected(tcb)) return -Errno.ENOTCONN;
    writeAddress(address, tcb.foreignAddress, tcb.foreignPort);
    return 0;
  }
  if (datagramForeignPort(socket.pcb) == 0) return -Errno.ENOTCONN;
  writeAddress(address, datagramForeignIp(socket.pcb), datagramForeignPort(socket.pcb));
  return 0;
}

const WORD: u32 = 4;

/**
 * getsockopt(2): how many octets were written to `value`: 4, 8 for SO_LINGER, as many of a TcpInfoRecord or of the 16 of a name (behind
 * which there are zeros) as `length` has room for.
 */
export function getsockopt(fd: i32, level: u32, name: u32, value: usize, length: u32): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  if (value == 0) return -Errno.EINVAL;
  if (isTimeout(level, name)) return getTimeout(i, name, value, length);
  const socket = Socket.at(i);
  const stream = socket.kind == Kind.Stream;
  if (stream && isRecord(level, name)) return getRecord(Tcb.at(socket.pcb), name, value, length);
  if (length < WORD) return -Errno.EINVAL;
  const n = stream ? streamGetOption(Tcb.at(socket.pcb), level, name) : datagramGetOption(socket.pcb, level, name);
  if (n < -1) return n; // -1 is a value of TCP_LINGER2; no option fails with EPERM
  store<u32>(value, n);
  if (!stream || level != Level.SOL_SOCKET || name != SocketOption.SO_LINGER || length < 2 * WORD) return WORD;
  store<u32>(value, secondWord(), WORD);
  return 2 * WORD;
}

function datagramGetOption(pcb: u32, level: u32, name: u32): i32 {
  if (level != Level.SOL_SOCKET) return datagramOption(pcb, level, name);
  if (name == SocketOption.SO_ERROR) return datagramTakeError(pcb);
  if (name == SocketOption.SO_TYPE) return SocketType.SOCK_DGRAM;
  if (name == SocketOption.SO_DOMAIN) return Family.AF_INET;
  if (name == SocketOption.SO_PROTOCOL) return Protocol.IPPROTO_UDP;
  return name == SocketOption.SO_ACCEPTCONN ? 0 : datagramOption(pcb, level, name);
}

/** setsockopt(2): 4 octets, 8 for SO_LINGER, a name for TCP_CONGESTION (-ENOENT if there is none such). */
export function setsockopt(fd: i32, level: u32, name: u32, value: usize, length: u32): i32 {
  const i = socketAt(fd);
  if (i < 0) return i;
  if (value == 0) return -Errno.EINVAL;
  if (isTimeout(level, name)) return setTimeout(i, name, value, length);
  const socket = Socket.at(i);
  if (socket.kind == Kind.Stream && isRecord(level, name)) return setRecord(Tcb.at(socket.pcb), name, value, length);
  if (length < WORD) return -Errno.EINVAL;
  const n = load<u32>(value);
  if (socket.kind == Kind.Datagram) return setDatagramOption(socket.pcb, level, name, n);
  const linger = level == Level.SOL_SOCKET && name == SocketOption.SO_LINGER;
  if (linger && length < 2 * WORD) return -Errno.EINVAL;
  const second = linger ? load<u32>(value, WORD) : 0;
  return streamSetOption(Tcb.at(socket.pcb), level, name, n, second);
}

/** The poll(2) mask, or POLLNVAL. */
export function ready(fd: i32): u32 {
  const i = socketAt(fd);
  if (i < 0) return Poll.POLLNVAL;
  const socket = Socket.at(i);
  return socket.kind == Kind.Datagram ? datagramReady(socket.pcb) : streamReady(Tcb.at(socket.pcb));
}
