import { be } from "../../assembly/wire/bytes";

const octets = memory.data<u8>([0x00, 0x80, 0x01, 0xff, 0xfe, 0x7f, 0x10, 0x20]);
const room = memory.data(16, 8);

describe("network byte order", () => {
  it("reads sixteen bits without a sign, at any alignment", () => {
    expect(be.get16(octets + 1)).toBe(0x8001);
    expect(be.get16(octets + 2)).toBe(0x01ff);
    expect(be.get16(octets + 3)).toBe(0xfffe);
  });

  it("reads thirty-two bits, at any alignment", () => {
    expect(be.get32(octets)).toBe(0x008001ff);
    expect(be.get32(octets + 1)).toBe(0x8001fffe);
    expect(be.get32(octets + 3)).toBe(0xfffe7f10);
  });

  it("writes exactly two octets, most significant first, and ignores higher bits", () => {
    memory.fill(room, 0xaa, 16);
    be.set16(room + 1, 0xdead1234);
    expect(load<u32>(room)).toBe(0xaa3412aa);
  });

  it("writes exactly four octets, most significant first", () => {
    memory.fill(room, 0xaa, 16);
    be.set32(room + 3, 0x81020304);
    expect(load<u8>(room + 2)).toBe(0xaa);
    expect(load<u32>(room + 3)).toBe(0x04030281);
    expect(load<u8>(room + 7)).toBe(0xaa);
  });

  it("reads what it wrote", () => {
    for (let v: u32 = 0; v < 0x10000; v += 257) {
      be.set16(room + 5, v);
      be.set32(room + 8, v * 65537);
      if (be.get16(room + 5) != v || be.get32(room + 8) != v * 65537) expect(v).toBe(0, "this value came back changed");
    }
    expect(be.get16(room + 5)).toBe(0xffff);
  });
});
