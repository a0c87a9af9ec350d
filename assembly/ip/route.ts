import { ADDRESSES, INTERFACES, SINGLE_HOMED } from "../config";
import { linkUp } from "../driver/mac_ring";
import { Local, findLocal, hasHost, localCount, nameFor, primary } from "../link/interface";
import { Neighbour, doubtNeighbour, findNeighbour, isSilent } from "../link/neighbours";
import {
  BROADCAST,
  LOCALHOST,
  address,
  gateway,
  isBroadcast,
  isLocal,
  isLoopback,
  isMulticast,
  isOnLink,
  isReserved,
} from "./iface";
import { Origin, findRoute } from "./routes";

/** The interface that the last answer of `nextHop` is beside. */
@lazy const way = memory.data(4, 4);

// prettier-ignore
@inline export function wayOut(): u32 { return INTERFACES == 1 ? 0 : load<u32>(way); }

/**
 * The neighbour a datagram from `src` (0: not known yet) to `dst` goes to: itself or the router; BROADCAST for every broadcast; 0: no
 * route (RFC 1122 §3.3.1). The interface is in `wayOut`. The destination alone decides, but for what goes to more hosts than one: that
 * leaves by the interface of its source (§3.3.6).
 */
export function nextHop(dst: u32, src: u32 = 0): u32 {
  if (SINGLE_HOMED) return onlyHop(dst);
  if (dst == BROADCAST || isMulticast(dst)) return groupHop(dst, src);
  if (isReserved(dst)) return 0;
  const route = findRoute(dst);
  if (!route) return 0;
  if (INTERFACES > 1) store<u32>(way, route.iface);
  if (route.gateway) return route.gateway;
  return route.origin == Origin.Address && !hasHost(dst, route.mask) ? BROADCAST : dst;
}

function onlyHop(dst: u32): u32 {
  if (address() == 0) return 0;
  if (isOnLink(dst)) return isBroadcast(dst) ? BROADCAST : dst;
  if (dst == BROADCAST || isMulticast(dst)) return dst;
  return isReserved(dst) ? 0 : gateway();
}

/** What goes to a group or to everybody goes straight there, if there is an interface with an address. */
function groupHop(dst: u32, src: u32): u32 {
  const local = src ? findLocal(src) : localFor(dst);
  if (!local) return 0;
  if (INTERFACES > 1) store<u32>(way, local.iface);
  return dst;
}

/** The primary address that the routing table has for a group, else the first that is connected, else the first. */
function localFor(dst: u32): Local | null {
  const route = findRoute(dst);
  if (route && primary(route.iface).ip) return primary(route.iface);
  let first: Local | null = null;
  for (let i: u32 = 0; i < INTERFACES; i++) {
    const local = primary(i);
    if (local.ip == 0) continue;
    if (linkUp(i)) return local;
    if (!first) first = local;
  }
  return first;
}

/** The address of ours a datagram to `dst` comes from: the one beside the next hop, else the primary one there; 0: no route. */
export function sourceFor(dst: u32): u32 {
  if (isLoopback(dst)) return LOCALHOST;
  if (isLocal(dst)) return dst;
  const hop = nextHop(dst);
  if (hop == 0) return 0;
  if (ADDRESSES == 1) return address();
  return hop == BROADCAST && dst != BROADCAST ? nameForNetwork(wayOut(), dst) : nameFor(wayOut(), hop);
}

/** The address of interface `i` in the network whose broadcast address `dst` is. */
function nameForNetwork(i: u32, dst: u32): u32 {
  for (let n: u32 = 0; n < localCount(); n++) if (Local.at(n).iface == i && Local.at(n).isBroadcast(dst)) return Local.at(n).ip;
  return address(i);
}

/** Negative advice from above (RFC 9293 MUST-20, RFC 1122 §2.3.2.1): nothing comes back from there, so ask for the neighbour anew. */
export function doubtRoute(dst: u32): void {
  const hop = nextHop(dst);
  if (hop == 0 || isLocal(dst)) return;
  const entry = findNeighbour(wayOut(), hop);
  if (entry && entry.state == Neighbour.Known) doubtNeighbour(entry);
}

/** The neighbour that datagrams to `dst` go to has been asked for in vain, and has not been heard of since. */
export function isUnreachable(dst: u32): bool {
  if (isLocal(dst)) return false;
  const hop = nextHop(dst);
  return isSilent(wayOut(), hop);
}
