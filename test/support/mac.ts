import { bindExports, Capability, DescriptorView, Link, MacView, Slot, type SandwireExports } from "../../host/node/abi";
import { type AnyModule, instantiate } from "../../host/node/engine";
import { ipNumber, macBytes } from "./packet";

/** A frame as a MAC hands it over. */
export interface Arrival {
  frame?: Uint8Array;
  /** Status bits besides the cleared OWN. */
  status?: number;
  /** Length written into the descriptor, in place of the frame's. */
  length?: number;
}

/** A transmitted frame with the status it had in the ring. */
export interface Departure {
  frame: Uint8Array;
  status: number;
}

export interface BareOptions {
  capabilities?: number;
  link?: boolean;
  /** 128 bits of chance. */
  seed?: [number, number, number, number];
}

/** A module and the other side of its descriptor rings, one descriptor at a time: what a port must do, and what a broken one may. */
export class BareMac {
  readonly calls: SandwireExports;
  readonly memory: Uint8Array;
  readonly record: MacView;
  private readonly view: DataView;
  private rx = 0;
  private tx = 0;

  constructor(module: AnyModule, { capabilities = 0, link = true, seed = [1, 2, 3, 4] }: BareOptions = {}) {
    this.calls = bindExports(instantiate(module), (call, cause) => new Error(`trapped in ${call}()`, { cause }));
    this.memory = new Uint8Array(this.calls.memory.buffer);
    this.view = new DataView(this.calls.memory.buffer);
    this.record = new MacView(this.view, this.calls.mac(0));
    this.record.address.set(macBytes("02:00:00:00:00:01"));
    this.record.capabilities = capabilities;
    this.record.link = link ? Link.Up : Link.Down;
    this.calls.init(...seed);
  }

  configure(ip = "10.0.0.1", prefix = 24, gateway = "0.0.0.0"): void {
    const result = this.calls.ifconfig(0, ipNumber(ip), prefix, ipNumber(gateway));
    if (result < 0) throw new Error(`ifconfig: ${result}`);
  }

  receiveSlot(index: number): DescriptorView {
    return new DescriptorView(this.view, this.record.rxRing + index * DescriptorView.size);
  }

  transmitSlot(index: number): DescriptorView {
    return new DescriptorView(this.view, this.record.txRing + index * DescriptorView.size);
  }

  /** Hand a frame to the module: false when the ring is full. */
  give(arrival: Uint8Array | Arrival): boolean {
    const { frame, status = 0, length } = arrival instanceof Uint8Array ? { frame: arrival } : arrival;
    const slot = this.receiveSlot(this.rx);
    if (!(slot.status & Slot.OWN)) return false;
    if (frame) this.memory.set(frame, slot.buffer);
    slot.length = length ?? frame?.length ?? 0;
    slot.status = status;
    this.rx = (this.rx + 1) % this.record.rxCount;
    return true;
  }

  /** Take one frame the module wants to send. */
  take(): Departure | undefined {
    const slot = this.transmitSlot(this.tx);
    if (!(slot.status & Slot.OWN)) return undefined;
    const departure = { frame: this.memory.slice(slot.buffer, slot.buffer + slot.length), status: slot.status };
    slot.status = slot.status & ~Slot.OWN;
    this.tx = (this.tx + 1) % this.record.txCount;
    return departure;
  }

  takeAll(): Departure[] {
    const all: Departure[] = [];
    for (let one = this.take(); one; one = this.take()) all.push(one);
    return all;
  }

  poll(now: number): number {
    return this.calls.poll(now >>> 0);
  }

  counter(index: number): number {
    return this.view.getUint32(this.calls.stats() + 4 * index, true);
  }
}

export { Capability, Slot };
