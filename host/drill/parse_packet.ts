import type { Cursor } from "./cursor";
import { ScriptError, Unsupported } from "./errors";
import type { Token } from "./lexer";
import { ICMP_TYPES, UNREACHABLE_CODES } from "./icmp_names";
import type { EcnMark, IcmpBody, IpInfo, Packet, TcpBody, UdpBody } from "./script";
import { optionsLength, type TcpOption } from "./tcp_options";

export const FLAGS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, ".": 16, U: 32, E: 64, W: 128, C: 128 };
const MARKS = ["noecn", "ect0", "ect1", "ect01", "ce"];
const ENCAPSULATIONS = ["ipv4", "ipv6", "gre", "GREv0", "mpls"];

/** "< S 0:0(0) win 1000 <mss 1000>", "> udp (100)", "< icmp unreachable host_unreachable [1:1001(1000)]". */
export function parsePacket(cursor: Cursor): Packet {
  const inbound = cursor.next().text === "<";
  const quoted = cursor.is("[") && quotes(cursor) ? parseQuote(cursor) : undefined;
  for (const name of ENCAPSULATIONS) {
    if (cursor.is(name)) throw new Unsupported(cursor.token.place, `packets inside ${name} headers`);
  }
  const ip = parseIp(cursor);
  if (cursor.take("icmp")) return { kind: "packet", inbound, ip, body: parseIcmp(cursor, quoted) };
  const udp = cursor.take("udp");
  const ports = cursor.token.type === "integer" ? parsePorts(cursor) : undefined;
  const body = udp ? parseUdp(cursor) : parseTcp(cursor, inbound);
  return { kind: "packet", inbound, ip, ...(ports ? { ports } : {}), body };
}

/** Whether a bracket holds what an ICMP message quotes, in place of marks for the IP header. */
function quotes(cursor: Cursor): boolean {
  const { type, text } = cursor.peek(1);
  return type === "integer" || text === "udp" || text === "raw";
}

function parseIp(cursor: Cursor): IpInfo {
  const ip: IpInfo = {};
  while (cursor.is("[") || cursor.is("(")) {
    const close = cursor.next().text === "[" ? "]" : ")";
    do parseMark(cursor, ip);
    while (cursor.take(","));
    cursor.expect(close, "behind the marks of the IP header");
  }
  return ip;
}

function parseMark(cursor: Cursor, ip: IpInfo): void {
  const { token } = cursor;
  if (cursor.take("tos")) ip.tos = cursor.bounded("the type of service", 255);
  else if (cursor.take("ttl")) ip.ttl = cursor.bounded("the time to live", 255);
  else if (cursor.is("flowlabel")) throw new Unsupported(token.place, "flow labels, which IPv4 does not have");
  else if (token.type === "word" && MARKS.includes(token.text)) ip.ecn = cursor.next().text as EcnMark;
  else cursor.fail(`expected a mark of the IP header (${MARKS.join(", ")}, tos N, ttl N)`);
}

function parsePorts(cursor: Cursor): { from: number; to: number } {
  const from = cursor.bounded("a port", 65535);
  cursor.expect(">", "between two ports");
  return { from, to: cursor.bounded("a port", 65535) };
}

function parseUdp(cursor: Cursor): UdpBody {
  cursor.expect("(", "before the length of a UDP datagram");
  const length = cursor.bounded("the length of the datagram", 65507);
  cursor.expect(")", "behind the length of a UDP datagram");
  return { kind: "udp", length };
}

function parseTcp(cursor: Cursor, inbound: boolean): TcpBody {
  const flags = parseFlags(cursor);
  const { seq, length } = parseSequence(cursor, true);
  const body: TcpBody = { kind: "tcp", flags, seq, length, options: [] };
  if (cursor.take("ack")) body.ack = cursor.bounded("an acknowledgement number", 0xffffffff);
  if (cursor.take("win")) body.win = cursor.bounded("a window", 0xffff);
  if (cursor.take("urg")) body.urg = cursor.bounded("an urgent pointer", 0xffff);
  if (!cursor.is("<")) return body;
  const { token } = cursor;
  cursor.next();
  body.options = parseOptions(cursor);
  if (inbound && body.options === null)
    throw new ScriptError(token.place, "<...> says nothing about a packet that is to be sent");
  return body;
}

