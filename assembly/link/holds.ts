import { Drop } from "../abi";
import { ARP_HOLDS, FRAGMENTATION, INTERFACES, SLOT_SIZE } from "../config";
import { now } from "../clock";
import { macAddress, txCommit, txOpen } from "../driver/mac_ring";
import { drop } from "../stats";
import { ETHERNET_HEADER, EtherType, EthernetHeader } from "../wire/ethernet";

/** The latest datagram to a neighbour that is being asked for its MAC address (RFC 1122 §2.3.2.2). */
@final
@unmanaged
export class Hold {
  /** The neighbour it waits for; 0: free. */
  ip: u32;
  /** Something is to be done `wait` milliseconds after this time. */
  since: u32;
  wait: u16;
  /** Octets behind the Ethernet header. */
  length: u16;
  /** Requests sent for it. */
  asked: u8;
  /** The port fills the checksum in. */
  fill: bool;
  private _iface: u8;
  /** The interface the neighbour is beside. */
  // prettier-ignore
  @inline get iface(): u32 { return INTERFACES == 1 ? 0 : this._iface; }
  set iface(v: u32) {
    if (INTERFACES > 1) this._iface = <u8>v;
  }
  // prettier-ignore
  @inline static at(i: u32): Hold { return changetype<Hold>(holds + <usize>i * SIZE); }
  // prettier-ignore
  @inline get frame(): usize { return frames + ((changetype<usize>(this) - holds) / SIZE) * SLOT_SIZE; }
  // prettier-ignore
  @inline get deadline(): u32 { return this.since + this.wait; }
  /** Unsigned elapsed time: a clock that jumps (the first poll) makes it due, never late. */
  // prettier-ignore
  @inline get isDue(): bool { return now() - this.since >= <u32>this.wait; }
}
const SIZE: u32 = 16;
const holds = memory.data(ARP_HOLDS * SIZE, 4);
@lazy const frames = memory.data(ARP_HOLDS * SLOT_SIZE, 4);
/** Holds in use: nearly always none, and then nothing is looked at. */
const inUse = memory.data(4, 4);

export function initHolds(): void {
  memory.fill(holds, 0, ARP_HOLDS * SIZE);
  store<u32>(inUse, 0);
}

// prettier-ignore
@inline export function anyHolds(): bool { return load<u32>(inUse) != 0; }

/** A place for a datagram to `ip` beside interface `i`: the one it has (the latest is kept), a free one, or that of the one asked for most often. */
export function openHold(i: u32, ip: u32): Hold {
  let best = Hold.at(0);
  for (let n: u32 = 0; n < ARP_HOLDS; n++) {
    const hold = Hold.at(n);
    if (hold.ip == ip && hold.iface == i) return hold;
    if (best.ip == 0) continue;
    if (hold.ip == 0 || hold.asked > best.asked) best = hold;
  }
  if (best.ip != 0) loseHold(best, Drop.ArpHoldFull);
  return best;
}

/** The datagram in `hold` is complete: keep it for `ip`, in the place of an older one. */
export function keepHold(hold: Hold, i: u32, ip: u32, length: u32, fill: bool): void {
  if (hold.ip == 0) {
    store<u32>(inUse, load<u32>(inUse) + 1);
    hold.asked = 0;
    waitHold(hold, now(), 0);
  } else {
    drop(Drop.ArpHoldFull);
  }
  hold.ip = ip;
  hold.iface = i;
  hold.length = <u16>length;
  hold.fill = fill;
}

/** Look at it again `wait` milliseconds after `since`. */
export function waitHold(hold: Hold, since: u32, wait: u32): void {
  hold.since = since;
  hold.wait = <u16>wait;
}

function freeHold(hold: Hold): void {
  hold.ip = 0;
  store<u32>(inUse, load<u32>(inUse) - 1);
}

export function loseHold(hold: Hold, why: Drop): void {
  freeHold(hold);
  drop(why);
}

/** Something waits for `ip`. */
export function isHeld(ip: u32): bool {
  if (!anyHolds()) return false;
  for (let i: u32 = 0; i < ARP_HOLDS; i++) if (Hold.at(i).ip == ip) return true;
  return false;
}

/** Give up all of interface `i`. */
export function loseHolds(i: u32, why: Drop): void {
  for (let n: u32 = 0; n < ARP_HOLDS; n++) {
    const hold = Hold.at(n);
    if (hold.ip != 0 && hold.iface == i) loseHold(hold, why);
  }
}

/** Send it to its neighbour, whose address is known by now; when the transmit ring is full, it stays and is due at once. */
export function releaseHold(hold: Hold, mac: usize): void {
  if (FRAGMENTATION && hold.length == 0) return freeHold(hold); // the sender waits, nothing else does
  const i = hold.iface;
  const slot = txOpen(i);
  if (!slot) return waitHold(hold, now(), 0);
  EthernetHeader.at(slot).fill(mac, macAddress(i), EtherType.Ipv4);
  memory.copy(slot + ETHERNET_HEADER, hold.frame + ETHERNET_HEADER, hold.length);
  txCommit(ETHERNET_HEADER + hold.length, hold.fill, i);
  freeHold(hold);
}
