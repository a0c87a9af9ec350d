import { Family, IpOption, Level, Owner, SocketType } from "../abi";
import { socketOf } from "../socket/calls";
import { MessageSocket } from "./messages";

/**
 * A socket for the datagrams of one IP protocol, such as ICMP: `receive` gives them with their IP header, `send` takes what follows the
 * header. Whoever else a datagram is for gets it as well.
 */
@final
@unmanaged
export class RawSocket extends MessageSocket {
  /** The socket an event's descriptor stands for. */
  @inline static of(fd: i32): RawSocket {
    return changetype<RawSocket>(fd);
  }

  /** For a Protocol. Not open: -ESOCKTNOSUPPORT where the knob RAW_SOCKETS is 0, -EMFILE, -ENOBUFS. */
  @inline static open(owner: Owner, protocol: u32): RawSocket {
    return RawSocket.of(socketOf(owner, Family.AF_INET, SocketType.SOCK_RAW, protocol));
  }

  /** `send` takes the IP header too (IP_HDRINCL). */
  @inline ownHeader(on: bool = true): i32 {
    return this.setOption(Level.IPPROTO_IP, IpOption.IP_HDRINCL, u32(on));
  }
}
