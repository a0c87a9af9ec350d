import { be } from "./bytes";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------+---------------+-------------------------------+
//  |     Type      |     Code      |           Checksum            |
//  +---------------+---------------+-------------------------------+
//  |  echo:         Identifier     |        Sequence Number        |
//  |  unreachable:  unused         |  Next-Hop MTU (RFC 1191 §4)   |
//  |  parameter problem: Pointer   |            unused             |
//  +-------------------------------+-------------------------------+
//  |     Data ...  (errors: the header and 8 or more octets of the datagram in question)
const TYPE: usize = 0;
const CODE: usize = 1;
const CHECKSUM: usize = 2;
const REST: usize = 4;
const ID: usize = 4;
const SEQUENCE: usize = 6;
const NEXT_MTU: usize = 6;

/** Octets before the data (RFC 792). */
export const ICMP_HEADER: u32 = 8;

export const enum IcmpType {
  EchoReply = 0,
  Unreachable = 3,
  SourceQuench = 4,
  Redirect = 5,
  Echo = 8,
  TimeExceeded = 11,
  ParameterProblem = 12,
}

/** The code of IcmpType.TimeExceeded that hosts send: not all fragments came in time (RFC 792). */
export const REASSEMBLY_EXCEEDED: u32 = 1;

/** Codes of IcmpType.Unreachable (RFC 792, RFC 1122 §3.2.2.1). */
export const enum Unreachable {
  Net = 0,
  Host = 1,
  Protocol = 2,
  Port = 3,
  FragmentationNeeded = 4,
  SourceRoute = 5,
  NetUnknown = 6,
  HostUnknown = 7,
  HostIsolated = 8,
  NetProhibited = 9,
  HostProhibited = 10,
  NetTos = 11,
  HostTos = 12,
  Prohibited = 13,
  PrecedenceViolation = 14,
  PrecedenceCutoff = 15,
}

/** An ICMP header in place. Call `valid` once; after that no accessor can fail. */
@final
@unmanaged
export class IcmpHeader {
  // prettier-ignore
  @inline static at(p: usize): IcmpHeader { return changetype<IcmpHeader>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }

  // prettier-ignore
  @inline valid(length: u32): bool { return length >= ICMP_HEADER; }

  // prettier-ignore
  @inline get type(): u32 { return load<u8>(this.p + TYPE); }
  set type(v: u32) {
    store<u8>(this.p + TYPE, <u8>v);
  }
  // prettier-ignore
  @inline get code(): u32 { return load<u8>(this.p + CODE); }
  set code(v: u32) {
    store<u8>(this.p + CODE, <u8>v);
  }
  /** In memory order, as `fold` gives it. */
  // prettier-ignore
  @inline get checksum(): u32 { return load<u16>(this.p + CHECKSUM); }
  set checksum(v: u32) {
    store<u16>(this.p + CHECKSUM, <u16>v);
  }
  /** The second word as a whole: unused, identifier and sequence number, pointer, gateway. */
  // prettier-ignore
  @inline get rest(): u32 { return be.get32(this.p + REST); }
  set rest(v: u32) {
    be.set32(this.p + REST, v);
  }
  // prettier-ignore
  @inline get id(): u32 { return be.get16(this.p + ID); }
  set id(v: u32) {
    be.set16(this.p + ID, v);
  }
  // prettier-ignore
  @inline get sequence(): u32 { return be.get16(this.p + SEQUENCE); }
  set sequence(v: u32) {
    be.set16(this.p + SEQUENCE, v);
  }
  /** MTU of the next hop, in "fragmentation needed" (RFC 1191 §4); 0 from old routers. */
  // prettier-ignore
  @inline get nextMtu(): u32 { return be.get16(this.p + NEXT_MTU); }
  set nextMtu(v: u32) {
    be.set16(this.p + NEXT_MTU, v);
  }
  // prettier-ignore
  @inline get data(): usize { return this.p + ICMP_HEADER; }
}
