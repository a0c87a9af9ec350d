import { Errno, IpOption, Level } from "../abi";
import { INTERFACES } from "../config";
import { MULTICAST, joinGroup, leaveGroup } from "../ip/groups";
import { address, isMulticast } from "../ip/iface";
import { sourceFor } from "../ip/route";
import { findLocal } from "../link/interface";
import { Pcb, UdpWish } from "../udp/pcb";
import { be } from "../wire/bytes";

/** What datagram sockets have to do with groups: the options whose values are addresses, and those of what is sent to groups. */

const WORD: u32 = 4;

/** The option has an address in its value. */
export function isGroupOption(level: u32, name: u32): bool {
  if (!MULTICAST || level != Level.IPPROTO_IP) return false;
  return name == IpOption.IP_MULTICAST_IF || name == IpOption.IP_ADD_MEMBERSHIP || name == IpOption.IP_DROP_MEMBERSHIP;
}

/**
 * A struct in_addr, ip_mreq or ip_mreqn: group, interface's address, interface's index (from 1 on), as many as `length` has room for.
 * -EINVAL, -ENODEV for an interface there is not, -EADDRINUSE for a member, -EADDRNOTAVAIL for none, -ENOBUFS.
 */
export function setGroupOption(pcb: Pcb, name: u32, value: usize, length: u32): i32 {
  const leaving = name == IpOption.IP_MULTICAST_IF;
  const least = leaving ? WORD : 2 * WORD;
  if (length < least) return -Errno.EINVAL;
  const own = be.get32(leaving && length < 2 * WORD ? value : value + WORD);
  const index = length < 3 * WORD ? 0 : load<u32>(value, 2 * WORD);
  const group = be.get32(value);
  if (!leaving && !isMulticast(group)) return -Errno.EINVAL;
  const i = interfaceOf(own, index, group);
  if (leaving) return sendBy(pcb, i, index ? address(i) : own);
  if (i < 0) return i;
  return name == IpOption.IP_ADD_MEMBERSHIP ? joinGroup(pcb.socket, group, i) : leaveGroup(pcb.socket, group, i);
}

/** An interface, by its index or else by an address of its own or else (0) that of the route to the group; -ENODEV. */
function interfaceOf(own: u32, index: u32, group: u32): i32 {
  if (index != 0) return index <= INTERFACES ? <i32>index - 1 : -Errno.ENODEV;
  const local = findLocal(own ? own : sourceFor(group));
  return local ? <i32>local.iface : own ? -Errno.ENODEV : 0;
}

/** Datagrams to groups leave by interface `i`; 0.0.0.0 is whatever the routes say. */
function sendBy(pcb: Pcb, i: i32, own: u32): i32 {
  if (i < 0) return -Errno.EADDRNOTAVAIL;
  pcb.groupSource = own;
  return 0;
}

/** The value of an option about groups, -ENOPROTOOPT where it is none. */
export function groupOption(pcb: Pcb, name: u32): i32 {
  if (MULTICAST && name == IpOption.IP_MULTICAST_TTL) return <i32>pcb.groupTtl;
  if (MULTICAST && name == IpOption.IP_MULTICAST_LOOP) return <i32>!pcb.wants(UdpWish.NoLoop);
  if (MULTICAST && name == IpOption.IP_MULTICAST_IF) return <i32>bswap<u32>(pcb.groupSource);
  return -Errno.ENOPROTOOPT;
}

/** 0, -EINVAL, -ENOPROTOOPT. A TTL of 0 keeps what is sent on this host; -1 is the default. */
export function setGroupSending(pcb: Pcb, name: u32, value: i32): i32 {
  if (MULTICAST && name == IpOption.IP_MULTICAST_LOOP) {
    pcb.wish(UdpWish.NoLoop, value == 0);
    return 0;
  }
  if (!MULTICAST || name != IpOption.IP_MULTICAST_TTL) return -Errno.ENOPROTOOPT;
  if (value < -1 || value > 255) return -Errno.EINVAL;
  pcb.groupTtl = value == -1 ? 1 : <u32>value;
  return 0;
}
