import { AddressRecord } from "../abi";
import { ipOf, writeAddress } from "../socket/address";

/**
 * Where a socket is or whom it talks to: an AddressRecord in memory the application gives.
 *
 *     const peer = changetype<Address>(memory.data(AddressRecord.size, 4));
 *     peer.set(ipv4(10, 0, 0, 1), 7);
 */
@final
@unmanaged
export class Address {
  /** A Family. */
  family: u16;
  /** A plain number, 0 to 65535. */
  port: u16;

  /** Where it lies. */
  @inline get at(): usize {
    return changetype<usize>(this);
  }

  /** The IPv4 address as a plain number, 10.0.0.1 being 0x0a000001; 0 is any. */
  @inline get ip(): u32 {
    return ipOf(this.at);
  }

  /** An IPv4 address as a plain number, and a port. */
  @inline set(ip: u32, port: u32): void {
    writeAddress(this.at, ip, port);
  }

  /** Of no family: a datagram socket that is connected to it has no peer any more. */
  clear(): void {
    memory.fill(this.at, 0, AddressRecord.size);
  }
}

/** An address for no longer than some lines: whoever calls others in between finds another one in it. */
export const aside = changetype<Address>(memory.data(AddressRecord.size, 4));

/** 10.0.0.1 is ipv4(10, 0, 0, 1). */
// prettier-ignore
@inline export function ipv4(a: u32, b: u32, c: u32, d: u32): u32 { return (a << 24) | (b << 16) | (c << 8) | d; }
