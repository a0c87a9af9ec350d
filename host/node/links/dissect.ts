import { fold16, sum16 } from "../checksum";
import { formatMac } from "../mac";

/** A TCP segment as it stands in a frame, numbers not yet relative. */
export interface TcpFields {
  from: string;
  to: string;
  flags: number;
  seq: number;
  ack: number;
  window: number;
  length: number;
  options: string[];
}

/** What a frame says, in words; a TCP segment apart, since its numbers are relative to what was seen before. */
export interface Dissection {
  words: string;
  tcp?: TcpFields;
  /** What is wrong with it. */
  faults: string[];
}

export const TcpFlags = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

/** Part of a frame, read in network order. */
class Bytes {
  private readonly view: DataView;
  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get length(): number {
    return this.bytes.length;
  }
  u8(at: number): number {
    return this.bytes[at];
  }
  u16(at: number): number {
    return this.view.getUint16(at);
  }
  u32(at: number): number {
    return this.view.getUint32(at);
  }
  ip(at: number): string {
    return this.bytes.subarray(at, at + 4).join(".");
  }
  mac(at: number): string {
    return formatMac(this.bytes.subarray(at, at + 6));
  }
  part(from: number, to = this.length): Bytes {
    return new Bytes(this.bytes.subarray(from, to));
  }
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;
const cut = (what: string): Dissection => ({ words: what, faults: ["cut short"] });

/** Read a frame. Never throws, whatever is in it. */
export function dissect(bytes: Uint8Array): Dissection {
  const frame = new Bytes(bytes);
  if (frame.length < 14) return cut(`${frame.length} octets`);
  const type = frame.u16(12);
  if (type === 0x0800) return ipv4(frame.part(14));
  if (type === 0x0806) return arp(frame.part(14));
  return { words: `${frame.mac(6)} > ${frame.mac(0)} type ${hex(type, 4)} len ${frame.length - 14}`, faults: [] };
}

function arp(packet: Bytes): Dissection {
  if (packet.length < 28) return cut("ARP");
  const [operation, sender, senderIp, targetIp] = [packet.u16(6), packet.mac(8), packet.ip(14), packet.ip(24)];
  const faults = packet.u16(0) === 1 && packet.u16(2) === 0x0800 && packet.u16(4) === 0x0604 ? [] : ["not IPv4 over Ethernet"];
  if (operation === 2) return { words: `ARP ${senderIp} is at ${sender}`, faults };
  if (operation !== 1) return { words: `ARP operation ${operation}`, faults };
  if (senderIp === targetIp) return { words: `ARP announces ${senderIp} at ${sender}`, faults };
  return { words: `ARP who has ${targetIp}? tell ${senderIp} at ${sender}`, faults };
}

/** The ends of a datagram, and the sum of its pseudo header. */
interface Ends {
  source: string;
  destination: string;
  pseudo: number;
}

function ipv4(packet: Bytes): Dissection {
  if (packet.length < 20) return cut("IP");
  const header = (packet.u8(0) & 15) * 4;
  const total = packet.u16(2);
  const [source, destination, protocol] = [packet.ip(12), packet.ip(16), packet.u8(9)];
  const words = `IP ${source} > ${destination} protocol ${protocol}`;
  if (packet.u8(0) >> 4 !== 4) return { words, faults: [`version ${packet.u8(0) >> 4}`] };
  if (header < 20 || total < header || total > packet.length) return cut(words);
  const faults = wrong("IP", packet.bytes, 0, header, 0, 10);
  const payload = packet.part(header, total);
  const fragment = packet.u16(6) & 0x3fff;
  if (fragment) return { words: `${words} fragment at ${(fragment & 0x1fff) * 8} len ${payload.length}`, faults };
  const pseudo = sum16(packet.bytes, 12, 20, protocol + payload.length);
  const inner = transport(protocol, payload, { source, destination, pseudo }) ?? {
    words: `${words} len ${payload.length}`,
    faults: [],
  };
  return { ...inner, faults: [...faults, ...inner.faults] };
}

function transport(protocol: number, payload: Bytes, ends: Ends): Dissection | null {
  if (protocol === 1) return icmp(payload, ends);
  if (protocol === 6) return tcp(payload, ends);
  if (protocol === 17) return udp(payload, ends);
  return null;
}

/** What is wrong with a checksum whose field is at `field`. */
function wrong(name: string, bytes: Uint8Array, from: number, to: number, start: number, field: number): string[] {
  if (fold16(sum16(bytes, from, to, start)) === 0) return [];
  const found = (bytes[field] << 8) | bytes[field + 1];
  // The same sum with the field taken out, by adding its complement.
  const right = fold16(sum16(bytes, from, to, start) + (~found & 0xffff));
  return [`${name} checksum ${hex(found, 4)} should be ${hex(right, 4)}`];
}

const ICMP_TYPES: Record<number, string> = {
  0: "echo reply",
  3: "unreachable",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
  12: "parameter problem",
};
const UNREACHABLE = ["network", "host", "protocol", "port", "fragmentation needed"];

function icmp(message: Bytes, { source, destination }: Ends): Dissection {
  const head = `ICMP ${source} > ${destination}`;
  if (message.length < 8) return cut(head);
  const [type, code] = [message.u8(0), message.u8(1)];
  const faults = wrong("ICMP", message.bytes, 0, message.length, 0, 2);
  const name = ICMP_TYPES[type] ?? `type ${type}`;
  if (type === 0 || type === 8) {
    return { words: `${head} ${name} id ${message.u16(4)} seq ${message.u16(6)} len ${message.length - 8}`, faults };
  }
  const detail = type === 3 && UNREACHABLE[code] ? UNREACHABLE[code] : `code ${code}`;
  return { words: `${head} ${name} (${detail})${quote(message)}`, faults };
}

/** The datagram an ICMP error is about. */
function quote(message: Bytes): string {
  if (message.length < 28) return "";
  const header = (message.u8(8) & 15) * 4;
  const ports = message.length >= 12 + header && [6, 17].includes(message.u8(17));
  const [from, to] = ports ? [`:${message.u16(8 + header)}`, `:${message.u16(10 + header)}`] : ["", ""];
  const protocol = { 1: "ICMP", 6: "TCP", 17: "UDP" }[message.u8(17)] ?? `protocol ${message.u8(17)}`;
  return ` about ${protocol} ${message.ip(20)}${from} > ${message.ip(24)}${to}`;
}

function udp(datagram: Bytes, { source, destination, pseudo }: Ends): Dissection {
  if (datagram.length < 8) return cut(`UDP ${source} > ${destination}`);
  const length = datagram.u16(4);
  const words = `UDP ${source}:${datagram.u16(0)} > ${destination}:${datagram.u16(2)} len ${length - 8}`;
  if (length < 8 || length > datagram.length) return cut(words);
  // The pseudo header has the length of the UDP header, which may be less than what IP carries.
  const start = pseudo - datagram.length + length;
  return { words, faults: datagram.u16(6) === 0 ? [] : wrong("UDP", datagram.bytes, 0, length, start, 6) };
}

function tcp(segment: Bytes, { source, destination, pseudo }: Ends): Dissection {
  if (segment.length < 20) return cut(`TCP ${source} > ${destination}`);
  const [from, to] = [`${source}:${segment.u16(0)}`, `${destination}:${segment.u16(2)}`];
  const header = (segment.u8(12) >> 4) * 4;
  if (header < 20 || header > segment.length) return cut(`TCP ${from} > ${to}`);
  const fields = {
    from,
    to,
    flags: segment.u8(13),
    seq: segment.u32(4),
    ack: segment.u32(8),
    window: segment.u16(14),
    length: segment.length - header,
    options: tcpOptions(segment.part(20, header)),
  };
  return { words: `TCP ${from} > ${to}`, tcp: fields, faults: wrong("TCP", segment.bytes, 0, segment.length, pseudo, 16) };
}

function tcpOptions(options: Bytes): string[] {
  const found: string[] = [];
  for (let at = 0; at < options.length;) {
    const kind = options.u8(at);
    if (kind === 0) break;
    const length = kind === 1 ? 1 : at + 1 < options.length ? options.u8(at + 1) : 0;
    if (length < 1 || (kind !== 1 && length < 2) || at + length > options.length) return [...found, "bad length"];
    if (kind !== 1) found.push(tcpOption(kind, options.part(at, at + length)));
    at += length;
  }
  return found;
}

function tcpOption(kind: number, option: Bytes): string {
  if (kind === 2 && option.length === 4) return `mss ${option.u16(2)}`;
  if (kind === 3 && option.length === 3) return `wscale ${option.u8(2)}`;
  if (kind === 4) return "sackOK";
  if (kind === 8 && option.length === 10) return `ts ${option.u32(2)} ${option.u32(6)}`;
  if (kind === 5) return `sack ${Array.from({ length: (option.length - 2) >> 2 }, (_, i) => option.u32(2 + 4 * i)).join(" ")}`;
  return `option ${kind} len ${option.length}`;
}
