import { Counter, Drop, Owner, type SandwireExports, SocketRow, SocketView, State } from "./abi";
import { formatIPv4 } from "./address";

/** One row of netstat. */
export interface SocketInfo {
  /** What the socket speaks. */
  protocol: "tcp" | "udp" | "raw" | "unix";
  /** What the row stands for: Tcp, HalfOpen, TimeWait, Udp, Raw, Pair. */
  kind: string;
  /** State of RFC 9293 by name; "" for what is not TCP. */
  state: string;
  /** Who reads the socket's events. */
  owner: string;
  /** Lowest descriptor, or null where none is left. */
  fd: number | null;
  /** Where it is bound, dotted decimal; "0.0.0.0" for every address. */
  localAddress: string;
  /** Its port, 0 before it has one; of a raw socket its IP protocol, of an end of a pair its number. */
  localPort: number;
  /** Whom it talks to; "0.0.0.0" for nobody in particular. */
  foreignAddress: string;
  /** The peer's port, or 0. */
  foreignPort: number;
  /** Connections of a listener that wait for accept(). */
  accepting: number;
  /** Octets that have come and were not read; of a listener: connections that nobody has accepted. */
  receiveQueue: number;
  /** Octets that were written and are not acknowledged; of a listener: its backlog. */
  sendQueue: number;
  /** Milliseconds to the next deadline, or null for none. */
  timer: number | null;
  /** How often the oldest segment in flight was sent again. */
  retransmits: number;
  /** The congestion window, octets. */
  cwnd: number;
  /** Smoothed round trip in ms. */
  srtt: number;
}

interface Inspected {
  readonly exports: SandwireExports;
  readonly view: DataView;
}

/** The names of the counters behind `stats()`, in their order. */
const NAMES = [...namesOf(Drop, Drop.count), ...namesOf(Counter, Counter.count)];

function namesOf(names: Record<number, string>, count: number): string[] {
  return Array.from({ length: count }, (_, value) => names[value] ?? String(value));
}

/** Every counter of the module by its name. */
export function countersOf({ exports, view }: Inspected): Record<string, number> {
  const at = exports.stats();
  return Object.fromEntries(NAMES.map((name, index) => [name, view.getUint32(at + index * 4, true)]));
}

/** Every socket, half-open connection and connection in TIME-WAIT. */
export function socketsOf({ exports, view }: Inspected): SocketInfo[] {
  const rows: SocketInfo[] = [];
  const record = new SocketView(view, exports.scratch());
  for (let next = exports.sockets(0, record.at); next >= 0; next = exports.sockets(next, record.at)) rows.push(rowOf(record));
  return rows;
}

/** Of rows that are not TCP's. */
const PROTOCOLS: Partial<Record<number, SocketInfo["protocol"]>> = {
  [SocketRow.Udp]: "udp",
  [SocketRow.Raw]: "raw",
  [SocketRow.Pair]: "unix",
};

function rowOf(record: SocketView): SocketInfo {
  const tcp = !(record.kind in PROTOCOLS);
  return {
    protocol: PROTOCOLS[record.kind] ?? "tcp",
    kind: SocketRow[record.kind] ?? String(record.kind),
    state: tcp ? (State[record.state] ?? String(record.state)) : "",
    owner: Owner[record.owner] ?? String(record.owner),
    fd: record.fd === 0xffff ? null : record.fd,
    localAddress: formatIPv4(record.localAddress),
    localPort: record.localPort,
    foreignAddress: formatIPv4(record.foreignAddress),
    foreignPort: record.foreignPort,
    accepting: record.accepting,
    receiveQueue: record.receiveQueue,
    sendQueue: record.sendQueue,
    timer: record.timer === 0xffffffff ? null : record.timer,
    retransmits: record.retransmits,
    cwnd: record.cwnd,
    srtt: record.srtt,
  };
}
