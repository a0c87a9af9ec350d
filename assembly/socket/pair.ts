import { AddressRecord, Errno, Family, Ioctl, Level, MessageFlag, Poll, Shutdown, SocketOption } from "../abi";
import { discard, enqueue, peek, received, recordRoom } from "../storage/queue";
import { ringRead, ringWrite } from "../storage/ring";
import { End, EndFlag, giveEnd, hasRoom, holds, offerRoom, resizeEnd } from "./pair_end";

/**
 * The calls on the ends of `socketpair`. `i` is the index of an open one; results are counts, 0 or -errno as Linux gives them for
 * AF_UNIX. What is sent is there at once: no time passes, nothing is lost.
 */

/** Most octets of a record: its length has 16 bits. */
const RECORD_MAX: u32 = 0xffff;

/** The last descriptor is gone: the other reads what there is, then the end; of what was never read here it hears by an error. */
export function pairClose(i: u32): void {
  const end = End.at(i);
  const peer = end.peer;
  const unread = holds(end);
  giveEnd(end);
  if (!end.isDatagram) {
    peer.set(EndFlag.ReadShut | EndFlag.WriteShut);
    if (unread) peer.error = Errno.ECONNRESET;
  }
  peer.tell();
}

// ---- Sending -------------------------------------------------------------------------------------------------------------

/** A stream takes what fits, a record goes whole or not at all: -EAGAIN, -EMSGSIZE for one that never fits, -EPIPE, -ECONNREFUSED. */
export function pairSend(i: u32, from: usize, length: u32): i32 {
  const end = End.at(i);
  const why = sendable(end);
  if (why < 0) return why;
  return end.isStream ? sendOctets(end, from, length) : sendRecord(end, from, length);
}

function sendable(end: End): i32 {
  if (end.has(EndFlag.WriteShut)) return -Errno.EPIPE;
  if (!end.isDatagram) return 0;
  if (end.has(EndFlag.Disconnected)) return -Errno.ENOTCONN;
  if (end.peer.has(EndFlag.Open)) return end.peer.has(EndFlag.ReadShut) ? -Errno.EPIPE : 0;
  end.set(EndFlag.Disconnected);
  return -Errno.ECONNREFUSED;
}

function sendOctets(end: End, from: usize, length: u32): i32 {
  const peer = end.peer;
  const taken = min(length, peer.room);
  if (taken < length) end.set(EndFlag.WriterWaits);
  if (taken == 0) return length ? -Errno.EAGAIN : 0;
  ringWrite(peer.buffer, peer.size - 1, peer.tail, from, taken);
  peer.tail += taken;
  peer.queued += taken;
  peer.tell();
  return <i32>taken;
}

function sendRecord(end: End, from: usize, length: u32): i32 {
  const peer = end.peer;
  if (length > RECORD_MAX || recordRoom(length) > peer.size) return -Errno.EMSGSIZE;
  if (!enqueue(peer, from, length, 0, 0)) {
    end.wanted = recordRoom(length);
    end.set(EndFlag.WriterWaits);
    return -Errno.EAGAIN;
  }
  end.wanted = 0;
  peer.tell();
  return <i32>length;
}

// ---- Receiving -----------------------------------------------------------------------------------------------------------

/**
 * Octets of a stream, or one record: its length as far as it fits, or all of it with MSG_TRUNC. 0 is the end, or an empty record, which
 * `from` tells apart unless it is 0: a record comes from an AF_UNIX address without a name, the end from AF_UNSPEC.
 */
export function pairReceive(i: u32, to: usize, room: u32, flags: u32, from: usize): i32 {
  const end = End.at(i);
  if (from) memory.fill(from, 0, AddressRecord.size);
  if (!holds(end)) return nothing(end);
  const keep = (flags & MessageFlag.MSG_PEEK) != 0;
  if (end.isStream) return receiveOctets(end, to, room, keep);
  if (from) unnamed(from);
  peek(end, to, room);
  const length = received.length;
  if (!keep) {
    discard(end);
    offerRoom(end.peer);
  }
  return <i32>(flags & MessageFlag.MSG_TRUNC ? length : min(length, room));
}

function receiveOctets(end: End, to: usize, room: u32, keep: bool): i32 {
  const taken = min(room, end.queued);
  ringRead(end.buffer, end.size - 1, end.head, to, taken);
  if (keep) return <i32>taken;
  end.head += taken;
  end.queued -= taken;
  offerRoom(end.peer);
  return <i32>taken;
}

