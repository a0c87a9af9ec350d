import { Drop } from "../../assembly/abi";
import { TCP_HEADER, TcpFlag, TcpHeader } from "../../assembly/wire/tcp";

const sample = memory.data<u8>([
  0xff, 0xfe, 0x00, 0x50, 0x80, 0x00, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 0x6f, 0xd2, 0x80, 0x01, 0x12, 0x34, 0xfe, 0xdc, 2, 4, 5,
  0xb4,
]);
const room = memory.data(64, 8);

function offset(words: u32): TcpHeader {
  store<u8>(room + 12, <u8>(words << 4));
  return TcpHeader.at(room);
}

describe("a TCP header", () => {
  it("is read where it lies", () => {
    const header = TcpHeader.at(sample);
    expect(header.srcPort).toBe(0xfffe);
    expect(header.dstPort).toBe(80);
    expect(header.seq).toBe(0x80000001);
    expect(header.ack).toBe(0xffffffff);
    expect(header.size).toBe(24);
    expect(header.flags).toBe(TcpFlag.CWR | TcpFlag.ECE | TcpFlag.ACK | TcpFlag.SYN);
    expect(header.window).toBe(0x8001);
    expect(header.checksum).toBe(0x3412);
    expect(header.urgent).toBe(0xfedc);
    expect(header.options).toBe(sample + 20);
    expect(header.optionsLength).toBe(4);
    expect(header.payload).toBe(sample + 24);
  });

  it("names what is wrong with its lengths", () => {
    expect(TcpHeader.at(sample).check(24)).toBe(Drop.None);
    expect(TcpHeader.at(sample).check(23)).toBe(Drop.TcpOffset);
    expect(TcpHeader.at(sample).check(19)).toBe(Drop.TcpShort);
    expect(TcpHeader.at(sample).valid(0)).toBe(false);
    for (let words: u32 = 0; words < 16; words++) {
      expect(offset(words).check(60)).toBe(words < 5 ? Drop.TcpOffset : Drop.None);
      expect(offset(words).valid(words * 4)).toBe(words >= 5);
    }
  });

  it("has each flag where RFC 9293 draws it", () => {
    expect(TcpFlag.FIN | (TcpFlag.SYN << 8)).toBe(0x201);
    expect(TcpFlag.RST | (TcpFlag.PSH << 8)).toBe(0x804);
    expect(TcpFlag.ACK | (TcpFlag.URG << 8)).toBe(0x2010);
    expect(TcpFlag.ECE | (TcpFlag.CWR << 8)).toBe(0x8040);
  });

  it("is written to the octet, reserved bits zero", () => {
    memory.fill(room, 0xaa, 64);
    const header = TcpHeader.at(room);
    header.srcPort = 0xfffe;
    header.dstPort = 80;
    header.seq = 0x80000001;
    header.ack = 0xffffffff;
    header.size = 24;
    header.flags = 0xd2;
    header.window = 0x8001;
    header.checksum = 0x3412;
    header.urgent = 0xfedc;
    store<u8>(sample + 12, 0x60);
    expect(memory.compare(room, sample, TCP_HEADER)).toBe(0);
    expect(load<u8>(room + 20)).toBe(0xaa);
    header.size = 60;
    expect(load<u8>(room + 12)).toBe(0xf0);
  });
});
