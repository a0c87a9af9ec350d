import { Abi, Capability, DescriptorRecord, Link, MacRecord, MacView, Slot } from "../../host/node/abi";

const RECORD = 64;
const RINGS = 256;
const SLOT_SIZE = 1536;
/** Octets around each slot that nobody may write to. */
const GUARD = 64;
const GUARDED = 0xa5;

/** A received frame as it lay in its slot. */
export interface Received {
  frame: Uint8Array;
  status: number;
}

/** The module's side of an interface's rings without a module: as many slots as one likes, with guards around them. */
export class Core {
  readonly memory: Uint8Array;
  readonly record: MacView;
  private readonly view: DataView;
  private rx = 0;
  private tx = 0;

  constructor(
    readonly rxCount: number,
    readonly txCount: number,
  ) {
    const slots = rxCount + txCount;
    this.memory = new Uint8Array(RINGS + slots * DescriptorRecord.size + 64 + slots * (SLOT_SIZE + GUARD) + GUARD);
    this.view = new DataView(this.memory.buffer);
    this.record = new MacView(this.view, RECORD);
  }

  /** Where the interface's MacRecord lies. */
  readonly at = RECORD;

  /** What the module does in `init`: every receive slot to the port, every transmit slot to the core. */
  init(): void {
    const { record, rxCount, txCount } = this;
    this.rx = this.tx = 0;
    record.magic = Abi.macMagic;
    record.version = Abi.version;
    record.rxRing = RINGS;
    record.rxCount = rxCount;
    record.txRing = RINGS + rxCount * DescriptorRecord.size;
    record.txCount = txCount;
    record.slotSize = SLOT_SIZE;
    record.mtu = 1500;
    this.memory.fill(GUARDED, this.firstGuard);
    for (let n = 0; n < rxCount + txCount; n++) {
      this.view.setUint32(this.descriptor(n) + DescriptorRecord.buffer, this.slot(n), true);
      this.view.setUint32(this.descriptor(n) + DescriptorRecord.length, n < rxCount ? Slot.OWN << 16 : 0, true);
    }
  }

  private get firstGuard(): number {
    const end = RINGS + (this.rxCount + this.txCount) * DescriptorRecord.size;
    return Math.ceil(end / 64) * 64;
  }

  private descriptor(n: number): number {
    return RINGS + n * DescriptorRecord.size;
  }

  private slot(n: number): number {
    return this.firstGuard + GUARD + n * (SLOT_SIZE + GUARD);
  }

  /** What the module reads of its cable. */
  get isUp(): boolean {
    return this.record.link === Link.Up;
  }

  /** The port said it could. */
  can(what: Capability): boolean {
    return (this.record.capabilities & what) !== 0;
  }

  private status(n: number): number {
    return this.view.getUint16(this.descriptor(n) + DescriptorRecord.status, true);
  }

  /** The next frame that came in, and its slot is the port's again; null when there is none. */
  receive(): Received | null {
    const at = this.descriptor(this.rx);
    const status = this.status(this.rx);
    if (status & Slot.OWN) return null;
    const length = this.view.getUint16(at + DescriptorRecord.length, true);
    if (length > SLOT_SIZE) throw new Error(`a frame of ${length} octets in a slot of ${SLOT_SIZE}`);
    const frame = this.memory.slice(this.slot(this.rx), this.slot(this.rx) + length);
    this.view.setUint32(at + DescriptorRecord.buffer, this.slot(this.rx), true);
    this.view.setUint32(at + DescriptorRecord.length, Slot.OWN << 16, true);
    this.rx = (this.rx + 1) % this.rxCount;
    return { frame, status };
  }

  /** Everything that came in. */
  receiveAll(): Received[] {
    const all: Received[] = [];
    for (let one = this.receive(); one; one = this.receive()) all.push(one);
    return all;
  }

  /** Hand a frame to the port; false when the ring is full. `fill`: its checksum is the port's to fill in. */
  send(frame: Uint8Array, fill = false): boolean {
    const n = this.rxCount + this.tx;
    if (this.status(n) & Slot.OWN) return false;
    this.memory.set(frame, this.slot(n));
    const status = Slot.OWN | (fill && this.can(Capability.TX_CSUM) ? Slot.CSUM_FILL : 0);
    this.view.setUint32(this.descriptor(n) + DescriptorRecord.length, frame.length | (status << 16), true);
    this.tx = (this.tx + 1) % this.txCount;
    return true;
  }

  /** Transmit slots that are the core's. */
  get free(): number {
    return Array.from({ length: this.txCount }, (_, i) => this.status(this.rxCount + i)).filter((s) => !(s & Slot.OWN)).length;
  }

  /** Nothing outside the slots has been written to. */
  get isGuarded(): boolean {
    for (let n = 0; n <= this.rxCount + this.txCount; n++) {
      const end = this.slot(n);
      if (!this.memory.subarray(end - GUARD, end).every((octet) => octet === GUARDED)) return false;
    }
    return true;
  }
}

export { MacRecord };
