/**
 * The module's border: what hosts call. `poll` and `serve` are the firmware's own (apps/), everything else is here. Results are
 * a count, 0, or a negative errno with Linux's numbers; no call blocks.
 */
import { Abi, Owner } from "./abi";
import { SCRATCH } from "./config";
import { macAt } from "./driver/mac_ring";
import * as iface from "./ip/iface";
import { describeAddress, describeRoute } from "./ip/listing";
import { addUserRoute, removeUserRoute } from "./ip/user_routes";
import { arpSet } from "./link/arp";
import * as settings from "./settings";
import * as calls from "./socket/calls";
import { describe } from "./socket/listing";
import { start } from "./stack";
import { statsAt } from "./stats";
import * as ring from "./trace";

const region = memory.data(SCRATCH, 8);

/** Start, or start over, with 128 bits of entropy: the secret behind sequence numbers, ports and hashes. */
export function init(s0: u32, s1: u32, s2: u32, s3: u32): i32 {
  start(s0, s1, s2, s3);
  return 0;
}
/** Version of this border (Abi.version). */
export function version(): u32 {
  return Abi.version;
}
/** Address of interface i's MacRecord, 0 if there is none. */
export function mac(i: u32): usize {
  return macAt(i);
}
/** Address of the counters: Drop.count words, then Counter.count words. */
export function stats(): usize {
  return statsAt();
}
/** A region the host may use to pass addresses and data, `scratch_size` octets. */
export function scratch(): usize {
  return region;
}
/** Octets of `scratch`. */
export function scratch_size(): u32 {
  return SCRATCH;
}
/** Primary address, prefix length and gateway (0: none) of interface i; address 0 takes it down. -EINVAL, -EEXIST. */
export function ifconfig(i: u32, address: u32, prefix: u32, gateway: u32): i32 {
  return iface.ifconfig(i, address, prefix, gateway);
}
/** One more address of interface i. -EINVAL, -EEXIST, -ENOBUFS. */
export function address_add(i: u32, address: u32, prefix: u32): i32 {
  return iface.addAddress(i, address, prefix);
}
/** Take an address away; what is bound to it lingers until it times out. -EADDRNOTAVAIL. */
export function address_remove(i: u32, address: u32): i32 {
  return iface.removeAddress(i, address);
}
/** The address at or after `index` goes to `record`; returns the index to ask next, -ENOENT when there are no more. */
export function addresses(index: u32, record: usize): i32 {
  return describeAddress(index, record);
}
/** A route to a network by a router (0: on the link) of interface i. -EINVAL, -EEXIST, -ENOBUFS, -ENETDOWN, -ENETUNREACH. */
export function route_add(network: u32, prefix: u32, gateway: u32, i: u32): i32 {
  return addUserRoute(network, prefix, gateway, i);
}
/** Take a route by way of interface i away, or its gateway (0, 0). -ESRCH. */
export function route_remove(network: u32, prefix: u32, i: u32): i32 {
  return removeUserRoute(network, prefix, i);
}
/** Line `index` of the routing table, the longest prefix first, goes to `record`; returns the index to ask next, -ENOENT. */
export function routes(index: u32, record: usize): i32 {
  return describeRoute(index, record);
}
/** A neighbour that is not asked for: its IPv4 address and the place of its MAC address. -EINVAL, -ENOBUFS. */
export function arp_set(address: u32, macAddress: usize): i32 {
  return arpSet(address, macAddress);
}
/** Test settings, in builds with TUNABLE: 0, -EINVAL, -ENOSYS. To be called after `init`, before the first socket. */
export function tune(setting: u32, value: u32): i32 {
  return settings.tune(setting, value);
}
/** The value of a setting, 0 for one that is unknown. */
export function tuned(setting: u32): u32 {
  return settings.tuned(setting);
}
/** Debug builds: the ring of the newest trace records, and how many were ever written. 0 in release builds. */
export function trace(): usize {
  return ring.traceAt();
}
/** How many records were ever written. */
export function traced(): u32 {
  return ring.traced();
}

/** socket(2): a descriptor, -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EMFILE, -ENOBUFS. */
export function socket(family: u32, type: u32, protocol: u32): i32 {
  return calls.socketOf(Owner.Host, family, type, protocol);
}
/** socketpair(2): two connected sockets of AF_UNIX, their descriptors in the two words at `fds`; 0 or -errno, -ENOSYS where PAIRS is 0. */
export function socketpair(family: u32, type: u32, protocol: u32, fds: usize): i32 {
  return calls.socketPairOf(Owner.Host, Owner.Host, family, type, protocol, fds);
}
/** The next descriptor of the host's something happened to, or -EAGAIN. News come once: use it until -EAGAIN. */
export function next_event(): i32 {
  return calls.nextEvent(Owner.Host);
}
/** netstat: the row at or after `index` goes to `record`; returns the index to ask next, -ENOENT when there are no more. */
export function sockets(index: u32, record: usize): i32 {
  return describe(index, record);
}

export {
  accept,
  bind,
  close,
  connect,
  dup,
  getpeername,
  getsockname,
  getsockopt,
  ioctl,
  listen,
  ready,
  recv,
  recv_ptr,
  recv_ready,
  recv_release,
  recvfrom,
  send,
  send_commit,
  send_ptr,
  send_room,
  sendto,
  setsockopt,
  shutdown,
} from "./socket/calls";
