import { Drop } from "../../assembly/abi";
import { ARP_AGE, ARP_ENTRIES } from "../../assembly/config";
import { setNow, until } from "../../assembly/clock";
import { ifconfig } from "../../assembly/ip/iface";
import { begin, finish } from "../../assembly/ip/output";
import { arpDeadline, arpSet, arpTick, hasArpDeadline, resolve } from "../../assembly/link/arp";
import { findNeighbour } from "../../assembly/link/neighbours";
import { dropped } from "../../assembly/stats";
import { ArpOperation, ArpPacket } from "../../assembly/wire/arp";
import { be } from "../../assembly/wire/bytes";
import { EtherType, EthernetHeader, sameMac } from "../../assembly/wire/ethernet";
import {
  EVERYONE,
  FAR,
  GROUP,
  OTHER,
  OTHER_MAC,
  OUR_MAC,
  PEER,
  PEER_MAC,
  US,
  arp,
  arpRaw,
  boot,
  bootWithPeer,
  cable,
  drain,
  pass,
  power,
  raw,
  receive,
  sent,
  transmit,
} from "./support/net";

const packet = ArpPacket.at(sent + 14);

/** Send a datagram with one marked octet to `dst`; false when it was refused. */
function send(dst: u32, mark: u32): bool {
  const at = begin(US, dst);
  if (!at) return false;
  memory.fill(at, 0, 16);
  store<u8>(at, <u8>mark, 8);
  finish(17, 16, 64, 0);
  return true;
}

function isRequestFor(ip: u32, mac: usize): bool {
  if (transmit() != 60 || EthernetHeader.at(sent).type != EtherType.Arp) return false;
  return packet.operation == ArpOperation.Request && packet.targetIp == ip && sameMac(sent, mac) && packet.senderIp == US;
}

function knows(ip: u32, mac: usize): bool {
  const found = resolve(ip);
  return found != 0 && sameMac(found, mac);
}

describe("announcing the address", () => {
  it("happens twice, two seconds apart, with zeros behind the packet", () => {
    power();
    expect(hasArpDeadline()).toBe(false);
    ifconfig(0, US, 24, PEER);
    expect(until(arpDeadline())).toBe(0);
    arpTick();
    expect(isRequestFor(US, EVERYONE)).toBe(true);
    for (let i: u32 = 42; i < 60; i++) expect<u32>(load<u8>(sent + i)).toBe(0);
    expect(until(arpDeadline())).toBe(2000);
    pass(1999);
    expect(transmit()).toBe(0);
    pass(1);
    expect(isRequestFor(US, EVERYONE)).toBe(true);
    expect(hasArpDeadline()).toBe(false);
  });

  it("does not cost what was sent before the first poll", () => {
    power();
    ifconfig(0, US, 24, PEER);
    send(PEER, 7);
    arpTick();
    drain();
    arp(ArpOperation.Reply, PEER_MAC, PEER, US);
    transmit();
    expect<u32>(load<u8>(sent, 42)).toBe(7);
  });

  it("happens again when the cable comes back, also when the clock starts in the middle of its range", () => {
    power();
    cable(false);
    ifconfig(0, US, 24, PEER);
    arpTick();
    setNow(0x90000000);
    arpTick();
    expect(drain()).toBe(0);
    cable(true);
    arpTick();
    expect(isRequestFor(US, EVERYONE)).toBe(true);
  });
});

