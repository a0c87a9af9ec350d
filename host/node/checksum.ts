/** Checksums computed by the port, as Ethernet controllers with offload do. IPv4 only, frames without VLAN tags. */

const ETHERNET = 14;
const ICMP = 1;
const TCP = 6;
const UDP = 17;

/** The sum of 16-bit words in network order, not yet folded; an odd last octet counts as the upper half of a word. */
export function sum16(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let sum = start;
  let at = from;
  for (; at + 1 < to; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  if (at < to) sum += bytes[at] << 8;
  return sum;
}

/** The Internet checksum (RFC 1071) of a sum: 0..0xffff. */
export function fold16(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

interface Transport {
  protocol: number;
  at: number;
  end: number;
  /** Sum of the pseudo header, RFC 9293 §3.1. */
  pseudo: number;
}

/** Where the transport segment of an unfragmented IPv4 datagram lies, if it is all there. */
function transportOf(frame: Uint8Array): Transport | null {
  if (frame.length < ETHERNET + 20 || frame[12] !== 8 || frame[13] !== 0) return null;
  const header = (frame[ETHERNET] & 15) * 4;
  const at = ETHERNET + header;
  const end = ETHERNET + ((frame[16] << 8) | frame[17]);
  const fragment = ((frame[20] & 0x3f) << 8) | frame[21];
  if (frame[ETHERNET] >> 4 !== 4 || header < 20 || end < at || end > frame.length || fragment) return null;
  const protocol = frame[23];
  return { protocol, at, end, pseudo: sum16(frame, 26, 34, protocol + end - at) };
}

/** Offset of the checksum in the headers that have a pseudo header. */
function fieldOf({ protocol, at, end }: Transport): number {
  if (protocol === TCP && end - at >= 20) return at + 16;
  return protocol === UDP && end - at >= 8 ? at + 6 : 0;
}

/** Whether the IPv4 header and the TCP, UDP or ICMP checksum of a frame are there and right. */
export function verifiesChecksums(frame: Uint8Array): boolean {
  const found = transportOf(frame);
  if (!found || fold16(sum16(frame, ETHERNET, found.at)) !== 0) return false;
  if (found.protocol === ICMP) return fold16(sum16(frame, found.at, found.end)) === 0;
  const field = fieldOf(found);
  if (!field || (found.protocol === UDP && !frame[field] && !frame[field + 1])) return false;
  return fold16(sum16(frame, found.at, found.end, found.pseudo)) === 0;
}

/** Fill in the TCP or UDP checksum of a frame; without effect on other frames. */
export function fillChecksum(frame: Uint8Array): void {
  const found = transportOf(frame);
  const field = found ? fieldOf(found) : 0;
  if (!found || !field) return;
  frame[field] = frame[field + 1] = 0;
  const value = fold16(sum16(frame, found.at, found.end, found.pseudo));
  const sent = value === 0 && found.protocol === UDP ? 0xffff : value;
  frame[field] = sent >> 8;
  frame[field + 1] = sent & 0xff;
}
