import { Drop, Protocol } from "../abi";
import { notify } from "../events";
import { datagram } from "../ip/datagram";
import { PMTU, pathMtu, wasTooBig } from "../ip/pmtu";
import { quote, quoteErrno } from "../ip/quote";
import { drop } from "../stats";
import { enqueue } from "../storage/queue";
import { Pcb, UdpFlag } from "../udp/pcb";
import { IcmpType, Unreachable } from "../wire/icmp";
import { Raw, RawFlag, anyRaw, firstRaw, nextRaw, rawPcb } from "./pcb";

/**
 * A copy of the present datagram, with its IP header, to every raw socket of its protocol that is not bound to another address, or
 * connected to another: before anybody else looks at it, whatever is wrong with what it carries. True if there was one: the protocol is
 * known then, as on Linux.
 */
export function rawArrives(): bool {
  if (!anyRaw()) return false;
  let known = false;
  for (let i = firstRaw(); i >= 0; i = nextRaw(i)) {
    const pcb = rawPcb(i);
    if (!fits(pcb, datagram.protocol, datagram.dst, datagram.src)) continue;
    known = true;
    if (!isFiltered(Raw.of(pcb))) deliver(pcb);
  }
  return known;
}

function fits(pcb: Pcb, protocol: u32, local: u32, foreign: u32): bool {
  if (Raw.of(pcb).protocol != protocol) return false;
  if (pcb.localAddress != 0 && pcb.localAddress != local) return false;
  return !pcb.has(UdpFlag.Connected) || pcb.foreignAddress == foreign;
}

/** Types of ICMP from 32 on pass (Linux). */
function isFiltered(raw: Raw): bool {
  if (raw.protocol != Protocol.IPPROTO_ICMP || datagram.length == 0) return false;
  const type = <u32>load<u8>(datagram.payload);
  return type < 32 && ((raw.filter >> type) & 1) != 0;
}

function deliver(pcb: Pcb): void {
  if (!enqueue(pcb, datagram.header, datagram.headerLength + datagram.length, datagram.src, 0)) drop(Drop.RawFull);
  else notify(pcb.socket);
}

/**
 * The error in `quote` is about a datagram of a protocol that raw sockets may have sent: those that asked for it (IP_RECVERR) are told
 * every one, connected ones what will not get better, and what our own link says (`unsent`). True if there was such a socket.
 */
export function rawQuoted(unsent: bool): bool {
  if (!anyRaw()) return false;
  let known = false;
  let told = false;
  for (let i = firstRaw(); i >= 0; i = nextRaw(i)) {
    const pcb = rawPcb(i);
    if (!fits(pcb, quote.protocol, quote.localAddress, quote.foreignAddress)) continue;
    known = true;
    const concerned = pcb.has(UdpFlag.Connected) && (unsent || isHard());
    if (!concerned && !Raw.of(pcb).has(RawFlag.RecvErr)) continue;
    if (concerned && !told && isTooBig() && !wasTooBig(pathMtu(quote.foreignAddress))) continue; // a forger's (RFC 5927 §7.4)
    told = true;
    pcb.error = quoteErrno();
    notify(pcb.socket);
  }
  return known;
}

/** Unreachables by their code, a bit each, that Linux takes for final (icmp_err_convert). */
const HARD: u32 =
  (1 << Unreachable.Protocol) |
  (1 << Unreachable.Port) |
  (1 << Unreachable.FragmentationNeeded) |
  (1 << Unreachable.NetUnknown) |
  (1 << Unreachable.HostUnknown) |
  (1 << Unreachable.HostIsolated) |
  (1 << Unreachable.NetProhibited) |
  (1 << Unreachable.HostProhibited) |
  (1 << Unreachable.Prohibited) |
  (1 << Unreachable.PrecedenceViolation) |
  (1 << Unreachable.PrecedenceCutoff);

function isHard(): bool {
  if (<u32>quote.type == IcmpType.ParameterProblem) return true;
  return <u32>quote.type == IcmpType.Unreachable && ((HARD >> (<u32>quote.code)) & 1) != 0;
}

// prettier-ignore
@inline function isTooBig(): bool {
  return PMTU && <u32>quote.type == IcmpType.Unreachable && <u32>quote.code == Unreachable.FragmentationNeeded;
}
