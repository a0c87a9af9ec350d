import { ARP_PACKET, ArpOperation, ArpPacket } from "../../assembly/wire/arp";

// Request of 02:00:00:00:00:01, 192.168.0.1 for 192.168.0.254.
const request = memory.data<u8>([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 168, 0, 1, 0, 0, 0, 0, 0, 0, 192, 168, 0, 254]);
const room = memory.data(32, 8);

describe("an ARP packet", () => {
  it("is valid from 28 octets on", () => {
    expect(ArpPacket.at(request).valid(ARP_PACKET)).toBe(true);
    expect(ArpPacket.at(request).valid(ARP_PACKET - 1)).toBe(false);
  });

  it("is read where it lies", () => {
    const packet = ArpPacket.at(request);
    expect(packet.isIpv4).toBe(true);
    expect(packet.operation).toBe(ArpOperation.Request);
    expect(packet.senderMac).toBe(request + 8);
    expect(packet.senderIp).toBe(0xc0a80001);
    expect(packet.targetMac).toBe(request + 18);
    expect(packet.targetIp).toBe(0xc0a800fe);
  });

  it("is no translation between IPv4 and Ethernet if any of its four kinds and lengths differs", () => {
    for (let i: usize = 0; i < 6; i++) {
      memory.copy(room, request, ARP_PACKET);
      expect(ArpPacket.at(room).isIpv4).toBe(true);
      store<u8>(room + i, load<u8>(room + i) ^ 0x80);
      expect(ArpPacket.at(room).isIpv4).toBe(false);
    }
  });

  it("is begun and filled in to the octet", () => {
    memory.fill(room, 0xaa, 32);
    const packet = ArpPacket.at(room);
    packet.begin(ArpOperation.Request);
    memory.copy(packet.senderMac, request + 8, 6);
    memory.fill(packet.targetMac, 0, 6);
    packet.senderIp = 0xc0a80001;
    packet.targetIp = 0xc0a800fe;
    expect(memory.compare(room, request, ARP_PACKET)).toBe(0);
    expect(load<u32>(room + 28)).toBe(0xaaaaaaaa);
    packet.operation = ArpOperation.Reply;
    expect(load<u16>(room + 6)).toBe(0x0200);
  });
});
