import { AddressRecord, Errno, MessageFlag, State } from "../abi";
import { ringRead, ringWrite } from "../storage/ring";
import { Flag } from "../tcp/flags";
import { hasRecord, held } from "../tcp/receiver";
import { LENGTH, recordSize, writeLength } from "../tcp/record";
import { hasRoomFor } from "../tcp/room";
import { Tcb } from "../tcp/tcb";
import { endsInRecord } from "../tcp/text";
import { writeAddress } from "./address";
import { consumed, queued, sendable, takeError } from "./stream";

/**
 * SOCK_SEQPACKET over TCP: what differs from a stream. Each send is one record, each receive gives one; on the wire a record is its
 * length in four octets, in network order, and its data.
 */

/** Queue a record, whole or not at all. -EMSGSIZE: it is larger than the send buffer ever has room for; -EAGAIN: than it has now. */
export function seqpacketSend(tcb: Tcb, from: usize, length: u32): i32 {
  const why = sendable(tcb);
  if (why < 0 && why != -Errno.EAGAIN) return why;
  const snd = tcb.snd;
  if (length > snd.size - LENGTH) return -Errno.EMSGSIZE;
  if (!hasRoomFor(tcb, LENGTH + length)) {
    tcb.set(Flag.WriterWaits);
    return -Errno.EAGAIN;
  }
  writeLength(snd, length);
  ringWrite(snd.buffer, snd.size - 1, snd.end.plus(LENGTH).bits, from, length);
  queued(tcb, LENGTH + length, false);
  return <i32>length;
}

/**
 * Take one record; what has no room is lost. Its length as far as it fits, or all of it with MSG_TRUNC. 0 is an empty record or the
 * end, which `from` tells apart unless it is 0: a record has a sender. -EPROTO: the peer has ended its stream inside a record, once.
 */
export function seqpacketReceive(tcb: Tcb, to: usize, room: u32, flags: u32, from: usize): i32 {
  if (from) memory.fill(from, 0, AddressRecord.size);
  if (!isWaiting(tcb)) return whyNone(tcb, (flags & MessageFlag.MSG_PEEK) != 0);
  if (from) writeAddress(from, tcb.foreignAddress, tcb.foreignPort);
  const rcv = tcb.rcv;
  const length = recordSize(rcv, held(tcb)) - LENGTH;
  const taken = min(length, room);
  ringRead(rcv.buffer, rcv.size - 1, rcv.read.plus(LENGTH).bits, to, taken);
  if (!(flags & MessageFlag.MSG_PEEK)) {
    consumed(tcb, LENGTH + length);
    endsInRecord(tcb);
  }
  return <i32>(flags & MessageFlag.MSG_TRUNC ? length : taken);
}

/** There is a record to receive. */
function isWaiting(tcb: Tcb): bool {
  return tcb.state != State.Listen && !tcb.has(Flag.ReadShut) && hasRecord(tcb);
}

/** What is told when there is none: as for a stream, but the beginning of a record is worth nothing without its end. */
function whyNone(tcb: Tcb, peek: bool): i32 {
  if (tcb.state == State.Listen) return -Errno.ENOTCONN;
  if (tcb.has(Flag.ReadShut)) return 0;
  if (tcb.error) return takeError(tcb);
  if (tcb.has(Flag.FinReceived)) return cutShort(tcb, peek);
  if (tcb.state != State.Closed) return -Errno.EAGAIN;
  return tcb.has(Flag.WasEstablished) || tcb.has(Flag.Active) ? 0 : -Errno.ENOTCONN;
}

/** The peer has ended its stream: with a record, or inside of one, which is told once. */
function cutShort(tcb: Tcb, peek: bool): i32 {
  const part = held(tcb);
  if (part == 0) return 0;
  if (!peek) tcb.rcv.read = tcb.rcv.read.plus(part);
  return -Errno.EPROTO;
}

/** Octets of the record that is received next, 0 for none. */
export function seqpacketNext(tcb: Tcb): u32 {
  return isWaiting(tcb) ? recordSize(tcb.rcv, held(tcb)) - LENGTH : 0;
}
