import type { Config } from "./config";
import { type Place, ScriptError } from "./errors";
import { encode, type IpFields } from "./frames";
import { LARGEST_DATAGRAM } from "./machine";
import type { Conversation, Network } from "./network";
import type { IcmpBody, IpInfo, Packet, TcpBody } from "./script";
import { pattern } from "./stream";
import { encodeOptions } from "./tcp_options";

const MARKS = { noecn: 0, ect1: 1, ect0: 2, ect01: 2, ce: 3 } as const;
const SYN = 2;
const AT_END = 1 | 8;
const HEADERS = 40;
/** Octets of the quoted TCP header (RFC 1812 §4.3.2.3 allows more than RFC 792's eight). */
const QUOTED_HEADER = 20;

/** The datagrams that bring a packet of the script to the stack: one, or more where a segment is longer than the wire takes. */
export function inboundDatagrams(packet: Packet, network: Network, config: Config, place: Place): Uint8Array[] {
  const { body, ports } = packet;
  if (body.kind === "icmp") return [icmp(body, packet.ip, network, place)];
  const connection = network.incoming(body.kind, ports);
  const ip = ipFields(packet.ip, connection.remoteIp, network.localIp);
  const ends = { from: connection.remotePort, to: connection.localPort ?? network.bindPort };
  if (body.kind === "tcp") return segments(body, connection, ip, ends, config);
  if (body.length > LARGEST_DATAGRAM - 28) throw new ScriptError(place, "fragments: a UDP datagram here has at most 1472 octets");
  return [encode(ip, { kind: "udp", ...ends, data: pattern(0, body.length) })];
}

function ipFields({ ecn, tos, ttl }: IpInfo, from: string, to: string): IpFields {
  return { from, to, tos: (tos ?? 0) | (ecn ? MARKS[ecn] : 0), ttl: ttl ?? 64 };
}

function segments(
  body: TcpBody,
  connection: Conversation,
  ip: IpFields,
  ends: { from: number; to: number },
  config: Config,
): Uint8Array[] {
  const { seq, ack, options } = connection.toLive(body);
  const room = LARGEST_DATAGRAM - HEADERS - encodeOptions(options).length;
  // A sender makes segments as long as those it takes; what fits the wire is left whole.
  const most = body.length <= room ? room : Math.min(room, config.mss || connection.remoteMss || room);
  const first = body.flags & SYN ? 0 : body.seq - 1;
  const datagrams: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < body.length; at += most) {
    const length = Math.min(most, body.length - at);
    const isLast = at + length >= body.length;
    const flags = isLast ? body.flags : body.flags & ~AT_END;
    const data = pattern(Math.max(0, first + at), length);
    const fields = { seq: (seq + at) >>> 0, ack, options, flags, win: body.win ?? 0, urg: Math.max(0, (body.urg ?? 0) - at) };
    datagrams.push(encode(ip, { kind: "tcp", ...ends, ...fields, data }));
  }
  return datagrams;
}

/** An ICMP message, most often one about a segment of the stack's. */
function icmp(body: IcmpBody, info: IpInfo, network: Network, place: Place): Uint8Array {
  const { current, localIp, remoteIp } = network;
  const rest = body.mtu ?? (body.id ?? 0) * 0x10000;
  const ip = ipFields(info, current?.remoteIp ?? remoteIp, localIp);
  const about = [3, 4, 5, 11, 12].includes(body.type);
  if (about && !current) throw new ScriptError(place, "there is no connection for this message to be about");
  const data = about && current ? quote(body, current, network) : pattern(0, 32);
  return encode(ip, { kind: "icmp", type: body.type, code: body.code, rest, data });
}

/** The beginning of a datagram of the stack's, as a router quotes it. */
function quote({ quoted }: IcmpBody, connection: Conversation, { localIp, bindPort }: Network): Uint8Array {
  const ip = { from: localIp, to: connection.remoteIp, tos: 0, ttl: 64 };
  const ends = { from: connection.localPort ?? bindPort, to: connection.remotePort };
  if (connection.protocol === "udp") {
    const length = quoted?.kind === "udp" ? quoted.length : 0;
    return encode(ip, { kind: "udp", ...ends, data: new Uint8Array(length) }).slice(0, 28);
  }
  const seq = connection.localToLive(quoted?.kind === "tcp" ? quoted.seq : 0);
  const length = quoted?.length ?? 0;
  const data = new Uint8Array(Math.min(length, 0xffff - HEADERS));
  const segment = { kind: "tcp" as const, ...ends, seq, ack: 0, flags: 16, win: 0, urg: 0, options: [], data };
  return encode(ip, segment).slice(0, 20 + QUOTED_HEADER);
}
