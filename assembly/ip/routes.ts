import { ADDRESSES, INTERFACES, ROUTES } from "../config";
import { linkUp } from "../driver/mac_ring";
import { forgetFamiliar } from "../link/familiar";

/** Whom a route is of. */
export const enum Origin {
  /** An address: its network is on the link. */
  Address,
  /** The gateway that was named with an interface's address. */
  Gateway,
  /** `route_add`. */
  User,
}

/** One line of the routing table. */
@final
@unmanaged
export class Route {
  network: u32;
  mask: u32;
  /** The router that takes it on; 0: the network is on the link. */
  gateway: u32;
  private _iface: u8;
  private _prefix: u8;
  private _origin: u8;
  /** Whose it is: the index of the address. */
  private _owner: u8;
  // prettier-ignore
  @inline static at(i: u32): Route { return changetype<Route>(table + <usize>i * SIZE); }
  // prettier-ignore
  @inline get iface(): u32 { return this._iface; }
  // prettier-ignore
  @inline get prefix(): u32 { return this._prefix; }
  // prettier-ignore
  @inline get origin(): Origin { return this._origin; }
  // prettier-ignore
  @inline get owner(): u32 { return this._owner; }
  // prettier-ignore
  @inline matches(ip: u32): bool { return ((ip ^ this.network) & this.mask) == 0; }
  fill(network: u32, prefix: u32, gateway: u32, i: u32, origin: Origin, owner: u32): void {
    this.mask = networkMask(prefix);
    this.network = network & this.mask;
    this.gateway = gateway;
    this._iface = <u8>i;
    this._prefix = <u8>prefix;
    this._origin = <u8>origin;
    this._owner = <u8>owner;
  }
}
const SIZE: u32 = 16;
const ROWS: u32 = ADDRESSES + INTERFACES + ROUTES;
/** The longest prefix first; of equal ones the older first. */
@lazy const table = memory.data(ROWS * SIZE, 4);
@lazy const used = memory.data(4, 4);

export function initRoutes(): void {
  store<u32>(used, 0);
}

/** Of a prefix of 0..32. */
export function networkMask(prefix: u32): u32 {
  return prefix == 0 ? 0 : 0xffffffff << (32 - prefix);
}

// prettier-ignore
@inline export function routeCount(): u32 { return load<u32>(used); }

/** The route to `dst`: the longest prefix whose interface has its cable; if none has, the longest; null for none (RFC 1122 §3.3.1). */
export function findRoute(dst: u32): Route | null {
  const count = routeCount();
  let fallback: Route | null = null;
  for (let n: u32 = 0; n < count; n++) {
    const route = Route.at(n);
    if (!route.matches(dst)) continue;
    if (INTERFACES == 1 || linkUp(route.iface)) return route;
    if (!fallback) fallback = route;
  }
  return fallback;
}

/** Its place is behind those with as long a prefix. False when the table is full. */
export function addRoute(network: u32, prefix: u32, gateway: u32, i: u32, origin: Origin, owner: u32): bool {
  const count = routeCount();
  if (count == ROWS) return false;
  let n = count;
  while (n > 0 && Route.at(n - 1).prefix < prefix) n--;
  const at = changetype<usize>(Route.at(n));
  memory.copy(at + SIZE, at, (count - n) * SIZE);
  Route.at(n).fill(network, prefix, gateway, i, origin, owner);
  store<u32>(used, count + 1);
  forgetFamiliar();
  return true;
}

export function removeRoute(n: u32): void {
  const count = routeCount() - 1;
  const at = changetype<usize>(Route.at(n));
  memory.copy(at, at + SIZE, (count - n) * SIZE);
  store<u32>(used, count);
  forgetFamiliar();
}

/** Remove the route of an address, or of the gateway of interface `owner`. */
export function removeRouteOf(origin: Origin, owner: u32): void {
  for (let n = routeCount(); n > 0; n--) {
    const route = Route.at(n - 1);
    if (route.origin == origin && route.owner == owner) removeRoute(n - 1);
  }
}