describe("a request for our address", () => {
  it("is answered to the sender alone, who is remembered", () => {
    boot();
    expect(arp(ArpOperation.Request, PEER_MAC, PEER, US)).toBe(Drop.None);
    expect(transmit()).toBe(60);
    expect(sameMac(sent, PEER_MAC)).toBe(true);
    expect(packet.operation).toBe(ArpOperation.Reply);
    expect(packet.senderIp).toBe(US);
    expect(sameMac(packet.senderMac, OUR_MAC)).toBe(true);
    expect(packet.targetIp).toBe(PEER);
    expect(sameMac(packet.targetMac, PEER_MAC)).toBe(true);
    expect(knows(PEER, PEER_MAC)).toBe(true);
  });

  it("as a probe is answered and not remembered (RFC 5227 §2.1.1)", () => {
    boot();
    expect(arp(ArpOperation.Request, PEER_MAC, 0, US)).toBe(Drop.None);
    expect(transmit()).toBe(60);
    expect(packet.targetIp).toBe(0);
    expect(findNeighbour(0, 0) == null).toBe(true);
    expect(arp(ArpOperation.Request, PEER_MAC, 0, OTHER)).toBe(Drop.ArpNotForUs);
    expect(drain()).toBe(0);
  });

  it("from an address no neighbour can have is dropped", () => {
    boot();
    const senders = memory.data<u32>([0xffffffff, 0x0a0000ff, 0x0a000000, 0xe0000001, 0xf0000001, 0x7f000001, 0xc0a80101]);
    for (let i: u32 = 0; i < 7; i++) {
      expect(arp(ArpOperation.Request, PEER_MAC, load<u32>(senders + (i << 2)), US)).toBe(Drop.ArpSender);
    }
    expect(drain()).toBe(0);
  });

  it("whose sender is another than the frame's is dropped", () => {
    boot();
    const forged = arpRaw(ArpOperation.Request, PEER_MAC, PEER, US);
    store<u8>(forged.senderMac, 0x12, 5);
    expect(receive(60)).toBe(Drop.ArpSender);
    expect(resolve(PEER)).toBe(0);
  });

  it("is nobody's business while we have no address", () => {
    power();
    expect(arp(ArpOperation.Request, PEER_MAC, PEER, US)).toBe(Drop.ArpNotForUs);
    expect(arp(ArpOperation.Request, PEER_MAC, PEER, 0)).toBe(Drop.ArpNotForUs);
    expect(drain()).toBe(0);
  });
});

describe("a malformed packet", () => {
  it("is dropped for each fixed field alone", () => {
    boot();
    for (let at: u32 = 0; at < 8; at++) {
      arpRaw(ArpOperation.Request, PEER_MAC, PEER, US);
      store<u8>(raw + 14 + at, 0x77);
      expect(receive(60)).toBe(Drop.ArpFormat);
    }
    expect(drain()).toBe(0);
    expect(resolve(PEER)).toBe(0);
  });

  it("is dropped at every length below 28", () => {
    boot();
    for (let length: u32 = 0; length < 28; length++) {
      arpRaw(ArpOperation.Request, PEER_MAC, PEER, US);
      expect(receive(14 + length)).toBe(Drop.ArpShort);
    }
    expect(drain()).toBe(0);
  });
});

