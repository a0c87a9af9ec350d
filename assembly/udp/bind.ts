import { Errno } from "../abi";
import { REUSE_PORT } from "../config";
import { ownerOf } from "../events";
import { MULTICAST } from "../ip/groups";
import { isLocal, isMulticast } from "../ip/iface";
import { randomBelow } from "../random";
import { NO_PCB, Pcb, UdpFlag, UdpWish, bucketFirst } from "./pcb";

/** The dynamic ports (RFC 6335 §6). */
const FIRST_EPHEMERAL: u32 = 49152;
const EPHEMERALS: u32 = 65536 - FIRST_EPHEMERAL;

/** Two sockets may share address and port only when both say SO_REUSEADDR, or both SO_REUSEPORT and they have one owner. */
function conflicts(pcb: Pcb, address: u32, port: u32): bool {
  for (let i = bucketFirst(port); i != NO_PCB; i = Pcb.at(i).next) {
    const other = Pcb.at(i);
    if (other == pcb || other.localPort != port) continue;
    if (address != 0 && other.localAddress != 0 && address != other.localAddress) continue;
    if (pcb.has(UdpFlag.ReuseAddress) && other.has(UdpFlag.ReuseAddress)) continue;
    if (!REUSE_PORT || !pcb.wants(UdpWish.ReusePort) || !other.wants(UdpWish.ReusePort)) return true;
    if (ownerOf(pcb.socket) != ownerOf(other.socket)) return true;
  }
  return false;
}

function inUse(port: u32): bool {
  for (let i = bucketFirst(port); i != NO_PCB; i = Pcb.at(i).next) if (Pcb.at(i).localPort == port) return true;
  return false;
}

/** A dynamic port nobody uses, the first from a random one on (RFC 6056 §3.3.1), or 0: a table has fewer sockets than there are. */
function ephemeralPort(): u32 {
  const start = randomBelow(EPHEMERALS);
  for (let i: u32 = 0; i < EPHEMERALS; i++) {
    const port = FIRST_EPHEMERAL + ((start + i) % EPHEMERALS);
    if (!inUse(port)) return port;
  }
  return 0;
}

/**
 * Take a local address (0: any) and port (0: one of the dynamic ones). -EINVAL: bound already; -EADDRNOTAVAIL: not an address of
 * ours; -EADDRINUSE.
 */
export function bindPcb(pcb: Pcb, address: u32, port: u32): i32 {
  if (pcb.localPort != 0) return -Errno.EINVAL;
  if (address != 0 && !isLocal(address) && !(MULTICAST && isMulticast(address))) return -Errno.EADDRNOTAVAIL;
  if (port != 0 && conflicts(pcb, address, port)) return -Errno.EADDRINUSE;
  const failed = port == 0 ? autobind(pcb) : 0;
  if (failed) return failed;
  if (port != 0) pcb.listAs(port);
  pcb.set(UdpFlag.PortBound, port != 0);
  pcb.localAddress = address;
  pcb.set(UdpFlag.AddressBound, address != 0);
  return 0;
}

/** Take a dynamic port unless there is one already; 0 or -EADDRINUSE when all are taken. */
export function autobind(pcb: Pcb): i32 {
  if (pcb.localPort != 0) return 0;
  const port = ephemeralPort();
  if (port == 0) return -Errno.EADDRINUSE;
  pcb.listAs(port);
  return 0;
}
