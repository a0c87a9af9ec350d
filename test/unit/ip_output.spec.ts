import { Capability, Counter, Drop, Protocol, Slot } from "../../assembly/abi";
import { LOOPBACK_SLOTS, TX_SLOTS } from "../../assembly/config";
import { datagram } from "../../assembly/ip/datagram";
import { LOCALHOST, ifconfig } from "../../assembly/ip/iface";
import { PAYLOAD_MAX, abandon, begin, finish, tryAgain, whyNot } from "../../assembly/ip/output";
import { counted, dropped } from "../../assembly/stats";
import { be } from "../../assembly/wire/bytes";
import { fold, pseudo, sum } from "../../assembly/wire/checksum";
import { EthernetHeader, EtherType, sameMac } from "../../assembly/wire/ethernet";
import { Ipv4Header } from "../../assembly/wire/ipv4";
import { Dice } from "./support/dice";
import {
  EVERYONE,
  FAR,
  OTHER,
  OUR_MAC,
  PEER_MAC,
  US,
  arp,
  bootWithPeer,
  cable,
  capabilities,
  drain,
  loop,
  power,
  sent,
  sentStatus,
  transmit,
} from "./support/net";

const header = Ipv4Header.at(sent + 14);

function send(protocol: u32, length: u32, dst: u32): bool {
  const at = begin(US, dst);
  if (!at) return false;
  for (let i: u32 = 0; i < length; i++) store<u8>(at + i, <u8>(i * 7));
  finish(protocol, length, 33, 0xb8);
  return true;
}

/** The transport checksum of the frame in `sent` holds. */
function holds(protocol: u32, length: u32): bool {
  const header = protocol == Protocol.IPPROTO_ICMP ? 0 : pseudo(US, FAR, protocol, length);
  return fold(sum(sent + 34, length) + header) == 0;
}

describe("a datagram", () => {
  it("has a header of the RFC's form: DF, identification 0, TTL and TOS as given", () => {
    bootWithPeer();
    expect(send(Protocol.IPPROTO_UDP, 40, FAR)).toBe(true);
    expect(transmit()).toBe(74);
    const frame = EthernetHeader.at(sent);
    expect(sameMac(frame.dst, PEER_MAC) && sameMac(frame.src, OUR_MAC)).toBe(true);
    expect(frame.type).toBe(EtherType.Ipv4);
    expect(be.get32(sent + 14)).toBe(0x45b8003c);
    expect(be.get32(sent + 18)).toBe(0x00004000);
    expect(header.ttl).toBe(33);
    expect(header.protocol).toBe(17);
    expect(header.src).toBe(US);
    expect(header.dst).toBe(FAR);
    expect(fold(sum(sent + 14, 20))).toBe(0);
  });

  it("has correct checksums at any length, address and protocol", () => {
    bootWithPeer();
    const dice = new Dice(7);
    for (let i: u32 = 0; i < 300; i++) {
      const protocol: u32 = i % 3 == 0 ? 1 : i % 3 == 1 ? 6 : 17;
      const length = 20 + dice.below(PAYLOAD_MAX - 19);
      const dst = 0x0b000000 | dice.below(0x1000000);
      const at = begin(US, dst);
      dice.fill(at, length);
      finish(protocol, length, dice.below(256), dice.below(256));
      transmit();
      const imaginary = protocol == 1 ? 0 : pseudo(US, dst, protocol, length);
      expect(fold(sum(sent + 14, 20))).toBe(0);
      expect(fold(sum(sent + 34, length) + imaginary)).toBe(0);
    }
  });

  it("of UDP never has the checksum zero", () => {
    bootWithPeer();
    const at = begin(US, FAR);
    memory.fill(at, 0, 10);
    store<u16>(at, 0, 6);
    store<u16>(at, <u16>fold(sum(at, 10) + pseudo(US, FAR, 17, 10)), 8);
    finish(17, 10, 64, 0);
    transmit();
    expect(be.get16(sent + 40)).toBe(0xffff);
    expect(holds(17, 10)).toBe(true);
  });

  it("leaves the checksum of TCP and UDP to a MAC that can, ICMP's never", () => {
    bootWithPeer();
    capabilities(Capability.TX_CSUM);
    const protocols = memory.data<u8>([6, 17, 1]);
    for (let i: u32 = 0; i < 3; i++) {
      const protocol = <u32>load<u8>(protocols + i);
      send(protocol, 40, FAR);
      transmit();
      expect(sentStatus() & Slot.CSUM_FILL).toBe(protocol == 1 ? 0 : Slot.CSUM_FILL);
      expect(holds(protocol, 40)).toBe(protocol == 1);
    }
  });

  it("keeps that promise when it had to wait for its neighbour", () => {
    bootWithPeer();
    capabilities(Capability.TX_CSUM);
    send(6, 40, OTHER);
    drain();
    arp(2, PEER_MAC, OTHER, US);
    expect(transmit()).toBe(74);
    expect(sentStatus() & Slot.CSUM_FILL).toBe(Slot.CSUM_FILL);
  });

  it("to everyone goes to the broadcast address", () => {
    bootWithPeer();
    expect(send(17, 20, 0xffffffff)).toBe(true);
    transmit();
    expect(sameMac(sent, EVERYONE)).toBe(true);
    expect(send(17, 20, 0x0a0000ff)).toBe(true);
    transmit();
    expect(sameMac(sent, EVERYONE)).toBe(true);
  });
});

