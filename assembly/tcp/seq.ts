/** A TCP sequence number (RFC 9293 §3.4): the "pointer" is the number, so the type costs nothing. Declare fields `una: Seq;`. */
// prettier-ignore
@final @unmanaged
export class Seq {
  @inline static of(n: u32): Seq { return changetype<Seq>(n); }
  @inline get bits(): u32 { return changetype<u32>(this); }
  @inline before(other: Seq): bool { return i32(this.bits - other.bits) < 0; }
  @inline after(other: Seq): bool { return i32(this.bits - other.bits) > 0; }
  @inline plus(octets: u32): Seq { return Seq.of(this.bits + octets); }
  @inline minus(octets: u32): Seq { return Seq.of(this.bits - octets); }
  /** Octets from `earlier` to this. */
  @inline since(earlier: Seq): u32 { return this.bits - earlier.bits; }
}
