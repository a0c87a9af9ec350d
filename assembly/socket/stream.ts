import { Errno, MessageFlag, Poll, Shutdown, State } from "../abi";
import { isBroadcast, isLocal, isLoopback, isMulticast } from "../ip/iface";
import { sourceFor } from "../ip/route";
import { LINUX_OPTIONS } from "../config";
import { receiveBuffer, sendBuffer } from "../settings";
import { ringRead, ringSpan, ringWrite } from "../storage/ring";
import { corkAfter } from "../tcp/cork";
import { closeSending, orphan } from "../tcp/ending";
import { takeTcb } from "../tcp/lifecycle";
import { closeListener, firstAccepted, takeAccepted } from "../tcp/accept";
import { bindTcb, connectTcb, listenOn } from "../tcp/open";
import { hasRecord, held, worthAnnouncing } from "../tcp/receiver";
import { hasRoom, sendRoom } from "../tcp/room";
import { mayReceive, maySend } from "../tcp/state";
import { Flag, Wish } from "../tcp/flags";
import { NONE, Tcb, tcbs } from "../tcp/tcb";
import { forgetUrgent, readFrom, readOn, readable, receiveUrgent, urge, urgentWaits } from "../tcp/urgent";

/** Stream sockets: the calls on a Tcb. All answer at once: a count, 0, or a negative errno as Linux gives it. */

/** Index of a Tcb in CLOSED for socket `i`, or -ENOBUFS. */
export function streamOpen(i: u32): i32 {
  const index = takeTcb();
  if (index == NONE) return -Errno.ENOBUFS;
  const tcb = Tcb.at(index);
  tcb.socket = <u16>i;
  tcb.wantedRcv = receiveBuffer();
  tcb.wantedSnd = sendBuffer();
  return <i32>index;
}

/** The last descriptor is gone. */
export function streamClose(tcb: Tcb): void {
  tcb.socket = <u16>NONE;
  if (tcb.state == State.Listen) closeListener(tcb);
  else orphan(tcb);
}

export function streamBind(tcb: Tcb, ip: u32, port: u32): i32 {
  if (tcb.wants(Wish.PortBound) || tcb.state != State.Closed || tcb.has(Flag.WasEstablished)) return -Errno.EINVAL;
  if (ip && !isLocal(ip)) return -Errno.EADDRNOTAVAIL;
  return -(<i32>bindTcb(tcb, ip, port));
}

export function streamListen(tcb: Tcb, backlog: i32): i32 {
  return -(<i32>listenOn(tcb, backlog));
}

/** Index of the Tcb of the connection that waits longest, still in its queue; -EAGAIN for none, -EINVAL for no listener. */
export function streamAccepted(tcb: Tcb): i32 {
  if (tcb.state != State.Listen) return -Errno.EINVAL;
  const i = firstAccepted(tcb);
  return i == NONE ? -Errno.EAGAIN : <i32>i;
}

/** Give the connection that waits longest to socket `i`. */
export function streamTake(listener: Tcb, accepted: Tcb, i: u32): void {
  takeAccepted(listener);
  accepted.socket = <u16>i;
  if (held(accepted) || accepted.has(Flag.UrgentIn) || accepted.has(Flag.FinReceived) || accepted.error) accepted.tell();
}

/** -EINPROGRESS if the handshake begins. */
export function streamConnect(tcb: Tcb, ip: u32, port: u32): i32 {
  if (tcb.state == State.SynSent || tcb.state == State.SynReceived) return -Errno.EALREADY;
  if (tcb.state != State.Closed) return -Errno.EISCONN;
  if (tcb.error) return takeError(tcb);
  if (isMulticast(ip) || isBroadcast(ip)) return -Errno.ENETUNREACH; // MUST-46
  if (ip == 0 || port == 0) return -Errno.EADDRNOTAVAIL;
  const source = sourceFor(ip);
  if (source == 0) return -Errno.ENETUNREACH;
  if (!tcb.wants(Wish.AddressBound))
    tcb.localAddress = source; // MUST-44
  else if (isLoopback(tcb.localAddress) && !isLocal(ip)) return -Errno.EINVAL; // nobody could answer
  const error = connectTcb(tcb, ip, port);
  return error ? -(<i32>error) : -Errno.EINPROGRESS;
}

/** The pending error, once, negated; 0 for none. */
export function takeError(tcb: Tcb): i32 {
  const error = <i32>tcb.error;
  tcb.error = 0;
  return -error;
}

// ---- Sending -------------------------------------------------------------------------------------------------------------

