import { Capability, Drop, Protocol, Slot } from "../../assembly/abi";
import { datagram } from "../../assembly/ip/datagram";
import { dropped } from "../../assembly/stats";
import { be } from "../../assembly/wire/bytes";
import { fold, sum } from "../../assembly/wire/checksum";
import { EtherType, EthernetHeader } from "../../assembly/wire/ethernet";
import { Ipv4Header } from "../../assembly/wire/ipv4";
import {
  EVERYONE,
  FAR,
  GROUP,
  NOBODY,
  OTHER_MAC,
  OUR_MAC,
  PEER,
  PEER_MAC,
  US,
  arpRaw,
  bootWithPeer,
  capabilities,
  drain,
  icmp,
  ipRaw,
  raw,
  receive,
  receiveIp,
  sent,
  transmit,
} from "./support/net";

const header = Ipv4Header.at(raw + 14);
const frame = EthernetHeader.at(raw);

/** A ping of 8 octets; answered when nothing on its way objects. */
function ping(options: u32 = 0): void {
  ipRaw(PEER, US, Protocol.IPPROTO_ICMP, 8, options);
  memory.fill(raw + 34, 0, 8 + options);
  store<u8>(raw + 34 + options, 8);
  store<u16>(raw + 36 + options, <u16>fold(sum(raw + 34 + options, 8)));
}

/** The one drop counter `why` went up, and nothing was sent. */
function isDropped(why: Drop, length: u32): bool {
  const before = dropped(why);
  receive(length);
  return dropped(why) == before + 1 && drain() == 0;
}

describe("a frame", () => {
  it("shorter than its header is dropped, whatever lay in the slot before", () => {
    bootWithPeer();
    for (let length: u32 = 0; length < 14; length++) {
      ping();
      expect(isDropped(Drop.EthShort, length)).toBe(true);
    }
  });

  it("to another station, or from an address nobody sends from, is dropped", () => {
    bootWithPeer();
    arpRaw(1, PEER_MAC, PEER, US);
    frame.fill(OTHER_MAC, PEER_MAC, EtherType.Arp);
    expect(isDropped(Drop.EthNotForUs, 60)).toBe(true);
    frame.fill(OUR_MAC, GROUP, EtherType.Arp);
    expect(isDropped(Drop.EthSource, 60)).toBe(true);
    frame.fill(OUR_MAC, NOBODY, EtherType.Arp);
    expect(isDropped(Drop.EthSource, 60)).toBe(true);
    frame.fill(EVERYONE, OUR_MAC, EtherType.Arp);
    expect(isDropped(Drop.EthSource, 60)).toBe(true);
  });

  it("of another type is dropped: 802.3 lengths, undefined, RARP, IPv6, 802.1Q", () => {
    bootWithPeer();
    const types = memory.data<u16>([0, 46, 1500, 1501, 1535, 0x8035, 0x86dd, 0x0801, 0xffff]);
    for (let i: u32 = 0; i < 9; i++) {
      ping();
      frame.type = load<u16>(types + (i << 1));
      expect(isDropped(Drop.EthType, 60)).toBe(true);
    }
    frame.type = EtherType.Vlan;
    expect(isDropped(Drop.EthVlan, 60)).toBe(true);
    expect(isDropped(Drop.EthVlan, 15)).toBe(true);
    expect(isDropped(Drop.EthVlan, 1518)).toBe(true);
  });
});

describe("the header of a datagram", () => {
  it("is checked at every length the frame can be cut to", () => {
    bootWithPeer();
    for (let length: u32 = 0; length < 28; length++) {
      ping();
      header.checksum = 0;
      header.checksum = fold(sum(raw + 14, 20));
      expect(isDropped(length < 20 ? Drop.IpShort : Drop.IpTotalLength, 14 + length)).toBe(true);
    }
  });

  it("has version 4", () => {
    bootWithPeer();
    for (let version: u32 = 0; version < 16; version++) {
      if (version == 4) continue;
      ping();
      store<u8>(raw, <u8>((version << 4) | 5), 14);
      expect(isDropped(Drop.IpVersion, 60)).toBe(true);
    }
  });

  it("is at least 20 octets, and no more than there are", () => {
    bootWithPeer();
    for (let words: u32 = 0; words < 5; words++) {
      ping();
      store<u8>(raw, <u8>(0x40 | words), 14);
      expect(isDropped(Drop.IpHeaderLength, 60)).toBe(true);
    }
    ping();
    store<u8>(raw, 0x4f, 14);
    expect(isDropped(Drop.IpHeaderLength, 14 + 28)).toBe(true);
    expect(isDropped(Drop.IpTotalLength, 14 + 60)).toBe(true);
  });

  it("is intact: every flipped bit is noticed", () => {
    bootWithPeer();
    for (let bit: u32 = 0; bit < 160; bit++) {
      ping();
      header.checksum = fold(sum(raw + 14, 20));
      const at = raw + 14 + (bit >> 3);
      store<u8>(at, load<u8>(at) ^ (<u8>((<u32>1) << (bit & 7))));
      expect(receive(60)).not.toBe(Drop.None);
      expect(drain()).toBe(0);
    }
  });

  it("is not checked again when the MAC has, and only then", () => {
    bootWithPeer();
    ping();
    header.checksum = 0x1234;
    expect(receive(60, Slot.CSUM_OK)).toBe(Drop.IpChecksum, "a port that never said it could");
    capabilities(Capability.RX_CSUM);
    ping();
    header.checksum = 0x1234;
    expect(receive(60, Slot.CSUM_OK)).toBe(Drop.None);
    ping();
    header.checksum = 0x1234;
    expect(receive(60)).toBe(Drop.IpChecksum);
  });

  it("ends the datagram: what is behind is padding", () => {
    bootWithPeer();
    ping();
    memory.fill(raw + 42, 0xa5, 1000);
    expect(receiveIp(500)).toBe(Drop.None);
    expect(transmit()).toBe(60);
    expect(be.get16(sent + 16)).toBe(28);
    for (let i: u32 = 42; i < 60; i++) expect<u32>(load<u8>(sent + i)).toBe(0);
  });
});

