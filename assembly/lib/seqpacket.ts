import { Owner, SocketType } from "../abi";
import { accept, listen } from "../socket/calls";
import { Address } from "./address";
import { Descriptor, dial, openOn, orClose } from "./descriptor";
import { MessageSocket } from "./messages";

/** A socket that takes connections whose messages keep their limits (SOCK_SEQPACKET over TCP). */
@final
@unmanaged
export class SeqPacketListener extends Descriptor {
  /** The listener an event's descriptor stands for. */
  @inline static of(fd: i32): SeqPacketListener {
    return changetype<SeqPacketListener>(fd);
  }

  /** As TcpListener.bind; -ESOCKTNOSUPPORT where the knob SEQPACKET is 0. */
  static bind(owner: Owner, port: u32, backlog: u32, ip: u32 = 0): SeqPacketListener {
    const fd = openOn(owner, SocketType.SOCK_SEQPACKET, ip, port);
    return SeqPacketListener.of(fd < 0 ? fd : orClose(fd, listen(fd, backlog)));
  }

  /** The next connection; the peer goes to `peer` unless that is null. Not open: -EAGAIN when there is none, -EMFILE. */
  @inline accept(peer: Address | null = null): SeqPacket {
    return SeqPacket.of(accept(this.fd, changetype<usize>(peer)));
  }
}

/**
 * A connection of records: each `send` is one, whole or not at all, each `receive` gives one. On the wire a record is its length in four
 * octets, in network order, and its octets. Receiving gives 0 for an empty record and at the end; `from` is of no family at the end.
 */
@final
@unmanaged
export class SeqPacket extends MessageSocket {
  /** The connection an event's descriptor stands for. */
  @inline static of(fd: i32): SeqPacket {
    return changetype<SeqPacket>(fd);
  }

  /** As TcpStream.connect. */
  @inline static connect(owner: Owner, to: Address): SeqPacket {
    return SeqPacket.of(dial(owner, SocketType.SOCK_SEQPACKET, to));
  }
}
