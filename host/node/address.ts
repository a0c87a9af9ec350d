import { isIPv4 } from "node:net";
import { AddressRecord, Family } from "./abi";

/** One end of a connection, or the sender of a datagram. */
export interface Address {
  /** Dotted decimal: "10.0.0.2". */
  address: string;
  /** 0..65535 */
  port: number;
}

/** "10.0.0.2" as a number in host order, 0x0a000002. Throws a RangeError on anything but dotted decimal. */
export function parseIPv4(text: string): number {
  if (!isIPv4(text)) throw new RangeError(`"${text}" is not an IPv4 address, such as 10.0.0.2`);
  return text.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
}

/** 0x0a000002 as "10.0.0.2". */
export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** Write an AddressRecord at `at`. Throws a RangeError when the address or the port is none. */
export function writeAddress(view: DataView, at: number, { address, port }: Address): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError(`${port} is not a port (0..65535)`);
  const number = parseIPv4(address);
  for (let offset = 0; offset < AddressRecord.size; offset += 4) view.setUint32(at + offset, 0, true);
  view.setUint16(at + AddressRecord.family, Family.AF_INET, true);
  view.setUint16(at + AddressRecord.port, port, true);
  view.setUint32(at + AddressRecord.addr, number, false);
}

/** Read the AddressRecord at `at`. */
export function readAddress(view: DataView, at: number): Address {
  return {
    address: formatIPv4(view.getUint32(at + AddressRecord.addr, false)),
    port: view.getUint16(at + AddressRecord.port, true),
  };
}
