import { formatIPv4, parseIPv4 } from "../address";

/** Values of options that are records. */

/** SO_RCVTIMEO and SO_SNDTIMEO: seconds and microseconds. 0 is for ever. */
export function timeval(ms: number): [seconds: number, microseconds: number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1000)];
}

/** "10.0.0.2" as four octets in network order. Throws a RangeError on anything but dotted decimal. */
export function inetAton(address: string): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, parseIPv4(address));
  return octets;
}

/** Four octets in network order as "10.0.0.2". Throws a RangeError when they are not four. */
export function inetNtoa(octets: Uint8Array): string {
  if (octets.length !== 4) throw new RangeError(`an IPv4 address has 4 octets, not ${octets.length}`);
  return formatIPv4(new DataView(octets.buffer, octets.byteOffset).getUint32(0));
}

/** IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP, struct ip_mreq: the group, and an address of the interface; any, when left out. */
export function membership(group: string, local = "0.0.0.0"): Uint8Array {
  return Uint8Array.of(...inetAton(group), ...inetAton(local));
}