describe("an unknown neighbour", () => {
  it("is asked for, and its datagram is sent when it answers", () => {
    boot();
    expect(send(PEER, 1)).toBe(true);
    expect(isRequestFor(PEER, EVERYONE)).toBe(true);
    expect(transmit()).toBe(0);
    expect(arp(ArpOperation.Reply, PEER_MAC, PEER, US)).toBe(Drop.None);
    expect(transmit()).toBe(60);
    expect(sameMac(sent, PEER_MAC)).toBe(true);
    expect<u32>(load<u8>(sent, 42)).toBe(1);
    expect(hasArpDeadline()).toBe(false);
  });

  it("gets the latest of several datagrams", () => {
    boot();
    for (let mark: u32 = 1; mark < 5; mark++) expect(send(PEER, mark)).toBe(true);
    expect(drain()).toBe(1);
    arp(ArpOperation.Reply, PEER_MAC, PEER, US);
    transmit();
    expect<u32>(load<u8>(sent, 42)).toBe(4);
    expect(transmit()).toBe(0);
  });

  it("is asked three times, a second apart, then the datagram is given up", () => {
    boot();
    const lost = dropped(Drop.ArpUnresolved);
    send(OTHER, 1);
    for (let i = 0; i < 3; i++) {
      expect(isRequestFor(OTHER, EVERYONE)).toBe(true);
      expect(until(arpDeadline())).toBe(1000);
      pass(999);
      expect(transmit()).toBe(0);
      pass(1);
    }
    expect(transmit()).toBe(0);
    expect(dropped(Drop.ArpUnresolved)).toBe(lost + 1);
    expect(hasArpDeadline()).toBe(false);
  });

  it("is asked at most once a second, whatever is sent and whoever takes its place", () => {
    boot();
    let asked: u32 = 0;
    let askedOther: u32 = 0;
    for (let i: u32 = 0; i < 2999; i++) {
      send(PEER, i);
      send(OTHER, i);
      pass(1);
      while (transmit() != 0) {
        if (packet.targetIp == PEER) asked++;
        else askedOther++;
      }
    }
    expect(asked).toBe(3);
    expect(askedOther).toBe(3);
  });

  it("gets its datagram even when the ring is full at the moment of the answer", () => {
    boot();
    send(PEER, 9);
    drain();
    arpSet(OTHER, OTHER_MAC);
    while (send(OTHER, 1)) {}
    arp(ArpOperation.Reply, PEER_MAC, PEER, US);
    expect(until(arpDeadline())).toBe(0);
    drain();
    arpTick();
    transmit();
    expect(sameMac(sent, PEER_MAC)).toBe(true);
    expect<u32>(load<u8>(sent, 42)).toBe(9);
  });

  it("among ten thousand dead ones pushes neither the router nor those in use out", () => {
    bootWithPeer();
    arp(ArpOperation.Request, OTHER_MAC, OTHER, US);
    expect(knows(OTHER, OTHER_MAC)).toBe(true);
    expect(knows(PEER, PEER_MAC)).toBe(true);
    for (let i: u32 = 0; i < 10000; i++) {
      send(0x0a000004 + (i % 240), 1);
      if (i % 16 == 0) pass(1);
      drain();
    }
    expect(findNeighbour(0, PEER) != null).toBe(true);
    expect(findNeighbour(0, OTHER) != null).toBe(true);
  });
});

describe("what the network says unasked", () => {
  it("by a reply changes nothing", () => {
    bootWithPeer();
    pass(5000);
    expect(arp(ArpOperation.Reply, OTHER_MAC, PEER, US)).toBe(Drop.ArpUnsolicited);
    expect(arp(ArpOperation.Reply, OTHER_MAC, OTHER, US)).toBe(Drop.ArpUnsolicited);
    expect(arp(ArpOperation.Reply, OTHER_MAC, PEER, PEER)).toBe(Drop.ArpUnsolicited);
    expect(knows(PEER, PEER_MAC)).toBe(true);
    expect(resolve(OTHER)).toBe(0);
  });

  it("by a request to somebody else changes nothing", () => {
    boot();
    expect(arp(ArpOperation.Request, OTHER_MAC, OTHER, PEER)).toBe(Drop.ArpNotForUs);
    expect(resolve(OTHER)).toBe(0);
  });

  it("by a request to us with another MAC address puts the old one in doubt, which answers for itself", () => {
    bootWithPeer();
    expect(arp(ArpOperation.Request, OTHER_MAC, PEER, US)).toBe(Drop.None);
    drain();
    expect(knows(PEER, PEER_MAC)).toBe(true);
    expect(isRequestFor(PEER, PEER_MAC)).toBe(true);
    expect(arp(ArpOperation.Reply, OTHER_MAC, PEER, US)).toBe(Drop.ArpUnsolicited);
    expect(arp(ArpOperation.Reply, PEER_MAC, PEER, US)).toBe(Drop.None);
    pass(3000);
    expect(knows(PEER, PEER_MAC)).toBe(true);
  });

  it("by an announcement of a moved host is believed when the old place is silent", () => {
    bootWithPeer();
    expect(arp(ArpOperation.Request, OTHER_MAC, PEER, PEER)).toBe(Drop.ArpNotForUs);
    expect(knows(PEER, PEER_MAC)).toBe(true);
    pass(2001);
    drain();
    send(PEER, 1);
    expect(isRequestFor(PEER, EVERYONE)).toBe(true);
    expect(arp(ArpOperation.Reply, OTHER_MAC, PEER, US)).toBe(Drop.None);
    expect(knows(PEER, OTHER_MAC)).toBe(true);
  });

  it("of many hosts fills the cache without pushing out the one in use", () => {
    bootWithPeer();
    expect(knows(PEER, PEER_MAC)).toBe(true);
    for (let i: u32 = 4; i < 4 + 4 * ARP_ENTRIES; i++) {
      expect(arp(ArpOperation.Request, OTHER_MAC, 0x0a000000 + i, US)).toBe(Drop.None);
      drain();
    }
    expect(knows(PEER, PEER_MAC)).toBe(true);
  });

  it("never changes a static entry", () => {
    boot();
    expect(arpSet(OTHER, OTHER_MAC)).toBe(0);
    arp(ArpOperation.Request, PEER_MAC, OTHER, US);
    arp(ArpOperation.Reply, PEER_MAC, OTHER, US);
    pass(ARP_AGE * 3);
    expect(knows(OTHER, OTHER_MAC)).toBe(true);
    expect(arpSet(0, OTHER_MAC)).toBe(-22);
    expect(arpSet(OTHER, GROUP)).toBe(-22);
  });
});

