import { Counter, DescriptorRecord, Drop } from "../abi";
import { RAW_SOCKETS, SINGLE_HOMED } from "../config";
import { frame } from "../link/input";
import { isFamiliarArrival, rememberArrival } from "../link/familiar";
import { isAddressOf } from "../link/interface";
import { count, drop } from "../stats";
import { fold } from "../wire/checksum";
import { ETHERNET_HEADER } from "../wire/ethernet";
import { IPV4_HEADER, Ipv4Header } from "../wire/ipv4";
import { datagram } from "./datagram";
import { REASSEMBLY } from "./fragments";
import { MULTICAST, isJoined } from "./groups";
import { isBroadcastOn, isLocal, isMulticast, isOurs, isReserved } from "./iface";
import { fragmentArrives } from "./reassembly";

/**
 * The IPv4 datagram in `frame` (RFC 1122 §3.2.1): fills `datagram` and returns Drop.None when it is sound, whole and for us;
 * anything else is dropped silently, or kept until the rest of it has come. A TTL of 0 or 1 is no reason (§3.2.1.7).
 */
export function datagramArrives(): Drop {
  const header = Ipv4Header.at(frame.payload);
  const fault = header.check(frame.length);
  if (fault != Drop.None) return drop(fault);
  if (!frame.checksumOk && !isIntact(frame.payload, header.size)) return drop(Drop.IpChecksum);
  if (header.size > IPV4_HEADER) {
    const objection = checkOptions(header.options, frame.payload + header.size);
    if (objection != Drop.None) return drop(objection);
  }
  const src = header.src;
  const dst = header.dst;
  const i = frame.iface;
  let broadcast = false;
  if (SINGLE_HOMED || !isFamiliarArrival(src, dst, i)) {
    if (isReserved(src) || isOurs(src) || isBroadcastOn(i, src)) return drop(Drop.IpSource);
    broadcast = !isAddressOf(i, dst);
    if (broadcast && !isBroadcastOn(i, dst) && !isOurGroup(dst, i)) return drop(Drop.IpNotForUs);
    if (!SINGLE_HOMED && !broadcast) rememberArrival(src, dst, i);
  }
  if (frame.toGroup && !broadcast) return drop(Drop.IpLinkBroadcast);
  if (!REASSEMBLY && header.isFragment) return drop(Drop.IpFragment);
  datagram.linkBroadcast = frame.toGroup;
  datagram.ipBroadcast = broadcast;
  datagram.checksumOk = frame.checksumOk;
  datagram.loopback = false;
  datagram.iface = i;
  return take(header);
}

/** A group that somebody here has joined on interface `i`. */
// prettier-ignore
@inline function isOurGroup(dst: u32, i: u32): bool { return MULTICAST && isMulticast(dst) && isJoined(dst, i); }

/** The checksum of a header of `size` octets holds. */
function isIntact(at: usize, size: u32): bool {
  let total: u64 = <u64>load<u32>(at) + load<u32>(at, 4) + load<u32>(at, 8) + load<u32>(at, 12) + load<u32>(at, 16);
  for (let more = at + IPV4_HEADER; more < at + size; more += 4) total += load<u32>(more);
  return fold(total) == 0;
}

/** A datagram of the loopback ring, which we made: only the addresses that a raw socket may have written need a look (RFC 1122 §3.2.1.3). */
export function loopbackArrives(descriptor: usize): Drop {
  const header = Ipv4Header.at(<usize>load<u32>(descriptor, DescriptorRecord.buffer) + ETHERNET_HEADER);
  if (RAW_SOCKETS && !isLocal(header.src)) return drop(Drop.IpSource);
  const toGroup = MULTICAST && isMulticast(header.dst); // the copy of what goes to a group
  if (RAW_SOCKETS && !toGroup && !isLocal(header.dst)) return drop(Drop.IpNotForUs);
  datagram.ipBroadcast = toGroup;
  datagram.linkBroadcast = false;
  datagram.checksumOk = true;
  datagram.loopback = true;
  datagram.iface = 0;
  return take(header);
}

function take(header: Ipv4Header): Drop {
  datagram.read(header);
  if (REASSEMBLY && header.isFragment) {
    const missing = fragmentArrives();
    if (missing != Drop.None) return missing;
  }
  count(Counter.IpIn);
  return Drop.None;
}

const END_OF_LIST: u32 = 0;
const NO_OPERATION: u32 = 1;
const LOOSE_SOURCE_ROUTE: u32 = 131;
const STRICT_SOURCE_ROUTE: u32 = 137;

/**
 * Skip the options between `at` and `end`: each must lie within the header (RFC 1122 §3.2.1.8), none means anything to us.
 * Deviation: source routes are not honoured but dropped (RFC 7126 §4.3, §4.4).
 */
function checkOptions(at: usize, end: usize): Drop {
  while (at < end) {
    const kind = <u32>load<u8>(at);
    if (kind == END_OF_LIST) return Drop.None;
    if (kind == NO_OPERATION) {
      at++;
      continue;
    }
    if (end - at < 2) return Drop.IpOption;
    const length = <u32>load<u8>(at, 1);
    if (length < 2 || length > <u32>(end - at)) return Drop.IpOption;
    if (kind == LOOSE_SOURCE_ROUTE || kind == STRICT_SOURCE_ROUTE) return Drop.IpSourceRoute;
    at += length;
  }
  return Drop.None;
}
