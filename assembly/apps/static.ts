/**
 * Lists of static words, as the compiler's transform lays them down (host/tools/text-transform.mjs): `words(...)` and `namesOf(...)` are
 * lists of lengths (u8) and octets, closed by a length of 0.
 */

/** The address of word `index` (its length, then its octets); of the closing 0 when the list is shorter. */
export function wordAt(list: usize, index: u32): usize {
  while (index > 0 && load<u8>(list) != 0) {
    list = nextWord(list);
    index--;
  }
  return list;
}

// prettier-ignore
@inline export function nextWord(word: usize): usize { return word + 1 + load<u8>(word); }

/**
 * Compare a word that arrives octet by octet with a list of at most 16, remembering no octets: bit i of `alive` says that word i of
 * the list agrees so far. Returns the bits that still stand after `octet` at `position`.
 */
export function narrow(list: usize, alive: u32, position: u32, octet: u32): u32 {
  let left: u32 = 0;
  for (let bit: u32 = 1; alive >= bit && load<u8>(list) != 0; bit <<= 1) {
    const agrees = position < load<u8>(list) && load<u8>(list + 1 + position) == octet;
    if (agrees) left |= alive & bit;
    list = nextWord(list);
  }
  return left;
}

/** The word that stands after `position` octets and has no more, or -1. */
export function matched(list: usize, alive: u32, position: u32): i32 {
  for (let index = 0; load<u8>(list) != 0; index++) {
    if ((alive & (1 << index)) != 0 && load<u8>(list) == position) return index;
    list = nextWord(list);
  }
  return -1;
}
