import { Errno, LocalAddressRecord, RouteRecord } from "../abi";
import { ADDRESSES, SINGLE_HOMED } from "../config";
import { Local } from "../link/interface";
import { Route, routeCount } from "./routes";

/** The address at or after `index`, primary ones first; returns the index to ask next, or -ENOENT when there are no more. */
export function describeAddress(index: u32, record: usize): i32 {
  if (SINGLE_HOMED) return -Errno.ENOSYS;
  for (let n = index; n < ADDRESSES; n++) {
    const local = Local.at(n);
    if (local.ip == 0) continue;
    store<u32>(record, local.ip, LocalAddressRecord.address);
    store<u8>(record, <u8>local.iface, LocalAddressRecord.iface);
    store<u8>(record, <u8>local.prefix, LocalAddressRecord.prefix);
    return <i32>(n + 1);
  }
  return -Errno.ENOENT;
}

/** The line `index` of the routing table, the longest prefix first; returns the index to ask next, or -ENOENT. */
export function describeRoute(index: u32, record: usize): i32 {
  if (SINGLE_HOMED) return -Errno.ENOSYS;
  if (index >= routeCount()) return -Errno.ENOENT;
  const route = Route.at(index);
  store<u32>(record, route.network, RouteRecord.network);
  store<u32>(record, route.gateway, RouteRecord.gateway);
  store<u8>(record, <u8>route.iface, RouteRecord.iface);
  store<u8>(record, <u8>route.prefix, RouteRecord.prefix);
  return <i32>(index + 1);
}
