import { DescriptorRecord, MacView, Slot } from "../abi";
import type { Step } from "./format";

/** A frame that went into the module or came out of it. */
export interface Passed {
  readonly iface: number;
  readonly sent: boolean;
  /** A copy. */
  readonly octets: Uint8Array;
}

const OWN = Slot.OWN << 16;
const WORDS = DescriptorRecord.size / 4;

/** Sees frames pass by the descriptors in a module's memory, without a port of its own. */
export class FrameWatch {
  private readonly interfaces = new Map<number, Watched>();

  constructor(
    private readonly u8: Uint8Array,
    /** The name of each function of the session. */
    private readonly names: readonly string[],
  ) {}

  /** Before the host's writes, and again before the call. */
  look(): void {
    for (const each of this.interfaces.values()) each.look();
  }

  /** Behind the host's writes: what they received. */
  received(): Passed[] {
    return [...this.interfaces.values()].flatMap((each) => each.received());
  }

  /** Behind the call `step`: what it sent. Calls of `mac` and `init` say where to look. */
  sent({ fn, args, result }: Step): Passed[] {
    const name = this.names[fn];
    if (name === "mac" && result !== 0) this.interfaces.set(args[0], new Watched(this.u8, args[0], result));
    if (name === "init") for (const each of this.interfaces.values()) each.reset();
    return [...this.interfaces.values()].flatMap((each) => each.sent());
  }
}

/** The two rings of an interface. */
class Watched {
  private readonly record: MacView;
  private rx: RingWatch | undefined;
  private tx: RingWatch | undefined;

  constructor(
    private readonly u8: Uint8Array,
    private readonly iface: number,
    at: number,
  ) {
    this.record = new MacView(new DataView(u8.buffer, u8.byteOffset, u8.byteLength), at);
  }

  /** The module has laid out its rings. */
  reset(): void {
    const { record, u8 } = this;
    this.rx = new RingWatch(u8, record.rxRing, record.rxCount);
    this.tx = new RingWatch(u8, record.txRing, record.txCount);
  }

  look(): void {
    this.rx?.look();
    this.tx?.look();
  }

  received(): Passed[] {
    return (this.rx?.given(false) ?? []).map((octets) => ({ iface: this.iface, sent: false, octets }));
  }

  sent(): Passed[] {
    return (this.tx?.given(true) ?? []).map((octets) => ({ iface: this.iface, sent: true, octets }));
  }
}

/** A descriptor ring: which of its slots change hands. */
class RingWatch {
  private readonly words: Uint32Array;
  private readonly owned: Uint8Array;
  /** Where the next frame is expected; a ring is filled in order. */
  private next = 0;

  constructor(
    private readonly u8: Uint8Array,
    at: number,
    private readonly count: number,
  ) {
    this.words = new Uint32Array(u8.buffer, u8.byteOffset + at, count * WORDS);
    this.owned = new Uint8Array(count);
    this.look();
  }

  /** Remember who owns what. */
  look(): void {
    for (let i = 0; i < this.count; i++) this.owned[i] = this.owns(i);
  }

  /** Frames in slots that have come to the MAC (`toMac`) or gone from it since, in order. */
  given(toMac: boolean): Uint8Array[] {
    const frames: Uint8Array[] = [];
    const start = this.next;
    for (let i = 0; i < this.count; i++) {
      const slot = (start + i) % this.count;
      const own = this.owns(slot);
      if (own === this.owned[slot] || own !== Number(toMac)) continue;
      frames.push(this.frame(slot));
      this.next = (slot + 1) % this.count;
    }
    return frames;
  }

  private owns(slot: number): number {
    return this.words[slot * WORDS + 1] & OWN ? 1 : 0;
  }

  private frame(slot: number): Uint8Array {
    const at = this.words[slot * WORDS];
    return this.u8.slice(at, at + (this.words[slot * WORDS + 1] & 0xffff));
  }
}
