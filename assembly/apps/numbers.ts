/** Numbers as text. A number is written so that it ends where the region ends; the result is where it begins. */
const SIZE: u32 = 20;
const region = memory.data(SIZE, 4);
const END: usize = region + SIZE;

/** Octets of a number that begins at `from`. */
// prettier-ignore
@inline export function lengthOf(from: usize): u32 { return <u32>(END - from); }

export function decimal(value: u64): usize {
  return decimalBefore(END, value);
}

function decimalBefore(end: usize, value: u64): usize {
  let at = end;
  do {
    store<u8>(--at, <u8>(48 + (value % 10)));
    value /= 10;
  } while (value != 0);
  return at;
}

/** 10.0.0.1 for 0x0a000001. */
export function dotted(address: u32): usize {
  let at = decimalBefore(END, address & 0xff);
  for (let part = 1; part < 4; part++) {
    address >>= 8;
    store<u8>(--at, 46);
    at = decimalBefore(at, address & 0xff);
  }
  return at;
}

/** Eight hexadecimal digits. */
export function hexadecimal(value: u32): usize {
  let at = END;
  while (at > END - 8) {
    const digit = value & 15;
    store<u8>(--at, <u8>(digit < 10 ? 48 + digit : 87 + digit));
    value >>= 4;
  }
  return at;
}
