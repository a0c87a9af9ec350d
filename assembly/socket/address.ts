import { AddressRecord, Errno, Family } from "../abi";
import { swapped } from "../wire/bytes";

/** Socket addresses as they cross the border: the 24-byte AddressRecord. */

/** 0 if the record holds an IPv4 address, or a negative errno. */
export function checkAddress(at: usize): i32 {
  if (at == 0) return -Errno.EINVAL;
  return <u32>load<u16>(at, AddressRecord.family) == Family.AF_INET ? 0 : -Errno.EAFNOSUPPORT;
}

// prettier-ignore
@inline export function ipOf(at: usize): u32 { return swapped(load<u32>(at, AddressRecord.addr)); }
// prettier-ignore
@inline export function portOf(at: usize): u32 { return load<u16>(at, AddressRecord.port); }

export function writeAddress(at: usize, ip: u32, port: u32): void {
  memory.fill(at, 0, AddressRecord.size);
  store<u16>(at, Family.AF_INET, AddressRecord.family);
  store<u16>(at, <u16>port, AddressRecord.port);
  store<u32>(at, swapped(ip), AddressRecord.addr);
}
