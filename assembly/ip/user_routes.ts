import { Errno } from "../abi";
import { INTERFACES, ROUTES, SINGLE_HOMED } from "../config";
import { Interface, localBeside } from "../link/interface";
import { address, isLocal, isMulticast, isReserved } from "./iface";
import { Origin, Route, addRoute, networkMask, removeRoute, routeCount } from "./routes";

/** Routes that the application asks for, in both senses. */

/**
 * Datagrams to a network (prefix 0..32) go to the router `gateway` (0: straight to their hosts) by way of interface `i`. -EINVAL: no such
 * interface, bits behind the prefix, no address of one host; -EEXIST: it has one for that network by that way; -ENETDOWN: the interface has
 * no address; -ENETUNREACH: the router is not on its link; -ENOBUFS; -ENOSYS in a build without routes.
 */
export function addUserRoute(network: u32, prefix: u32, gateway: u32, i: u32): i32 {
  if (SINGLE_HOMED) return -Errno.ENOSYS;
  if (i >= INTERFACES || !isNetwork(network, prefix) || isLocal(gateway)) return -Errno.EINVAL;
  if (find(network, prefix, i) >= 0) return -Errno.EEXIST;
  if (address(i) == 0) return -Errno.ENETDOWN;
  if (gateway != 0 && !localBeside(i, gateway)) return -Errno.ENETUNREACH;
  if (userRoutes() == ROUTES) return -Errno.ENOBUFS;
  addRoute(network, prefix, gateway, i, Origin.User, 0);
  return 0;
}

/** Take a route away, or the gateway of an interface (network and prefix 0). -ESRCH: there is none but by an address of ours, or none. */
export function removeUserRoute(network: u32, prefix: u32, i: u32): i32 {
  if (SINGLE_HOMED) return -Errno.ENOSYS;
  const n = find(network, prefix, i);
  if (n < 0 || Route.at(n).origin == Origin.Address) return -Errno.ESRCH;
  if (Route.at(n).origin == Origin.Gateway) Interface.at(i).gateway = 0;
  removeRoute(n);
  return 0;
}

/** Where it can be sent to: everywhere, a group, or hosts on a wire. */
function isNetwork(network: u32, prefix: u32): bool {
  if (prefix > 32 || (network & ~networkMask(prefix)) != 0) return false;
  return prefix == 0 || isMulticast(network) || !isReserved(network);
}

/** The line of the routing table for a network by way of interface `i`, or -1. */
function find(network: u32, prefix: u32, i: u32): i32 {
  for (let n: u32 = 0; n < routeCount(); n++) {
    const route = Route.at(n);
    if (route.network == network && route.prefix == prefix && route.iface == i) return n;
  }
  return -1;
}

function userRoutes(): u32 {
  let users: u32 = 0;
  for (let n: u32 = 0; n < routeCount(); n++) if (Route.at(n).origin == Origin.User) users++;
  return users;
}
