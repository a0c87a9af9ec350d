import { be } from "./bytes";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------------------------------------------------------+
//  |                      Destination address                      |
//  +-------------------------------+-------------------------------+
//  |  Destination address (end)    |        Source address         |
//  +-------------------------------+-------------------------------+
//  |                     Source address (end)                      |
//  +-------------------------------+-------------------------------+
//  |             Type              |            Data ...
//  +-------------------------------+
const DST: usize = 0;
const SRC: usize = 6;
const TYPE: usize = 12;

/** Octets before the data of an Ethernet II frame (RFC 894). */
export const ETHERNET_HEADER: u32 = 14;
/** Shortest frame on the wire, without FCS. */
export const ETHERNET_MIN: u32 = 60;
/** Longest frame on the wire, without FCS: 1500 octets of data (RFC 894). */
export const ETHERNET_MAX: u32 = 1514;
/** What an 802.1Q tag adds. */
export const VLAN_TAG: u32 = 4;
/** Octets of a MAC address. */
export const MAC_SIZE: u32 = 6;

export const enum EtherType {
  Ipv4 = 0x0800,
  Arp = 0x0806,
  Vlan = 0x8100,
  Ipv6 = 0x86dd,
  QinQ = 0x88a8,
}

/**
 * An Ethernet II header in place. Call `valid` once; after that no accessor can fail. A MAC address is a number in two parts, the
 * first two octets (`Hi`) and the last four (`Lo`), or a pointer to its six octets.
 */
@final
@unmanaged
export class EthernetHeader {
  // prettier-ignore
  @inline static at(p: usize): EthernetHeader { return changetype<EthernetHeader>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }

  // prettier-ignore
  @inline valid(length: u32): bool { return length >= ETHERNET_HEADER; }

  // prettier-ignore
  @inline get dst(): usize { return this.p + DST; }
  // prettier-ignore
  @inline get src(): usize { return this.p + SRC; }
  // prettier-ignore
  @inline get dstHi(): u32 { return be.get16(this.p + DST); }
  // prettier-ignore
  @inline get dstLo(): u32 { return be.get32(this.p + DST + 2); }
  // prettier-ignore
  @inline get srcHi(): u32 { return be.get16(this.p + SRC); }
  // prettier-ignore
  @inline get srcLo(): u32 { return be.get32(this.p + SRC + 2); }
  // prettier-ignore
  @inline get type(): u32 { return be.get16(this.p + TYPE); }
  set type(v: u32) {
    be.set16(this.p + TYPE, v);
  }
  // prettier-ignore
  @inline get payload(): usize { return this.p + ETHERNET_HEADER; }

  /** Sent to everyone. */
  // prettier-ignore
  @inline get toBroadcast(): bool { return this.dstLo == 0xffffffff && this.dstHi == 0xffff; }
  /** Sent to a group, everyone included. */
  // prettier-ignore
  @inline get toGroup(): bool { return isGroup(this.p + DST); }

  /** Write all three fields; the addresses are pointers to six octets. */
  fill(dst: usize, src: usize, type: u32): void {
    copyMac(this.p + DST, dst);
    copyMac(this.p + SRC, src);
    this.type = type;
  }
}

/** A group address (multicast or broadcast): the lowest bit of the first octet. It can never be a source. */
// prettier-ignore
@inline export function isGroup(mac: usize): bool { return (load<u8>(mac) & 1) != 0; }

// prettier-ignore
@inline export function sameMac(a: usize, b: usize): bool {
  return load<u32>(a) == load<u32>(b) && load<u16>(a, 4) == load<u16>(b, 4);
}

// prettier-ignore
@inline export function copyMac(to: usize, from: usize): void {
  store<u32>(to, load<u32>(from));
  store<u16>(to, load<u16>(from, 4), 4);
}
