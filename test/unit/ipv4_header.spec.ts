import { Drop } from "../../assembly/abi";
import { IPV4_HEADER, Ipv4Header } from "../../assembly/wire/ipv4";

// Version 4, 24 octets of header, 60 in all, MF set, offset 8 * 0x1234, TTL 200, UDP, 10.1.2.3 to 240.0.0.9.
const sample = memory.data<u8>([
  0x46, 0xb8, 0, 60, 0x81, 0x82, 0x32, 0x34, 200, 17, 0x12, 0x34, 10, 1, 2, 3, 240, 0, 0, 9, 1, 1, 1, 0,
]);
const room = memory.data(64, 8);

function changed(at: usize, to: u8): Ipv4Header {
  memory.copy(room, sample, 24);
  store<u8>(room + at, to);
  return Ipv4Header.at(room);
}

describe("an IPv4 header", () => {
  it("is read where it lies", () => {
    const header = Ipv4Header.at(sample);
    expect(header.version).toBe(4);
    expect(header.size).toBe(24);
    expect(header.tos).toBe(0xb8);
    expect(header.total).toBe(60);
    expect(header.id).toBe(0x8182);
    expect(header.dontFragment).toBe(false);
    expect(header.moreFragments).toBe(true);
    expect(header.fragmentOffset).toBe(0x1234 * 8);
    expect(header.ttl).toBe(200);
    expect(header.protocol).toBe(17);
    expect(header.checksum).toBe(0x3412);
    expect(header.src).toBe(0x0a010203);
    expect(header.dst).toBe(0xf0000009);
    expect(header.options).toBe(sample + 20);
    expect(header.payload).toBe(sample + 24);
    expect(header.payloadLength).toBe(36);
  });

  it("names what is wrong with its lengths", () => {
    expect(Ipv4Header.at(sample).check(60)).toBe(Drop.None);
    expect(Ipv4Header.at(sample).valid(60)).toBe(true);
    expect(Ipv4Header.at(sample).check(1500)).toBe(Drop.None, "padding behind the datagram");
    expect(Ipv4Header.at(sample).check(59)).toBe(Drop.IpTotalLength);
    expect(Ipv4Header.at(sample).valid(59)).toBe(false);
    expect(Ipv4Header.at(sample).check(24)).toBe(Drop.IpTotalLength);
    expect(Ipv4Header.at(sample).check(23)).toBe(Drop.IpHeaderLength);
    expect(Ipv4Header.at(sample).check(19)).toBe(Drop.IpShort);
    expect(Ipv4Header.at(sample).check(0)).toBe(Drop.IpShort);
  });

  it("names what is wrong with version and header length", () => {
    expect(changed(0, 0x66).check(60)).toBe(Drop.IpVersion);
    expect(changed(0, 0x06).check(60)).toBe(Drop.IpVersion);
    expect(changed(0, 0x44).check(60)).toBe(Drop.IpHeaderLength);
    expect(changed(0, 0x40).check(60)).toBe(Drop.IpHeaderLength);
    expect(changed(0, 0x4f).check(60)).toBe(Drop.None, "60 octets of header, no data");
    expect(changed(0, 0x4f).check(59)).toBe(Drop.IpHeaderLength);
  });

  it("never reaches beyond its own total length, nor below its header", () => {
    expect(changed(3, 23).check(60)).toBe(Drop.IpTotalLength);
    expect(changed(3, 24).check(60)).toBe(Drop.None);
    expect(changed(3, 24).payloadLength).toBe(0);
    expect(changed(2, 0xff).check(1500)).toBe(Drop.IpTotalLength);
  });

  it("is a fragment by MF or by its offset, and not by DF or the reserved bit", () => {
    expect(changed(6, 0x20).isFragment).toBe(true);
    store<u16>(room + 6, 0x0000);
    expect(Ipv4Header.at(room).isFragment).toBe(false);
    store<u16>(room + 6, 0x0040);
    expect(Ipv4Header.at(room).isFragment).toBe(false);
    expect(Ipv4Header.at(room).dontFragment).toBe(true);
    store<u16>(room + 6, 0x0080);
    expect(Ipv4Header.at(room).isFragment).toBe(false);
    store<u16>(room + 6, 0x0100);
    expect(Ipv4Header.at(room).isFragment).toBe(true);
    store<u16>(room + 6, 0x0020);
    expect(Ipv4Header.at(room).isFragment).toBe(true);
    expect(Ipv4Header.at(room).fragmentOffset).toBe(0);
  });

  it("is begun as an atomic datagram and filled in to the octet", () => {
    memory.fill(room, 0xaa, 64);
    const header = Ipv4Header.at(room);
    header.begin(1500, 6, 64, 0x10);
    header.src = 0x0a000001;
    header.dst = 0xc0a80102;
    expect(load<u64>(room)).toBe(bswap<u64>(0x4510_05dc_0000_4000));
    expect(load<u64>(room + 8)).toBe(bswap<u64>(0x4006_0000_0a00_0001));
    expect(load<u32>(room + 16)).toBe(bswap<u32>(0xc0a80102));
    expect(load<u8>(room + 20)).toBe(0xaa);
    expect(header.size).toBe(IPV4_HEADER);
    expect(header.check(1500)).toBe(Drop.None);
    header.checksum = 0x1234;
    expect(load<u8>(room + 10)).toBe(0x34);
  });
});
