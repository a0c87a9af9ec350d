import { Errno } from "../abi";
import { now } from "../clock";
import { GROUPS } from "../config";
import { robustness } from "./querier";

/** Sockets can join groups. */
export const MULTICAST: bool = GROUPS > 0;
/** Every host is a member, and nobody reports it (RFC 1112 §7.2). */
const ALL_SYSTEMS: u32 = 0xe0000001;

/** A group that sockets here have joined on an interface, or have left a moment ago. */
@final
@unmanaged
export class Group {
  /** 0: a free entry. */
  address: u32;
  /** Memberships; 0: it was left, and that has yet to be said again. */
  members: u16;
  iface: u8;
  /** How often the latest join or leave has yet to be told, and when. */
  changes: u8;
  changeAt: u32;
  /** A query is to be answered, then. */
  respondAt: u32;
  responds: bool;
  /** We were the last to report it (RFC 2236 §3). */
  last: bool;
  // prettier-ignore
  @inline static at(i: u32): Group { return changetype<Group>(groups + <usize>i * GROUP_SIZE); }

  /** Tell the routers what has changed, now and `robustness` times in all. */
  tell(): void {
    this.changes = <u8>robustness(this.iface);
    this.changeAt = now();
  }

  /** Nothing is left to be told of it. */
  free(): void {
    this.address = 0;
    store<u32>(inUse, load<u32>(inUse) - 1);
  }
}
const GROUP_SIZE: u32 = 20;
/** Entries that are not free: often none, and then nothing is looked at. */
@lazy const inUse = memory.data(4, 4);
@lazy const groups = memory.data(MULTICAST ? GROUPS * GROUP_SIZE : GROUP_SIZE, 4);

/** That a socket has joined a group on an interface. */
@final
@unmanaged
class Membership {
  /** 0: a free entry. */
  group: u32;
  socket: u16;
  iface: u8;
  // prettier-ignore
  @inline static at(i: u32): Membership { return changetype<Membership>(memberships + <usize>i * MEMBERSHIP_SIZE); }
}
const MEMBERSHIP_SIZE: u32 = 8;
@lazy const memberships = memory.data(MULTICAST ? GROUPS * MEMBERSHIP_SIZE : MEMBERSHIP_SIZE, 4);
/** How many memberships there are. */
@lazy const joined = memory.data(4, 4);

export function initGroups(): void {
  memory.fill(groups, 0, GROUPS * GROUP_SIZE);
  memory.fill(memberships, 0, GROUPS * MEMBERSHIP_SIZE);
  store<u32>(joined, 0);
  store<u32>(inUse, 0);
}

// prettier-ignore
@inline export function anyGroups(): bool { return load<u32>(inUse) != 0; }

/** A socket here, or this host, is a member of the group on interface `i`. */
export function isJoined(address: u32, i: u32): bool {
  if (address == ALL_SYSTEMS) return true;
  const group = findGroup(address, i);
  return group != null && group.members != 0;
}

export function findGroup(address: u32, i: u32): Group | null {
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (group.address == address && <u32>group.iface == i) return group;
  }
  return null;
}

/** Sockets here are members of the group, on whatever interface. */
export function hasMembers(address: u32): bool {
  if (load<u32>(joined) == 0) return false;
  for (let n: u32 = 0; n < GROUPS; n++) if (Membership.at(n).group == address) return true;
  return false;
}

/** The socket is a member of the group, on interface `i` or, with `anywhere`, on some. */
export function isMember(socket: u32, address: u32, i: u32, anywhere: bool): bool {
  if (load<u32>(joined) == 0) return false;
  for (let n: u32 = 0; n < GROUPS; n++) {
    const membership = Membership.at(n);
    if (membership.group != address || <u32>membership.socket != socket) continue;
    if (anywhere || <u32>membership.iface == i) return true;
  }
  return false;
}

/** 0, -EADDRINUSE for one who is a member already, -ENOBUFS when GROUPS are taken. */
export function joinGroup(socket: u32, address: u32, i: u32): i32 {
  if (isMember(socket, address, i, false)) return -Errno.EADDRINUSE;
  if (load<u32>(joined) == GROUPS) return -Errno.ENOBUFS;
  let n: u32 = 0;
  while (Membership.at(n).group != 0) n++;
  const membership = Membership.at(n);
  membership.group = address;
  membership.socket = <u16>socket;
  membership.iface = <u8>i;
  store<u32>(joined, load<u32>(joined) + 1);
  if (address != ALL_SYSTEMS) enter(address, i);
  return 0;
}

/** One member more: the first is news for the routers. An entry is free, as there are no more groups than memberships. */
function enter(address: u32, i: u32): void {
  const found = findGroup(address, i);
  const group = found ? found : newGroup();
  if (!found) {
    if (group.address == 0) store<u32>(inUse, load<u32>(inUse) + 1);
    memory.fill(changetype<usize>(group), 0, GROUP_SIZE);
    group.address = address;
    group.iface = <u8>i;
  }
  group.members++;
  if (group.members == 1) group.tell();
}

/** A free entry, else one that was left already. */
function newGroup(): Group {
  let best = Group.at(0);
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (group.address == 0) return group;
    if (group.members == 0) best = group;
  }
  return best;
}

/** 0, or -EADDRNOTAVAIL for one who is no member. */
export function leaveGroup(socket: u32, address: u32, i: u32): i32 {
  for (let n: u32 = 0; n < GROUPS; n++) {
    const membership = Membership.at(n);
    if (membership.group != address || <u32>membership.socket != socket || <u32>membership.iface != i) continue;
    end(membership);
    return 0;
  }
  return -Errno.EADDRNOTAVAIL;
}

/** The socket is closed. */
export function leaveGroups(socket: u32): void {
  if (load<u32>(joined) == 0) return;
  for (let n: u32 = 0; n < GROUPS; n++) {
    const membership = Membership.at(n);
    if (membership.group != 0 && <u32>membership.socket == socket) end(membership);
  }
}

function end(membership: Membership): void {
  const group = findGroup(membership.group, membership.iface);
  membership.group = 0;
  store<u32>(joined, load<u32>(joined) - 1);
  if (!group) return;
  group.members--;
  if (group.members != 0) return;
  group.responds = false; // who asked hears of the leave
  group.tell();
}
