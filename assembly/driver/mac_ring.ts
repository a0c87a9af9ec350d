import { Abi, Capability, Counter, DescriptorRecord, Drop, Link, MacRecord, Slot } from "../abi";
import { INTERFACES, LOOPBACK_SLOTS, MORE_SLOTS, MTU, RX_SLOTS, SLOT_ALIGN, SLOT_SIZE, TX_SLOTS } from "../config";
import { count, drop } from "../stats";
import { EtherType, ETHERNET_MAX, ETHERNET_MIN, EthernetHeader, VLAN_TAG } from "../wire/ethernet";

/**
 * The border to the Ethernet MAC: for each interface a ring of receive slots, a ring of transmit slots, and a record that says where
 * they are. A slot belongs to the MAC while its OWN bit is set and to the core while it is not; each side goes round in order.
 *
 * Where the slots lie is known here and never read back from memory that the port may write, so a faulty port can garble frames
 * but not lead the core astray. `@lazy` puts what is large behind everything else in memory: short addresses make short code.
 */
const MORE: u32 = (INTERFACES - 1) * MORE_SLOTS;
const macs = memory.data(INTERFACES * MacRecord.size, 8);
const rxRing = memory.data((RX_SLOTS + MORE) * DescriptorRecord.size, 16);
const txRing = memory.data((TX_SLOTS + MORE) * DescriptorRecord.size, 16);
@lazy const slots = memory.data((RX_SLOTS + TX_SLOTS + 2 * MORE) * SLOT_SIZE + SLOT_ALIGN - 16, 16);
@lazy const rxSlots = (slots + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);
@lazy const txSlots = rxSlots + (RX_SLOTS + MORE) * SLOT_SIZE;
/** Index of the slot whose turn it is, in what all interfaces have together: of each interface. */
const rxCursor = memory.data(INTERFACES * 4, 4);
const txCursor = memory.data(INTERFACES * 4, 4);

// prettier-ignore
@inline function recordOf(i: u32): usize { return INTERFACES == 1 ? macs : macs + <usize>i * MacRecord.size; }
// prettier-ignore
@inline function cursorOf(cursors: usize, i: u32): usize { return INTERFACES == 1 ? cursors : cursors + ((<usize>i) << 2); }
/** Index of the first slot of interface `i`, and of the first that is none of it any more; the first interface has `slots`. */
// prettier-ignore
@inline function firstOf(i: u32, slots: u32): u32 { return INTERFACES == 1 || i == 0 ? 0 : slots + (i - 1) * MORE_SLOTS; }
// prettier-ignore
@inline function endOf(i: u32, slots: u32): u32 { return INTERFACES == 1 ? slots : slots + i * MORE_SLOTS; }
// prettier-ignore
@inline function cursor(which: usize): u32 { return load<u32>(which); }
// prettier-ignore
@inline function advance(which: usize, first: u32, end: u32): void {
  const next = load<u32>(which) + 1;
  store<u32>(which, next == end ? first : next);
}
// prettier-ignore
@inline function descriptor(ring: usize, i: u32): usize { return ring + <usize>i * DescriptorRecord.size; }
// prettier-ignore
@inline function status(at: usize): u32 { return load<u16>(at, DescriptorRecord.status); }
// prettier-ignore
@inline function bufferOf(slots: usize, i: u32): usize { return slots + <usize>i * SLOT_SIZE; }

function set(at: usize, buffer: usize, length: u32, status: u32): void {
  store<u32>(at, <u32>buffer, DescriptorRecord.buffer);
  store<u16>(at, <u16>length, DescriptorRecord.length);
  store<u16>(at, <u16>status, DescriptorRecord.status);
}

/** The record of interface `i`, 0 when there is none; the same address before and after `initRings`. */
export function macAt(i: u32): usize {
  return i < INTERFACES ? recordOf(i) : 0;
}

/** Every receive slot to the MAC, every transmit slot to the core, both from slot 0. What the port writes stays as it is. */
export function initRings(): void {
  if (INTERFACES == 1) initInterface(0);
  else for (let i: u32 = 0; i < INTERFACES; i++) initInterface(i);
  initLoopback();
}

