import { Errno } from "../abi";
import { ADDRESSES, INTERFACES, SINGLE_HOMED } from "../config";
import { announce, arpConfigured } from "../link/arp";
import {
  Interface,
  Local,
  findLocal,
  hasHost,
  initInterfaces,
  localBeside,
  localCount,
  maskOf,
  primary,
} from "../link/interface";
import { Origin, Route, addRoute, findRoute, initRoutes, removeRoute, removeRouteOf, routeCount } from "./routes";

/** The IPv4 side of the interfaces: their addresses, and whose an address is. Loopback (127/8) needs no interface. */

export const LOCALHOST: u32 = 0x7f000001;
export const BROADCAST: u32 = 0xffffffff;

export function initIface(): void {
  initInterfaces();
  if (!SINGLE_HOMED) initRoutes();
}

/** The primary address of an interface, 0 while unconfigured. */
// prettier-ignore
@inline export function address(i: u32 = 0): u32 { return primary(i).ip; }
// prettier-ignore
@inline export function gateway(i: u32 = 0): u32 { return Interface.at(i).gateway; }
// prettier-ignore
@inline export function prefix(i: u32 = 0): u32 { return primary(i).prefix; }

/**
 * Give interface `i` its primary address, a prefix length (1..32) and a default router (0: none); address 0 takes all its addresses and
 * routes away. -EINVAL when there is no such interface, or an address is not one of a single host, or the router is not on the link;
 * -EEXIST when it is another address of ours already.
 */
export function ifconfig(i: u32, address: u32, prefix: u32, gateway: u32): i32 {
  if (i >= INTERFACES) return -Errno.EINVAL;
  if (address == 0) return configure(i, 0, 0, 0);
  if (!isAddress(address, prefix)) return -Errno.EINVAL;
  const mask = maskOf(prefix);
  if (gateway != 0 && (gateway == address || !isHost(gateway, mask) || (gateway ^ address) & mask)) return -Errno.EINVAL;
  if (!SINGLE_HOMED) {
    const found = findLocal(address);
    if (found && found != primary(i)) return -Errno.EEXIST;
  }
  return configure(i, address, prefix, gateway);
}

function configure(i: u32, address: u32, prefix: u32, gateway: u32): i32 {
  Interface.at(i).gateway = gateway;
  primary(i).fill(i, address, prefix);
  if (!SINGLE_HOMED) {
    removeRouteOf(Origin.Gateway, i);
    connect(primary(i));
    if (gateway) addRoute(0, 0, gateway, i, Origin.Gateway, i);
    if (address == 0) dropAddresses(i);
    prune(i);
  }
  arpConfigured(i);
  return 0;
}

/** The network of an address is on the link, if it is one. */
function connect(local: Local): void {
  const n = local.index;
  removeRouteOf(Origin.Address, n);
  if (local.ip) addRoute(local.ip, local.prefix, 0, local.iface, Origin.Address, n);
}

function dropAddresses(i: u32): void {
  for (let n = INTERFACES; n < ADDRESSES; n++) if (Local.at(n).iface == i) free(Local.at(n));
}

function free(local: Local): void {
  local.fill(0, 0, 0);
  connect(local);
}

/** Take away the routes by way of interface `i` whose routers are neighbours no more, all when it has no address. */
function prune(i: u32): void {
  for (let n = routeCount(); n > 0; n--) {
    const route = Route.at(n - 1);
    if (route.iface != i || route.origin == Origin.Address) continue;
    if (address(i) != 0 && (route.gateway == 0 || localBeside(i, route.gateway))) continue;
    if (route.origin == Origin.Gateway) Interface.at(i).gateway = 0;
    removeRoute(n - 1);
  }
}

