import { Counter, Drop } from "../abi";
import { NEVER, due, now, until } from "../clock";
import { GROUPS, INTERFACES } from "../config";
import { linkUp } from "../driver/mac_ring";
import { randomBelow } from "../random";
import { count, drop } from "../stats";
import { fold, sum } from "../wire/checksum";
import { IGMP_HEADER, IgmpHeader, IgmpType } from "../wire/igmp";
import { datagram } from "./datagram";
import { Group, anyGroups, findGroup, initGroups } from "./groups";
import { address, isMulticast } from "./iface";
import { respond, respondAll, tellChange } from "./igmp_send";
import { Querier, initQueriers } from "./querier";

/**
 * The host's part of IGMP (RFC 2236; RFC 3376 for members that want any source, which are all there are here): what is joined and left is
 * told, queries are answered after a time of chance, in the version of the oldest querier heard.
 */
export function initIgmp(): void {
  initGroups();
  initQueriers();
}

/** The IGMP message in `datagram`. Deviation: a query about sources is answered like one about the group (RFC 3376 §5.2 lets one name them). */
export function igmpArrives(): Drop {
  count(Counter.IgmpIn);
  const message = IgmpHeader.at(datagram.payload);
  if (datagram.length < IGMP_HEADER || datagram.ttl != 1) return drop(Drop.IgmpFormat);
  if (fold(sum(datagram.payload, datagram.length)) != 0) return drop(Drop.IgmpChecksum);
  const type = message.type;
  if (type == IgmpType.Query) return query(message);
  if (type == IgmpType.Report1 || type == IgmpType.Report2) return reported(message.group);
  return drop(Drop.IgmpType);
}

/** Somebody else has reported the group: we need not, except in version 3 (RFC 2236 §3, RFC 3376 §5). */
function reported(address: u32): Drop {
  const group = findGroup(address, datagram.iface);
  if (!group || Querier.at(datagram.iface).version() == 3) return drop(Drop.IgmpType);
  group.responds = false;
  group.last = false;
  return Drop.None;
}

function query(message: IgmpHeader): Drop {
  const asked = message.group;
  const version = message.version(datagram.length);
  if (version == 0 || (asked != 0 && !isMulticast(asked))) return drop(Drop.IgmpFormat);
  const i = datagram.iface;
  const querier = Querier.at(i);
  const before = querier.version();
  querier.hear(version);
  if (version == 3) querier.robustness = <u8>message.robustness;
  if (querier.version() != before) forgetResponses(i);
  const time = message.thinkingTime(version);
  if (asked == 0 && querier.version() == 3) answerAll(querier, time);
  else answer(asked, i, time);
  return Drop.None;
}

/** RFC 3376 §7.2.1: another version, other messages. */
function forgetResponses(i: u32): void {
  Querier.at(i).responds = false;
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (group.address == 0 || <u32>group.iface != i) continue;
    group.responds = false;
    group.changes = 0;
    if (group.members == 0) group.free();
  }
}

/** RFC 3376 §5.2 rules 1 and 2: what is to be sent within the time is enough, so that many queries hasten nothing. */
function answerAll(querier: Querier, time: u32): void {
  if (querier.responds && until(querier.respondAt) <= time) return;
  querier.responds = true;
  querier.respondAt = now() + randomBelow(time);
}

/** One group, or all of them (0), each at its own time. */
function answer(asked: u32, i: u32, time: u32): void {
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (group.members == 0 || <u32>group.iface != i || (asked != 0 && group.address != asked)) continue;
    if (group.responds && until(group.respondAt) <= time) continue;
    group.responds = true;
    group.respondAt = now() + randomBelow(time);
  }
}

/** Send what is due. To be called in every poll. */
export function igmpTick(): void {
  for (let i: u32 = 0; i < INTERFACES; i++) {
    const querier = Querier.at(i);
    const up = linkUp(i) && address(i) != 0;
    if (up && !querier.wasUp) tellAll(i);
    querier.wasUp = up;
    querier.age();
    if (up && querier.responds && due(querier.respondAt)) respondAll(i);
  }
  if (!anyGroups()) return;
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (!Querier.at(group.iface).wasUp) continue;
    if (group.responds && due(group.respondAt)) respond(group);
    if (group.changes != 0 && due(group.changeAt)) tellChange(group);
  }
}

/** A new cable, or a new address: somebody new may want to know. */
function tellAll(i: u32): void {
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (group.members != 0 && <u32>group.iface == i) group.tell();
  }
}

/** Milliseconds until `igmpTick` has something to do, NEVER when it has nothing. */
export function igmpWait(): u32 {
  let wait = NEVER;
  for (let i: u32 = 0; i < INTERFACES; i++) {
    const querier = Querier.at(i);
    if (querier.wasUp && querier.responds) wait = min(wait, until(querier.respondAt));
  }
  if (!anyGroups()) return wait;
  for (let n: u32 = 0; n < GROUPS; n++) {
    const group = Group.at(n);
    if (!Querier.at(group.iface).wasUp) continue;
    if (group.responds) wait = min(wait, until(group.respondAt));
    if (group.changes != 0) wait = min(wait, until(group.changeAt));
  }
  return wait;
}
