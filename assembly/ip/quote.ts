import { Drop, Errno, Protocol } from "../abi";
import { RAW_SOCKETS } from "../config";
import { drop } from "../stats";
import { be } from "../wire/bytes";
import { IcmpHeader, IcmpType, Unreachable } from "../wire/icmp";
import { IPV4_HEADER, Ipv4Header } from "../wire/ipv4";
import { isLocal } from "./iface";

/** What an ICMP error says about a datagram of ours: which connection it belongs to, and what happened to it. */
@final
@unmanaged
export class Quote {
  localAddress: u32;
  foreignAddress: u32;
  /** TCP: the sequence number of the quoted segment; it must be checked (RFC 5927 §4.1). */
  seq: u32;
  localPort: u16;
  foreignPort: u16;
  /** Octets of the quoted datagram, as it was when it met the error. */
  total: u16;
  /** Next-hop MTU of "fragmentation needed", as it came: 0 from old routers, anything from forgers. */
  mtu: u16;
  /** TCP or UDP; with raw sockets, any. */
  protocol: u8;
  type: u8;
  code: u8;
  /** There is a quote the transport has not seen; whoever dispatches it clears this. */
  pending: bool;
}
export const quote = changetype<Quote>(memory.data(24, 4));

/** Octets behind the quoted IP header that every error has (RFC 792). */
const QUOTED_MIN: u32 = 8;

export function initQuote(): void {
  quote.pending = false;
}

/** The error `message` with `length` octets of quotation: kept when it quotes a datagram of ours that a socket may have sent. */
export function quoteArrives(message: IcmpHeader, length: u32): Drop {
  if (message.type == IcmpType.Unreachable && message.code > <u32>Unreachable.PrecedenceCutoff) return drop(Drop.IcmpType);
  const inner = Ipv4Header.at(message.data);
  if (length < IPV4_HEADER || inner.version != 4) return drop(Drop.IcmpQuote);
  const size = inner.size;
  if (size < IPV4_HEADER || size + QUOTED_MIN > length) return drop(Drop.IcmpQuote);
  if (inner.total < size + QUOTED_MIN || inner.fragmentOffset != 0 || !isLocal(inner.src)) return drop(Drop.IcmpQuote);
  quote.type = <u8>message.type;
  quote.code = <u8>message.code;
  quote.mtu = <u16>message.nextMtu;
  return take(inner) ? Drop.None : drop(Drop.IcmpQuote);
}

/** False when its protocol has no sockets. */
function take(inner: Ipv4Header): bool {
  if (!RAW_SOCKETS && inner.protocol != Protocol.IPPROTO_TCP && inner.protocol != Protocol.IPPROTO_UDP) return false;
  const ports = inner.payload;
  quote.protocol = <u8>inner.protocol;
  quote.localAddress = inner.src;
  quote.foreignAddress = inner.dst;
  quote.localPort = <u16>be.get16(ports);
  quote.foreignPort = <u16>be.get16(ports + 2);
  quote.seq = be.get32(ports + 4);
  quote.total = <u16>inner.total;
  quote.pending = true;
  return true;
}

/** A datagram of ours that was not sent, because its neighbour stayed silent: as if the first router had said that there is no such host. */
export function quoteUnsent(at: usize): void {
  const header = Ipv4Header.at(at);
  quote.type = <u8>IcmpType.Unreachable;
  quote.code = <u8>Unreachable.Host;
  take(header);
}

/** What Linux makes of an unreachable, by its code (net/ipv4/icmp.c, icmp_err_convert). */
// prettier-ignore
const errnos = memory.data<u8>([
  <u8>Errno.ENETUNREACH, // net
  <u8>Errno.EHOSTUNREACH, // host
  <u8>Errno.ENOPROTOOPT, // protocol
  <u8>Errno.ECONNREFUSED, // port
  <u8>Errno.EMSGSIZE, // fragmentation needed
  <u8>Errno.EOPNOTSUPP, // source route failed
  <u8>Errno.ENETUNREACH, // net unknown
  <u8>Errno.EHOSTDOWN, // host unknown
  <u8>Errno.ENONET, // host isolated
  <u8>Errno.ENETUNREACH, // net prohibited
  <u8>Errno.EHOSTUNREACH, // host prohibited
  <u8>Errno.ENETUNREACH, // net, for this type of service
  <u8>Errno.EHOSTUNREACH, // host, for this type of service
  <u8>Errno.EHOSTUNREACH, // filtered
  <u8>Errno.EHOSTUNREACH, // precedence violated
  <u8>Errno.EHOSTUNREACH, // precedence cut off
])

/** The errno Linux makes of the quote. */
export function quoteErrno(): Errno {
  if (quote.type == IcmpType.ParameterProblem) return Errno.EPROTO;
  if (quote.type == IcmpType.TimeExceeded) return Errno.EHOSTUNREACH;
  return load<u8>(errnos + <usize>quote.code);
}
