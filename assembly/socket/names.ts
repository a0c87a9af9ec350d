import { Errno } from "../abi";
import { Tcb } from "../tcp/tcb";
import { writeAddress } from "./address";
import { datagramConnected, datagramForeignIp, datagramForeignPort, datagramLocalIp, datagramLocalPort } from "./datagram";
import { Kind, socketAt } from "./descriptor";
import { pairName, pairPeerName } from "./pair";
import { rawProtocol } from "./raw";
import { streamConnected } from "./stream";

/** getsockname(2) and getpeername(2): the address goes to the AddressRecord at `address`; 0 or -errno. */

export function getsockname(fd: i32, address: usize): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (address == 0) return -Errno.EINVAL;
  if (socket.isPair) return pairName(address);
  const tcb = Tcb.at(socket.pcb);
  if (socket.kind == Kind.Stream) writeAddress(address, tcb.localAddress, tcb.localPort);
  else writeAddress(address, datagramLocalIp(socket.pcb), socket.isRaw ? rawProtocol(socket.pcb) : datagramLocalPort(socket.pcb));
  return 0;
}

/** -ENOTCONN where there is no peer. */
export function getpeername(fd: i32, address: usize): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (address == 0) return -Errno.EINVAL;
  if (socket.isPair) return pairPeerName(socket.pcb, address);
  if (socket.kind == Kind.Stream) {
    const tcb = Tcb.at(socket.pcb);
    if (!streamConnected(tcb)) return -Errno.ENOTCONN;
    writeAddress(address, tcb.foreignAddress, tcb.foreignPort);
    return 0;
  }
  if (!datagramConnected(socket.pcb)) return -Errno.ENOTCONN;
  writeAddress(address, datagramForeignIp(socket.pcb), datagramForeignPort(socket.pcb));
  return 0;
}
