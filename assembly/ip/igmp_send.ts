import { Counter, Protocol } from "../abi";
import { now } from "../clock";
import { GROUPS } from "../config";
import { randomBelow } from "../random";
import { count } from "../stats";
import { fold, sum } from "../wire/checksum";
import { IGMP_HEADER, IGMP_RECORD, IgmpHeader, IgmpRecord, IgmpType } from "../wire/igmp";
import { IPV4_HEADER, Ipv4Header } from "../wire/ipv4";
import { Group } from "./groups";
import { address } from "./iface";
import { begin, finishWritten } from "./output";
import { Querier } from "./querier";

/** All routers; all routers that speak version 3. */
const ALL_ROUTERS: u32 = 0xe0000002;
const ALL_REPORTERS: u32 = 0xe0000016;
/** The option that lets routers look at what is not for them (RFC 2113): four octets behind the header. */
const ROUTER_ALERT: u32 = 0x94040000;
const ALERT: u32 = 4;
/** Internetwork control (RFC 3376 §4). */
const CONTROL: u32 = 0xc0;
/** A change is told again within so long, ms (RFC 2236 §8.10; RFC 3376 §8.11). */
const UNSOLICITED2: u32 = 10000;
const UNSOLICITED3: u32 = 1000;

/** Begin a message: where it is to be written, 0 when it cannot be sent now. */
function open(i: u32, dst: u32): usize {
  const at = begin(address(i), dst);
  return at ? at + ALERT : 0;
}

/** Send the message of `length` octets at `at`, with TTL 1 and a router alert (RFC 3376 §4). */
function send(at: usize, i: u32, dst: u32, length: u32): void {
  const header = Ipv4Header.at(at - ALERT - IPV4_HEADER);
  header.begin(IPV4_HEADER + ALERT + length, Protocol.IPPROTO_IGMP, 1, CONTROL);
  header.addOption(ROUTER_ALERT);
  header.src = address(i);
  header.dst = dst;
  header.checksum = fold(sum(changetype<usize>(header), IPV4_HEADER + ALERT));
  IgmpHeader.at(at).checksum = fold(sum(at, length));
  finishWritten(ALERT + length);
  count(Counter.IgmpOut);
}

/** A message of the versions 1 and 2; false when it cannot be sent now. */
function sendOld(type: u32, group: Group, dst: u32): bool {
  const at = open(group.iface, dst);
  if (!at) return false;
  IgmpHeader.at(at).begin(type, group.address);
  send(at, group.iface, dst, IGMP_HEADER);
  return true;
}

function sendRecord(type: u32, group: Group): bool {
  const at = open(group.iface, ALL_REPORTERS);
  if (!at) return false;
  IgmpHeader.at(at).beginReport(1);
  IgmpHeader.at(at).setRecord(0, type, group.address);
  send(at, group.iface, ALL_REPORTERS, IGMP_HEADER + IGMP_RECORD);
  return true;
}

function sendReport(group: Group, version: u32): bool {
  if (version == 3) return sendRecord(IgmpRecord.IsExclude, group);
  group.last = true;
  return sendOld(version == 2 ? IgmpType.Report2 : IgmpType.Report1, group, group.address);
}

/** Answer a query about this group. */
export function respond(group: Group): void {
  if (sendReport(group, Querier.at(group.iface).version())) group.responds = false;
}

/** Tell the routers that the group was joined or left, and see when to do so again. */
export function tellChange(group: Group): void {
  const version = Querier.at(group.iface).version();
  if (!sendChange(group, version)) return;
  const once = group.members == 0 && version < 3;
  group.changes = once ? 0 : group.changes - 1;
  group.changeAt = now() + 1 + randomBelow(version == 3 ? UNSOLICITED3 : UNSOLICITED2);
  if (group.members == 0 && group.changes == 0) group.free();
}

function sendChange(group: Group, version: u32): bool {
  if (version == 3) return sendRecord(group.members ? IgmpRecord.ToExclude : IgmpRecord.ToInclude, group);
  if (group.members != 0) return sendReport(group, version);
  // RFC 2236 §3: who was not the last to report need not say that it leaves, and version 1 has no word for it.
  return version == 1 || !group.last || sendOld(IgmpType.Leave, group, ALL_ROUTERS);
}

/** Answer a general query (version 3): one report of all groups of the interface. */
export function respondAll(i: u32): void {
  const at = open(i, ALL_REPORTERS);
  if (!at) return;
  let n: u32 = 0;
  for (let g: u32 = 0; g < GROUPS; g++) {
    const group = Group.at(g);
    if (group.members != 0 && <u32>group.iface == i) IgmpHeader.at(at).setRecord(n++, IgmpRecord.IsExclude, group.address);
  }
  Querier.at(i).responds = false;
  if (n == 0) return;
  IgmpHeader.at(at).beginReport(n);
  send(at, i, ALL_REPORTERS, IGMP_HEADER + n * IGMP_RECORD);
}
