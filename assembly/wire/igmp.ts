import { be } from "./bytes";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------+---------------+-------------------------------+
//  |     Type      | Max Resp Code |           Checksum            |
//  +---------------+---------------+-------------------------------+
//  |                         Group Address                         |
//  +-------+-+-----+---------------+-------------------------------+
//  | Resv  |S| QRV |     QQIC      |     Number of Sources (N)     |   version 3 (RFC 3376 §4.1)
//  +-------+-+-----+---------------+-------------------------------+
//
//  A report of version 3 (§4.2) has the number of its records in the last two octets of the second word; a record is its type, a length
//  of 0, the number of its sources (of which we name none), and the group.
const TYPE: usize = 0;
const CODE: usize = 1;
const CHECKSUM: usize = 2;
const GROUP: usize = 4;
const RECORDS: usize = 6;
const QRV: usize = 8;
const SOURCES: usize = 10;
const RECORD: usize = 8;

/** Octets of a message of version 2, and of the head of a report of version 3; of a query of version 3; of a record. */
export const IGMP_HEADER: u32 = 8;
const IGMP_QUERY3: u32 = 12;
export const IGMP_RECORD: u32 = 8;

export const enum IgmpType {
  Query = 0x11,
  Report1 = 0x12,
  Report2 = 0x16,
  Leave = 0x17,
  Report3 = 0x22,
}

/** Types of group records (RFC 3376 §4.2.12). Without sources, excluding is being a member, including is not. */
export const enum IgmpRecord {
  IsExclude = 2,
  ToInclude = 3,
  ToExclude = 4,
}

/** An IGMP message in place. */
@final
@unmanaged
export class IgmpHeader {
  // prettier-ignore
  @inline static at(p: usize): IgmpHeader { return changetype<IgmpHeader>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }
  // prettier-ignore
  @inline get type(): u32 { return load<u8>(this.p + TYPE); }
  // prettier-ignore
  @inline get code(): u32 { return load<u8>(this.p + CODE); }
  // prettier-ignore
  @inline get group(): u32 { return be.get32(this.p + GROUP); }
  // prettier-ignore
  @inline get robustness(): u32 { return load<u8>(this.p + QRV) & 7; }
  // prettier-ignore
  @inline get sources(): u32 { return be.get16(this.p + SOURCES); }
  set checksum(v: u32) {
    store<u16>(this.p + CHECKSUM, <u16>v);
  }

  /** The version of a query of `length` octets, 8 or more; 0: none that there is (RFC 3376 §7.1). */
  version(length: u32): u32 {
    if (length == IGMP_HEADER) return this.code == 0 ? 1 : 2;
    return length >= IGMP_QUERY3 && IGMP_QUERY3 + this.sources * 4 <= length ? 3 : 0;
  }

  /** How long a query of that version lets one think, ms (RFC 3376 §4.1.1). */
  thinkingTime(version: u32): u32 {
    if (version == 1) return 10000;
    const code = this.code;
    if (version == 2 || code < 128) return max<u32>(code, 1) * 100;
    return (((code & 15) | 16) << (((code >> 4) & 7) + 3)) * 100;
  }

  /** Start a message, checksum 0. */
  begin(type: u32, group: u32): void {
    store<u32>(this.p, type);
    be.set32(this.p + GROUP, group);
  }

  /** A report of version 3 of `n` records, which `setRecord` writes. */
  beginReport(n: u32): void {
    this.begin(IgmpType.Report3, 0);
    be.set16(this.p + RECORDS, n);
  }

  setRecord(n: u32, type: u32, group: u32): void {
    const at = this.p + RECORD + <usize>n * IGMP_RECORD;
    store<u32>(at, type);
    be.set32(at + 4, group);
  }
}
