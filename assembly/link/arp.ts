import { Drop, Errno } from "../abi";
import { ARP_ERRORS, ARP_HOLDS, INTERFACES, SINGLE_HOMED } from "../config";
import { now, until } from "../clock";
import { linkUp } from "../driver/mac_ring";
import { broadcastMac, sendAnnouncement, sendRequest } from "./arp_send";
import { forgetFamiliar } from "./familiar";
import { Hold, anyHolds, initHolds, keepHold, loseHold, loseHolds, releaseHold, waitHold } from "./holds";
import { Interface, Local, localBeside, localCount, nameFor, primary } from "./interface";
import {
  ASK_INTERVAL,
  Entry,
  Neighbour,
  TRIES,
  findNeighbour,
  forgetNeighbours,
  initNeighbours,
  confirmNeighbour,
  makeNeighbour,
  mayAsk,
  wasInVain,
} from "./neighbours";
import { ETHERNET_HEADER } from "../wire/ethernet";

const groupMac = memory.data(8, 4);

/** RFC 5227 §1.1: two announcements, two seconds apart. */
const ANNOUNCEMENTS: u32 = 2;
const ANNOUNCE_INTERVAL: u32 = 2000;

/** Behind `initInterfaces`. */
export function initArp(): void {
  if (INTERFACES == 1) Interface.at(0).linkWasUp = linkUp();
  else for (let i: u32 = 0; i < INTERFACES; i++) Interface.at(i).linkWasUp = linkUp(i);
  initNeighbours();
  initHolds();
}

/** Interface `i` has another address or router now: forget the old neighbours, tell the new ones. */
export function arpConfigured(i: u32): void {
  Interface.at(i).linkWasUp = linkUp(i);
  startOver(i, Drop.ArpUnresolved);
}

/** Everything that neighbours of interface `i` and we know of each other may be wrong. */
function startOver(i: u32, why: Drop): void {
  Interface.at(i).last = 0;
  forgetFamiliar();
  forgetNeighbours(i);
  loseHolds(i, why);
  if (SINGLE_HOMED) return announce(primary(0));
  for (let n: u32 = 0; n < localCount(); n++) {
    const local = Local.at(n);
    if (local.iface == i) announce(local);
  }
}

/** Tell the neighbours whose address this is. */
export function announce(local: Local): void {
  local.announcements = local.ip != 0 && linkUp(local.iface) ? ANNOUNCEMENTS : 0;
}

/** The interface whose network holds `ip`; the first for none. */
function interfaceBeside(ip: u32): u32 {
  if (INTERFACES > 1) for (let i: u32 = 1; i < INTERFACES; i++) if (localBeside(i, ip)) return i;
  return 0;
}

/** A neighbour that stays whatever the network says. -EINVAL: no address of one host; -ENOBUFS: no room left. */
export function arpSet(ip: u32, mac: usize): i32 {
  if (ip == 0 || ip >= 0xe0000000 || load<u8>(mac) & 1) return -Errno.EINVAL;
  const i = interfaceBeside(ip);
  const found = findNeighbour(i, ip);
  const entry = found ? found : makeNeighbour(i, ip, true);
  if (!entry) return -Errno.ENOBUFS;
  confirmNeighbour(entry, mac);
  entry.state = Neighbour.Static;
  releaseHolds(entry);
  return 0;
}

/** The MAC address of a next hop by way of interface `i`, or 0 when it has to be asked for first (`holdFor`). */
export function resolve(hop: u32, i: u32 = 0): usize {
  const last = Interface.at(i).last;
  if (last) {
    const entry = changetype<Entry>(last);
    if (entry.ip == hop && entry.fresh) {
      entry.usedAt = now();
      return entry.mac;
    }
  }
  return lookUp(i, hop);
}

function lookUp(i: u32, hop: u32): usize {
  if (hop == 0xffffffff) return broadcastMac;
  if (hop >= 0xe0000000) return groupOf(hop);
  const entry = findNeighbour(i, hop);
  if (!entry || !entry.valid) return 0;
  if (!entry.fresh && now() - entry.askedAt >= ASK_INTERVAL && ask(i, hop, entry.mac)) entry.askedAt = now();
  entry.used = true;
  entry.usedAt = now();
  Interface.at(i).last = changetype<usize>(entry);
  return entry.mac;
}

/** Ask everybody, or `mac` alone, for the neighbour `ip`; false when the transmit ring is full. */
// prettier-ignore
@inline function ask(i: u32, ip: u32, mac: usize): bool { return sendRequest(i, nameFor(i, ip), ip, mac); }

/** 01:00:5e and the low 23 bits of the group (RFC 1112 §6.4). */
function groupOf(ip: u32): usize {
  store<u32>(groupMac, 0x005e0001 | (((ip >> 16) & 0x7f) << 24));
  store<u16>(groupMac, bswap<u16>(<u16>ip), 4);
  return groupMac;
}

