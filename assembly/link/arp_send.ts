import { Counter, Drop } from "../abi";
import { macAddress, txCommit, txOpen } from "../driver/mac_ring";
import { count, drop } from "../stats";
import { ARP_PACKET, ArpOperation, ArpPacket } from "../wire/arp";
import { ETHERNET_HEADER, EtherType, EthernetHeader, copyMac } from "../wire/ethernet";

/** ff:ff:ff:ff:ff:ff */
export const broadcastMac = memory.data<u8>([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);
const nobody = memory.data(8, 4);

/** Send one ARP packet from interface `i` in a frame to `mac`; false when the transmit ring is full. */
function sendArp(i: u32, operation: ArpOperation, mac: usize, senderIp: u32, targetMac: usize, targetIp: u32): bool {
  const slot = txOpen(i);
  if (!slot) return false;
  EthernetHeader.at(slot).fill(mac, macAddress(i), EtherType.Arp);
  const packet = ArpPacket.at(slot + ETHERNET_HEADER);
  packet.begin(operation);
  copyMac(packet.senderMac, macAddress(i));
  packet.senderIp = senderIp;
  copyMac(packet.targetMac, targetMac);
  packet.targetIp = targetIp;
  txCommit(ETHERNET_HEADER + ARP_PACKET, false, i);
  return true;
}

/** Who has `ip`? Asked of everyone, or of `mac` alone when it is not 0. */
export function sendRequest(i: u32, from: u32, ip: u32, mac: usize): bool {
  const sent = sendArp(i, ArpOperation.Request, mac ? mac : broadcastMac, from, nobody, ip);
  if (sent) count(Counter.ArpRequestsOut);
  return sent;
}

/** Tell everyone that `ip` is ours (RFC 5227 §2.3: a request for the own address). */
export function sendAnnouncement(i: u32, ip: u32): bool {
  return sendRequest(i, ip, ip, 0);
}

/** Answer `ip is at us` to the host that asked. */
export function sendReply(i: u32, ip: u32, mac: usize, theirIp: u32): Drop {
  if (!sendArp(i, ArpOperation.Reply, mac, ip, mac, theirIp)) return drop(Drop.RingFull);
  count(Counter.ArpRepliesOut);
  return Drop.None;
}
