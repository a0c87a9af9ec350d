import {
  LOCALHOST,
  BROADCAST,
  address,
  gateway,
  isBroadcast,
  isLocal,
  isLoopback,
  isMulticast,
  isOnLink,
  isReserved,
} from "./iface";
import { Neighbour, doubtNeighbour, findNeighbour, isSilent } from "../link/neighbours";

/** The neighbour a datagram to `dst` goes to: itself or the router; BROADCAST for every broadcast; 0: no route (RFC 1122 §3.3.1). */
export function nextHop(dst: u32): u32 {
  if (address() == 0) return 0;
  if (isOnLink(dst)) return isBroadcast(dst) ? BROADCAST : dst;
  if (dst == BROADCAST || isMulticast(dst)) return dst;
  return isReserved(dst) ? 0 : gateway();
}

/** The address of ours a datagram to `dst` comes from; 0: no route. */
export function sourceFor(dst: u32): u32 {
  if (isLoopback(dst)) return LOCALHOST;
  if (isLocal(dst)) return dst;
  return nextHop(dst) == 0 ? 0 : address();
}

/** Negative advice from above (RFC 9293 MUST-20, RFC 1122 §2.3.2.1): nothing comes back from there, so ask for the neighbour anew. */
export function doubtRoute(dst: u32): void {
  const hop = nextHop(dst);
  if (hop == 0 || isLocal(dst)) return;
  const entry = findNeighbour(hop);
  if (entry && entry.state == Neighbour.Known) doubtNeighbour(entry);
}

/** The neighbour that datagrams to `dst` go to has been asked for in vain, and has not been heard of since. */
export function isUnreachable(dst: u32): bool {
  return !isLocal(dst) && isSilent(nextHop(dst));
}