describe("somebody with our address", () => {
  it("is told at most once in ten seconds", () => {
    boot();
    let told: u32 = 0;
    for (let i = 0; i < 1000; i++) {
      expect(arp(i & 1 ? ArpOperation.Reply : ArpOperation.Request, OTHER_MAC, US, PEER)).toBe(Drop.ArpConflict);
      pass(9);
      told += drain();
    }
    expect(told).toBe(1);
    pass(2000);
    arp(ArpOperation.Request, OTHER_MAC, US, US);
    expect(isRequestFor(US, EVERYONE)).toBe(true);
  });
});

describe("a neighbour's entry", () => {
  it("in use is asked again before it expires, by unicast, and stays", () => {
    bootWithPeer();
    pass(ARP_AGE - ARP_AGE / 4);
    expect(knows(PEER, PEER_MAC)).toBe(true);
    expect(isRequestFor(PEER, PEER_MAC)).toBe(true);
    expect(knows(PEER, PEER_MAC)).toBe(true);
    expect(transmit()).toBe(0);
    arp(ArpOperation.Reply, PEER_MAC, PEER, US);
    pass(ARP_AGE / 2);
    expect(knows(PEER, PEER_MAC)).toBe(true);
    expect(transmit()).toBe(0);
  });

  it("expires", () => {
    bootWithPeer();
    pass(ARP_AGE);
    expect(resolve(PEER)).toBe(0);
  });

  it("expires also when the clock has wrapped meanwhile", () => {
    bootWithPeer();
    pass(0x90000000);
    expect(resolve(PEER)).toBe(0);
  });

  it("is forgotten when the cable is pulled, and with it what waits", () => {
    bootWithPeer();
    send(OTHER, 1);
    drain();
    const lost = dropped(Drop.LinkDown);
    cable(false);
    arpTick();
    expect(dropped(Drop.LinkDown)).toBe(lost + 1);
    expect(hasArpDeadline()).toBe(false);
    expect(resolve(PEER)).toBe(0);
  });
});

describe("addresses that need no question", () => {
  it("are the broadcast and the groups (RFC 1112 §6.4)", () => {
    boot();
    expect(sameMac(resolve(0xffffffff), EVERYONE)).toBe(true);
    const group = resolve(0xe1828384);
    expect(be.get32(group)).toBe(0x01005e02);
    expect(be.get16(group + 4)).toBe(0x8384);
    expect(resolve(FAR)).toBe(0);
  });
});