/** "S.", "P.", ".", "SEW", "-" for none. */
function parseFlags(cursor: Cursor): number {
  if (cursor.take("-")) return 0;
  const { token } = cursor;
  const word = token.type === "word" ? cursor.next().text : "";
  const dot = cursor.take(".") ? "." : "";
  const letters = word + dot;
  if (!letters) cursor.fail("expected TCP flags (S F R P . U E W, or - for none), udp or icmp");
  if (/[0-7A]/.test(letters)) throw new Unsupported(token.place, "AccECN, which the flags A and 0 to 7 stand for");
  const strange = [...letters].find((letter) => !(letter in FLAGS));
  if (strange) {
    throw new ScriptError(token.place, `"${strange}" is no TCP flag: they are S F R P . (ACK) U E (ECE) W (CWR), or - for none`);
  }
  return [...letters].reduce((bits, letter) => bits | FLAGS[letter], 0);
}

/** "1:1001(1000)". */
function parseSequence(cursor: Cursor, checked: boolean): { seq: number; length: number } {
  const first = cursor.token;
  const seq = cursor.bounded("a sequence number, as in 1:1001(1000)", 0xffffffff);
  cursor.expect(":", "between the sequence numbers, as in 1:1001(1000)");
  const end = cursor.bounded("the sequence number behind the text", 0xffffffff);
  cursor.expect("(", "before the length of the text, as in 1:1001(1000)");
  const length = cursor.bounded("the length of the text", 0xffff);
  cursor.expect(")", "behind the length of the text");
  if (checked && (seq + length) >>> 0 !== end) {
    throw new ScriptError(
      first.place,
      `${seq}:${end}(${length}) does not add up: ${length} octets from ${seq} end at ${(seq + length) >>> 0}`,
    );
  }
  return { seq, length };
}

function parseOptions(cursor: Cursor): TcpOption[] | null {
  const { token } = cursor;
  if (cursor.take("...")) {
    cursor.expect(">", "behind <...");
    return null;
  }
  const options: TcpOption[] = [];
  do options.push(parseOption(cursor));
  while (cursor.take(","));
  cursor.expect(">", "behind the TCP options");
  checkLength(options, token);
  return options;
}

function checkLength(options: TcpOption[], token: Token): void {
  const length = optionsLength(options);
  if (length > 40) throw new ScriptError(token.place, `the TCP options take ${length} octets, a header has room for 40`);
  if (length % 4 === 0) return;
  const missing = 4 - (length % 4);
  throw new ScriptError(
    token.place,
    `the TCP options take ${length} octets: pad them with ${missing} more (nop or eol) to whole words`,
  );
}

function parseOption(cursor: Cursor): TcpOption {
  const { token } = cursor;
  const name = cursor.next().text;
  switch (name) {
    case "nop":
    case "eol":
    case "sackOK":
      return { kind: name };
    case "mss":
      return { kind: "mss", value: cursor.bounded("a segment size", 0xffff) };
    case "wscale":
      return { kind: "wscale", value: cursor.bounded("a window scale", 255) };
    case "sack":
      return { kind: "sack", blocks: parseBlocks(cursor) };
    case "TS":
      return parseTimestamps(cursor);
    case "FO":
      return { kind: "other", number: 34, data: parseHex(cursor) };
    case "FOEXP":
      return { kind: "other", number: 254, data: Uint8Array.of(0xf9, 0x89, ...parseHex(cursor)) };
    case "md5":
      return { kind: "other", number: 19, data: parseHex(cursor) };
    case "ECN":
      throw new Unsupported(token.place, "the AccECN option");
    default: {
      const known = "mss, wscale, sackOK, sack, TS, nop, eol, FO, FOEXP, md5";
      throw new ScriptError(token.place, `"${name}" is no TCP option known here: they are ${known}`);
    }
  }
}

