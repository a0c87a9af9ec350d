/**
 * Raw frames, built and taken apart. A second opinion: nothing here is shared with the core or with the host's printer. Every
 * field can be overridden to build what must not exist.
 */

export type Mac = string;
export type Ip = string;

export const EtherType = { Ipv4: 0x0800, Arp: 0x0806, Vlan: 0x8100, Rarp: 0x8035, Ipv6: 0x86dd } as const;
export const IpProtocol = { Icmp: 1, Igmp: 2, IpIp: 4, Tcp: 6, Udp: 17 } as const;
export const Flag = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 } as const;
export const BROADCAST: Mac = "ff:ff:ff:ff:ff:ff";
export const NO_MAC: Mac = "00:00:00:00:00:00";

// ---- Text and numbers ----------------------------------------------------------------------------------------------------

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

function view(bytes: Uint8Array): DataView {
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

function pseudoHeader(src: number, dst: number, protocol: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const at = view(bytes);
  at.setUint32(0, src);
  at.setUint32(4, dst);
  at.setUint8(9, protocol);
  at.setUint16(10, length);
  return bytes;
}

// ---- Building ------------------------------------------------------------------------------------------------------------

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
  timestamps?: [number, number];
  /** Put behind the others as they are. */
  raw?: Uint8Array | number[];
}

export function tcpOptions(fields: TcpOptionFields): Uint8Array {
  const parts: number[] = [];
  if (fields.mss !== undefined) parts.push(2, 4, fields.mss >> 8, fields.mss & 255);
  if (fields.sackPermitted) parts.push(4, 2);
  if (fields.timestamps) {
    parts.push(8, 10, ...fields.timestamps.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]));
  }
  if (fields.wscale !== undefined) parts.push(1, 3, 3, fields.wscale);
  if (fields.raw) parts.push(...fields.raw);
  return padded(Uint8Array.from(parts));
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

// ---- Taking apart --------------------------------------------------------------------------------------------------------

export interface ArpPacket {
  op: number;
  senderMac: Mac;
  senderIp: Ip;
  targetMac: Mac;
  targetIp: Ip;
}

export interface IpPacket {
  src: Ip;
  dst: Ip;
  protocol: number;
  ttl: number;
  tos: number;
  id: number;
  fragment: number;
  headerLength: number;
  totalLength: number;
  header: Uint8Array;
  payload: Uint8Array;
}

export interface TcpSegment {
  src: number;
  dst: number;
  seq: number;
  ack: number;
  flags: number;
  win: number;
  urgent: number;
  mss: number | undefined;
  wscale: number | undefined;
  /** Kinds of the options, in order. */
  kinds: number[];
  options: Uint8Array;
  data: Uint8Array;
}

export interface UdpDatagram {
  src: number;
  dst: number;
  checksum: number;
  data: Uint8Array;
}

export interface IcmpMessage {
  type: number;
  code: number;
  rest: number;
  data: Uint8Array;
}

export interface Packet {
  frame: Uint8Array;
  src: Mac;
  dst: Mac;
  type: number;
  arp?: ArpPacket;
  ip?: IpPacket;
  tcp?: TcpSegment;
  udp?: UdpDatagram;
  icmp?: IcmpMessage;
  /** What a correct sender would not have sent. */
  problems: string[];
}

export function parse(frame: Uint8Array): Packet {
  const packet: Packet = { frame, dst: macText(frame), src: macText(frame.subarray(6)), type: 0, problems: [] };
  if (frame.length < 14) {
    packet.problems.push(`frame of ${frame.length} octets`);
    return packet;
  }
  packet.type = view(frame).getUint16(12);
  const payload = frame.subarray(14);
  if (packet.type === EtherType.Arp) parseArp(packet, payload);
  else if (packet.type === EtherType.Ipv4) parseIp(packet, payload);
  else packet.problems.push(`EtherType 0x${packet.type.toString(16)}`);
  return packet;
}

function checkPadding(packet: Packet, rest: Uint8Array): void {
  if (rest.some((octet) => octet !== 0)) packet.problems.push("padding that is not zero");
}

function parseArp(packet: Packet, bytes: Uint8Array): void {
  if (bytes.length < 28) {
    packet.problems.push(`ARP packet of ${bytes.length} octets`);
    return;
  }
  const at = view(bytes);
  if (at.getUint32(0) !== 0x10800 || at.getUint16(4) !== 0x0604) packet.problems.push("ARP format");
  packet.arp = {
    op: at.getUint16(6),
    senderMac: macText(bytes.subarray(8)),
    senderIp: ipText(at.getUint32(14)),
    targetMac: macText(bytes.subarray(18)),
    targetIp: ipText(at.getUint32(24)),
  };
  checkPadding(packet, bytes.subarray(28));
}