describe("what cannot be sent", () => {
  it("waits for room in the ring, uncounted", () => {
    bootWithPeer();
    const full = dropped(Drop.RingFull);
    for (let i: u32 = 0; i < TX_SLOTS; i++) expect(send(17, 20, FAR)).toBe(true);
    expect(begin(US, FAR)).toBe(0);
    expect(whyNot()).toBe(Drop.RingFull);
    expect(tryAgain()).toBe(true);
    expect(dropped(Drop.RingFull)).toBe(full);
    transmit();
    expect(send(17, 20, FAR)).toBe(true);
  });

  it("is lost without a link, a route or an address of ours", () => {
    bootWithPeer();
    cable(false);
    expect(begin(US, FAR)).toBe(0);
    expect(whyNot()).toBe(Drop.LinkDown);
    cable(true);
    expect(begin(US, 0xf0000001)).toBe(0);
    expect(whyNot()).toBe(Drop.IpNoRoute);
    expect(begin(LOCALHOST, FAR)).toBe(0);
    expect(whyNot()).toBe(Drop.IpSource);
    expect(begin(US + 1, FAR)).toBe(0);
    expect(whyNot()).toBe(Drop.IpSource);
    expect(tryAgain()).toBe(false);
    ifconfig(0, US, 24, 0);
    expect(begin(US, FAR)).toBe(0);
    expect(whyNot()).toBe(Drop.IpNoRoute);
  });

  it("leaves no trace when it is abandoned", () => {
    bootWithPeer();
    expect(begin(US, FAR)).not.toBe(0);
    abandon();
    expect(begin(US, OTHER)).not.toBe(0);
    abandon();
    expect(drain()).toBe(0);
    send(17, 20, OTHER);
    begin(US, OTHER);
    abandon();
    arp(2, PEER_MAC, OTHER, US);
    expect(drain()).toBe(1, "the request alone");
  });
});

describe("loopback", () => {
  it("takes what is for us and for 127/8, unconfigured and with the cable out too", () => {
    power();
    cable(false);
    const out = counted(Counter.FramesOut);
    const at = begin(LOCALHOST, 0x7f000001);
    expect(at).not.toBe(0);
    memory.fill(at, 0, 20);
    finish(17, 20, 64, 0);
    expect(loop()).toBe(1);
    expect(datagram.src).toBe(LOCALHOST);
    expect(datagram.length).toBe(20);
    expect(datagram.loopback && datagram.checksumOk).toBe(true);
    expect(counted(Counter.FramesOut)).toBe(out);
    bootWithPeer();
    expect(send(17, 20, US)).toBe(true);
    expect(loop()).toBe(1);
    expect(drain()).toBe(0);
  });

  it("is full at some time, and empties", () => {
    bootWithPeer();
    for (let i: u32 = 0; i < LOOPBACK_SLOTS; i++) expect(send(17, 20, US)).toBe(true);
    expect(begin(US, US)).toBe(0);
    expect(whyNot()).toBe(Drop.LoopbackFull);
    expect(tryAgain()).toBe(true);
    loop();
    expect(begin(US, US)).not.toBe(0);
    abandon();
  });
});
