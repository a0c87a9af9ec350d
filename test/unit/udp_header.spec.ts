import { UDP_HEADER, UdpHeader } from "../../assembly/wire/udp";

const sample = memory.data<u8>([0xc0, 0x01, 0x00, 0x35, 0x00, 0x0c, 0x12, 0x34, 1, 2, 3, 4]);
const room = memory.data(16, 8);

function announcing(length: u32): UdpHeader {
  const header = UdpHeader.at(room);
  header.length = length;
  return header;
}

describe("a UDP header", () => {
  it("is read where it lies", () => {
    const header = UdpHeader.at(sample);
    expect(header.srcPort).toBe(0xc001);
    expect(header.dstPort).toBe(53);
    expect(header.length).toBe(12);
    expect(header.checksum).toBe(0x3412);
    expect(header.payload).toBe(sample + 8);
    expect(header.payloadLength).toBe(4);
  });

  it("is valid when its length lies between the header and what arrived", () => {
    expect(UdpHeader.at(sample).valid(12)).toBe(true);
    expect(UdpHeader.at(sample).valid(13)).toBe(true, "octets behind the datagram");
    expect(UdpHeader.at(sample).valid(11)).toBe(false);
    expect(announcing(UDP_HEADER).valid(8)).toBe(true);
    expect(announcing(UDP_HEADER - 1).valid(100)).toBe(false);
    expect(announcing(0).valid(100)).toBe(false);
    expect(announcing(0xffff).valid(1480)).toBe(false);
  });

  it("is not read when it is cut short", () => {
    for (let length: u32 = 0; length < UDP_HEADER; length++) expect(UdpHeader.at(sample).valid(length)).toBe(false);
  });

  it("is written to the octet", () => {
    memory.fill(room, 0xaa, 16);
    const header = UdpHeader.at(room);
    header.srcPort = 0x8001;
    header.dstPort = 0x0203;
    header.length = 0x0405;
    header.checksum = 0x0706;
    expect(load<u64>(room)).toBe(0x0706_0504_0302_0180);
    expect(load<u8>(room + 8)).toBe(0xaa);
  });
});
