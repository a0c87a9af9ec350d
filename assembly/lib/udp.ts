import { Ioctl, IpOption, Level, Owner, SocketOption, SocketType } from "../abi";
import { connect, ioctl } from "../socket/calls";
import { swapped } from "../wire/bytes";
import { Address } from "./address";
import { openOn, setPair } from "./descriptor";
import { MessageSocket } from "./messages";

/** A socket for datagrams. An event says that there may be some: `receive` until -EAGAIN. */
@final
@unmanaged
export class UdpSocket extends MessageSocket {
  /** The socket an event's descriptor stands for. */
  @inline static of(fd: i32): UdpSocket {
    return changetype<UdpSocket>(fd);
  }

  /** On a port (0: a free one) of `ip` (0: of every address). Not open: -EADDRINUSE, -EADDRNOTAVAIL, -EMFILE, -ENOBUFS. */
  @inline static bind(owner: Owner, port: u32, ip: u32 = 0): UdpSocket {
    return UdpSocket.of(openOn(owner, SocketType.SOCK_DGRAM, ip, port));
  }

  /** Talk to one peer only; to an address that was cleared: to all again. */
  @inline connect(to: Address): i32 {
    return connect(this.fd, to.at);
  }

  /** Octets of the next datagram, 0 when there is none. */
  @inline get readable(): i32 {
    return ioctl(this.fd, Ioctl.FIONREAD);
  }

  /** Receive what is sent to a group, at the interface that has the address `ip` (0: that of the route). -ENOPROTOOPT without groups. */
  @inline join(group: u32, ip: u32 = 0): i32 {
    return setPair(this.fd, Level.IPPROTO_IP, IpOption.IP_ADD_MEMBERSHIP, swapped(group), swapped(ip));
  }

  /** No longer. */
  @inline leave(group: u32, ip: u32 = 0): i32 {
    return setPair(this.fd, Level.IPPROTO_IP, IpOption.IP_DROP_MEMBERSHIP, swapped(group), swapped(ip));
  }

  /** Allow datagrams to broadcast addresses. */
  @inline broadcast(on: bool = true): i32 {
    return this.setOption(Level.SOL_SOCKET, SocketOption.SO_BROADCAST, u32(on));
  }
}
