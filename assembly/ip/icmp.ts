import { Counter, Drop, Protocol } from "../abi";
import { FRAGMENTATION, TTL } from "../config";
import { count, drop } from "../stats";
import { fold, sum } from "../wire/checksum";
import { ICMP_HEADER, IcmpHeader, IcmpType } from "../wire/icmp";
import { IPV4_HEADER } from "../wire/ipv4";
import { datagram } from "./datagram";
import { fitsRing, parcel, sendParcel } from "./fragment";
import { Answer, mayAnswer } from "./limit";
import { PAYLOAD_MAX, begin, finish, whyNot } from "./output";
import { pathMtu } from "./pmtu";
import { quoteArrives } from "./quote";
import { sourceFor } from "./route";

/** ECN says nothing about an answer; the rest of the type of service is kept (RFC 1122 §3.2.2.6 leaves it open). */
const DSCP: u32 = 0xfc;
/** Most octets of an error message as an IP datagram: the limit for routers (RFC 1812 §4.3.2.3). */
const ERROR_MAX: u32 = 576 - 20 - ICMP_HEADER;

/**
 * The ICMP message in `datagram` (RFC 792, RFC 1122 §3.2.2). Echo requests are answered; an error that quotes a datagram of ours
 * is left in `quote` with `pending` set, for the transport it names. Nothing else has any effect.
 */
export function icmpArrives(): Drop {
  count(Counter.IcmpIn);
  const message = IcmpHeader.at(datagram.payload);
  if (!message.valid(datagram.length)) return drop(Drop.IcmpShort);
  if (!datagram.loopback && fold(sum(datagram.payload, datagram.length)) != 0) return drop(Drop.IcmpChecksum);
  if (datagram.broadcast) return drop(Drop.IcmpBroadcast);
  switch (message.type) {
    case IcmpType.Echo:
      return message.code == 0 ? echo(message) : drop(Drop.IcmpType);
    case IcmpType.Unreachable:
    case IcmpType.TimeExceeded:
    case IcmpType.ParameterProblem:
      return quoteArrives(message, datagram.length - ICMP_HEADER);
    case IcmpType.Redirect:
      return drop(Drop.IcmpRedirect);
    case IcmpType.SourceQuench:
      return drop(Drop.IcmpSourceQuench);
    default:
      return drop(Drop.IcmpType);
  }
}

/** Send the data back, from the address that was asked (RFC 1122 §3.2.2.6). */
function echo(request: IcmpHeader): Drop {
  if (FRAGMENTATION ? datagram.length + IPV4_HEADER > pathMtu(datagram.src) : datagram.length > PAYLOAD_MAX) {
    return FRAGMENTATION ? echoInPieces(request) : drop(Drop.IpTooBig);
  }
  const at = begin(datagram.dst, datagram.src);
  if (!at) return missed();
  memory.copy(at, changetype<usize>(request), datagram.length);
  IcmpHeader.at(at).type = IcmpType.EchoReply;
  finish(Protocol.IPPROTO_ICMP, datagram.length, TTL, datagram.tos & DSCP);
  count(Counter.IcmpOut);
  count(Counter.IcmpEchoReplies);
  return Drop.None;
}

/** The request becomes the answer where it lies: what is too long for a frame was put together in a buffer that is given back. */
function echoInPieces(message: IcmpHeader): Drop {
  message.type = IcmpType.EchoReply;
  message.checksum = 0;
  message.checksum = fold(sum(changetype<usize>(message), datagram.length));
  parcel.src = datagram.dst;
  parcel.dst = datagram.src;
  parcel.mtu = pathMtu(datagram.src);
  parcel.head = changetype<usize>(message);
  parcel.headLength = ICMP_HEADER;
  parcel.data = message.data;
  parcel.length = datagram.length - ICMP_HEADER;
  parcel.protocol = <u8>Protocol.IPPROTO_ICMP;
  parcel.ttl = <u8>TTL;
  parcel.tos = <u8>(datagram.tos & DSCP);
  parcel.loops = false;
  if (!fitsRing()) return drop(Drop.IpTooBig);
  if (!sendParcel()) return missed();
  count(Counter.IcmpOut);
  count(Counter.IcmpEchoReplies);
  return Drop.None;
}

/** An answer that could not be sent is not repeated; a full ring is a loss here, so it counts as one. */
function missed(): Drop {
  const why = whyNot();
  return why == Drop.RingFull || why == Drop.LoopbackFull ? drop(why) : why;
}

/** Tell the sender of the present datagram that it could not be delivered (an Unreachable code; RFC 1122 §3.2.2.1). */
export function unreachable(code: u32): void {
  sendError(IcmpType.Unreachable, code);
}

/** Tell the sender of the present datagram that its time was up (a TimeExceeded code; hosts: reassembly only). */
export function timeExceeded(code: u32): void {
  sendError(IcmpType.TimeExceeded, code);
}

/**
 * RFC 1122 §3.2.2: never about an ICMP message, a broadcast of either layer, a later fragment or a source that is no single host
 * (the last two never get this far). Quotes as much as fits into 576 octets.
 */
function sendError(type: IcmpType, code: u32): void {
  if (datagram.protocol == Protocol.IPPROTO_ICMP || datagram.broadcast) return;
  if (!mayAnswer(Answer.IcmpError)) {
    drop(Drop.IcmpRateLimited);
    return;
  }
  const at = begin(sourceFor(datagram.src), datagram.src);
  if (!at) {
    missed();
    return;
  }
  const quoted = min<u32>(datagram.headerLength + datagram.length, ERROR_MAX);
  const message = IcmpHeader.at(at);
  memory.copy(message.data, datagram.header, quoted); // first: on loopback the answer may take the question's place
  message.type = type;
  message.code = code;
  message.rest = 0;
  finish(Protocol.IPPROTO_ICMP, ICMP_HEADER + quoted, TTL, 0);
  count(Counter.IcmpOut);
}
