/** A packetdrill script, read: what the parser makes and the executor runs. */
import type { Place } from "./errors";
import type { TcpOption } from "./tcp_options";

/** Microseconds. */
export type Micros = number;

/** When an event happens. */
export interface When {
  /** "*": at any time. */
  any: boolean;
  /** Since the end of the event before, in place of since the start. */
  relative: boolean;
  start: Micros;
  /** The end of a range. */
  end?: Micros;
}

export interface OptionLine {
  place: Place;
  name: string;
  value: string;
}

export interface Script {
  file: string;
  options: OptionLine[];
  events: Event[];
}

export interface Event {
  place: Place;
  when: When;
  action: Action;
}

export type Action = Packet | Call | { kind: "command"; text: string } | { kind: "code"; text: string };

// ---- Packets ----

export type EcnMark = "noecn" | "ect0" | "ect1" | "ect01" | "ce";

export interface IpInfo {
  ecn?: EcnMark;
  tos?: number;
  ttl?: number;
}

export interface Packet {
  kind: "packet";
  inbound: boolean;
  ip: IpInfo;
  /** Where the script names them. */
  ports?: { from: number; to: number };
  body: TcpBody | UdpBody | IcmpBody;
}

export interface TcpBody {
  kind: "tcp";
  /** Bits of the header's flags. */
  flags: number;
  seq: number;
  length: number;
  ack?: number;
  win?: number;
  urg?: number;
  /** null: any. */
  options: TcpOption[] | null;
}

export interface UdpBody {
  kind: "udp";
  length: number;
}

export interface IcmpBody {
  kind: "icmp";
  type: number;
  code: number;
  /** As the script has them. */
  words: string;
  mtu?: number;
  id?: number;
  /** What the message quotes. */
  quoted?: { kind: "tcp"; seq: number; length: number } | { kind: "udp"; length: number };
}

// ---- System calls ----

export interface Call {
  kind: "call";
  name: string;
  args: Expression[];
  result: Expression;
  errno?: string;
  /** A blocking call: when it returns, on the same scale as its start. */
  end?: Micros;
  /** As it is written, from its name to its result. */
  text: string;
}

export interface Field {
  name?: string;
  /** The parenthesis of `msg_iov(2)=...`. */
  count?: Expression;
  value: Expression;
}

export type Expression =
  | { kind: "any" }
  | { kind: "number"; value: number }
  | { kind: "word"; name: string }
  | { kind: "string"; text: string }
  | { kind: "or"; parts: Expression[] }
  | { kind: "list"; items: Expression[] }
  | { kind: "struct"; fields: Field[] }
  | { kind: "apply"; name: string; args: Expression[] };
