import { copyMac, ETHERNET_HEADER, EthernetHeader, EtherType, isGroup, sameMac } from "../../assembly/wire/ethernet";

const frame = memory.data<u8>([0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0xf2, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0x86, 0xdd, 0x99]);
const everyone = memory.data<u8>([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const group = memory.data<u8>([0x01, 0x00, 0x5e, 0x00, 0x00, 0x01]);
const mine = memory.data<u8>([0x02, 0x11, 0x22, 0x33, 0x44, 0x55]);
const room = memory.data(32, 8);

describe("an Ethernet header", () => {
  it("is valid from fourteen octets on", () => {
    expect(EthernetHeader.at(frame).valid(ETHERNET_HEADER)).toBe(true);
    expect(EthernetHeader.at(frame).valid(ETHERNET_HEADER - 1)).toBe(false);
    expect(EthernetHeader.at(frame).valid(0)).toBe(false);
  });

  it("is read where it lies", () => {
    const header = EthernetHeader.at(frame);
    expect(header.dstHi).toBe(0x0211);
    expect(header.dstLo).toBe(0x22334455);
    expect(header.srcHi).toBe(0xf2a1);
    expect(header.srcLo).toBe(0xb2c3d4e5);
    expect(header.dst).toBe(frame);
    expect(header.src).toBe(frame + 6);
    expect(header.type).toBe(EtherType.Ipv6);
    expect(header.payload).toBe(frame + 14);
  });

  it("knows groups and everyone", () => {
    const header = EthernetHeader.at(room);
    header.fill(everyone, mine, EtherType.Arp);
    expect(header.toBroadcast).toBe(true);
    expect(header.toGroup).toBe(true);
    header.fill(group, mine, EtherType.Arp);
    expect(header.toBroadcast).toBe(false);
    expect(header.toGroup).toBe(true);
    header.fill(mine, mine, EtherType.Arp);
    expect(header.toGroup).toBe(false);
  });

  it("asks all six octets for a broadcast", () => {
    for (let i = 0; i < 6; i++) {
      const header = EthernetHeader.at(room);
      header.fill(everyone, mine, EtherType.Arp);
      store<u8>(room + i, 0xfd);
      expect(header.toBroadcast).toBe(false);
    }
  });

  it("is written to the octet", () => {
    memory.fill(room, 0xaa, 32);
    EthernetHeader.at(room + 1).fill(mine, group, EtherType.Ipv4);
    expect(load<u8>(room)).toBe(0xaa);
    expect(sameMac(room + 1, mine)).toBe(true);
    expect(sameMac(room + 7, group)).toBe(true);
    expect(load<u16>(room + 13)).toBe(0x0008);
    expect(load<u8>(room + 15)).toBe(0xaa);
  });
});

describe("MAC addresses", () => {
  it("are the same only if all six octets are", () => {
    for (let i = 0; i < 6; i++) {
      copyMac(room, mine);
      expect(sameMac(room, mine)).toBe(true);
      store<u8>(room + i, load<u8>(room + i) ^ 0x80);
      expect(sameMac(room, mine)).toBe(false);
    }
  });

  it("are copied without their neighbours", () => {
    memory.fill(room, 0xaa, 16);
    copyMac(room + 3, mine);
    expect(load<u8>(room + 2)).toBe(0xaa);
    expect(load<u8>(room + 9)).toBe(0xaa);
  });

  it("are groups by the lowest bit of the first octet", () => {
    expect(isGroup(group)).toBe(true);
    expect(isGroup(everyone)).toBe(true);
    expect(isGroup(mine)).toBe(false);
  });
});
