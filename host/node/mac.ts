import { Abi, Capability, DescriptorRecord, Link as LinkState, MacView, type SandwireExports, Slot } from "./abi";
import { fillChecksum, verifiesChecksums } from "./checksum";

/** Second word of a descriptor: the length in its lower half, the status in its upper. */
const STATUS = 16;
const OWN = Slot.OWN << STATUS;
const CSUM_OK = Slot.CSUM_OK << STATUS;
const CSUM_FILL = Slot.CSUM_FILL << STATUS;
const WORDS = DescriptorRecord.size / 4;

/**
 * The port's side of the MAC ring: what the DMA engine of an Ethernet controller does. Moves one frame at a time between a link
 * and the descriptor rings of a module, in ring order.
 */
export class Mac {
  private readonly u8: Uint8Array;
  private readonly u32: Uint32Array;
  private readonly record: MacView;
  private rx = new Ring(0, 0);
  private tx = new Ring(0, 0);
  private slotSize = 0;
  private offload = 0;
  /** The frame last lent from each transmit slot: frames of one length come in rows, so most need no new view. */
  private lent: Uint8Array[] = [];

  /** Of interface `index`. Throws an Error when the module has no such interface. */
  constructor(exports: SandwireExports, index = 0) {
    this.u8 = new Uint8Array(exports.memory.buffer);
    this.u32 = new Uint32Array(exports.memory.buffer);
    const at = exports.mac(index);
    if (at === 0) throw new Error(`the module has no network interface ${index}`);
    this.record = new MacView(new DataView(exports.memory.buffer), at);
  }

  /** Tell the module its MAC address and what the port does for it: before `init`. */
  configure(address: Uint8Array, capabilities: number): void {
    this.record.address.set(address);
    this.record.capabilities = capabilities;
  }

  /** Find the rings the module has laid out, and start at their beginning: after `init`. */
  reset(): void {
    const { record } = this;
    if (record.magic !== Abi.macMagic || record.version !== Abi.version) {
      throw new Error(
        `the module's MAC ring has version ${record.version}, this host knows ${Abi.version}: run \`npm run build\``,
      );
    }
    this.rx = new Ring(record.rxRing, record.rxCount);
    this.tx = new Ring(record.txRing, record.txCount);
    this.slotSize = record.slotSize;
    this.offload = record.capabilities & (Capability.RX_CSUM | Capability.TX_CSUM);
    this.lent = Array.from({ length: record.txCount }, () => new Uint8Array(0));
  }

  /** Whether the next frame finds room in the receive ring. */
  get hasRoom(): boolean {
    return (this.u32[this.rx.word + 1] & OWN) !== 0;
  }

  /** Put a frame into the receive ring; false, and counted, when it is full or the frame is longer than a slot. */
  receive(frame: Uint8Array): boolean {
    const { rx, u32 } = this;
    if (frame.length > this.slotSize) {
      this.record.rxErrors++;
      return false;
    }
    if ((u32[rx.word + 1] & OWN) === 0) {
      this.record.rxMissed++;
      return false;
    }
    this.u8.set(frame, u32[rx.word]);
    const verified = this.offload & Capability.RX_CSUM && verifiesChecksums(frame) ? CSUM_OK : 0;
    u32[rx.word + 1] = frame.length | verified;
    rx.advance();
    return true;
  }

  /** Hand every frame of the transmit ring to `send`, lent for the call; how many there were. */
  transmit(send: (frame: Uint8Array) => void): number {
    const { tx, u32 } = this;
    let count = 0;
    for (let word = u32[tx.word + 1]; word & OWN; word = u32[tx.word + 1]) {
      const frame = this.frameAt(u32[tx.word], word & 0xffff);
      if (word & CSUM_FILL) fillChecksum(frame);
      u32[tx.word + 1] = word & ~OWN;
      tx.advance();
      count++;
      send(frame);
    }
    return count;
  }

  private frameAt(buffer: number, length: number): Uint8Array {
    const { index } = this.tx;
    const known = this.lent[index];
    if (known.length === length && known.byteOffset === buffer) return known;
    return (this.lent[index] = this.u8.subarray(buffer, buffer + length));
  }

  /** The MAC address, a view into the module's memory. */
  get address(): Uint8Array {
    return this.record.address;
  }

  get isUp(): boolean {
    return this.record.link === LinkState.Up;
  }

  set isUp(up: boolean) {
    this.record.link = up ? LinkState.Up : LinkState.Down;
  }

  get missed(): number {
    return this.record.rxMissed;
  }

  get errors(): number {
    return this.record.rxErrors;
  }

  /** Where the port stands in its rings; not part of the module's memory. */
  get cursors(): [number, number] {
    return [this.rx.index, this.tx.index];
  }

  set cursors([rx, tx]: [number, number]) {
    this.rx.index = rx;
    this.tx.index = tx;
  }
}

/** A cursor that runs round a descriptor ring. */
class Ring {
  /** Index in a Uint32Array of the descriptor the cursor stands at. */
  word: number;
  private readonly first: number;
  private readonly end: number;

  constructor(at: number, count: number) {
    this.first = at / 4;
    this.end = this.first + count * WORDS;
    this.word = this.first;
  }

  advance(): void {
    this.word += WORDS;
    if (this.word === this.end) this.word = this.first;
  }

  get index(): number {
    return (this.word - this.first) / WORDS;
  }

  set index(index: number) {
    this.word = this.first + index * WORDS;
  }
}

/** Six octets of "02:00:00:00:00:01". Throws a RangeError when the text is no MAC address of a single interface. */
export function parseMac(text: string): Uint8Array {
  const octets = text.split(/[:-]/);
  const valid = octets.length === 6 && octets.every((octet) => /^[0-9a-f]{1,2}$/i.test(octet));
  const bytes = Uint8Array.from(octets, (octet) => parseInt(octet, 16));
  if (!valid || bytes[0] & 1) throw new RangeError(`"${text}" is not a MAC address of one interface, such as 02:00:00:00:00:01`);
  return bytes;
}

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 6), (octet) => octet.toString(16).padStart(2, "0")).join(":");
}
