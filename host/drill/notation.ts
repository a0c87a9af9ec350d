/** Packets as scripts write them. */
import { ICMP_TYPES, UNREACHABLE_CODES } from "./icmp_names";
import type { IpInfo, Packet } from "./script";
import { formatOption, type TcpOption } from "./tcp_options";

const LETTERS: [string, number][] = [
  ["S", 2],
  ["F", 1],
  ["R", 4],
  ["P", 8],
  ["U", 32],
  ["E", 64],
  ["W", 128],
  [".", 16],
];

/** "SEW", "P.", "-". */
export function formatFlags(bits: number): string {
  return (
    LETTERS.filter(([, bit]) => bits & bit)
      .map(([letter]) => letter)
      .join("") || "-"
  );
}

export function formatOptions(options: readonly TcpOption[] | null): string {
  if (options === null) return "<...>";
  return options.length ? `<${options.map(formatOption).join(",")}>` : "";
}

export function formatSeconds(micros: number): string {
  return (micros / 1e6).toFixed(6);
}

export function formatIpInfo({ ecn, tos, ttl }: IpInfo): string {
  const marks = [ecn, tos === undefined ? "" : `tos 0x${tos.toString(16)}`, ttl === undefined ? "" : `ttl ${ttl}`].filter(
    Boolean,
  );
  return marks.map((mark) => `[${mark}]`).join(" ");
}

/** The parts of a packet's line by name, in their order; what it does not say is "". */
export type Parts = Record<string, string>;

/** A packet in parts. */
export function partsOf(packet: Packet): Parts {
  const { inbound, ip, ports, body } = packet;
  const head = { direction: inbound ? "<" : ">", ip: formatIpInfo(ip) };
  const ends = ports ? `${ports.from} > ${ports.to}` : "";
  if (body.kind === "udp") return { ...head, kind: "udp", ports: ends, length: `(${body.length})` };
  if (body.kind === "icmp") {
    const { mtu, id, quoted } = body;
    const quote = quoted && (quoted.kind === "udp" ? `[udp (${quoted.length})]` : `[${range(quoted.seq, quoted.length)}]`);
    const rest = [mtu === undefined ? "" : `mtu ${mtu}`, id === undefined ? "" : `id ${id}`].filter(Boolean).join(" ");
    return { ...head, kind: "icmp", words: body.words, rest, quote: quote ?? "" };
  }
  return {
    ...head,
    ports: ends,
    flags: formatFlags(body.flags),
    seq: range(body.seq, body.length),
    ack: body.ack === undefined ? "" : `ack ${body.ack}`,
    win: body.win === undefined ? "" : `win ${body.win}`,
    urg: body.urg === undefined ? "" : `urg ${body.urg}`,
    options: formatOptions(body.options),
  };
}

function range(seq: number, length: number): string {
  return `${seq}:${(seq + length) >>> 0}(${length})`;
}

export function formatPacket(packet: Packet): string {
  return Object.values(partsOf(packet)).filter(Boolean).join(" ");
}

/** "unreachable host_unreachable". */
export function icmpWords(type: number, code: number): string {
  const name = Object.keys(ICMP_TYPES).find((each) => ICMP_TYPES[each] === type) ?? `type ${type}`;
  return type === 3 ? `${name} ${UNREACHABLE_CODES[code] ?? code}` : name;
}
