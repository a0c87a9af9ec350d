import { Drop } from "../abi";
import { SINGLE_HOMED } from "../config";
import { now } from "../clock";
import { drop } from "../stats";
import { ArpOperation, ArpPacket } from "../wire/arp";
import { sameMac } from "../wire/ethernet";
import { releaseHolds } from "./arp";
import { sendAnnouncement, sendReply } from "./arp_send";
import { frame } from "./input";
import { Local, findLocal, isAddressOf, localBeside, primary } from "./interface";
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
  const i = frame.iface;
  if (primary(i).ip == 0) return drop(Drop.ArpNotForUs);
  if (!sameMac(packet.senderMac, frame.source)) return drop(Drop.ArpSender);
  const sender = packet.senderIp;
  if (isAddressOf(i, sender)) return conflict(SINGLE_HOMED ? primary(0) : changetype<Local>(findLocal(sender)));
  if (sender == 0) return probeArrives(packet);
  if (!localBeside(i, sender)) return drop(Drop.ArpSender);
  return operation == ArpOperation.Reply ? replyArrives(packet) : requestArrives(packet);
}

/** It is for an address that the interface it came in by has; those of other interfaces are none of its business. */
// prettier-ignore
@inline function isForUs(packet: ArpPacket): bool { return isAddressOf(frame.iface, packet.targetIp); }

/** Somebody else uses our address: say once in a while that it is ours (RFC 5227 §2.4 b). */
function conflict(ours: Local): Drop {
  if (!ours.defended || now() - ours.defendedAt >= DEFEND_INTERVAL) {
    ours.defended = true;
    ours.defendedAt = now();
    sendAnnouncement(ours.iface, ours.ip);
  }
  return drop(Drop.ArpConflict);
}

/** A host asks whether it may take an address: answered when it is ours, never cached (RFC 5227 §2.1.1). */
function probeArrives(packet: ArpPacket): Drop {
  if (packet.operation != ArpOperation.Request) return drop(Drop.ArpSender);
  if (!isForUs(packet)) return drop(Drop.ArpNotForUs);
  return sendReply(frame.iface, packet.targetIp, packet.senderMac, 0);
}

function replyArrives(packet: ArpPacket): Drop {
  if (!isForUs(packet)) return drop(Drop.ArpUnsolicited);
  const entry = findNeighbour(frame.iface, packet.senderIp);
  if (!entry || !isAsked(entry)) return drop(Drop.ArpUnsolicited);
  if (entry.valid && !sameMac(entry.mac, packet.senderMac)) return drop(Drop.ArpUnsolicited);
  confirmNeighbour(entry, packet.senderMac);
  releaseHolds(entry);
  return Drop.None;
}

function requestArrives(packet: ArpPacket): Drop {
  if (isForUs(packet)) {
    learn(packet);
    return sendReply(frame.iface, packet.targetIp, packet.senderMac, packet.senderIp);
  }
  if (packet.targetIp == packet.senderIp) hear(packet);
  return drop(Drop.ArpNotForUs);
}

/** A host that talks to us will be talked to: remember it. */
function learn(packet: ArpPacket): void {
  const i = frame.iface;
  const found = findNeighbour(i, packet.senderIp);
  if (found && found.valid && !sameMac(found.mac, packet.senderMac)) return hear(packet);
  const entry = found ? found : makeNeighbour(i, packet.senderIp, false);
  if (!entry || entry.state == Neighbour.Static) return;
  confirmNeighbour(entry, packet.senderMac);
  releaseHolds(entry);
}

/** An announcement: when it contradicts what we know of a neighbour, that will be asked again soon. */
function hear(packet: ArpPacket): void {
  const entry = findNeighbour(frame.iface, packet.senderIp);
  if (!entry || entry.state != Neighbour.Known || sameMac(entry.mac, packet.senderMac)) return;
  doubtNeighbour(entry);
  drop(Drop.ArpUnsolicited);
}
