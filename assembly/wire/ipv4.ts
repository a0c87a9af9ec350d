import { Drop } from "../abi";
import { be } from "./bytes";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-------+-------+---------------+-------------------------------+
//  |Version|  IHL  |      TOS      |          Total Length         |
//  +-------+-------+---------------+-----+-------------------------+
//  |         Identification        |Flags|      Fragment Offset    |
//  +---------------+---------------+-----+-------------------------+
//  |  Time to Live |    Protocol   |         Header Checksum       |
//  +---------------+---------------+-------------------------------+
//  |                       Source Address                          |
//  +---------------------------------------------------------------+
//  |                    Destination Address                        |
//  +---------------------------------------------------------------+
//  |                    Options                    |    Padding    |
//  +-----------------------------------------------+---------------+
const VERSION: usize = 0;
const TOS: usize = 1;
const TOTAL: usize = 2;
const ID: usize = 4;
const FRAGMENT: usize = 6;
const TTL: usize = 8;
const PROTOCOL: usize = 9;
const CHECKSUM: usize = 10;
const SRC: usize = 12;
const DST: usize = 16;

/** Octets of a header without options (RFC 791 §3.1). */
export const IPV4_HEADER: u32 = 20;
const VERSION_4: u32 = 4;
export const DONT_FRAGMENT: u32 = 0x4000;
const MORE_FRAGMENTS: u32 = 0x2000;
const OFFSET_MASK: u32 = 0x1fff;

/** An IPv4 header in place. Call `check` (or `valid`) once; after that no accessor can fail. Addresses in host order. */
@final
@unmanaged
export class Ipv4Header {
  // prettier-ignore
  @inline static at(p: usize): Ipv4Header { return changetype<Ipv4Header>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }

  /** What is wrong with the lengths of a datagram of which `length` octets arrived, or Drop.None. Checksum: not looked at. */
  check(length: u32): Drop {
    if (length < IPV4_HEADER) return Drop.IpShort;
    if (this.version != VERSION_4) return Drop.IpVersion;
    const size = this.size;
    if (size < IPV4_HEADER || size > length) return Drop.IpHeaderLength;
    const total = this.total;
    if (total < size || total > length) return Drop.IpTotalLength;
    return Drop.None;
  }

  // prettier-ignore
  @inline valid(length: u32): bool { return this.check(length) == Drop.None; }

  // prettier-ignore
  @inline get version(): u32 { return <u32>load<u8>(this.p + VERSION) >> 4; }
  /** Octets of the header, options included. */
  // prettier-ignore
  @inline get size(): u32 { return (<u32>load<u8>(this.p + VERSION) & 15) << 2; }
  // prettier-ignore
  @inline get tos(): u32 { return load<u8>(this.p + TOS); }
  /** Octets of the datagram, header included. */
  // prettier-ignore
  @inline get total(): u32 { return be.get16(this.p + TOTAL); }
  set total(v: u32) {
    be.set16(this.p + TOTAL, v);
  }
  // prettier-ignore
  @inline get id(): u32 { return be.get16(this.p + ID); }
  set id(v: u32) {
    be.set16(this.p + ID, v);
  }
  // prettier-ignore
  @inline get dontFragment(): bool { return (be.get16(this.p + FRAGMENT) & DONT_FRAGMENT) != 0; }
  // prettier-ignore
  @inline get moreFragments(): bool { return (be.get16(this.p + FRAGMENT) & MORE_FRAGMENTS) != 0; }
  /** Octets of the datagram's data before this fragment's. */
  // prettier-ignore
  @inline get fragmentOffset(): u32 { return (be.get16(this.p + FRAGMENT) & OFFSET_MASK) << 3; }
  /** A piece of a datagram, first, middle or last. */
  // prettier-ignore
  @inline get isFragment(): bool { return (be.get16(this.p + FRAGMENT) & (MORE_FRAGMENTS | OFFSET_MASK)) != 0; }
  // prettier-ignore
  @inline get ttl(): u32 { return load<u8>(this.p + TTL); }
  // prettier-ignore
  @inline get protocol(): u32 { return load<u8>(this.p + PROTOCOL); }
  /** In memory order, as `fold` gives it. */
  // prettier-ignore
  @inline get checksum(): u32 { return load<u16>(this.p + CHECKSUM); }
  set checksum(v: u32) {
    store<u16>(this.p + CHECKSUM, <u16>v);
  }
  // prettier-ignore
  @inline get src(): u32 { return be.get32(this.p + SRC); }
  set src(v: u32) {
    be.set32(this.p + SRC, v);
  }
  // prettier-ignore
  @inline get dst(): u32 { return be.get32(this.p + DST); }
  set dst(v: u32) {
    be.set32(this.p + DST, v);
  }
  // prettier-ignore
  @inline get options(): usize { return this.p + IPV4_HEADER; }
  // prettier-ignore
  @inline get payload(): usize { return this.p + this.size; }
  /** Octets behind the header. */
  // prettier-ignore
  @inline get payloadLength(): u32 { return this.total - this.size; }

  /** Behind a header that was begun: one option of four octets. */
  addOption(option: u32): void {
    store<u8>(this.p + VERSION, <u8>((VERSION_4 << 4) | ((IPV4_HEADER + 4) >> 2)));
    be.set32(this.p + IPV4_HEADER, option);
  }

  /** Put together from fragments, it has `total` octets; the checksum is left to the caller. */
  makeWhole(total: u32): void {
    be.set16(this.p + TOTAL, total);
    be.set16(this.p + FRAGMENT, 0);
    this.checksum = 0;
  }

  /**
   * Start a header without options, checksum 0, addresses left to the caller: an atomic datagram, DF set and the identification
   * without meaning (RFC 6864 §4.1).
   */
  begin(total: u32, protocol: u32, ttl: u32, tos: u32): void {
    store<u8>(this.p + VERSION, <u8>((VERSION_4 << 4) | (IPV4_HEADER >> 2)));
    store<u8>(this.p + TOS, <u8>tos);
    be.set16(this.p + TOTAL, total);
    be.set16(this.p + ID, 0);
    be.set16(this.p + FRAGMENT, DONT_FRAGMENT);
    store<u8>(this.p + TTL, <u8>ttl);
    store<u8>(this.p + PROTOCOL, <u8>protocol);
    this.checksum = 0;
  }
}
