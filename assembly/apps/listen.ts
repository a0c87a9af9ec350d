import { AddressRecord, Family, Owner, SocketType } from "../abi";
import { bind, close, listen, socketOf } from "../socket/calls";

const address = memory.data(AddressRecord.size, 4);

/**
 * A socket of `owner`, bound to `port` on every address; stream sockets listen with room for `backlog` connections.
 * Returns the descriptor, or -errno with nothing left open.
 */
export function serveOn(owner: Owner, type: SocketType, port: u32, backlog: u32): i32 {
  const fd = socketOf(owner, Family.AF_INET, type, 0);
  if (fd < 0) return fd;
  memory.fill(address, 0, AddressRecord.size);
  store<u16>(address + AddressRecord.family, Family.AF_INET);
  store<u16>(address + AddressRecord.port, <u16>port);
  let result = bind(fd, address);
  if (result == 0 && type == SocketType.SOCK_STREAM) result = listen(fd, backlog);
  if (result < 0) close(fd);
  return result < 0 ? result : fd;
}
