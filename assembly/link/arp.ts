import { Drop, Errno } from "../abi";
import { ARP_ERRORS, ARP_HOLDS } from "../config";
import { now, until } from "../clock";
import { linkUp } from "../driver/mac_ring";
import { broadcastMac, sendAnnouncement, sendRequest } from "./arp_send";
import { Hold, anyHolds, initHolds, keepHold, loseHold, loseHolds, releaseHold, waitHold } from "./holds";
import {
  ASK_INTERVAL,
  Entry,
  Neighbour,
  TRIES,
  findNeighbour,
  forgetNeighbours,
  initNeighbours,
  keepNeighbour,
  confirmNeighbour,
  makeNeighbour,
  mayAsk,
  wasInVain,
} from "./neighbours";
import { ETHERNET_HEADER } from "../wire/ethernet";

/** The interface as ARP sees it. */
@final
@unmanaged
export class Arp {
  /** Our address; 0 while unconfigured. */
  address: u32;
  mask: u32;
  /** The neighbour most often asked for is found without a search. */
  last: usize;
  /** Announcements yet to be sent, and when the last one was. */
  announcements: u32;
  announcedAt: u32;
  defendedAt: u32;
  defended: bool;
  linkWasUp: bool;
}
export const arp = changetype<Arp>(memory.data(32, 4));
const groupMac = memory.data(8, 4);

/** RFC 5227 §1.1: two announcements, two seconds apart. */
const ANNOUNCEMENTS: u32 = 2;
const ANNOUNCE_INTERVAL: u32 = 2000;

export function initArp(): void {
  memory.fill(changetype<usize>(arp), 0, 32);
  arp.linkWasUp = linkUp();
  initNeighbours();
  initHolds();
}

/** The interface has this address now (0: none): forget the old neighbours, tell the new ones. */
export function arpConfigure(address: u32, mask: u32, gateway: u32): void {
  arp.address = address;
  arp.mask = mask;
  arp.defended = false;
  arp.last = 0;
  forgetNeighbours();
  keepNeighbour(gateway);
  loseHolds(Drop.ArpUnresolved);
  arp.linkWasUp = linkUp();
  announce();
}

function announce(): void {
  arp.announcements = arp.address != 0 && linkUp() ? ANNOUNCEMENTS : 0;
}

/** A neighbour that stays whatever the network says. -EINVAL: no address of one host; -ENOBUFS: no room left. */
export function arpSet(ip: u32, mac: usize): i32 {
  if (ip == 0 || ip >= 0xe0000000 || load<u8>(mac) & 1) return -Errno.EINVAL;
  const found = findNeighbour(ip);
  const entry = found ? found : makeNeighbour(ip, true);
  if (!entry) return -Errno.ENOBUFS;
  confirmNeighbour(entry, mac);
  entry.state = Neighbour.Static;
  releaseHolds(entry);
  return 0;
}

/** The MAC address of a next hop, or 0 when it has to be asked for first (`holdFor`). */
export function resolve(hop: u32): usize {
  const last = arp.last;
  if (last) {
    const entry = changetype<Entry>(last);
    if (entry.ip == hop && entry.fresh) {
      entry.usedAt = now();
      return entry.mac;
    }
  }
  return lookUp(hop);
}

function lookUp(hop: u32): usize {
  if (hop == 0xffffffff) return broadcastMac;
  if (hop >= 0xe0000000) return groupOf(hop);
  const entry = findNeighbour(hop);
  if (!entry || !entry.valid) return 0;
  if (!entry.fresh && now() - entry.askedAt >= ASK_INTERVAL && sendRequest(arp.address, hop, entry.mac)) entry.askedAt = now();
  entry.used = true;
  entry.usedAt = now();
  arp.last = changetype<usize>(entry);
  return entry.mac;
}

/** 01:00:5e and the low 23 bits of the group (RFC 1112 §6.4). */
function groupOf(ip: u32): usize {
  store<u32>(groupMac, 0x005e0001 | (((ip >> 16) & 0x7f) << 24));
  store<u16>(groupMac, bswap<u16>(<u16>ip), 4);
  return groupMac;
}

/** Keep the datagram written into `hold` until `hop` has told its MAC address, and ask for it. */
export function holdFor(hold: Hold, hop: u32, length: u32, fill: bool): void {
  keepHold(hold, hop, length, fill);
  ask(hold);
}

/** The next step for a datagram whose neighbour is unknown: ask again, or wait. */
function ask(hold: Hold): void {
  const found = findNeighbour(hold.ip);
  const entry = found ? found : makeNeighbour(hold.ip, true);
  if (!entry) return loseHold(hold, Drop.ArpRateLimited);
  if (!mayAsk(entry)) return waitHold(hold, entry.askedAt, ASK_INTERVAL);
  if (!sendRequest(arp.address, hold.ip, 0)) return waitHold(hold, now(), 0);
  entry.askedAt = now();
  if (ARP_ERRORS) entry.tries++;
  hold.asked++;
  waitHold(hold, now(), ASK_INTERVAL);
}

/** The neighbour is known now: send what waits for it. */
export function releaseHolds(entry: Entry): void {
  if (!anyHolds()) return;
  for (let i: u32 = 0; i < ARP_HOLDS; i++) {
    const hold = Hold.at(i);
    if (hold.ip == entry.ip) releaseHold(hold, entry.mac);
  }
}

/**
 * Whatever is due by now: announcements, requests, datagrams to send or give up. To be called in every poll, again as long as it returns
 * the place of a datagram: that one has been given up, because nobody answered, and its sender is to be told now.
 */
export function arpTick(): usize {
  if (linkUp() != arp.linkWasUp) linkChanged();
  if (announcementDue() && sendAnnouncement(arp.address)) {
    arp.announcements--;
    arp.announcedAt = now();
  }
  if (!anyHolds()) return 0;
  for (let i: u32 = 0; i < ARP_HOLDS; i++) {
    const hold = Hold.at(i);
    if (hold.ip != 0 && hold.isDue && !attend(hold) && ARP_ERRORS) return hold.frame + ETHERNET_HEADER;
  }
  return 0;
}

/** False when it was given up. */
function attend(hold: Hold): bool {
  const entry = findNeighbour(hold.ip);
  if (ARP_ERRORS ? entry && wasInVain(entry) : <u32>hold.asked >= TRIES) {
    loseHold(hold, Drop.ArpUnresolved);
    return !ARP_ERRORS;
  }
  if (entry && entry.valid) releaseHold(hold, entry.mac);
  else ask(hold);
  return true;
}

function linkChanged(): void {
  arp.linkWasUp = linkUp();
  arp.last = 0;
  forgetNeighbours();
  loseHolds(Drop.LinkDown);
  announce();
}

/** The first at once, the second later. */
function announcementDue(): bool {
  if (arp.announcements == 0) return false;
  return arp.announcements == ANNOUNCEMENTS || now() - arp.announcedAt >= ANNOUNCE_INTERVAL;
}

export function hasArpDeadline(): bool {
  return arp.announcements != 0 || anyHolds();
}

/** The earliest time something is due here; only if `hasArpDeadline()`. */
export function arpDeadline(): u32 {
  let earliest = now() + ANNOUNCE_INTERVAL;
  if (announcementDue()) earliest = now();
  else if (arp.announcements != 0) earliest = arp.announcedAt + ANNOUNCE_INTERVAL;
  if (!anyHolds()) return earliest;
  for (let i: u32 = 0; i < ARP_HOLDS; i++) {
    const hold = Hold.at(i);
    if (hold.ip != 0 && until(hold.deadline) < until(earliest)) earliest = hold.deadline;
  }
  return earliest;
}