function parseIp(packet: Packet, bytes: Uint8Array): void {
  const at = view(bytes);
  const headerLength = bytes.length < 20 ? 0 : (bytes[0] & 15) * 4;
  const totalLength = bytes.length < 20 ? 0 : at.getUint16(2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > bytes.length || bytes[0] >> 4 !== 4) {
    packet.problems.push("IPv4 header lengths or version");
    return;
  }
  if (checksum(bytes.subarray(0, headerLength)) !== 0) packet.problems.push("IPv4 header checksum");
  const ip: IpPacket = {
    src: ipText(at.getUint32(12)),
    dst: ipText(at.getUint32(16)),
    protocol: bytes[9],
    ttl: bytes[8],
    tos: bytes[1],
    id: at.getUint16(4),
    fragment: at.getUint16(6),
    headerLength,
    totalLength,
    header: bytes.subarray(0, headerLength),
    payload: bytes.subarray(headerLength, totalLength),
  };
  packet.ip = ip;
  if (ip.ttl === 0) packet.problems.push("TTL 0");
  checkPadding(packet, bytes.subarray(totalLength));
  if (ip.protocol === IpProtocol.Tcp) parseTcp(packet, ip);
  else if (ip.protocol === IpProtocol.Udp) parseUdp(packet, ip);
  else if (ip.protocol === IpProtocol.Icmp) parseIcmp(packet, ip);
}

function transportSum(ip: IpPacket): number {
  return checksum(pseudoHeader(ipNumber(ip.src), ipNumber(ip.dst), ip.protocol, ip.payload.length), ip.payload);
}

function parseUdp(packet: Packet, ip: IpPacket): void {
  const bytes = ip.payload;
  if (bytes.length < 8 || view(bytes).getUint16(4) !== bytes.length) {
    packet.problems.push("UDP length");
    return;
  }
  const at = view(bytes);
  packet.udp = { src: at.getUint16(0), dst: at.getUint16(2), checksum: at.getUint16(6), data: bytes.subarray(8) };
  if (packet.udp.checksum === 0) packet.problems.push("UDP without checksum");
  else if (transportSum(ip) !== 0) packet.problems.push("UDP checksum");
}

function parseIcmp(packet: Packet, ip: IpPacket): void {
  const bytes = ip.payload;
  if (bytes.length < 8) {
    packet.problems.push(`ICMP message of ${bytes.length} octets`);
    return;
  }
  if (checksum(bytes) !== 0) packet.problems.push("ICMP checksum");
  packet.icmp = { type: bytes[0], code: bytes[1], rest: view(bytes).getUint32(4), data: bytes.subarray(8) };
}

function parseTcp(packet: Packet, ip: IpPacket): void {
  const bytes = ip.payload;
  const at = view(bytes);
  const headerLength = bytes.length < 20 ? 0 : (bytes[12] >> 4) * 4;
  if (headerLength < 20 || headerLength > bytes.length) {
    packet.problems.push("TCP header length");
    return;
  }
  if (transportSum(ip) !== 0) packet.problems.push("TCP checksum");
  if (bytes[12] & 15) packet.problems.push("TCP reserved bits");
  const segment: TcpSegment = {
    src: at.getUint16(0),
    dst: at.getUint16(2),
    seq: at.getUint32(4),
    ack: at.getUint32(8),
    flags: bytes[13],
    win: at.getUint16(14),
    urgent: at.getUint16(18),
    mss: undefined,
    wscale: undefined,
    kinds: [],
    options: bytes.subarray(20, headerLength),
    data: bytes.subarray(headerLength),
  };
  packet.tcp = segment;
  checkFlags(packet, segment);
  parseOptions(packet, segment);
}

function checkFlags(packet: Packet, segment: TcpSegment): void {
  const { flags } = segment;
  const marks = [Flag.S, Flag.F, Flag.R].filter((flag) => flags & flag).length;
  if (marks > 1) packet.problems.push(`TCP flags ${flagText(flags)}`);
  if (!(flags & (Flag.A | Flag.S | Flag.R))) packet.problems.push("TCP segment without SYN, RST or ACK");
  if (!(flags & Flag.A) && segment.ack !== 0) packet.problems.push("acknowledgement number without ACK");
  if (segment.src === 0 || segment.dst === 0) packet.problems.push("TCP port 0");
  if (flags & Flag.R && segment.data.length) packet.problems.push("RST with data");
}

function parseOptions(packet: Packet, segment: TcpSegment): void {
  const { options } = segment;
  let i = 0;
  while (i < options.length) {
    const kind = options[i];
    if (kind === 0) break;
    segment.kinds.push(kind);
    const length = kind === 1 ? 1 : (options[i + 1] ?? 0);
    if (length < (kind === 1 ? 1 : 2) || i + length > options.length) {
      packet.problems.push(`TCP option ${kind} of length ${length}`);
      return;
    }
    if (kind === 2) segment.mss = (options[i + 2] << 8) | options[i + 3];
    if (kind === 3) segment.wscale = options[i + 2]!;
    if ((kind === 2 || kind === 3 || kind === 4) && !(segment.flags & Flag.S))
      packet.problems.push(`TCP option ${kind} off a SYN`);
    i += length;
  }
  if (options.subarray(i).some((octet) => octet !== 0)) packet.problems.push("octets behind the end of the TCP options");
}