/** Keep the datagram written into `hold` until `hop` has told its MAC address, and ask for it. */
export function holdFor(hold: Hold, i: u32, hop: u32, length: u32, fill: bool): void {
  keepHold(hold, i, hop, length, fill);
  askFor(hold);
}

/** The next step for a datagram whose neighbour is unknown: ask again, or wait. */
function askFor(hold: Hold): void {
  const i = hold.iface;
  const found = findNeighbour(i, hold.ip);
  const entry = found ? found : makeNeighbour(i, hold.ip, true);
  if (!entry) return loseHold(hold, Drop.ArpRateLimited);
  if (!mayAsk(entry)) return waitHold(hold, entry.askedAt, ASK_INTERVAL);
  if (!ask(i, hold.ip, 0)) return waitHold(hold, now(), 0);
  entry.askedAt = now();
  if (ARP_ERRORS) entry.tries++;
  hold.asked++;
  waitHold(hold, now(), ASK_INTERVAL);
}

/** The neighbour is known now: send what waits for it. */
export function releaseHolds(entry: Entry): void {
  if (!anyHolds()) return;
  for (let n: u32 = 0; n < ARP_HOLDS; n++) {
    const hold = Hold.at(n);
    if (hold.ip == entry.ip && hold.iface == entry.iface) releaseHold(hold, entry.mac);
  }
}

/**
 * Whatever is due by now: announcements, requests, datagrams to send or give up. To be called in every poll, again as long as it returns
 * the place of a datagram: that one has been given up, because nobody answered, and its sender is to be told now.
 */
export function arpTick(): usize {
  if (INTERFACES == 1) watchLink(0);
  else for (let i: u32 = 0; i < INTERFACES; i++) watchLink(i);
  if (SINGLE_HOMED) announceIfDue(primary(0));
  else for (let n: u32 = 0; n < localCount(); n++) announceIfDue(Local.at(n));
  if (!anyHolds()) return 0;
  for (let n: u32 = 0; n < ARP_HOLDS; n++) {
    const hold = Hold.at(n);
    if (hold.ip != 0 && hold.isDue && !attend(hold) && ARP_ERRORS) return hold.frame + ETHERNET_HEADER;
  }
  return 0;
}

/** False when it was given up. */
function attend(hold: Hold): bool {
  const entry = findNeighbour(hold.iface, hold.ip);
  if (ARP_ERRORS ? entry && wasInVain(entry) : <u32>hold.asked >= TRIES) {
    loseHold(hold, Drop.ArpUnresolved);
    return !ARP_ERRORS;
  }
  if (entry && entry.valid) releaseHold(hold, entry.mac);
  else askFor(hold);
  return true;
}

function watchLink(i: u32): void {
  const up = linkUp(i);
  if (up == Interface.at(i).linkWasUp) return;
  Interface.at(i).linkWasUp = up;
  startOver(i, Drop.LinkDown);
}

function announceIfDue(local: Local): void {
  if (!announcementDue(local) || !sendAnnouncement(local.iface, local.ip)) return;
  local.announcements--;
  local.announcedAt = now();
}

/** The first at once, the second later. */
function announcementDue(local: Local): bool {
  if (local.announcements == 0) return false;
  return local.announcements == ANNOUNCEMENTS || now() - local.announcedAt >= ANNOUNCE_INTERVAL;
}

export function hasArpDeadline(): bool {
  if (SINGLE_HOMED) return primary(0).announcements != 0 || anyHolds();
  for (let n: u32 = 0; n < localCount(); n++) if (Local.at(n).announcements != 0) return true;
  return anyHolds();
}

/** The earliest time something is due here; only if `hasArpDeadline()`. */
export function arpDeadline(): u32 {
  let earliest = now() + ANNOUNCE_INTERVAL;
  if (SINGLE_HOMED) earliest = announcementAt(primary(0), earliest);
  else for (let n: u32 = 0; n < localCount(); n++) earliest = announcementAt(Local.at(n), earliest);
  if (!anyHolds()) return earliest;
  for (let n: u32 = 0; n < ARP_HOLDS; n++) {
    const hold = Hold.at(n);
    if (hold.ip != 0 && until(hold.deadline) < until(earliest)) earliest = hold.deadline;
  }
  return earliest;
}

/** When it is to be announced next, or `earliest` if that is earlier. */
function announcementAt(local: Local, earliest: u32): u32 {
  if (announcementDue(local)) return now();
  if (local.announcements == 0) return earliest;
  const at = local.announcedAt + ANNOUNCE_INTERVAL;
  return until(at) < until(earliest) ? at : earliest;
}
