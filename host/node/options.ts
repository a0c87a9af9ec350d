import { IpOption, Level, SocketOption, TcpOption } from "./abi";
import type { Descriptor } from "./descriptor";

/** Options of a TCP socket; what is left out keeps the module's default. */
export interface TcpOptions {
  /** Send small segments at once (TCP_NODELAY). */
  noDelay?: boolean;
  /** Probe an idle peer: true, or the idle time before the first probe in seconds (TCP_KEEPIDLE). */
  keepAlive?: boolean | number;
  /** Seconds between probes (TCP_KEEPINTVL). */
  keepAliveInterval?: number;
  /** Unanswered probes that end the connection (TCP_KEEPCNT). */
  keepAliveCount?: number;
  /** Time to live of what is sent, 1..255. */
  ttl?: number;
  /** Type of service, 0..255. */
  tos?: number;
  /** Octets of receive and send buffer; the module rounds and bounds them. */
  receiveBuffer?: number;
  sendBuffer?: number;
  /** Largest segment to send and to ask for, octets. */
  maxSegment?: number;
  /** Retransmissions of the SYN before connect gives up: 3 take about 15 seconds. */
  synRetries?: number;
}

const words: [keyof TcpOptions, number, number][] = [
  ["noDelay", Level.IPPROTO_TCP, TcpOption.TCP_NODELAY],
  ["keepAliveInterval", Level.IPPROTO_TCP, TcpOption.TCP_KEEPINTVL],
  ["keepAliveCount", Level.IPPROTO_TCP, TcpOption.TCP_KEEPCNT],
  ["ttl", Level.IPPROTO_IP, IpOption.IP_TTL],
  ["tos", Level.IPPROTO_IP, IpOption.IP_TOS],
  ["receiveBuffer", Level.SOL_SOCKET, SocketOption.SO_RCVBUF],
  ["sendBuffer", Level.SOL_SOCKET, SocketOption.SO_SNDBUF],
  ["maxSegment", Level.IPPROTO_TCP, TcpOption.TCP_MAXSEG],
  ["synRetries", Level.IPPROTO_TCP, TcpOption.TCP_SYNCNT],
];

/** Set what `options` says; throws the SystemError of the first one the module refuses. */
export function applyTcpOptions(descriptor: Descriptor, options: TcpOptions): void {
  for (const [name, level, option] of words) {
    const value = options[name];
    if (value !== undefined) descriptor.setOption(level, option, Number(value));
  }
  if (options.keepAlive === undefined) return;
  descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, options.keepAlive === false ? 0 : 1);
  if (typeof options.keepAlive === "number") descriptor.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPIDLE, options.keepAlive);
}
