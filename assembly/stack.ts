import { Drop, Protocol } from "./abi";
import { setNow, until } from "./clock";
import { ARP_ERRORS, FRAGMENTATION, INTERFACES, PAIRS, POLL_BUDGET, RAW_SOCKETS } from "./config";
import { initRings, loDone, loNext, rxDone, rxNext } from "./driver/mac_ring";
import { icmpArrives, unreachable } from "./ip/icmp";
import { initIface } from "./ip/iface";
import { datagram } from "./ip/datagram";
import { datagramArrives, loopbackArrives } from "./ip/input";
import { agePaths, initPaths } from "./ip/pmtu";
import { initLimits } from "./ip/limit";
import { initFragmentation } from "./ip/fragment";
import { REASSEMBLY } from "./ip/fragments";
import { MULTICAST } from "./ip/groups";
import { igmpArrives, igmpTick, igmpWait, initIgmp } from "./ip/igmp";
import { initQuote, quote, quoteUnsent } from "./ip/quote";
import { datagramDone, initReassembly, reassemblyTick, reassemblyWait } from "./ip/reassembly";
import { arpDeadline, arpTick, hasArpDeadline, initArp } from "./link/arp";
import { arpArrives } from "./link/arp_input";
import { frameArrives } from "./link/input";
import { rawArrives, rawQuoted } from "./raw/input";
import { initRaws } from "./raw/pcb";
import { seedRandom } from "./random";
import { initSettings } from "./settings";
import { initDatagrams } from "./socket/datagram";
import { initDescriptors } from "./socket/descriptor";
import { initPairs } from "./socket/pair_end";
import { drop, initStats } from "./stats";
import { initBuffers } from "./storage/buddy";
import { segmentArrives } from "./tcp/arrive";
import { initCookies } from "./tcp/cookie";
import { expireTimers } from "./tcp/expire";
import { initPorts } from "./tcp/open";
import { initOrphans } from "./tcp/orphans";
import { outputAll } from "./tcp/output";
import { segmentQuoted } from "./tcp/quoted";
import { initSent } from "./tcp/sent";
import { initSynQueue } from "./tcp/synqueue";
import { initTable } from "./tcp/table";
import { initTcbs, work } from "./tcp/tcb";
import { initTimers, timersDeadline, timersWait } from "./tcp/timers";
import { initTimeWait, timeWaitDeadline } from "./tcp/timewait";
import { udpQuoted, udpArrives } from "./udp/input";
import { neighbourWait, udpOutput } from "./udp/output";
import { EtherType } from "./wire/ethernet";
import { Unreachable } from "./wire/icmp";

/** The whole of the stack in three steps: what came in and what is due marks, the application acts, output sends. */

/** Everything back to the start, with a new secret. The rings keep MAC address, capabilities and link state. */
export function start(s0: u32, s1: u32, s2: u32, s3: u32): void {
  seedRandom(s0, s1, s2, s3);
  initSettings();
  initStats();
  initRings();
  initIface();
  initArp();
  initLimits();
  initQuote();
  initPaths();
  initBuffers();
  if (REASSEMBLY) initReassembly();
  if (FRAGMENTATION || MULTICAST) initFragmentation();
  if (MULTICAST) initIgmp();
  initTimers();
  initTable();
  initTcbs();
  initSent();
  initOrphans();
  initSynQueue();
  initCookies();
  initTimeWait();
  initPorts();
  initDescriptors();
  initDatagrams();
  if (RAW_SOCKETS) initRaws();
  if (PAIRS) initPairs();
}

/** Take the frames that have come (POLL_BUDGET at most from each ring) and run the timers that are due. */
export function input(time: u32): void {
  setNow(time);
  attendNeighbours();
  agePaths();
  if (REASSEMBLY) reassemblyTick();
  if (INTERFACES == 1) receive(0);
  else for (let i: u32 = 0; i < INTERFACES; i++) receive(i);
  for (let n: u32 = 0; n < POLL_BUDGET; n++) {
    const descriptor = loNext();
    if (descriptor == 0) break;
    const why = loopbackArrives(descriptor);
    loDone(); // an answer may need the slot: what it answers has been read by then
    if (why == Drop.None) delivered();
  }
  expireTimers(POLL_BUDGET);
}

/** Send what there is to send. Returns the milliseconds until `input` is due again, 0 when work is waiting, NEVER. */
export function output(): u32 {
  const waits = udpOutput();
  const left = outputAll();
  if (MULTICAST) igmpTick();
  attendNeighbours(); // requests for neighbours that output asked for
  if (waits || left || work.count > 0 || anyReceived() || loNext() != 0) return 0;
  let wait = timeWaitDeadline();
  if (timersWait()) wait = min(wait, until(timersDeadline()));
  if (hasArpDeadline()) wait = min(wait, until(arpDeadline()));
  if (REASSEMBLY) wait = min(wait, reassemblyWait());
  if (FRAGMENTATION) wait = min(wait, neighbourWait());
  if (MULTICAST) wait = min(wait, igmpWait());
  return wait;
}

/** The frames that have come to interface `i`. */
function receive(i: u32): void {
  for (let n: u32 = 0; n < POLL_BUDGET; n++) {
    const descriptor = rxNext(i);
    if (descriptor == 0) return;
    received(descriptor, i);
    rxDone(i);
  }
}

/** Some interface has received a frame. */
function anyReceived(): bool {
  if (INTERFACES == 1) return rxNext() != 0;
  for (let i: u32 = 0; i < INTERFACES; i++) if (rxNext(i) != 0) return true;
  return false;
}

function received(descriptor: usize, i: u32): void {
  const type = frameArrives(descriptor, i);
  if (type == EtherType.Arp) arpArrives();
  else if (type == EtherType.Ipv4 && datagramArrives() == Drop.None) delivered();
}

/** The present datagram is for us: give it to its protocol. */
function delivered(): void {
  const protocol = datagram.protocol;
  const known = RAW_SOCKETS > 0 && rawArrives();
  if (protocol == Protocol.IPPROTO_TCP) segmentArrives();
  else if (protocol == Protocol.IPPROTO_UDP) udpArrives();
  else if (protocol == Protocol.IPPROTO_ICMP) message();
  else if (MULTICAST && protocol == Protocol.IPPROTO_IGMP) igmpArrives();
  else if (!known) {
    drop(Drop.IpProtocol);
    unreachable(Unreachable.Protocol);
  }
  if (REASSEMBLY) datagramDone();
}

/** Send requests that are due; tell the senders of what waited in vain (RFC 1122 §2.4). */
function attendNeighbours(): void {
  for (let unsent = arpTick(); ARP_ERRORS && unsent; unsent = arpTick()) {
    quoteUnsent(unsent);
    tellSender(true);
  }
}

function message(): void {
  icmpArrives();
  tellSender(false);
}

/** An error goes on to the sockets whose datagram it may quote; `unsent`: it never left. */
function tellSender(unsent: bool): void {
  if (!quote.pending) return;
  quote.pending = false;
  const known = RAW_SOCKETS > 0 && rawQuoted(unsent);
  if (quote.protocol == Protocol.IPPROTO_TCP) segmentQuoted();
  else if (!RAW_SOCKETS || quote.protocol == Protocol.IPPROTO_UDP) udpQuoted();
  else if (!known) drop(Drop.IcmpQuote);
}
