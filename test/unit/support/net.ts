import { DescriptorRecord, Drop, Link, MacRecord, Protocol, Slot } from "../../../assembly/abi";
import { now, setNow } from "../../../assembly/clock";
import { initRings, loDone, loNext, macAt, rxDone, rxNext } from "../../../assembly/driver/mac_ring";
import { initEvents } from "../../../assembly/events";
import { datagram } from "../../../assembly/ip/datagram";
import { icmpArrives, unreachable } from "../../../assembly/ip/icmp";
import { ifconfig, initIface } from "../../../assembly/ip/iface";
import { datagramArrives, loopbackArrives } from "../../../assembly/ip/input";
import { initLimits } from "../../../assembly/ip/limit";
import { initQuote, quote } from "../../../assembly/ip/quote";
import { arpTick, initArp } from "../../../assembly/link/arp";
import { arpArrives } from "../../../assembly/link/arp_input";
import { frameArrives } from "../../../assembly/link/input";
import { seedRandom } from "../../../assembly/random";
import { initDatagrams } from "../../../assembly/socket/datagram";
import { initBuffers } from "../../../assembly/storage/buddy";
import { udpArrives, udpQuoted } from "../../../assembly/udp/input";
import { udpOutput } from "../../../assembly/udp/output";
import { ArpOperation, ArpPacket } from "../../../assembly/wire/arp";
import { fold, pseudo, sum } from "../../../assembly/wire/checksum";
import { EtherType, EthernetHeader, copyMac } from "../../../assembly/wire/ethernet";
import { IcmpHeader } from "../../../assembly/wire/icmp";
import { Ipv4Header } from "../../../assembly/wire/ipv4";
import { UdpHeader } from "../../../assembly/wire/udp";

/** The network of these specs: 10.0.0.0/24, we are .2, the peer .1 is the router, another neighbour .3. */
export const US: u32 = 0x0a000002;
export const PEER: u32 = 0x0a000001;
export const OTHER: u32 = 0x0a000003;
export const FAR: u32 = 0xc0a80101;
export const OUR_MAC = memory.data<u8>([2, 0, 0, 0, 0, 2, 0, 0]);
export const PEER_MAC = memory.data<u8>([2, 0, 0, 0, 0, 1, 0, 0]);
export const OTHER_MAC = memory.data<u8>([2, 0, 0, 0, 0, 3, 0, 0]);
export const EVERYONE = memory.data<u8>([255, 255, 255, 255, 255, 255, 0, 0]);
export const GROUP = memory.data<u8>([1, 0, 0x5e, 0, 0, 1, 0, 0]);
export const NOBODY = memory.data(8);

/** The port's cursors, the frame under construction, and the frame sent last. */
const rxCursor = memory.data(4, 4);
const txCursor = memory.data(4, 4);
export const raw = memory.data(2048, 16);
export const sent = memory.data(2048, 16);

/** Everything anew, the cable in, nothing configured. */
export function power(): void {
  seedRandom(1, 2, 3, 4);
  setNow(1000000);
  const mac = macAt(0);
  copyMac(mac + MacRecord.address, OUR_MAC);
  store<u32>(mac, Link.Up, MacRecord.link);
  store<u32>(mac, 0, MacRecord.capabilities);
  initRings();
  initEvents();
  initBuffers();
  initIface();
  initArp();
  initLimits();
  initQuote();
  initDatagrams();
  store<u32>(rxCursor, 0);
  store<u32>(txCursor, 0);
}

/** Everything anew, and configured, the announcements sent and taken off the ring. */
export function boot(): void {
  power();
  ifconfig(0, US, 24, PEER);
  arpTick();
  pass(2000);
  drain();
}

/** The same, and the peer is a neighbour we know. */
export function bootWithPeer(): void {
  boot();
  arp(ArpOperation.Request, PEER_MAC, PEER, US);
  drain();
}

/** Let time go by, and what is due happen. */
export function pass(ms: u32): void {
  setNow(now() + ms);
  arpTick();
  udpOutput();
}

export function cable(up: bool): void {
  store<u32>(macAt(0), up ? Link.Up : Link.Down, MacRecord.link);
}
export function capabilities(mask: u32): void {
  store<u32>(macAt(0), mask, MacRecord.capabilities);
}

/** What the port does with `length` octets of `raw`, then what the stack does with the frame: its Drop, or EtherType's own. */
export function receive(length: u32, status: u32 = 0): Drop {
  const ring = <usize>load<u32>(macAt(0), MacRecord.rxRing);
  const i = load<u32>(rxCursor);
  const at = ring + <usize>i * DescriptorRecord.size;
  store<u32>(rxCursor, (i + 1) % load<u32>(macAt(0), MacRecord.rxCount));
  memory.copy(<usize>load<u32>(at), raw, length);
  store<u16>(at, <u16>length, DescriptorRecord.length);
  store<u16>(at, <u16>status, DescriptorRecord.status);
  return take();
}

function take(): Drop {
  const descriptor = rxNext();
  if (!descriptor) return Drop.RingFull;
  const type = frameArrives(descriptor);
  const why = type == 0 ? Drop.EthType : type == EtherType.Arp ? arpArrives() : ip();
  rxDone();
  return why;
}