/** 0 if octets may be queued now; -EAGAIN if the buffer is full, or why not. */
export function sendable(tcb: Tcb): i32 {
  if (tcb.error) return takeError(tcb);
  if (tcb.has(Flag.FinQueued)) return -Errno.EPIPE;
  const state = tcb.state;
  if (!maySend(state) && state != State.SynSent && state != State.SynReceived) return -Errno.EPIPE;
  if (sendRoom(tcb)) return 0;
  tcb.set(Flag.WriterWaits);
  return -Errno.EAGAIN;
}

/** Queue up to `length` octets; how many were taken. With MSG_OOB the last of them is urgent. */
export function streamSend(tcb: Tcb, from: usize, length: u32, flags: u32): i32 {
  const why = sendable(tcb);
  if (why < 0) return why;
  const snd = tcb.snd;
  const taken = min(length, sendRoom(tcb));
  ringWrite(snd.buffer, snd.size - 1, snd.end.bits, from, taken);
  queued(tcb, taken, (flags & MessageFlag.MSG_MORE) != 0);
  if (flags & MessageFlag.MSG_OOB && taken) urge(tcb);
  if (taken < length) tcb.set(Flag.WriterWaits);
  return <i32>taken;
}

export function queued(tcb: Tcb, octets: u32, more: bool): void {
  corkAfter(tcb, more);
  if (octets == 0) return;
  tcb.snd.end = tcb.snd.end.plus(octets);
  tcb.mark();
}

/** Octets of the contiguous free span at `streamSendPtr`. */
export function streamSendRoom(tcb: Tcb): i32 {
  const why = sendable(tcb);
  if (why < 0) return why;
  return <i32>ringSpan(tcb.snd.size - 1, tcb.snd.end.bits, sendRoom(tcb));
}

export function streamSendPtr(tcb: Tcb): usize {
  const snd = tcb.snd;
  return snd.buffer ? snd.buffer + (snd.end.bits & (snd.size - 1)) : 0;
}

/** The first `octets` of the span are written: queue them. */
export function streamSendCommit(tcb: Tcb, octets: u32): i32 {
  const why = sendable(tcb);
  if (why < 0) return why;
  if (octets > ringSpan(tcb.snd.size - 1, tcb.snd.end.bits, sendRoom(tcb))) return -Errno.EINVAL;
  queued(tcb, octets, false);
  return <i32>octets;
}

// ---- Receiving -----------------------------------------------------------------------------------------------------------

/** Octets that can be read; 0 at the end of the stream; -EAGAIN if there is nothing yet, or the error. */
function receivable(tcb: Tcb): i32 {
  if (tcb.state == State.Listen) return -Errno.ENOTCONN;
  if (tcb.has(Flag.ReadShut)) return 0;
  const octets = readable(tcb);
  if (octets) return <i32>octets;
  // Behind the peer's FIN nothing can be missing: a RST that follows it is the writer's matter, as with Linux (SOCK_DONE).
  if (tcb.has(Flag.FinReceived)) return 0;
  if (tcb.error) return takeError(tcb);
  if (tcb.state != State.Closed) return -Errno.EAGAIN;
  return tcb.has(Flag.WasEstablished) || tcb.has(Flag.Active) ? 0 : -Errno.ENOTCONN;
}

export function streamReceive(tcb: Tcb, to: usize, length: u32, flags: u32): i32 {
  const peek = (flags & MessageFlag.MSG_PEEK) != 0;
  if (flags & MessageFlag.MSG_OOB) {
    return tcb.state == State.Listen ? -Errno.ENOTCONN : receiveUrgent(tcb, to, length, peek);
  }
  const octets = receivable(tcb);
  if (octets <= 0) return octets;
  if (LINUX_OPTIONS && waitsForAll(flags) && moreComes(tcb, length, octets)) return -Errno.EAGAIN;
  const taken = min(length, <u32>octets);
  if (!LINUX_OPTIONS || !(flags & MessageFlag.MSG_TRUNC))
    ringRead(tcb.rcv.buffer, tcb.rcv.size - 1, readFrom(tcb).bits, to, taken);
  if (!peek) consumed(tcb, taken);
  return <i32>taken;
}

// prettier-ignore
@inline function waitsForAll(flags: u32): bool {
  return (flags & (MessageFlag.MSG_WAITALL | MessageFlag.MSG_DONTWAIT)) == MessageFlag.MSG_WAITALL;
}

