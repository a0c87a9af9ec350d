import { Errno } from "../abi";
import { FRAGMENTATION, MTU } from "../config";
import { fitsRing, identification, parcel, sendParcel } from "../ip/fragment";
import { isMulticast } from "../ip/iface";
import { begin, finishPiece, finishWritten } from "../ip/output";
import { pathMtu } from "../ip/pmtu";
import { randomBelow } from "../random";
import { refuse } from "../udp/output";
import { Pcb, UdpFlag, UdpWish } from "../udp/pcb";
import { fold, sum } from "../wire/checksum";
import { DONT_FRAGMENT, IPV4_HEADER, Ipv4Header } from "../wire/ipv4";
import { Raw, RawFlag } from "./pcb";

/** Most octets an IP datagram carries. */
const LONGEST: u32 = 65535 - IPV4_HEADER;
/** Octets that an error quotes at least (RFC 792). */
const QUOTED: u32 = 8;

/**
 * Send one datagram of a raw socket: `length` octets are its payload, checksums and all, or, with IP_HDRINCL, the header too; in fragments
 * if it needs that, and only without IP_HDRINCL. `length`, or -errno: -EMSGSIZE for what is too long, -EINVAL for a header that is none.
 */
export function sendRaw(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32): i32 {
  const raw = Raw.of(pcb);
  if (raw.has(RawFlag.HeaderIncluded)) return sendWritten(pcb, data, length, src, dst);
  if (length > LONGEST) return -Errno.EMSGSIZE;
  const probes = pcb.has(UdpFlag.PathProbe);
  const mtu = probes ? MTU : pathMtu(dst);
  const ttl = isMulticast(dst) ? pcb.groupTtl : pcb.ttl;
  if (ttl == 0) return <i32>length; // not even the next host is to hear of it
  if (IPV4_HEADER + length > mtu) {
    if (!FRAGMENTATION || probes || pcb.wants(UdpWish.NeverFragment)) return -Errno.EMSGSIZE;
    return sendInPieces(pcb, data, length, src, dst, mtu, ttl);
  }
  const at = begin(src, dst);
  if (!at) return refuse(pcb);
  memory.copy(at, data, length);
  const second = pcb.wants(UdpWish.AnyMayFragment) ? identification(src, dst, raw.protocol) << 16 : DONT_FRAGMENT;
  finishPiece(raw.protocol, length, ttl, pcb.tos, second);
  return <i32>length;
}

/** -EMSGSIZE: more fragments than a ring could hold. */
function sendInPieces(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32, mtu: u32, ttl: u32): i32 {
  parcel.src = src;
  parcel.dst = dst;
  parcel.mtu = mtu;
  parcel.head = data;
  parcel.headLength = QUOTED;
  parcel.data = data + QUOTED;
  parcel.length = length - QUOTED;
  parcel.protocol = <u8>Raw.of(pcb).protocol;
  parcel.ttl = <u8>ttl;
  parcel.tos = <u8>pcb.tos;
  if (!fitsRing()) return -Errno.EMSGSIZE;
  return sendParcel() ? <i32>length : refuse(pcb);
}

/** Filled in, as raw(7) says: total length and checksum always, source and identification where they are 0. */
function sendWritten(pcb: Pcb, data: usize, length: u32, src: u32, dst: u32): i32 {
  if (length > MTU) return -Errno.EMSGSIZE;
  if (length < IPV4_HEADER || !isHeader(Ipv4Header.at(data), length)) return -Errno.EINVAL;
  const at = begin(src, dst);
  if (!at) return refuse(pcb);
  const header = Ipv4Header.at(at - IPV4_HEADER);
  memory.copy(changetype<usize>(header), data, length);
  header.total = length;
  if (header.src == 0) header.src = src;
  if (header.id == 0) header.id = 1 + randomBelow(0xffff);
  header.checksum = 0;
  header.checksum = fold(sum(changetype<usize>(header), header.size));
  finishWritten(length - IPV4_HEADER);
  return <i32>length;
}

/** Its lengths are such that whoever reads it stays inside of it. */
function isHeader(header: Ipv4Header, length: u32): bool {
  return header.version == 4 && header.size >= IPV4_HEADER && header.size <= length;
}
