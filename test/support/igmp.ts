import * as wire from "./packet";
import type { Peer } from "./peer";
import type { Station } from "./station";
import type { World } from "./world";

/** What a frame says as a message of IGMP, taken apart independently of the core. */
export interface IgmpMessage {
  type: number;
  code: number;
  group: string;
  /** Of a report of version 3: "exclude 239.1.2.3", "to-exclude ...", "to-include ...". */
  records: string[];
  ip: wire.IpPacket;
  dst: wire.Mac;
}

const recordTypes = ["", "include", "exclude", "to-include", "to-exclude", "allow", "block"];

function parse(packet: wire.Packet): IgmpMessage | undefined {
  const { ip } = packet;
  if (ip?.protocol !== wire.IpProtocol.Igmp) return undefined;
  const at = new DataView(ip.payload.buffer, ip.payload.byteOffset, ip.payload.length);
  if (wire.checksum(ip.payload) !== 0) throw new Error("IGMP checksum");
  const [type, code] = ip.payload;
  const count = type === 0x22 ? at.getUint16(6) : 0;
  const records = Array.from({ length: count }, (_, n) => {
    if (at.getUint8(9 + 8 * n) !== 0 || at.getUint16(10 + 8 * n) !== 0) throw new Error("a record with sources");
    return `${recordTypes[at.getUint8(8 + 8 * n)]} ${wire.ipText(at.getUint32(12 + 8 * n))}`;
  });
  if (ip.payload.length !== 8 + 8 * count) throw new Error(`IGMP message of ${ip.payload.length} octets`);
  return { type, code, group: wire.ipText(at.getUint32(4)), records, ip, dst: packet.dst };
}

/** The IGMP messages that a board has sent since the last time, with when, ms. */
export function spoken(w: World, station = "board1"): (IgmpMessage & { ms: number })[] {
  const known = heard.get(w) ?? 0;
  heard.set(w, w.ladder.sightings.length);
  return w.ladder.sightings.slice(known).flatMap(({ from, packet, at }) => {
    const message = from === station ? parse(packet) : undefined;
    return message ? [{ ...message, ms: at }] : [];
  });
}
const heard = new WeakMap<World, number>();

/** Join, or leave, a group: a struct ip_mreq, or ip_mreqn with an index. */
export function member(
  board: Station,
  fd: number,
  group: string,
  { own = "0.0.0.0", index, leave = false }: { own?: string; index?: number; leave?: boolean } = {},
): number {
  const words = [group, own].map((ip) => swap(wire.ipNumber(ip)));
  return board.setIp(fd, leave ? "IP_DROP_MEMBERSHIP" : "IP_ADD_MEMBERSHIP", ...words, ...(index === undefined ? [] : [index]));
}

/** The number whose octets lie in memory as those of an address in network order. */
export function swap(n: number): number {
  return new DataView(Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n).buffer).getInt32(0, true);
}

/** The MAC address of a group (RFC 1112 6.4). */
export function groupMac(group: string): wire.Mac {
  const n = wire.ipNumber(group);
  return wire.macText(Uint8Array.of(1, 0, 0x5e, (n >>> 16) & 0x7f, (n >>> 8) & 255, n & 255));
}

export interface QueryFields {
  version: 1 | 2 | 3;
  group?: string;
  /** Max Resp Code. */
  code?: number;
  sources?: string[];
  robustness?: number;
}

export function query({ version, group = "0.0.0.0", code = 100, sources = [], robustness = 0 }: QueryFields): Uint8Array {
  const bytes = new Uint8Array(version === 3 ? 12 + 4 * sources.length : 8);
  const at = new DataView(bytes.buffer);
  bytes[0] = 0x11;
  bytes[1] = version === 1 ? 0 : code;
  at.setUint32(4, wire.ipNumber(group));
  if (version === 3) {
    bytes[8] = robustness;
    at.setUint16(10, sources.length);
    sources.forEach((source, n) => at.setUint32(12 + 4 * n, wire.ipNumber(source)));
  }
  at.setUint16(2, wire.checksum(bytes));
  return bytes;
}

export const ALERT = Uint8Array.of(148, 4, 0, 0);

/** Send an IGMP message to a group, or to all systems. */
export function say(peer: Peer, message: Uint8Array, dst = "224.0.0.1", fields: Partial<wire.IpFields> = {}): void {
  peer.ip4({ protocol: wire.IpProtocol.Igmp, ttl: 1, dst, options: ALERT, ...fields }, message, { dst: groupMac(dst) });
}

/** Send a query where it belongs. */
export function ask(peer: Peer, fields: QueryFields): void {
  say(peer, query(fields), fields.group);
}
