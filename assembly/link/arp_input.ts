import { Drop } from "../abi";
import { now } from "../clock";
import { drop } from "../stats";
import { ArpOperation, ArpPacket } from "../wire/arp";
import { sameMac } from "../wire/ethernet";
import { arp, releaseHolds } from "./arp";
import { sendAnnouncement, sendReply } from "./arp_send";
import { frame } from "./input";
import { Neighbour, confirmNeighbour, doubtNeighbour, findNeighbour, isAsked, makeNeighbour } from "./neighbours";

/** RFC 5227 §1.1 DEFEND_INTERVAL, ms. */
const DEFEND_INTERVAL: u32 = 10000;

/**
 * The ARP packet in `frame` (RFC 826 "Packet Reception"). Deviation: the RFC merges what any packet says into the cache; here
 * only those addressed to us teach something new, replies only when asked for, and a MAC address that differs from a valid
 * entry's puts that entry in doubt and is not believed: whoever answers our next question wins.
 */
export function arpArrives(): Drop {
  const packet = ArpPacket.at(frame.payload);
  if (!packet.valid(frame.length)) return drop(Drop.ArpShort);
  if (!packet.isIpv4) return drop(Drop.ArpFormat);
  const operation = packet.operation;
  if (operation != ArpOperation.Request && operation != ArpOperation.Reply) return drop(Drop.ArpFormat);
  if (arp.address == 0) return drop(Drop.ArpNotForUs);
  if (!sameMac(packet.senderMac, frame.source)) return drop(Drop.ArpSender);
  const sender = packet.senderIp;
  if (sender == arp.address) return conflict();
  if (sender == 0) return probeArrives(packet);
  if (!isNeighbour(sender)) return drop(Drop.ArpSender);
  return operation == ArpOperation.Reply ? replyArrives(packet) : requestArrives(packet);
}

/** True for an address a host on our link can have. */
function isNeighbour(ip: u32): bool {
  const host = ~arp.mask;
  if ((ip ^ arp.address) & arp.mask) return false;
  return host <= 1 || ((ip & host) != 0 && (ip & host) != host);
}

/** Somebody else uses our address: say once in a while that it is ours (RFC 5227 §2.4 b). */
function conflict(): Drop {
  if (!arp.defended || now() - arp.defendedAt >= DEFEND_INTERVAL) {
    arp.defended = true;
    arp.defendedAt = now();
    sendAnnouncement(arp.address);
  }
  return drop(Drop.ArpConflict);
}

/** A host asks whether it may take an address: answered when it is ours, never cached (RFC 5227 §2.1.1). */
function probeArrives(packet: ArpPacket): Drop {
  if (packet.operation != ArpOperation.Request) return drop(Drop.ArpSender);
  if (packet.targetIp != arp.address) return drop(Drop.ArpNotForUs);
  return sendReply(arp.address, packet.senderMac, 0);
}

function replyArrives(packet: ArpPacket): Drop {
  if (packet.targetIp != arp.address) return drop(Drop.ArpUnsolicited);
  const entry = findNeighbour(packet.senderIp);
  if (!entry || !isAsked(entry)) return drop(Drop.ArpUnsolicited);
  if (entry.valid && !sameMac(entry.mac, packet.senderMac)) return drop(Drop.ArpUnsolicited);
  confirmNeighbour(entry, packet.senderMac);
  releaseHolds(entry);
  return Drop.None;
}

function requestArrives(packet: ArpPacket): Drop {
  if (packet.targetIp == arp.address) {
    learn(packet);
    return sendReply(arp.address, packet.senderMac, packet.senderIp);
  }
  if (packet.targetIp == packet.senderIp) hear(packet);
  return drop(Drop.ArpNotForUs);
}

/** A host that talks to us will be talked to: remember it. */
function learn(packet: ArpPacket): void {
  const found = findNeighbour(packet.senderIp);
  if (found && found.valid && !sameMac(found.mac, packet.senderMac)) return hear(packet);
  const entry = found ? found : makeNeighbour(packet.senderIp, false);
  if (!entry || entry.state == Neighbour.Static) return;
  confirmNeighbour(entry, packet.senderMac);
  releaseHolds(entry);
}

/** An announcement: when it contradicts what we know of a neighbour, that will be asked again soon. */
function hear(packet: ArpPacket): void {
  const entry = findNeighbour(packet.senderIp);
  if (!entry || entry.state != Neighbour.Known || sameMac(entry.mac, packet.senderMac)) return;
  doubtNeighbour(entry);
  drop(Drop.ArpUnsolicited);
}