function parseTimestamps(cursor: Cursor): TcpOption {
  cursor.expect("val", "as in TS val 100 ecr 0");
  const val = cursor.bounded("a timestamp", 0xffffffff);
  cursor.expect("ecr", "as in TS val 100 ecr 0");
  return { kind: "TS", val, ecr: cursor.bounded("a timestamp", 0xffffffff) };
}

function parseBlocks(cursor: Cursor): [number, number][] {
  const blocks: [number, number][] = [];
  do {
    const left = cursor.bounded("the left edge of a block, as in sack 1:1001", 0xffffffff);
    cursor.expect(":", "between the edges of a block, as in sack 1:1001");
    blocks.push([left, cursor.bounded("the right edge of a block", 0xffffffff)]);
  } while (cursor.token.type === "integer");
  return blocks;
}

/** A cookie: an even number of hexadecimal digits, or nothing. */
function parseHex(cursor: Cursor): Uint8Array {
  const { token } = cursor;
  if (token.type !== "word" && token.type !== "integer") return new Uint8Array(0);
  if (!/^([0-9a-fA-F]{2})*$/.test(token.text)) cursor.fail("expected an even number of hexadecimal digits");
  return Uint8Array.from(Buffer.from(cursor.next().text, "hex"));
}

function parseIcmp(cursor: Cursor, before: IcmpBody["quoted"]): IcmpBody {
  const { token } = cursor;
  const name = cursor.next().text;
  const type = ICMP_TYPES[name] ?? numbered("type", name);
  if (type === undefined) {
    throw new ScriptError(token.place, `"${name}" is no ICMP message: they are ${Object.keys(ICMP_TYPES).join(", ")}, type_N`);
  }
  const body: IcmpBody = { kind: "icmp", type, code: 0, words: name };
  if (cursor.token.type === "word" && !cursor.is("mtu") && !cursor.is("id")) parseCode(cursor, body);
  if (cursor.take("mtu")) body.mtu = cursor.bounded("an MTU", 0xffff);
  if (cursor.take("id")) body.id = cursor.bounded("an identifier", 0xffff);
  const quoted = before ?? (cursor.is("[") ? parseQuote(cursor) : undefined);
  return { ...body, ...(quoted ? { quoted } : {}) };
}

/** "type_11", "code_3". */
function numbered(what: string, name: string): number | undefined {
  const [, digits] = new RegExp(`^${what}_(\\d+)$`).exec(name) ?? [];
  return digits !== undefined && Number(digits) <= 255 ? Number(digits) : undefined;
}

function parseCode(cursor: Cursor, body: IcmpBody): void {
  const { token } = cursor;
  const name = cursor.next().text;
  const named = body.type === 3 ? UNREACHABLE_CODES.indexOf(name) : -1;
  const code = named >= 0 ? named : numbered("code", name);
  if (code === undefined) {
    const known = body.type === 3 ? `they are ${UNREACHABLE_CODES.join(", ")}` : "it has none with names";
    throw new ScriptError(token.place, `"${name}" is no code of ICMP ${body.words}: ${known}, code_N`);
  }
  body.code = code;
  body.words += ` ${name}`;
}

function parseQuote(cursor: Cursor): NonNullable<IcmpBody["quoted"]> {
  cursor.expect("[", "before what is quoted");
  if (cursor.is("raw")) throw new Unsupported(cursor.token.place, "quotes of raw packets");
  const quoted = cursor.take("udp")
    ? ({ kind: "udp", length: parseUdp(cursor).length } as const)
    : ({ kind: "tcp", ...parseSequence(cursor, false) } as const);
  cursor.expect("]", "behind what is quoted");
  return quoted;
}
