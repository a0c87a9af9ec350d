/** No record: the end of a chain. */
const END: u32 = 0xffff;

/** What every record of a connection begins with: its four-tuple, and the next record in the chain of its hash bucket. */
@unmanaged
export class Tuple {
  localAddress: u32;
  foreignAddress: u32;
  localPort: u16;
  foreignPort: u16;
  next: u16;
}

/** Index of the record of this four-tuple in the chain that begins at `bucket`, END if there is none. Record 0 lies at `first`. */
// prettier-ignore
@inline export function findTuple(
  bucket: usize,
  first: usize,
  stride: u32,
  local: u32,
  localPort: u32,
  foreign: u32,
  foreignPort: u32,
): u32 {
  let i: u32 = load<u16>(bucket);
  while (i != END) {
    const one = changetype<Tuple>(first + <usize>i * stride);
    if (one.foreignAddress == foreign && one.foreignPort == foreignPort && one.localPort == localPort) {
      if (one.localAddress == local) return i;
    }
    i = one.next;
  }
  return END;
}

export function chain(bucket: usize, record: Tuple, i: u32): void {
  record.next = load<u16>(bucket);
  store<u16>(bucket, <u16>i);
}

/** Take `record`, of index `i`, out of its chain. */
export function unchain(bucket: usize, first: usize, stride: u32, record: Tuple, i: u32): void {
  let at = bucket;
  while (<u32>load<u16>(at) != i) at = first + <usize>load<u16>(at) * stride + offsetof<Tuple>("next");
  store<u16>(at, record.next);
}
