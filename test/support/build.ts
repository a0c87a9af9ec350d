/** Frames from their fields. Every field can be overridden, to build what must not exist. */

import {
  type Mac,
  type Ip,
  EtherType,
  IpProtocol,
  NO_MAC,
  macBytes,
  ipNumber,
  flagBits,
  concat,
  view,
  checksum,
  pseudoHeader,
} from "./octets";

export interface EthernetFields {
  src: Mac;
  dst: Mac;
  type?: number;
  /** Pad with zeros to 60 octets (default true). */
  pad?: boolean;
}

export function ethernet(fields: EthernetFields, payload: Uint8Array): Uint8Array {
  const type = fields.type ?? EtherType.Ipv4;
  const frame = concat(macBytes(fields.dst), macBytes(fields.src), Uint8Array.of(type >> 8, type & 255), payload);
  if (fields.pad === false || frame.length >= 60) return frame;
  return concat(frame, new Uint8Array(60 - frame.length));
}

export interface ArpFields {
  op: number;
  senderMac: Mac;
  senderIp: Ip;
  targetMac?: Mac;
  targetIp: Ip;
  htype?: number;
  ptype?: number;
  hlen?: number;
  plen?: number;
}

export function arp(fields: ArpFields): Uint8Array {
  const bytes = new Uint8Array(28);
  const at = view(bytes);
  at.setUint16(0, fields.htype ?? 1);
  at.setUint16(2, fields.ptype ?? EtherType.Ipv4);
  at.setUint8(4, fields.hlen ?? 6);
  at.setUint8(5, fields.plen ?? 4);
  at.setUint16(6, fields.op);
  bytes.set(macBytes(fields.senderMac), 8);
  at.setUint32(14, ipNumber(fields.senderIp));
  bytes.set(macBytes(fields.targetMac ?? NO_MAC), 18);
  at.setUint32(24, ipNumber(fields.targetIp));
  return bytes;
}

export interface IpFields {
  src: Ip;
  dst: Ip;
  protocol: number;
  ttl?: number;
  tos?: number;
  id?: number;
  /** The 16 bits of flags and fragment offset; 0x4000 (do not fragment) unless told. */
  fragment?: number;
  options?: Uint8Array;
  version?: number;
  ihl?: number;
  totalLength?: number;
  checksum?: number;
}

export function ipv4(fields: IpFields, payload: Uint8Array): Uint8Array {
  const options = padded(fields.options ?? new Uint8Array(0));
  const header = new Uint8Array(20 + options.length);
  const at = view(header);
  at.setUint8(0, ((fields.version ?? 4) << 4) | (fields.ihl ?? header.length / 4));
  at.setUint8(1, fields.tos ?? 0);
  at.setUint16(2, fields.totalLength ?? header.length + payload.length);
  at.setUint16(4, fields.id ?? 0);
  at.setUint16(6, fields.fragment ?? 0x4000);
  at.setUint8(8, fields.ttl ?? 64);
  at.setUint8(9, fields.protocol);
  at.setUint32(12, ipNumber(fields.src));
  at.setUint32(16, ipNumber(fields.dst));
  header.set(options, 20);
  at.setUint16(10, fields.checksum ?? checksum(header));
  return concat(header, payload);
}

function padded(options: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(options.length / 4) * 4);
  whole.set(options);
  return whole;
}

export interface UdpFields {
  src: number;
  dst: number;
  length?: number;
  /** "bad" flips a bit of the right one. */
  checksum?: number | "bad";
}

export function udp(ends: { src: Ip; dst: Ip }, fields: UdpFields, data: Uint8Array): Uint8Array {
  const bytes = concat(new Uint8Array(8), data);
  const at = view(bytes);
  at.setUint16(0, fields.src);
  at.setUint16(2, fields.dst);
  at.setUint16(4, fields.length ?? bytes.length);
  const sum = checksum(pseudoHeader(ipNumber(ends.src), ipNumber(ends.dst), IpProtocol.Udp, bytes.length), bytes);
  at.setUint16(6, chosen(fields.checksum, sum === 0 ? 0xffff : sum));
  return bytes;
}

function chosen(wanted: number | "bad" | undefined, right: number): number {
  if (wanted === undefined) return right;
  return wanted === "bad" ? right ^ 0x0101 : wanted;
}

export interface IcmpFields {
  type: number;
  code?: number;
  /** The second word of the header: identifier and sequence, or what the type puts there. */
  rest?: number;
  checksum?: number | "bad";
}

export function icmp(fields: IcmpFields, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = concat(new Uint8Array(8), data);
  const at = view(bytes);
  at.setUint8(0, fields.type);
  at.setUint8(1, fields.code ?? 0);
  at.setUint32(4, fields.rest ?? 0);
  at.setUint16(2, chosen(fields.checksum, checksum(bytes)));
  return bytes;
}

export interface TcpOptionFields {
  mss?: number;
  wscale?: number;
  sackPermitted?: boolean;
  /** [TSval, TSecr] */
  timestamps?: [number, number] | undefined;
  /** Edges of blocks. */
  sack?: [number, number][];
  /** Put behind the others as they are. */
  raw?: Uint8Array | number[];
}

export function tcpOptions(fields: TcpOptionFields): Uint8Array {
  const parts: number[] = [];
  if (fields.mss !== undefined) parts.push(2, 4, fields.mss >> 8, fields.mss & 255);
  if (fields.sackPermitted) parts.push(4, 2);
  if (fields.timestamps) {
    if (!fields.sackPermitted) parts.push(1, 1);
    parts.push(8, 10, ...fields.timestamps.flatMap(octets));
  }
  if (fields.wscale !== undefined) parts.push(1, 3, 3, fields.wscale);
  if (fields.sack) parts.push(1, 1, 5, 2 + 8 * fields.sack.length, ...fields.sack.flat().flatMap(octets));
  if (fields.raw) parts.push(...fields.raw);
  return padded(Uint8Array.from(parts));
}

function octets(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
}

export interface TcpFields extends TcpOptionFields {
  src: number;
  dst: number;
  seq: number;
  ack?: number;
  flags: string | number;
  win?: number;
  urgent?: number;
  data?: Uint8Array;
  /** Data offset in words, in place of the right one. */
  offset?: number;
  /** The four reserved bits. */
  reserved?: number;
  checksum?: number | "bad";
}

export function tcp(ends: { src: Ip; dst: Ip }, fields: TcpFields): Uint8Array {
  const options = tcpOptions(fields);
  const bytes = concat(new Uint8Array(20), options, fields.data ?? new Uint8Array(0));
  const at = view(bytes);
  at.setUint16(0, fields.src);
  at.setUint16(2, fields.dst);
  at.setUint32(4, fields.seq >>> 0);
  at.setUint32(8, (fields.ack ?? 0) >>> 0);
  at.setUint8(12, ((fields.offset ?? 5 + options.length / 4) << 4) | (fields.reserved ?? 0));
  at.setUint8(13, flagBits(fields.flags));
  at.setUint16(14, fields.win ?? 65535);
  at.setUint16(18, fields.urgent ?? 0);
  const sum = checksum(pseudoHeader(ipNumber(ends.src), ipNumber(ends.dst), IpProtocol.Tcp, bytes.length), bytes);
  at.setUint16(16, chosen(fields.checksum, sum));
  return bytes;
}
