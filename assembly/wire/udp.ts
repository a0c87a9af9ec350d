import { be } from "./bytes";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-------------------------------+-------------------------------+
//  |          Source Port          |       Destination Port        |
//  +-------------------------------+-------------------------------+
//  |            Length             |           Checksum            |
//  +-------------------------------+-------------------------------+
const SRC_PORT: usize = 0;
const DST_PORT: usize = 2;
const LENGTH: usize = 4;
const CHECKSUM: usize = 6;

/** Octets before the data (RFC 768). */
export const UDP_HEADER: u32 = 8;

/** A UDP header in place. Call `valid` once; after that no accessor can fail. */
@final
@unmanaged
export class UdpHeader {
  // prettier-ignore
  @inline static at(p: usize): UdpHeader { return changetype<UdpHeader>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }

  /** The header, and the data it announces, lie within the `length` octets that arrived. */
  valid(length: u32): bool {
    if (length < UDP_HEADER) return false;
    return this.length >= UDP_HEADER && this.length <= length;
  }

  // prettier-ignore
  @inline get srcPort(): u32 { return be.get16(this.p + SRC_PORT); }
  set srcPort(v: u32) {
    be.set16(this.p + SRC_PORT, v);
  }
  // prettier-ignore
  @inline get dstPort(): u32 { return be.get16(this.p + DST_PORT); }
  set dstPort(v: u32) {
    be.set16(this.p + DST_PORT, v);
  }
  /** Octets of header and data. */
  // prettier-ignore
  @inline get length(): u32 { return be.get16(this.p + LENGTH); }
  set length(v: u32) {
    be.set16(this.p + LENGTH, v);
  }
  /** In memory order, as `fold` gives it; 0 means none was made. */
  // prettier-ignore
  @inline get checksum(): u32 { return load<u16>(this.p + CHECKSUM); }
  set checksum(v: u32) {
    store<u16>(this.p + CHECKSUM, <u16>v);
  }
  // prettier-ignore
  @inline get payload(): usize { return this.p + UDP_HEADER; }
  // prettier-ignore
  @inline get payloadLength(): u32 { return this.length - UDP_HEADER; }
}
