import { MAX_TCBS, SEQPACKET } from "../config";
import { ringRead, ringWrite } from "../storage/ring";
import { swapped } from "../wire/bytes";
import { Receiver, Sender, Tcb } from "./tcb";

/** The records of a SOCK_SEQPACKET stream: a length of four octets, in network order, and as many octets of data. */

/** Octets of the length. */
export const LENGTH: u32 = 4;
/** No buffer holds as much. */
const ENDLESS: u32 = 0x7fffffff;

@lazy const field: usize = SEQPACKET ? memory.data(LENGTH, 4) : 0;
/** What a writer that was refused needs, by connection. */
@lazy const wanted: usize = SEQPACKET ? memory.data(MAX_TCBS * 4, 4) : 0;

/** Octets the record at RCV.read has, its length included; until that has come among the octets `held`, those of the length. */
export function recordSize(rcv: Receiver, held: u32): u32 {
  if (held < LENGTH) return LENGTH;
  ringRead(rcv.buffer, rcv.size - 1, rcv.read.bits, field, LENGTH);
  return min(swapped(load<u32>(field)), ENDLESS) + LENGTH;
}

/** The longest record that the receive buffer can be filled with: the peer hears of the room in whole units of the window scale. */
export function largestRecord(rcv: Receiver): u32 {
  return rcv.size + 1 - (1 << rcv.scale);
}

/** Write the length of the record that will be queued next. */
export function writeLength(snd: Sender, length: u32): void {
  store<u32>(field, swapped(length));
  ringWrite(snd.buffer, snd.size - 1, snd.end.bits, field, LENGTH);
}

/** A writer waits until the send buffer has room for that many octets; 0: nobody waits. */
export function waitForRoom(tcb: Tcb, octets: u32): void {
  store<u32>(wanted + ((<usize>tcb.index) << 2), octets);
}

export function roomWaitedFor(tcb: Tcb): u32 {
  return load<u32>(wanted + ((<usize>tcb.index) << 2));
}