function nothing(end: End): i32 {
  if (end.error) return -pairTakeError(end.index);
  return end.has(EndFlag.ReadShut) ? 0 : -Errno.EAGAIN;
}

/** SO_ERROR. */
function pairTakeError(i: u32): i32 {
  const end = End.at(i);
  const error = <i32>end.error;
  end.error = 0;
  return error;
}

// ---- Ending, looking -----------------------------------------------------------------------------------------------------

/** What is queued can still be read. Datagrams are not told to the other end (Linux). */
export function pairShutdown(i: u32, how: u32): i32 {
  if (how > <u32>Shutdown.SHUT_RDWR) return -Errno.EINVAL;
  const end = End.at(i);
  const peer = end.peer;
  const told = !end.isDatagram;
  if (how != Shutdown.SHUT_WR) {
    end.set(EndFlag.ReadShut);
    if (told) peer.set(EndFlag.WriteShut);
  }
  if (how != Shutdown.SHUT_RD) {
    end.set(EndFlag.WriteShut);
    if (told) peer.set(EndFlag.ReadShut);
  }
  end.tell();
  peer.tell();
  return 0;
}

/** The poll(2) mask. */
export function pairReady(i: u32): u32 {
  const end = End.at(i);
  const noMoreIn = end.has(EndFlag.ReadShut);
  const noMoreOut = end.has(EndFlag.WriteShut);
  let mask: u32 = end.error ? Poll.POLLERR : 0;
  if (holds(end) || noMoreIn) mask |= Poll.POLLIN;
  if (noMoreIn) mask |= Poll.POLLRDHUP;
  if (noMoreIn && noMoreOut) mask |= Poll.POLLHUP;
  if (noMoreOut || hasRoom(end)) mask |= Poll.POLLOUT;
  else end.set(EndFlag.WriterWaits);
  return mask;
}

/** An AF_UNIX address without a name: no end has one. */
function unnamed(at: usize): i32 {
  memory.fill(at, 0, AddressRecord.size);
  store<u16>(at, Family.AF_UNIX, AddressRecord.family);
  return 0;
}

export function pairName(at: usize): i32 {
  return unnamed(at);
}

export function pairPeerName(i: u32, at: usize): i32 {
  return End.at(i).has(EndFlag.Disconnected) ? -Errno.ENOTCONN : unnamed(at);
}

/** FIONREAD: octets of a stream, or of the next record. SIOCOUTQ: octets the other end has not read. */
export function pairAsk(i: u32, request: u32): i32 {
  const end = End.at(i);
  if (request == Ioctl.SIOCOUTQ) return <i32>end.peer.queued;
  if (request != Ioctl.FIONREAD) return -Errno.ENOTTY;
  if (end.isStream || !holds(end)) return <i32>end.queued;
  peek(end, 0, 0);
  return <i32>received.length;
}

/** SO_RCVBUF is the ring this end is read from, SO_SNDBUF that of the other, 0 when nobody is there. */
export function pairOption(i: u32, level: u32, name: u32): i32 {
  const end = End.at(i);
  if (level != Level.SOL_SOCKET) return -Errno.ENOPROTOOPT;
  switch (name) {
    case SocketOption.SO_TYPE:
      return <i32>end.type;
    case SocketOption.SO_ERROR:
      return pairTakeError(i);
    case SocketOption.SO_DOMAIN:
      return <i32>Family.AF_UNIX;
    case SocketOption.SO_PROTOCOL:
    case SocketOption.SO_ACCEPTCONN:
      return 0;
    case SocketOption.SO_RCVBUF:
      return <i32>end.size;
    case SocketOption.SO_SNDBUF:
      return <i32>end.peer.size;
    default:
      return -Errno.ENOPROTOOPT;
  }
}

export function setPairOption(i: u32, level: u32, name: u32, value: u32): i32 {
  const end = End.at(i);
  if (level != Level.SOL_SOCKET) return -Errno.ENOPROTOOPT;
  if (name == SocketOption.SO_RCVBUF) resizeEnd(end, value);
  else if (name == SocketOption.SO_SNDBUF) resizeEnd(end.peer, value);
  else return -Errno.ENOPROTOOPT;
  return 0;
}
