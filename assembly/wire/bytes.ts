/** Network byte order in linear memory; any alignment. Numbers are u32, sixteen-bit ones in the low half. */
@final
export abstract class be {
  // prettier-ignore
  @inline static get16(p: usize): u32 { return bswap<u16>(load<u16>(p)); }
  // prettier-ignore
  @inline static set16(p: usize, v: u32): void { store<u16>(p, bswap<u16>(<u16>v)); }
  // prettier-ignore
  @inline static get32(p: usize): u32 { return bswap<u32>(load<u32>(p)); }
  // prettier-ignore
  @inline static set32(p: usize, v: u32): void { store<u32>(p, bswap<u32>(v)); }
}
