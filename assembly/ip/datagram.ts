import { INTERFACES } from "../config";
import { Ipv4Header } from "../wire/ipv4";

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
  private _iface: u8;

  /** The interface it came in by; 0 by way of loopback. */
  // prettier-ignore
  @inline get iface(): u32 { return INTERFACES == 1 ? 0 : this._iface; }
  set iface(v: u32) {
    if (INTERFACES > 1) this._iface = <u8>v;
  }
  /** Octets of its header. */
  // prettier-ignore
  @inline get headerLength(): u32 { return <u32>(this.payload - this.header); }
  /** Sent to more than one host, one way or the other. */
  // prettier-ignore
  @inline get broadcast(): bool { return this.linkBroadcast || this.ipBroadcast; }

  /** All that its header says. */
  read(header: Ipv4Header): void {
    this.header = changetype<usize>(header);
    this.payload = header.payload;
    this.length = header.payloadLength;
    this.src = header.src;
    this.dst = header.dst;
    this.protocol = header.protocol;
    this.ttl = header.ttl;
    this.tos = header.tos;
  }
}
export const datagram = changetype<Datagram>(memory.data(36, 4));
