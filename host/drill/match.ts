/** Whether what the stack sent is what the script expects. */
import type { Conversation } from "./network";
import type { Datagram } from "./frames";
import { icmpWords } from "./notation";
import type { EcnMark, IcmpBody, IpInfo, Packet, TcpBody } from "./script";
import { decodeOptions, encodeOptions, formatOption, optionsLength, type TcpOption } from "./tcp_options";

const ECN: EcnMark[] = ["noecn", "ect1", "ect0", "ce"];
const PSH = 8;
const FIN = 1;
const CWR = 128;

export interface MatchOptions {
  /** Check what packetdrill lets pass: the echoed timestamp, and our own within the tolerance. */
  strict: boolean;
  /** Microseconds a tick of our timestamps takes; 0: values are not compared. */
  tick: number;
  tolerance: number;
  /**
   * PSH on a line of several segments says nothing: Linux sets it on whatever its network card cuts (since 5.4), whether or not more is
   * to come.
   */
  loosePush: boolean;
}

/** A part of a packet that is not as expected: its name in the notation, and why in words. */
export interface Difference {
  part: string;
  why: string;
}

/** The script's words for what the stack sent; marks of the IP header only where the script speaks of them. */
export function spoken(expected: Packet | undefined, datagram: Datagram, connection: Conversation | undefined): Packet {
  const { ip, body } = datagram;
  const info = ipInfo(expected?.ip ?? {}, ip);
  const packet = { kind: "packet" as const, inbound: false, ip: info };
  if (body.kind === "icmp") return { ...packet, body: spokenIcmp(body) };
  const ports = expected?.ports ? { ports: { from: body.from, to: body.to } } : {};
  if (body.kind === "udp") return { ...packet, ...ports, body: { kind: "udp", length: body.data.length } };
  if (!connection) throw new Error("a segment without a conversation");
  return { ...packet, ...ports, body: connection.toScript(body) };
}

function ipInfo(wanted: IpInfo, ip: Datagram["ip"]): IpInfo {
  return {
    ...(wanted.ecn ? { ecn: ECN[ip.tos & 3] } : {}),
    ...(wanted.tos === undefined ? {} : { tos: ip.tos }),
    ...(wanted.ttl === undefined ? {} : { ttl: ip.ttl }),
  };
}

function spokenIcmp(body: Datagram["body"] & { kind: "icmp" }): IcmpBody {
  const { type, code, rest } = body;
  const mtu = type === 3 && code === 4 ? { mtu: rest & 0xffff } : {};
  return { kind: "icmp", type, code, words: icmpWords(type, code), ...mtu };
}

/** What differs, in the order of the notation. */
export function differences(expected: Packet, actual: Packet, options: MatchOptions, isGlued = false): Difference[] {
  const found = ipDifferences(expected.ip, actual.ip);
  const [want, got] = [expected.body, actual.body];
  if (want.kind !== got.kind) return [{ part: "kind", why: `a ${got.kind} packet, not ${want.kind}` }];
  if (want.kind === "udp" && got.kind === "udp") compare(found, "length", "length", want.length, got.length);
  if (want.kind === "icmp" && got.kind === "icmp") icmpDifferences(found, want, got);
  if (want.kind === "tcp" && got.kind === "tcp")
    tcpDifferences(found, want, pushed(want, got, isGlued && options.loosePush), options);
  return found;
}

function compare(found: Difference[], part: string, name: string, want: number | undefined, got: number | undefined): void {
  if (want !== got) found.push({ part, why: `${name} ${got ?? "absent"}, not ${want ?? "absent"}` });
}

function ipDifferences(want: IpInfo, got: IpInfo): Difference[] {
  const found: Difference[] = [];
  const marked = want.ecn === "ect01" ? got.ecn === "ect0" || got.ecn === "ect1" : want.ecn === got.ecn;
  if (!marked) found.push({ part: "ip", why: `ECN mark ${got.ecn}, not ${want.ecn}` });
  compare(found, "ip", "type of service", want.tos, got.tos);
  compare(found, "ip", "time to live", want.ttl, got.ttl);
  return found;
}

