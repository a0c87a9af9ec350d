import { DescriptorRecord, Drop } from "../abi";
import { INTERFACES } from "../config";
import { checksumOk, macAddress } from "../driver/mac_ring";
import { drop } from "../stats";
import { ETHERNET_HEADER, EtherType, EthernetHeader, isGroup, sameMac } from "../wire/ethernet";

/** What the link layer knows of the frame being received (RFC 1122 §2.4). */
@final
@unmanaged
export class Frame {
  /** Address of the first octet behind the Ethernet header. */
  payload: usize;
  /** Octets behind the Ethernet header, padding included. */
  length: u32;
  /** Address of the sender's MAC address. */
  source: usize;
  /** It came to a link-layer broadcast or multicast address. */
  toGroup: bool;
  /** The MAC has verified the IP, TCP and UDP checksums. */
  checksumOk: bool;
  private _iface: u8;
  /** The interface it came in by. */
  // prettier-ignore
  @inline get iface(): u32 { return INTERFACES == 1 ? 0 : this._iface; }
  set iface(v: u32) {
    if (INTERFACES > 1) this._iface = <u8>v;
  }
}
export const frame = changetype<Frame>(memory.data(16, 4));

/** Types up to this are lengths of IEEE 802.3 frames (RFC 1122 §2.3.3), types up to 1535 undefined. */
const LENGTH_MAX: u32 = 1535;

/**
 * Receive the frame of a descriptor of `rxNext(i)`: fills `frame` and returns its EtherType (Ipv4 or Arp), or 0 when it was dropped.
 * What the headers inside say is not looked at; nothing is read behind the length the MAC reported.
 */
// prettier-ignore
@inline export function frameArrives(descriptor: usize, i: u32 = 0): u32 {
  const at = <usize>load<u32>(descriptor, DescriptorRecord.buffer);
  const length = <u32>load<u16>(descriptor, DescriptorRecord.length);
  const header = EthernetHeader.at(at);
  if (!header.valid(length)) return lose(Drop.EthShort);
  const toGroup = header.toGroup;
  if (!toGroup && !sameMac(header.dst, macAddress(i))) return lose(Drop.EthNotForUs);
  if (badSource(header.src, i)) return lose(Drop.EthSource);
  const type = header.type;
  if (type == EtherType.Vlan || type == EtherType.QinQ) return lose(Drop.EthVlan);
  if (type <= LENGTH_MAX || (type != EtherType.Ipv4 && type != EtherType.Arp)) return lose(Drop.EthType);
  frame.payload = at + ETHERNET_HEADER;
  frame.length = length - ETHERNET_HEADER;
  frame.source = header.src;
  frame.toGroup = toGroup;
  frame.checksumOk = checksumOk(descriptor, i);
  frame.iface = i;
  return type;
}

/** A group, all-zero or own address cannot have sent a frame to us. */
function badSource(mac: usize, i: u32): bool {
  if (isGroup(mac) || (load<u32>(mac) == 0 && load<u16>(mac, 4) == 0)) return true;
  return sameMac(mac, macAddress(i));
}

function lose(why: Drop): u32 {
  drop(why);
  return 0;
}
