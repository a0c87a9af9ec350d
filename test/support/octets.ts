/** Addresses, flags, checksums: what building and taking apart of frames have in common. */

export type Mac = string;
export type Ip = string;

export const EtherType = { Ipv4: 0x0800, Arp: 0x0806, Vlan: 0x8100, Rarp: 0x8035, Ipv6: 0x86dd } as const;
export const IpProtocol = { Icmp: 1, Igmp: 2, IpIp: 4, Tcp: 6, Udp: 17 } as const;
export const Flag = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 } as const;
export const BROADCAST: Mac = "ff:ff:ff:ff:ff:ff";
export const NO_MAC: Mac = "00:00:00:00:00:00";

export function macBytes(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(":"), (part) => parseInt(part, 16));
}

export function macText(bytes: Uint8Array): Mac {
  return Array.from(bytes.subarray(0, 6), (octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** 10.0.0.1 is 0x0a000001. */
export function ipNumber(ip: Ip): number {
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function ipText(value: number): Ip {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** "SA" is SYN and ACK; "" is no flag at all. */
export function flagBits(flags: string | number): number {
  if (typeof flags === "number") return flags;
  return [...flags].reduce((bits, letter) => bits | (Flag[letter as keyof typeof Flag] ?? 0), 0);
}

/** In the order everybody writes them: SYN, FIN, RST, PSH first, ACK last but for URG, ECE, CWR. */
export function flagText(bits: number): string {
  return (["S", "F", "R", "P", "A", "U", "E", "C"] as const).filter((letter) => bits & Flag[letter]).join("");
}

/** Octet i of the test pattern, which repeats after 251 so that no power of two hides an error. */
export function pattern(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (from + i) % 251;
  return bytes;
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The Internet checksum (RFC 1071), one 16-bit word after the other. All parts but the last have even lengths. */
export function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) {
    const even = bytes.length & ~1;
    for (let i = 0; i < even; i += 2) sum += (bytes[i] << 8) | bytes[i + 1];
    if (bytes.length & 1) sum += bytes[even] << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function pseudoHeader(src: number, dst: number, protocol: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const at = view(bytes);
  at.setUint32(0, src);
  at.setUint32(4, dst);
  at.setUint8(9, protocol);
  at.setUint16(10, length);
  return bytes;
}