function icmpDifferences(found: Difference[], want: IcmpBody, got: IcmpBody): void {
  if (want.type !== got.type || want.code !== got.code) found.push({ part: "words", why: `${got.words}, not ${want.words}` });
  if (want.mtu !== undefined) compare(found, "rest", "MTU", want.mtu, got.mtu);
}

/** With the PSH the script wants, where that is a matter of how segments were made. */
function pushed(want: TcpBody, got: TcpBody, loose: boolean): TcpBody {
  return loose ? { ...got, flags: got.flags | (want.flags & PSH) } : got;
}

function tcpDifferences(found: Difference[], want: TcpBody, got: TcpBody, options: MatchOptions): void {
  if (want.flags !== got.flags) found.push({ part: "flags", why: "other flags" });
  compare(found, "seq", "sequence number", want.seq, got.seq);
  compare(found, "seq", "length", want.length, got.length);
  compare(found, "ack", "acknowledgement", want.ack, got.ack);
  if (want.win !== undefined) compare(found, "win", "window", want.win, got.win);
  compare(found, "urg", "urgent pointer", want.urg ?? 0, got.urg ?? 0);
  if (want.options) optionDifferences(found, want.options, got.options ?? [], options);
}

function optionDifferences(found: Difference[], want: TcpOption[], got: TcpOption[], options: MatchOptions): void {
  // Both are read from octets, so that what means the same is written in one way.
  const [wanted, sent] = [normal(want), normal(got)];
  const kinds = (list: TcpOption[]): string => list.map(({ kind }) => kind).join(",");
  if (kinds(wanted) !== kinds(sent)) {
    found.push({ part: "options", why: optionsLength(got) ? "other options, or in another order" : "no options" });
    return;
  }
  for (const [i, option] of wanted.entries()) {
    const why = optionDifference(option, sent[i], options);
    if (why) found.push({ part: "options", why });
  }
}

function normal(options: TcpOption[]): TcpOption[] {
  return decodeOptions(encodeOptions(options)).options;
}

function optionDifference(want: TcpOption, got: TcpOption, { strict, tick, tolerance }: MatchOptions): string | undefined {
  if (want.kind !== "TS" || got.kind !== "TS") {
    return formatOption(want) === formatOption(got) ? undefined : `${formatOption(got)}, not ${formatOption(want)}`;
  }
  const apart = Math.abs((got.val - want.val) | 0) * tick;
  if (tick && apart > tolerance) return `timestamp ${got.val}, not ${want.val}`;
  return strict && want.ecr !== got.ecr ? `echoed timestamp ${got.ecr}, not ${want.ecr}` : undefined;
}

/**
 * Why a segment cannot continue those glued together so far, if so. As in packetdrill: it follows in sequence, its header is the same
 * but for FIN, PSH and CWR, and all but the last are of one length.
 */
export function gap(last: TcpBody, next: TcpBody, isLast: boolean): string | undefined {
  const loose = FIN | PSH | CWR;
  if (next.seq !== (last.seq + last.length) >>> 0) return `it does not follow the segment before (${last.seq + last.length})`;
  if ((next.flags & ~loose) !== (last.flags & ~loose)) return "its flags differ from those of the segment before";
  if (next.ack !== last.ack) return "its acknowledgement differs from that of the segment before";
  return isLast || next.length === last.length ? undefined : "its length differs from that of the segment before";
}

/** Segments as one: the first, with the length of all and the flags that count at the end. */
export function glued(first: TcpBody, last: TcpBody, length: number): TcpBody {
  const end = last.flags & (PSH | FIN);
  return { ...first, length, flags: (first.flags & ~(PSH | FIN)) | end };
}
