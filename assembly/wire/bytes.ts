/** Network byte order in linear memory; any alignment. Numbers are u32, sixteen-bit ones in the low half. */
@final
export abstract class be {
  // prettier-ignore
  @inline static get16(p: usize): u32 { return ((<u32>load<u8>(p)) << 8) | <u32>load<u8>(p, 1); }
  // prettier-ignore
  @inline static set16(p: usize, v: u32): void { store<u16>(p, <u16>(((v & 0xff) << 8) | ((v >> 8) & 0xff))); }
  // prettier-ignore
  @inline static get32(p: usize): u32 { return swapped(load<u32>(p)); }
  // prettier-ignore
  @inline static set32(p: usize, v: u32): void { store<u32>(p, swapped(v)); }
}

/** The four octets of a number in the opposite order. Inline, as the library's bswap is a call. */
// prettier-ignore
@inline export function swapped(v: u32): u32 {
  return (rotl<u32>(v, 8) & 0x00ff00ff) | (rotr<u32>(v, 8) & 0xff00ff00);
}