function initInterface(i: u32): void {
  const mac = recordOf(i);
  const rx = firstOf(i, RX_SLOTS);
  const tx = firstOf(i, TX_SLOTS);
  const rxEnd = endOf(i, RX_SLOTS);
  const txEnd = endOf(i, TX_SLOTS);
  store<u32>(mac, Abi.macMagic, MacRecord.magic);
  store<u32>(mac, Abi.version, MacRecord.version);
  store<u32>(mac, <u32>descriptor(rxRing, rx), MacRecord.rxRing);
  store<u32>(mac, rxEnd - rx, MacRecord.rxCount);
  store<u32>(mac, <u32>descriptor(txRing, tx), MacRecord.txRing);
  store<u32>(mac, txEnd - tx, MacRecord.txCount);
  store<u32>(mac, SLOT_SIZE, MacRecord.slotSize);
  store<u32>(mac, MTU, MacRecord.mtu);
  for (let n = rx; n < rxEnd; n++) set(descriptor(rxRing, n), bufferOf(rxSlots, n), 0, Slot.OWN);
  for (let n = tx; n < txEnd; n++) set(descriptor(txRing, n), bufferOf(txSlots, n), 0, 0);
  store<u32>(cursorOf(rxCursor, i), rx);
  store<u32>(cursorOf(txCursor, i), tx);
}

// ---- What the port says --------------------------------------------------------------------------------------------------

/** Address of the MAC address of interface `i`, six octets. */
// prettier-ignore
@inline export function macAddress(i: u32 = 0): usize { return recordOf(i) + MacRecord.address; }

// prettier-ignore
@inline export function linkUp(i: u32 = 0): bool { return load<u32>(recordOf(i), MacRecord.link) == Link.Up; }

// prettier-ignore
@inline function can(i: u32, what: Capability): bool { return (load<u32>(recordOf(i), MacRecord.capabilities) & what) != 0; }

/** The port fills in TCP and UDP checksums where `txCommit` asks for it. */
// prettier-ignore
@inline export function hasTxCsum(i: u32 = 0): bool { return can(i, Capability.TX_CSUM); }

/** The port verifies checksums and marks the frames that passed: `checksumOk`. */
// prettier-ignore
@inline export function hasRxCsum(i: u32 = 0): bool { return can(i, Capability.RX_CSUM); }

// ---- Receive -------------------------------------------------------------------------------------------------------------

/**
 * The descriptor of the next frame that came in at interface `i`, 0 when there is none. Its `buffer` and `length` may be relied on: 0..1514
 * octets (1518 with an 802.1Q tag) in our slot. Damaged and too long frames are dropped on the way. The frame stays the core's, and
 * the next call returns it again, until `rxDone`.
 */
export function rxNext(i: u32 = 0): usize {
  for (let looked = firstOf(i, RX_SLOTS); looked < endOf(i, RX_SLOTS); looked++) {
    const n = cursor(cursorOf(rxCursor, i));
    const at = descriptor(rxRing, n);
    if (status(at) & Slot.OWN) return 0;
    store<u32>(at, <u32>bufferOf(rxSlots, n), DescriptorRecord.buffer);
    const fault = faultOf(at);
    if (fault == Drop.None) return at;
    drop(fault);
    rxDone(i);
  }
  return 0;
}

function faultOf(at: usize): Drop {
  if (status(at) & Slot.ERROR) return Drop.EthError;
  const length = <u32>load<u16>(at, DescriptorRecord.length);
  if (length <= ETHERNET_MAX) return Drop.None;
  const frame = EthernetHeader.at(load<u32>(at, DescriptorRecord.buffer));
  const tagged = length <= ETHERNET_MAX + VLAN_TAG && frame.type == EtherType.Vlan;
  return tagged ? Drop.None : Drop.EthOversize;
}

/** The port has verified the checksums of the frame of this descriptor. A port that never said it could is not believed. */
export function checksumOk(at: usize, i: u32 = 0): bool {
  return hasRxCsum(i) && (status(at) & Slot.CSUM_OK) != 0;
}

/** Give the frame of `rxNext` back to the MAC, whatever became of it. Without such a frame nothing happens. */
// prettier-ignore
@inline export function rxDone(i: u32 = 0): void {
  const n = cursor(cursorOf(rxCursor, i));
  const at = descriptor(rxRing, n);
  if (status(at) & Slot.OWN) return;
  count(Counter.FramesIn);
  count(Counter.OctetsIn, load<u16>(at, DescriptorRecord.length));
  set(at, bufferOf(rxSlots, n), 0, Slot.OWN);
  advance(cursorOf(rxCursor, i), firstOf(i, RX_SLOTS), endOf(i, RX_SLOTS));
}

// ---- Transmit ------------------------------------------------------------------------------------------------------------

// prettier-ignore
@inline function txFull(i: u32): bool { return (status(descriptor(txRing, cursor(cursorOf(txCursor, i)))) & Slot.OWN) != 0; }

/** Room for the next frame to send, SLOT_SIZE octets; 0 when the link is down (see `linkUp`) or else the ring is full. */
// prettier-ignore
@inline export function txOpen(i: u32 = 0): usize {
  return !linkUp(i) || txFull(i) ? 0 : bufferOf(txSlots, cursor(cursorOf(txCursor, i)));
}