/** There are fewer octets than asked for, or than the buffer can be counted on to hold, and nothing stops more from coming. */
function moreComes(tcb: Tcb, length: u32, octets: u32): bool {
  if (octets >= min(length, enough(tcb)) || !mayReceive(tcb.state)) return false;
  return tcb.error == 0 && !tcb.has(Flag.UrgentIn);
}

/** The user has taken `octets`; the peer hears of the room if it is worth a segment. */
export function consumed(tcb: Tcb, octets: u32): void {
  readOn(tcb, octets);
  if (tcb.has(Flag.FinReceived) || tcb.state == State.Closed || !worthAnnouncing(tcb)) return;
  tcb.acknowledge();
}

/** Octets of the contiguous readable span at `streamReceivePtr`; otherwise as `receivable`. */
export function streamReceiveReady(tcb: Tcb): i32 {
  const octets = receivable(tcb);
  if (octets <= 0) return octets;
  return <i32>ringSpan(tcb.rcv.size - 1, readFrom(tcb).bits, octets);
}

export function streamReceivePtr(tcb: Tcb): usize {
  const rcv = tcb.rcv;
  return rcv.buffer ? rcv.buffer + (readFrom(tcb).bits & (rcv.size - 1)) : 0;
}

export function streamReceiveRelease(tcb: Tcb, octets: u32): i32 {
  if (tcb.rcv.buffer == 0) return -Errno.ENOTCONN;
  if (octets > readable(tcb)) return -Errno.EINVAL;
  consumed(tcb, octets);
  return 0;
}

// ---- Ending, looking -------------------------------------------------------------------------------------------------------

export function streamShutdown(tcb: Tcb, how: u32): i32 {
  if (how > <u32>Shutdown.SHUT_RDWR) return -Errno.EINVAL;
  const state = tcb.state;
  if (state == State.Closed || state == State.Listen || state == State.SynSent) return -Errno.ENOTCONN;
  if (how != Shutdown.SHUT_WR) {
    tcb.set(Flag.ReadShut);
    tcb.rcv.read = tcb.rcv.nxt.minus(<u32>tcb.has(Flag.FinReceived));
    forgetUrgent(tcb);
  }
  if (how != Shutdown.SHUT_RD && state != State.TimeWait) closeSending(tcb);
  tcb.tell();
  return 0;
}

/** As many octets as the receive buffer can be counted on to hold: the window opens again when half of it is free. */
// prettier-ignore
@inline function enough(tcb: Tcb): u32 { return tcb.rcv.size >> 1; }

/** SO_RCVLOWAT octets can be read, or as many as there can be. */
function isReadable(tcb: Tcb): bool {
  if (tcb.records) return hasRecord(tcb);
  return readable(tcb) >= max<u32>(1, min(tcb.receiveLowat, enough(tcb)));
}

/** The poll(2) mask. */
export function streamReady(tcb: Tcb): u32 {
  const state = tcb.state;
  if (state == State.Listen) return tcb.accepting ? Poll.POLLIN : 0;
  if (state == State.SynSent || state == State.SynReceived) return tcb.error ? Poll.POLLERR : 0;
  if (state == State.Closed && !tcb.has(Flag.WasEstablished) && !tcb.has(Flag.Active)) return Poll.POLLOUT | Poll.POLLHUP;
  const noMoreIn = tcb.has(Flag.FinReceived) || tcb.has(Flag.ReadShut) || state == State.Closed;
  const noMoreOut = tcb.has(Flag.FinQueued) || state == State.Closed;
  let mask: u32 = tcb.error ? Poll.POLLERR : 0;
  if (noMoreIn) mask |= Poll.POLLIN | Poll.POLLRDHUP;
  else if (isReadable(tcb)) mask |= Poll.POLLIN;
  if (urgentWaits(tcb)) mask |= Poll.POLLPRI;
  if (noMoreIn && noMoreOut) mask |= Poll.POLLHUP;
  if (noMoreOut || hasRoom(tcb)) mask |= Poll.POLLOUT;
  else tcb.set(Flag.RoomWanted);
  return mask;
}

/** Is it connected to somebody, so that getpeername has an answer? */
export function streamConnected(tcb: Tcb): bool {
  const state = tcb.state;
  return (
    state != State.Listen &&
    state != State.SynSent &&
    (state != State.Closed || tcb.has(Flag.WasEstablished)) &&
    tcbs.has(tcb.index)
  );
}

/** Octets queued but not acknowledged. */
export function streamQueued(tcb: Tcb): u32 {
  const snd = tcb.snd;
  return snd.una.after(snd.end) ? 0 : snd.end.since(snd.una);
}