describe("options", () => {
  it("that nobody knows are skipped", () => {
    bootWithPeer();
    ping(12);
    store<u8>(raw + 34, 1);
    store<u8>(raw + 35, 148);
    store<u8>(raw + 36, 4);
    store<u8>(raw + 39, 7);
    store<u8>(raw + 40, 7);
    store<u8>(raw + 46, 8);
    expect(receiveIp()).toBe(Drop.None);
    transmit();
    expect<u32>(load<u8>(sent, 14)).toBe(0x45, "and not sent back");
    expect(be.get16(sent + 16)).toBe(28);
  });

  it("never lead out of the header, whatever kind, length and place", () => {
    bootWithPeer();
    const lengths = memory.data<u8>([0, 1, 2, 3, 5, 39, 40, 41, 128, 255]);
    for (let kind: u32 = 2; kind < 256; kind++) {
      for (let i: u32 = 0; i < 10; i++) {
        const place = (kind + i) % 40;
        const length = <u32>load<u8>(lengths + i);
        ping(40);
        memory.fill(raw + 34, 1, 40);
        store<u8>(raw + 34 + place, <u8>kind);
        if (place < 39) store<u8>(raw + 35 + place, <u8>length);
        const fits = place < 39 && length >= 2 && length <= 40 - place;
        const routed = kind == 131 || kind == 137;
        const why = receiveIp();
        drain();
        expect(why).toBe(!fits ? Drop.IpOption : routed ? Drop.IpSourceRoute : Drop.None);
      }
    }
  });

  it("end where they say so", () => {
    bootWithPeer();
    ping(40);
    memory.fill(raw + 34, 0xff, 40);
    store<u8>(raw + 34, 0);
    expect(receiveIp()).toBe(Drop.None);
  });
});

describe("addresses", () => {
  it("no host can have sent from are dropped, and nobody is asked for them", () => {
    bootWithPeer();
    const sources = memory.data<u32>([0, 1, 0x7f000001, US, 0xe0000001, 0xf0000001, 0xffffffff, 0x0a0000ff, 0x0a000000]);
    for (let i: u32 = 0; i < 9; i++) {
      expect(icmp(load<u32>(sources + (i << 2)), US, 8, 0, 8)).toBe(Drop.IpSource);
      expect(drain()).toBe(0);
    }
  });

  it("of others are not ours", () => {
    bootWithPeer();
    const destinations = memory.data<u32>([PEER, FAR, 0, 0x7f000001, 0xe0000001, 0xf0000001, 0xc0a801ff]);
    for (let i: u32 = 0; i < 7; i++) {
      expect(icmp(PEER, load<u32>(destinations + (i << 2)), 8, 0, 8)).toBe(Drop.IpNotForUs);
      expect(drain()).toBe(0);
    }
  });

  it("do not match those of the frame: unicast IP in a broadcast frame", () => {
    bootWithPeer();
    ping();
    header.checksum = fold(sum(raw + 14, 20));
    frame.fill(EVERYONE, PEER_MAC, EtherType.Ipv4);
    expect(isDropped(Drop.IpLinkBroadcast, 60)).toBe(true);
    frame.fill(GROUP, PEER_MAC, EtherType.Ipv4);
    expect(isDropped(Drop.IpLinkBroadcast, 60)).toBe(true);
  });
});

describe("fragments and TTL", () => {
  it("a fragment is kept until the rest has come, or dropped; DF and the reserved bit alone make none", () => {
    bootWithPeer();
    ping();
    be.set16(raw + 20, 0x6000);
    expect(receiveIp()).toBe(Drop.IpFragment);
    expect(drain()).toBe(0);
    expect(receiveIp()).toBe(Drop.IpFragmentDuplicate);
    be.set16(raw + 20, 0x1fff);
    expect(receiveIp()).toBe(Drop.IpFragmentTooLong);
    ping();
    be.set16(raw + 20, 0xc000);
    expect(receiveIp()).toBe(Drop.None);
    expect(drain()).toBe(1);
  });

  it("a TTL of 0 or 1 is no reason to drop (RFC 1122 §3.2.1.7), and the answer has our own", () => {
    bootWithPeer();
    for (let ttl: u32 = 0; ttl < 2; ttl++) {
      ping();
      store<u8>(raw + 22, <u8>ttl);
      expect(receiveIp()).toBe(Drop.None);
      expect(datagram.ttl).toBe(ttl);
      transmit();
      expect<u32>(load<u8>(sent + 22)).toBe(64);
    }
  });
});
