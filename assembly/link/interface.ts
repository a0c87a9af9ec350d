import { ADDRESSES, INTERFACES, SINGLE_HOMED } from "../config";
import { forgetFamiliar } from "./familiar";

/** What ARP and IP both know of the interfaces: the addresses that are ours, and who routes. */

/** One address of ours. The first INTERFACES are primary, each of the interface of that number; the rest are anybody's. */
@final
@unmanaged
export class Local {
  /** 0: free. */
  ip: u32;
  mask: u32;
  /** When it was announced last, and defended. */
  announcedAt: u32;
  defendedAt: u32;
  /** Announcements yet to be sent. */
  private _announcements: u8;
  defended: bool;
  private _prefix: u8;
  private _iface: u8;
  // prettier-ignore
  @inline static at(i: u32): Local { return changetype<Local>(locals + <usize>i * LOCAL_SIZE); }
  // prettier-ignore
  @inline get index(): u32 { return <u32>((changetype<usize>(this) - locals) / LOCAL_SIZE); }
  // prettier-ignore
  @inline get announcements(): u32 { return this._announcements; }
  set announcements(v: u32) {
    this._announcements = <u8>v;
  }
  // prettier-ignore
  @inline get prefix(): u32 { return this._prefix; }
  // prettier-ignore
  @inline get iface(): u32 { return INTERFACES == 1 ? 0 : this._iface; }

  /** Become `ip`, of interface `i`; 0 frees it. */
  fill(i: u32, ip: u32, prefix: u32): void {
    this.ip = ip;
    this.mask = maskOf(prefix);
    this.announcements = 0;
    this.defended = false;
    this._prefix = <u8>prefix;
    if (INTERFACES > 1) this._iface = <u8>i;
    if (SINGLE_HOMED) return;
    countLocals();
    forgetFamiliar();
  }

  /** The network holds `ip`. */
  // prettier-ignore
  @inline covers(ip: u32): bool { return ((ip ^ this.ip) & this.mask) == 0 && this.ip != 0; }

  /** The network has a broadcast address: all ones or (4.2BSD) all zeros behind the prefix (RFC 1122 §3.3.6); and `ip` is that. */
  isBroadcast(ip: u32): bool {
    return this.covers(ip) && !hasHost(ip, this.mask);
  }

  /** `ip` can be the address of a neighbour. */
  isNeighbour(ip: u32): bool {
    return this.covers(ip) && hasHost(ip, this.mask);
  }
}
const LOCAL_SIZE: u32 = 20;
const locals = memory.data(ADDRESSES * LOCAL_SIZE, 4);
/** Those from here on are free: there are seldom more than one or two. */
@lazy const used = memory.data(4, 4);

// prettier-ignore
@inline export function localCount(): u32 { return load<u32>(used); }

function countLocals(): void {
  let count = ADDRESSES;
  while (count > 0 && Local.at(count - 1).ip == 0) count--;
  store<u32>(used, count);
}

/** One interface, the cable of which is the driver's matter. */
@final
@unmanaged
export class Interface {
  /** The router datagrams to other networks go to; 0: none. */
  gateway: u32;
  /** The neighbour that was asked for last is found without a search. */
  last: usize;
  linkWasUp: bool;
  // prettier-ignore
  @inline static at(i: u32): Interface { return changetype<Interface>(INTERFACES == 1 ? interfaces : interfaces + <usize>i * INTERFACE_SIZE); }
}
const INTERFACE_SIZE: u32 = 12;
const interfaces = memory.data(INTERFACES * INTERFACE_SIZE, 4);

export function initInterfaces(): void {
  memory.fill(locals, 0, ADDRESSES * LOCAL_SIZE);
  memory.fill(interfaces, 0, INTERFACES * INTERFACE_SIZE);
  if (SINGLE_HOMED) return;
  countLocals();
  forgetFamiliar();
}

/** Of a prefix of 1..32. */
export function maskOf(prefix: u32): u32 {
  return 0xffffffff << (32 - prefix);
}

/** Behind the prefix there is a host's part: neither all zeros nor all ones, where a network has room for these (RFC 3021). */
export function hasHost(ip: u32, mask: u32): bool {
  const host = ~mask;
  return host <= 1 || ((ip & host) != 0 && (ip & host) != host);
}

/** The primary address of interface `i`; its `ip` is 0 while that is unconfigured. */
// prettier-ignore
@inline export function primary(i: u32): Local { return Local.at(INTERFACES == 1 ? 0 : i); }

/** The entry of an address of ours, or null. */
export function findLocal(ip: u32): Local | null {
  if (SINGLE_HOMED) return isAddressOf(0, ip) ? primary(0) : null;
  if (ip == 0) return null;
  for (let n: u32 = 0; n < localCount(); n++) {
    const local = Local.at(n);
    if (local.ip == ip) return local;
  }
  return null;
}

/** It is an address of interface `i`. */
// prettier-ignore
@inline export function isAddressOf(i: u32, ip: u32): bool {
  if (SINGLE_HOMED) return ip == primary(0).ip && ip != 0;
  const local = findLocal(ip);
  return local != null && local.iface == i;
}

/** The address of interface `i` whose network holds the neighbour `ip`, or null. */
export function localBeside(i: u32, ip: u32): Local | null {
  if (SINGLE_HOMED) return Local.at(0).isNeighbour(ip) ? Local.at(0) : null;
  for (let n: u32 = 0; n < localCount(); n++) {
    const local = Local.at(n);
    if (local.iface == i && local.isNeighbour(ip)) return local;
  }
  return null;
}

/** What interface `i` calls itself to the neighbour `ip`: its address in that network, else its primary. */
export function nameFor(i: u32, ip: u32): u32 {
  if (SINGLE_HOMED) return Local.at(0).ip;
  const local = localBeside(i, ip);
  return local ? local.ip : primary(i).ip;
}
