import { Drop } from "../abi";
import { be } from "./bytes";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-------------------------------+-------------------------------+
//  |          Source Port          |       Destination Port        |
//  +-------------------------------+-------------------------------+
//  |                        Sequence Number                        |
//  +---------------------------------------------------------------+
//  |                    Acknowledgment Number                      |
//  +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
//  |  Data |       |C|E|U|A|P|R|S|F|                               |
//  | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
//  |       |       |R|E|G|K|H|T|N|N|                               |
//  +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
//  |           Checksum            |         Urgent Pointer        |
//  +-------------------------------+-------------------------------+
//  |                           [Options]                           |
//  +---------------------------------------------------------------+
const SRC_PORT: usize = 0;
const DST_PORT: usize = 2;
const SEQ: usize = 4;
const ACK: usize = 8;
const OFFSET: usize = 12;
const FLAGS: usize = 13;
const WINDOW: usize = 14;
const CHECKSUM: usize = 16;
const URGENT: usize = 18;

/** Octets of a header without options (RFC 9293 §3.1). */
export const TCP_HEADER: u32 = 20;

export const enum TcpFlag {
  FIN = 1,
  SYN = 2,
  RST = 4,
  PSH = 8,
  ACK = 16,
  URG = 32,
  ECE = 64,
  CWR = 128,
}

/** A TCP header in place. Call `check` (or `valid`) once; after that no accessor can fail. */
@final
@unmanaged
export class TcpHeader {
  // prettier-ignore
  @inline static at(p: usize): TcpHeader { return changetype<TcpHeader>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }

  /** What is wrong with the lengths of a segment of `length` octets, or Drop.None. Checksum: not looked at. */
  check(length: u32): Drop {
    if (length < TCP_HEADER) return Drop.TcpShort;
    const size = this.size;
    if (size < TCP_HEADER || size > length) return Drop.TcpOffset;
    return Drop.None;
  }

  // prettier-ignore
  @inline valid(length: u32): bool { return this.check(length) == Drop.None; }

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
  // prettier-ignore
  @inline get seq(): u32 { return be.get32(this.p + SEQ); }
  set seq(v: u32) {
    be.set32(this.p + SEQ, v);
  }
  // prettier-ignore
  @inline get ack(): u32 { return be.get32(this.p + ACK); }
  set ack(v: u32) {
    be.set32(this.p + ACK, v);
  }
  /** Octets of the header, options included: a multiple of 4, 20..60. Setting it clears the reserved bits. */
  // prettier-ignore
  @inline get size(): u32 { return (<u32>load<u8>(this.p + OFFSET) >> 4) << 2; }
  set size(v: u32) {
    store<u8>(this.p + OFFSET, <u8>((v >> 2) << 4));
  }
  /** A mask of TcpFlag. */
  // prettier-ignore
  @inline get flags(): u32 { return load<u8>(this.p + FLAGS); }
  set flags(v: u32) {
    store<u8>(this.p + FLAGS, <u8>v);
  }
  /** As it stands in the header, not scaled. */
  // prettier-ignore
  @inline get window(): u32 { return be.get16(this.p + WINDOW); }
  set window(v: u32) {
    be.set16(this.p + WINDOW, v);
  }
  /** In memory order, as `fold` gives it. */
  // prettier-ignore
  @inline get checksum(): u32 { return load<u16>(this.p + CHECKSUM); }
  set checksum(v: u32) {
    store<u16>(this.p + CHECKSUM, <u16>v);
  }
  // prettier-ignore
  @inline get urgent(): u32 { return be.get16(this.p + URGENT); }
  set urgent(v: u32) {
    be.set16(this.p + URGENT, v);
  }
  // prettier-ignore
  @inline get options(): usize { return this.p + TCP_HEADER; }
  // prettier-ignore
  @inline get optionsLength(): u32 { return this.size - TCP_HEADER; }
  // prettier-ignore
  @inline get payload(): usize { return this.p + this.size; }
}