function ip(): Drop {
  const why = datagramArrives();
  return why == Drop.None ? dispatch() : why;
}

/** What the stack does with the present datagram. */
function dispatch(): Drop {
  if (datagram.protocol == Protocol.IPPROTO_UDP) return udpArrives();
  if (datagram.protocol != Protocol.IPPROTO_ICMP) {
    unreachable(2);
    return Drop.IpProtocol;
  }
  const why = icmpArrives();
  if (quote.pending && quote.protocol == Protocol.IPPROTO_UDP) {
    quote.pending = false;
    return udpQuoted();
  }
  return why;
}

/** Deliver what goes round inside; how many datagrams. */
export function loop(): u32 {
  let n: u32 = 0;
  for (let at = loNext(); at != 0; at = loNext()) {
    const why = loopbackArrives(at);
    loDone();
    if (why == Drop.None) dispatch();
    n++;
  }
  return n;
}

/** Take the next frame off the transmit ring into `sent`: its length, 0 when there is none. */
export function transmit(): u32 {
  const ring = <usize>load<u32>(macAt(0), MacRecord.txRing);
  const i = load<u32>(txCursor);
  const at = ring + <usize>i * DescriptorRecord.size;
  const status = load<u16>(at, DescriptorRecord.status);
  if (!(status & Slot.OWN)) return 0;
  const length = <u32>load<u16>(at, DescriptorRecord.length);
  memory.copy(sent, <usize>load<u32>(at), length);
  store<u16>(sent, status, 2000);
  store<u16>(at, status & ~(<u16>Slot.OWN), DescriptorRecord.status);
  store<u32>(txCursor, (i + 1) % load<u32>(macAt(0), MacRecord.txCount));
  return length;
}

/** The descriptor status the last transmitted frame had. */
export function sentStatus(): u32 {
  return load<u16>(sent, 2000);
}

/** Take all frames off the transmit ring; how many. */
export function drain(): u32 {
  let n: u32 = 0;
  while (transmit() != 0) n++;
  return n;
}

/** Receive an ARP packet, broadcast when it is a request. */
export function arp(operation: ArpOperation, senderMac: usize, senderIp: u32, targetIp: u32): Drop {
  arpRaw(operation, senderMac, senderIp, targetIp);
  return receive(60);
}

export function arpRaw(operation: ArpOperation, senderMac: usize, senderIp: u32, targetIp: u32): ArpPacket {
  memory.fill(raw, 0, 60);
  EthernetHeader.at(raw).fill(operation == ArpOperation.Request ? EVERYONE : OUR_MAC, senderMac, EtherType.Arp);
  const packet = ArpPacket.at(raw + 14);
  packet.begin(operation);
  copyMac(packet.senderMac, senderMac);
  packet.senderIp = senderIp;
  packet.targetIp = targetIp;
  return packet;
}

/** An IPv4 header for `length` octets of payload in `raw`, with `options` octets of options (zeros), from the peer's MAC address. */
export function ipRaw(src: u32, dst: u32, protocol: u32, length: u32, options: u32 = 0): Ipv4Header {
  memory.fill(raw, 0, 34 + options);
  EthernetHeader.at(raw).fill(OUR_MAC, PEER_MAC, EtherType.Ipv4);
  const header = Ipv4Header.at(raw + 14);
  header.begin(20 + options + length, protocol, 64, 0);
  header.src = src;
  header.dst = dst;
  store<u8>(raw, <u8>(0x45 + (options >> 2)), 14);
  return header;
}

/** Write the IPv4 header's checksum and receive the frame. */
export function receiveIp(extra: u32 = 0): Drop {
  const header = Ipv4Header.at(raw + 14);
  header.checksum = 0;
  header.checksum = fold(sum(raw + 14, header.size));
  return receive(14 + header.total + extra);
}

/** Receive an ICMP message whose `length` octets stand at raw + 34, the first eight included; its checksum is written here. */
export function icmp(src: u32, dst: u32, type: u32, code: u32, length: u32): Drop {
  ipRaw(src, dst, Protocol.IPPROTO_ICMP, length);
  const message = IcmpHeader.at(raw + 34);
  message.type = type;
  message.code = code;
  message.checksum = 0;
  message.checksum = fold(sum(raw + 34, length));
  return receiveIp();
}

/** Write a UDP datagram with `length` octets of data, which stand at raw + 42. */
export function udpRaw(src: u32, srcPort: u32, dst: u32, dstPort: u32, length: u32): UdpHeader {
  ipRaw(src, dst, Protocol.IPPROTO_UDP, 8 + length);
  const header = UdpHeader.at(raw + 34);
  header.srcPort = srcPort;
  header.dstPort = dstPort;
  header.length = 8 + length;
  header.checksum = 0;
  const checksum = fold(sum(raw + 34, 8 + length) + pseudo(src, dst, Protocol.IPPROTO_UDP, 8 + length));
  header.checksum = checksum == 0 ? 0xffff : checksum;
  return header;
}

export function udp(src: u32, srcPort: u32, dst: u32, dstPort: u32, length: u32): Drop {
  udpRaw(src, srcPort, dst, dstPort, length);
  return receiveIp();
}
