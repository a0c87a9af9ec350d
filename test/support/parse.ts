/** Frames into their fields, and what a correct sender would not have sent. */

import {
  type Mac,
  type Ip,
  EtherType,
  IpProtocol,
  Flag,
  macText,
  ipNumber,
  ipText,
  flagText,
  view,
  checksum,
  pseudoHeader,
} from "./octets";

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
  /** The lower two bits of its datagram's type of service (RFC 3168 §5): 0 not ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
  ecn: number;
  mss: number | undefined;
  wscale: number | undefined;
  /** [TSval, TSecr] */
  timestamps: [number, number] | undefined;
  /** Edges of the blocks, as they come. */
  sack: [number, number][];
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
  if (isFragment(ip)) checkFragment(packet, ip);
  else if (ip.protocol === IpProtocol.Tcp) parseTcp(packet, ip);
  else if (ip.protocol === IpProtocol.Udp) parseUdp(packet, ip);
  else if (ip.protocol === IpProtocol.Icmp) parseIcmp(packet, ip);
}

/** A piece of a datagram: what it carries means nothing by itself. */
export function isFragment(ip: IpPacket): boolean {
  return (ip.fragment & 0x3fff) !== 0;
}

function checkFragment(packet: Packet, ip: IpPacket): void {
  if (ip.fragment & 0x4000) packet.problems.push("a fragment that must not be fragmented");
  if (ip.fragment & 0x2000 && ip.payload.length % 8 !== 0) packet.problems.push("a fragment that ends inside a block");
  if (ip.payload.length === 0) packet.problems.push("a fragment of nothing");
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
    ecn: ip.tos & 3,
    mss: undefined,
    wscale: undefined,
    timestamps: undefined,
    sack: [],
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
  if (segment.ecn && (flags & (Flag.S | Flag.R) || !segment.data.length)) packet.problems.push("ECT without new data");
}

/** Octets each option must have, by kind. */
const lengths: Record<number, number> = { 2: 4, 3: 3, 4: 2, 8: 10 };

function parseOptions(packet: Packet, segment: TcpSegment): void {
  const { options } = segment;
  const at = view(options);
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
    if ((kind in lengths && length !== lengths[kind]) || (kind === 5 && (length < 10 || length % 8 !== 2))) {
      packet.problems.push(`TCP option ${kind} of length ${length}`);
      return;
    }
    if (kind === 2) segment.mss = (options[i + 2] << 8) | options[i + 3];
    if (kind === 3) segment.wscale = options[i + 2]!;
    if (kind === 8) segment.timestamps = [at.getUint32(i + 2), at.getUint32(i + 6)];
    if (kind === 5) segment.sack = blocks(options.subarray(i + 2, i + length));
    if ((kind === 2 || kind === 3 || kind === 4) && !(segment.flags & Flag.S))
      packet.problems.push(`TCP option ${kind} off a SYN`);
    i += length;
  }
  if (options.subarray(i).some((octet) => octet !== 0)) packet.problems.push("octets behind the end of the TCP options");
}

function blocks(bytes: Uint8Array): [number, number][] {
  const at = view(bytes);
  return Array.from({ length: bytes.length / 8 }, (_, i) => [at.getUint32(8 * i), at.getUint32(8 * i + 4)]);
}
