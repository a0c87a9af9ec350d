import { be } from "./bytes";
import { EtherType, MAC_SIZE } from "./ethernet";

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-------------------------------+-------------------------------+
//  |     Hardware space (1)        |     Protocol space (0x0800)   |
//  +---------------+---------------+-------------------------------+
//  | Hw length (6) | Pr length (4) |           Operation           |
//  +---------------+---------------+-------------------------------+
//  |                    Sender hardware address                    |
//  +-------------------------------+-------------------------------+
//  |        (end)                  |    Sender protocol address    |
//  +-------------------------------+-------------------------------+
//  |        (end)                  |    Target hardware address    |
//  +-------------------------------+-------------------------------+
//  |                            (end)                              |
//  +---------------------------------------------------------------+
//  |                    Target protocol address                    |
//  +---------------------------------------------------------------+
const HARDWARE: usize = 0;
const PROTOCOL: usize = 2;
const HARDWARE_LENGTH: usize = 4;
const PROTOCOL_LENGTH: usize = 5;
const OPERATION: usize = 6;
const SENDER_MAC: usize = 8;
const SENDER_IP: usize = 14;
const TARGET_MAC: usize = 18;
const TARGET_IP: usize = 24;

/** Octets of an ARP packet for Ethernet and IPv4 (RFC 826). */
export const ARP_PACKET: u32 = 28;
const ETHERNET: u32 = 1;
const IP_SIZE: u32 = 4;

export const enum ArpOperation {
  Request = 1,
  Reply = 2,
}

/** An ARP packet in place. Call `valid` once; after that no accessor can fail, and `isIpv4` says whether they mean anything. */
@final
@unmanaged
export class ArpPacket {
  // prettier-ignore
  @inline static at(p: usize): ArpPacket { return changetype<ArpPacket>(p); }
  // prettier-ignore
  @inline private get p(): usize { return changetype<usize>(this); }

  // prettier-ignore
  @inline valid(length: u32): bool { return length >= ARP_PACKET; }

  /** The packet translates IPv4 to Ethernet addresses. */
  get isIpv4(): bool {
    if (be.get16(this.p + HARDWARE) != ETHERNET || be.get16(this.p + PROTOCOL) != EtherType.Ipv4) return false;
    return <u32>load<u8>(this.p + HARDWARE_LENGTH) == MAC_SIZE && <u32>load<u8>(this.p + PROTOCOL_LENGTH) == IP_SIZE;
  }

  // prettier-ignore
  @inline get operation(): u32 { return be.get16(this.p + OPERATION); }
  set operation(v: u32) {
    be.set16(this.p + OPERATION, v);
  }
  /** Address of the sender's six octets. */
  // prettier-ignore
  @inline get senderMac(): usize { return this.p + SENDER_MAC; }
  // prettier-ignore
  @inline get senderIp(): u32 { return be.get32(this.p + SENDER_IP); }
  set senderIp(v: u32) {
    be.set32(this.p + SENDER_IP, v);
  }
  /** Address of the target's six octets. */
  // prettier-ignore
  @inline get targetMac(): usize { return this.p + TARGET_MAC; }
  // prettier-ignore
  @inline get targetIp(): u32 { return be.get32(this.p + TARGET_IP); }
  set targetIp(v: u32) {
    be.set32(this.p + TARGET_IP, v);
  }

  /** Start a packet: everything but the four addresses. */
  begin(operation: ArpOperation): void {
    be.set16(this.p + HARDWARE, ETHERNET);
    be.set16(this.p + PROTOCOL, EtherType.Ipv4);
    store<u8>(this.p + HARDWARE_LENGTH, <u8>MAC_SIZE);
    store<u8>(this.p + PROTOCOL_LENGTH, <u8>IP_SIZE);
    this.operation = operation;
  }
}
