import { Errno } from "../abi";
import { arpConfigure } from "../link/arp";

/** The IPv4 side of an interface. The first and only one; loopback (127/8) needs none. */
@final
@unmanaged
export class Interface {
  /** 0: unconfigured. */
  address: u32;
  mask: u32;
  /** The router datagrams to other networks go to; 0: none. */
  gateway: u32;
  prefix: u32;
}
const iface = changetype<Interface>(memory.data(16, 4));

export const LOCALHOST: u32 = 0x7f000001;
export const BROADCAST: u32 = 0xffffffff;

export function initIface(): void {
  memory.fill(changetype<usize>(iface), 0, 16);
}

/** Our address, 0 while unconfigured. */
// prettier-ignore
@inline export function address(): u32 { return iface.address; }
// prettier-ignore
@inline export function gateway(): u32 { return iface.gateway; }
// prettier-ignore
@inline export function prefix(): u32 { return iface.prefix; }

/**
 * Give interface `i` an address, a prefix length (1..32) and a default router (0: none); address 0 takes them away. -EINVAL when
 * there is no such interface, or an address is not one of a single host, or the router is not on the link.
 */
export function ifconfig(i: u32, address: u32, prefix: u32, gateway: u32): i32 {
  if (i != 0) return -Errno.EINVAL;
  if (address == 0) return configure(0, 0, 0);
  if (prefix < 1 || prefix > 32) return -Errno.EINVAL;
  const mask: u32 = 0xffffffff << (32 - prefix);
  if (!isHost(address, mask)) return -Errno.EINVAL;
  if (gateway != 0 && (gateway == address || !isHost(gateway, mask) || (gateway ^ address) & mask)) return -Errno.EINVAL;
  iface.prefix = prefix;
  return configure(address, mask, gateway);
}

function configure(address: u32, mask: u32, gateway: u32): i32 {
  iface.address = address;
  iface.mask = mask;
  iface.gateway = gateway;
  if (address == 0) iface.prefix = 0;
  arpConfigure(address, mask, gateway);
  return 0;
}

/** An address one host of a network may have: neither reserved nor, where the network has room, its first or last. */
function isHost(ip: u32, mask: u32): bool {
  if (isReserved(ip)) return false;
  const host = ~mask;
  return host <= 1 || ((ip & host) != 0 && (ip & host) != host);
}

/** 0/8, 127/8, 224/4 and 240/4: never the address of one host on a wire (RFC 1122 §3.2.1.3, RFC 6890). */
export function isReserved(ip: u32): bool {
  const net = ip >> 24;
  return net == 0 || net == 127 || net >= 224;
}

// prettier-ignore
@inline export function isLoopback(ip: u32): bool { return ip >> 24 == 127; }

/** Ours, or one of 127/8. */
// prettier-ignore
@inline export function isLocal(ip: u32): bool { return (ip == iface.address && ip != 0) || isLoopback(ip); }

// prettier-ignore
@inline export function isMulticast(ip: u32): bool { return ip >> 28 == 14; }

/** On the link the interface is connected to. */
// prettier-ignore
@inline export function isOnLink(ip: u32): bool { return ((ip ^ iface.address) & iface.mask) == 0 && iface.address != 0; }

/** 255.255.255.255, or all ones or (4.2BSD) all zeros in the host part of our network (RFC 1122 §3.3.6). */
export function isBroadcast(ip: u32): bool {
  if (ip == BROADCAST) return true;
  const host = ~iface.mask;
  if (!isOnLink(ip) || host <= 1) return false;
  return (ip & host) == host || (ip & host) == 0;
}