/** One more address for interface `i`, its primary one if it has none. -EINVAL, -EEXIST, -ENOBUFS; -ENOSYS in a build with one. */
export function addAddress(i: u32, ip: u32, prefix: u32): i32 {
  if (SINGLE_HOMED) return -Errno.ENOSYS;
  if (i >= INTERFACES || !isAddress(ip, prefix)) return -Errno.EINVAL;
  if (findLocal(ip)) return -Errno.EEXIST;
  if (address(i) == 0) return configure(i, ip, prefix, 0);
  let n = INTERFACES;
  while (n < ADDRESSES && Local.at(n).ip) n++;
  if (n >= ADDRESSES) return -Errno.ENOBUFS;
  const local = Local.at(n);
  local.fill(i, ip, prefix);
  connect(local);
  announce(local);
  return 0;
}

/**
 * Take an address from interface `i`; if it was the primary one, another of its addresses takes the place, and the routes go whose routers
 * are neighbours no more. What was bound to it lingers until it times out. -EADDRNOTAVAIL if the interface has no such address.
 */
export function removeAddress(i: u32, ip: u32): i32 {
  if (SINGLE_HOMED) return -Errno.ENOSYS;
  const local = findLocal(ip);
  if (!local || local.iface != i) return -Errno.EADDRNOTAVAIL;
  if (local == primary(i)) {
    const next = another(i);
    if (!next) return configure(i, 0, 0, 0);
    local.fill(i, next.ip, next.prefix);
    connect(local);
    free(next);
  } else free(local);
  prune(i);
  return 0;
}

/** An address of interface `i` that is not its primary one, or null. */
function another(i: u32): Local | null {
  for (let n = INTERFACES; n < ADDRESSES; n++) {
    const local = Local.at(n);
    if (local.ip && local.iface == i) return local;
  }
  return null;
}

function isAddress(ip: u32, prefix: u32): bool {
  return prefix >= 1 && prefix <= 32 && isHost(ip, maskOf(prefix));
}

/** An address one host of a network may have: neither reserved nor, where the network has room, its first or last. */
// prettier-ignore
@inline function isHost(ip: u32, mask: u32): bool { return !isReserved(ip) && hasHost(ip, mask); }

/** 0/8, 127/8, 224/4 and 240/4: never the address of one host on a wire (RFC 1122 §3.2.1.3, RFC 6890). */
export function isReserved(ip: u32): bool {
  const net = ip >> 24;
  return net == 0 || net == 127 || net >= 224;
}

// prettier-ignore
@inline export function isLoopback(ip: u32): bool { return ip >> 24 == 127; }

/** An address of any of our interfaces. */
// prettier-ignore
@inline export function isOurs(ip: u32): bool { return SINGLE_HOMED ? ip == address() && ip != 0 : findLocal(ip) != null; }

/** Ours, or one of 127/8. */
// prettier-ignore
@inline export function isLocal(ip: u32): bool { return isOurs(ip) || isLoopback(ip); }

// prettier-ignore
@inline export function isMulticast(ip: u32): bool { return ip >> 28 == 14; }

/** On a link that an interface is connected to. */
// prettier-ignore
@inline export function isOnLink(ip: u32): bool {
  if (SINGLE_HOMED) return primary(0).covers(ip);
  const route = findRoute(ip);
  return route != null && route.gateway == 0;
}

/** 255.255.255.255, or the broadcast address of a network of ours (RFC 1122 §3.3.6). */
export function isBroadcast(ip: u32): bool {
  if (ip == BROADCAST) return true;
  if (SINGLE_HOMED) return primary(0).isBroadcast(ip);
  for (let n: u32 = 0; n < localCount(); n++) if (Local.at(n).isBroadcast(ip)) return true;
  return false;
}

/** The same, for what comes in by interface `i`: only its own networks are meant. */
export function isBroadcastOn(i: u32, ip: u32): bool {
  if (INTERFACES == 1) return isBroadcast(ip);
  if (ip == BROADCAST) return true;
  for (let n: u32 = 0; n < localCount(); n++) if (Local.at(n).iface == i && Local.at(n).isBroadcast(ip)) return true;
  return false;
}
