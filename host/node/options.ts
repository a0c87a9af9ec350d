import { IpOption, Level, SandwireOption, SocketOption, TcpOption } from "./abi";
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
  /** Octets of the receive buffer; the module rounds and bounds them. */
  receiveBuffer?: number;
  /** The same of the send buffer. */
  sendBuffer?: number;
  /** Largest segment to send and to ask for, octets. */
  maxSegment?: number;
  /** Send only full segments; what does not fill one waits for more, 200 ms at most (TCP_CORK). */
  cork?: boolean;
  /** Acknowledge every segment at once (TCP_QUICKACK). */
  quickAck?: boolean;
  /** "reno" or "cubic" (TCP_CONGESTION). */
  congestion?: string;
  /** Milliseconds what was sent may stay unacknowledged before the connection is given up (TCP_USER_TIMEOUT). */
  userTimeout?: number;
  /** Seconds to advertise to the peer with the user timeout option (RFC 5482), whose own advertisement then counts. */
  advertisedTimeout?: number;
  /** Octets that may wait in the send buffer without having been sent (TCP_NOTSENT_LOWAT). */
  unsentLimit?: number;
  /** The largest receive window to announce, octets (TCP_WINDOW_CLAMP). */
  windowClamp?: number;
  /** Leave urgent data in the stream (SO_OOBINLINE). */
  urgentInline?: boolean;
  /** Of a server: seconds to wait for a connection's first data before it is accepted (TCP_DEFER_ACCEPT). */
  deferAccept?: number;
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
  ["cork", Level.IPPROTO_TCP, TcpOption.TCP_CORK],
  ["quickAck", Level.IPPROTO_TCP, TcpOption.TCP_QUICKACK],
  ["userTimeout", Level.IPPROTO_TCP, TcpOption.TCP_USER_TIMEOUT],
  ["advertisedTimeout", Level.SOL_SANDWIRE, SandwireOption.USER_TIMEOUT_OPTION],
  ["unsentLimit", Level.IPPROTO_TCP, TcpOption.TCP_NOTSENT_LOWAT],
  ["windowClamp", Level.IPPROTO_TCP, TcpOption.TCP_WINDOW_CLAMP],
  ["urgentInline", Level.SOL_SOCKET, SocketOption.SO_OOBINLINE],
  ["deferAccept", Level.IPPROTO_TCP, TcpOption.TCP_DEFER_ACCEPT],
  ["synRetries", Level.IPPROTO_TCP, TcpOption.TCP_SYNCNT],
];

/** Set what `options` says; throws the SystemError of the first one the module refuses. */
export function applyTcpOptions(descriptor: Descriptor, options: TcpOptions): void {
  for (const [name, level, option] of words) {
    const value = options[name];
    if (value !== undefined) descriptor.setOption(level, option, Number(value));
  }
  if (options.congestion !== undefined) {
    descriptor.setRecord(Level.IPPROTO_TCP, TcpOption.TCP_CONGESTION, new TextEncoder().encode(options.congestion));
  }
  if (options.keepAlive === undefined) return;
  descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, options.keepAlive === false ? 0 : 1);
  if (typeof options.keepAlive === "number") descriptor.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPIDLE, options.keepAlive);
}