/** How many frames the transmit ring of interface `i` can hold. */
// prettier-ignore
@inline export function txCount(i: u32): u32 { return endOf(i, TX_SLOTS) - firstOf(i, TX_SLOTS); }

/** The next `n` frames of interface `i` have room. */
export function txFits(n: u32, i: u32 = 0): bool {
  return linkUp(i) && areFree(txRing, cursor(cursorOf(txCursor, i)), firstOf(i, TX_SLOTS), endOf(i, TX_SLOTS), n);
}

/** Of the slots `first` to `end` of a ring, `n` from `at` on are the core's. */
function areFree(ring: usize, at: u32, first: u32, end: u32, n: u32): bool {
  if (n > end - first) return false;
  for (; n > 0; n--) {
    if (status(descriptor(ring, at)) & Slot.OWN) return false;
    if (++at == end) at = first;
  }
  return true;
}

/** Output has to wait until the port has sent something: the ring is full, though the link is up. */
export function txBlocked(i: u32 = 0): bool {
  return linkUp(i) && txFull(i);
}

/**
 * Hand the frame of `txOpen` to the MAC: `length` octets, at most ETHERNET_MAX; short frames are padded with zeros (RFC 894), unless
 * the port pads. `fill`: the TCP or UDP checksum is left to a port with TX_CSUM.
 */
export function txCommit(length: u32, fill: bool, i: u32 = 0): void {
  assert(length <= ETHERNET_MAX && !txFull(i));
  if (length > ETHERNET_MAX || txFull(i)) return;
  const n = cursor(cursorOf(txCursor, i));
  const padded = can(i, Capability.PAD) ? length : pad(bufferOf(txSlots, n), length);
  const flags = fill && hasTxCsum(i) ? Slot.OWN | Slot.CSUM_FILL : Slot.OWN;
  set(descriptor(txRing, n), bufferOf(txSlots, n), padded, flags);
  advance(cursorOf(txCursor, i), firstOf(i, TX_SLOTS), endOf(i, TX_SLOTS));
  count(Counter.FramesOut);
  count(Counter.OctetsOut, padded);
}

function pad(frame: usize, length: u32): u32 {
  if (length >= ETHERNET_MIN) return length;
  memory.fill(frame + length, 0, ETHERNET_MIN - length);
  return ETHERNET_MIN;
}

// ---- Loopback ------------------------------------------------------------------------------------------------------------

/** Frames to ourselves go round in a third ring: a slot that holds one has OWN set, and the reader follows the writer. */
const loRing = memory.data(LOOPBACK_SLOTS * DescriptorRecord.size, 16);
@lazy const loSlots = memory.data(LOOPBACK_SLOTS * SLOT_SIZE, 16);
const loReader = memory.data(4, 4);
const loWriter = memory.data(4, 4);

function initLoopback(): void {
  for (let i: u32 = 0; i < LOOPBACK_SLOTS; i++) set(descriptor(loRing, i), bufferOf(loSlots, i), 0, 0);
  store<u32>(loReader, 0);
  store<u32>(loWriter, 0);
}

/** The descriptor of the oldest loopback frame, 0 when there is none. */
export function loNext(): usize {
  const at = descriptor(loRing, cursor(loReader));
  return status(at) & Slot.OWN ? at : 0;
}

/** The frame of `loNext` is done with; its slot is free. */
export function loDone(): void {
  const at = loNext();
  if (at == 0) return;
  store<u16>(at, 0, DescriptorRecord.status);
  advance(loReader, 0, LOOPBACK_SLOTS);
}

/** Room for a frame to ourselves, SLOT_SIZE octets; 0 when the ring is full. */
export function loOpen(): usize {
  const i = cursor(loWriter);
  return status(descriptor(loRing, i)) & Slot.OWN ? 0 : bufferOf(loSlots, i);
}

/** The same for the next `n` frames. */
export function loFits(n: u32): bool {
  return areFree(loRing, cursor(loWriter), 0, LOOPBACK_SLOTS, n);
}

/** Queue the frame of `loOpen`: `length` octets, at most ETHERNET_MAX; no padding and no checksum are needed. */
export function loCommit(length: u32): void {
  const frame = loOpen();
  assert(length <= ETHERNET_MAX && frame != 0);
  if (length > ETHERNET_MAX || frame == 0) return;
  set(descriptor(loRing, cursor(loWriter)), frame, length, Slot.OWN);
  advance(loWriter, 0, LOOPBACK_SLOTS);
}
