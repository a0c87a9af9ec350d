/** The IPv4 datagram being received: there is one at a time. Addresses in host order. */
@final
@unmanaged
export class Datagram {
  /** Address of its header, and of what is behind it. */
  header: usize;
  payload: usize;
  /** Octets of the payload, link padding cut off. */
  length: u32;
  src: u32;
  dst: u32;
  protocol: u32;
  ttl: u32;
  tos: u32;
  /** It came in a link-layer broadcast or multicast frame. */
  linkBroadcast: bool;
  /** It is addressed to all hosts of a network. */
  ipBroadcast: bool;
  /** The TCP or UDP checksum needs no look: the MAC verified it, or it never left us. */
  checksumOk: bool;
  /** It came by way of loopback. */
  loopback: bool;

  /** Octets of its header. */
  // prettier-ignore
  @inline get headerLength(): u32 { return <u32>(this.payload - this.header); }
  /** Sent to more than one host, one way or the other. */
  // prettier-ignore
  @inline get broadcast(): bool { return this.linkBroadcast || this.ipBroadcast; }
}
export const datagram = changetype<Datagram>(memory.data(36, 4));
