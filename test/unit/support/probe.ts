/** What test/storage/knobs.test.ts compiles with other knobs than the unit specs have. */
import { BUFFERS, LOOPBACK_SLOTS, MAX_BUF, MIN_BUF, RX_SLOTS, TX_SLOTS } from "../../../assembly/config";
import * as ring from "../../../assembly/driver/mac_ring";
import { fold, sum } from "../../../assembly/wire/checksum";

export { checksumOk, initRings, linkUp, macAt, rxDone, rxNext, txBlocked, txOpen } from "../../../assembly/driver/mac_ring";
export { loCommit, loDone, loNext, loOpen } from "../../../assembly/driver/mac_ring";
export { freeBuffer, freeOctets, initBuffers, sizeFor, takeBuffer } from "../../../assembly/storage/buddy";

const room = memory.data(8192, 16);

export function checksum(at: usize, length: u32): u32 {
  return fold(sum(at, length));
}

/** By the first interface. */
export function txCommit(length: u32, fill: bool): void {
  ring.txCommit(length, fill, 0);
}

export function roomAt(): usize {
  return room;
}

export function rxSlots(): u32 {
  return RX_SLOTS;
}

export function txSlots(): u32 {
  return TX_SLOTS;
}

export function loopbackSlots(): u32 {
  return LOOPBACK_SLOTS;
}

export function buffers(): u32 {
  return BUFFERS;
}

export function minBuf(): u32 {
  return MIN_BUF;
}

export function maxBuf(): u32 {
  return MAX_BUF;
}
