import { ICMP_HEADER, IcmpHeader, IcmpType, Unreachable } from "../../assembly/wire/icmp";

const sample = memory.data<u8>([3, 4, 0x12, 0x34, 0x80, 0x01, 0x05, 0xdc, 0x45]);
const room = memory.data(16, 8);

describe("an ICMP header", () => {
  it("is valid from eight octets on", () => {
    expect(IcmpHeader.at(sample).valid(ICMP_HEADER)).toBe(true);
    expect(IcmpHeader.at(sample).valid(ICMP_HEADER - 1)).toBe(false);
  });

  it("is read where it lies", () => {
    const header = IcmpHeader.at(sample);
    expect(header.type).toBe(IcmpType.Unreachable);
    expect(header.code).toBe(Unreachable.FragmentationNeeded);
    expect(header.checksum).toBe(0x3412);
    expect(header.rest).toBe(0x800105dc);
    expect(header.id).toBe(0x8001);
    expect(header.sequence).toBe(0x05dc);
    expect(header.nextMtu).toBe(1500);
    expect(header.data).toBe(sample + 8);
  });

  it("is written to the octet", () => {
    memory.fill(room, 0xaa, 16);
    const header = IcmpHeader.at(room);
    header.type = IcmpType.EchoReply;
    header.code = 9;
    header.checksum = 0x3412;
    header.rest = 0;
    expect(load<u64>(room)).toBe(0x0000_0000_3412_0900);
    header.id = 0x8001;
    header.sequence = 0xff02;
    expect(load<u32>(room + 4)).toBe(0x02ff0180);
    header.nextMtu = 576;
    expect(load<u32>(room + 4)).toBe(0x40020180);
    expect(load<u8>(room + 8)).toBe(0xaa);
  });
});
