/** Frames built from fields and taken apart: IPv4 with TCP, UDP and ICMP, as far as scripts speak of it. */
import { formatIPv4, parseIPv4 } from "../node/address";
import { fold16, sum16 } from "../node/checksum";
import { decodeOptions, encodeOptions, type TcpOption } from "./tcp_options";

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;
const ETHERNET = 14;
const IP = 20;

export interface IpFields {
  from: string;
  to: string;
  tos: number;
  ttl: number;
}

export interface TcpFields {
  kind: "tcp";
  from: number;
  to: number;
  flags: number;
  seq: number;
  ack: number;
  win: number;
  urg: number;
  options: TcpOption[];
  data: Uint8Array;
}

export interface UdpFields {
  kind: "udp";
  from: number;
  to: number;
  data: Uint8Array;
}

export interface IcmpFields {
  kind: "icmp";
  type: number;
  code: number;
  /** The second word of the header. */
  rest: number;
  data: Uint8Array;
}

/** A datagram as it is on the wire. */
export interface Datagram {
  ip: IpFields;
  body: TcpFields | UdpFields | IcmpFields;
  /** What no correct sender does. */
  faults: string[];
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// ---- Building ----

/** The datagram, from its IP header on. */
export function encode(ip: IpFields, body: Datagram["body"]): Uint8Array {
  const inner = body.kind === "tcp" ? tcpBytes(body) : body.kind === "udp" ? udpBytes(body) : icmpBytes(body);
  const bytes = new Uint8Array(IP + inner.length);
  const view = viewOf(bytes);
  view.setUint8(0, 0x45);
  view.setUint8(1, ip.tos);
  view.setUint16(2, bytes.length);
  view.setUint16(6, 0x4000);
  view.setUint8(8, ip.ttl);
  view.setUint8(9, PROTOCOLS[body.kind]);
  view.setUint32(12, parseIPv4(ip.from));
  view.setUint32(16, parseIPv4(ip.to));
  view.setUint16(10, fold16(sum16(bytes, 0, IP)));
  bytes.set(inner, IP);
  fillChecksum(bytes, body.kind);
  return bytes;
}

/** Where the checksum of a protocol stands in its header. */
const FIELD = { tcp: 16, udp: 6, icmp: 2 } as const;

function fillChecksum(datagram: Uint8Array, kind: keyof typeof FIELD): void {
  const sum = fold16(transportSum(datagram, IP, datagram.length, kind));
  viewOf(datagram).setUint16(IP + FIELD[kind], sum === 0 && kind === "udp" ? 0xffff : sum);
}

function transportSum(datagram: Uint8Array, from: number, to: number, kind: keyof typeof FIELD): number {
  const pseudo = kind === "icmp" ? 0 : sum16(datagram, 12, 20, PROTOCOLS[kind] + to - from);
  return sum16(datagram, from, to, pseudo);
}

function tcpBytes(tcp: TcpFields): Uint8Array {
  const options = encodeOptions(tcp.options);
  const bytes = new Uint8Array(20 + options.length + tcp.data.length);
  const view = viewOf(bytes);
  view.setUint16(0, tcp.from);
  view.setUint16(2, tcp.to);
  view.setUint32(4, tcp.seq);
  view.setUint32(8, tcp.ack);
  view.setUint8(12, (5 + options.length / 4) << 4);
  view.setUint8(13, tcp.flags);
  view.setUint16(14, tcp.win);
  view.setUint16(18, tcp.urg);
  bytes.set(options, 20);
  bytes.set(tcp.data, 20 + options.length);
  return bytes;
}

function udpBytes(udp: UdpFields): Uint8Array {
  const bytes = new Uint8Array(8 + udp.data.length);
  const view = viewOf(bytes);
  view.setUint16(0, udp.from);
  view.setUint16(2, udp.to);
  view.setUint16(4, bytes.length);
  bytes.set(udp.data, 8);
  return bytes;
}

function icmpBytes(icmp: IcmpFields): Uint8Array {
  const bytes = new Uint8Array(8 + icmp.data.length);
  bytes[0] = icmp.type;
  bytes[1] = icmp.code;
  viewOf(bytes).setUint32(4, icmp.rest);
  bytes.set(icmp.data, 8);
  return bytes;
}

/** The datagram in an Ethernet frame, padded to the shortest there is. */
export function framed(datagram: Uint8Array, from: Uint8Array, to: Uint8Array, type = 0x0800): Uint8Array {
  const frame = new Uint8Array(Math.max(60, ETHERNET + datagram.length));
  frame.set(to, 0);
  frame.set(from, 6);
  frame[12] = type >> 8;
  frame[13] = type & 255;
  frame.set(datagram, ETHERNET);
  return frame;
}

// ---- Taking apart ----

/** The datagram in a frame, or null when it holds none of TCP, UDP and ICMP over IPv4. */
export function decode(frame: Uint8Array): Datagram | null {
  if (frame.length < ETHERNET + IP || frame[12] !== 8 || frame[13] !== 0) return null;
  const bytes = frame.subarray(ETHERNET);
  const view = viewOf(bytes);
  const header = (bytes[0] & 15) * 4;
  const total = view.getUint16(2);
  if (bytes[0] >> 4 !== 4 || header < IP || total < header || total > bytes.length) return null;
  const kind = (["icmp", "tcp", "udp"] as const).find((name) => PROTOCOLS[name] === bytes[9]);
  const faults: string[] = fold16(sum16(bytes, 0, header)) === 0 ? [] : ["wrong IP header checksum"];
  const body = kind && bodyOf(kind, bytes.subarray(header, total), faults);
  if (!kind || !body) return null;
  const unsummed = kind === "udp" && view.getUint16(header + 6) === 0;
  if (!unsummed && fold16(transportSum(bytes, header, total, kind)) !== 0) faults.push(`wrong ${kind.toUpperCase()} checksum`);
  const ip = { from: formatIPv4(view.getUint32(12)), to: formatIPv4(view.getUint32(16)), tos: bytes[1], ttl: bytes[8] };
  return { ip, body, faults };
}

function bodyOf(kind: keyof typeof FIELD, bytes: Uint8Array, faults: string[]): Datagram["body"] | null {
  if (bytes.length < (kind === "tcp" ? 20 : 8)) return null;
  const view = viewOf(bytes);
  if (kind === "icmp") return { kind, type: bytes[0], code: bytes[1], rest: view.getUint32(4), data: bytes.slice(8) };
  const [from, to] = [view.getUint16(0), view.getUint16(2)];
  if (kind === "udp") return { kind, from, to, data: bytes.slice(8, view.getUint16(4)) };
  const header = (bytes[12] >> 4) * 4;
  if (header < 20 || header > bytes.length) return null;
  const { options, fault } = decodeOptions(bytes.subarray(20, header));
  if (fault) faults.push(fault);
  if (bytes[12] & 15) faults.push("reserved bits set in the TCP header");
  return {
    kind,
    from,
    to,
    flags: bytes[13],
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    win: view.getUint16(14),
    urg: view.getUint16(18),
    options,
    data: bytes.slice(header),
  };
}

// ---- ARP ----

/** The answer to an ARP request, whatever address it asks for; null for other frames. */
export function arpReply(request: Uint8Array, mac: Uint8Array): Uint8Array | null {
  const packet = request.subarray(ETHERNET);
  if (request[12] !== 8 || request[13] !== 6 || packet[7] !== 1) return null;
  const [sender, target] = [packet.subarray(14, 18), packet.subarray(24, 28)];
  // An announcement or a probe asks nobody.
  if (sender.every((octet, i) => octet === target[i]) || sender.every((octet) => octet === 0)) return null;
  const reply = Uint8Array.from(packet.subarray(0, 28));
  reply[7] = 2;
  reply.set(mac, 8);
  reply.set(target, 14);
  reply.set(packet.subarray(8, 18), 18);
  return framed(reply, mac, packet.slice(8, 14), 0x0806);
}
