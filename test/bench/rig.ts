import { readFileSync } from "node:fs";
import { MacView } from "../../host/node/abi";

/** Two modules and a wire in memory, as bare as it gets: what is measured is the stack, not the host. */

const WORDS = 4;
const STATUS = 16;
const OWN = 1 << STATUS;
/** Frames up to this many octets are copied word by word: cheaper than the call of a bulk copy. */
const SMALL = 320;

/** The exports of test/bench/firmware.ts. */
export interface Firmware {
  memory: WebAssembly.Memory;
  init(a: number, b: number, c: number, d: number): number;
  mac(i: number): number;
  ifconfig(i: number, address: number, prefix: number, gateway: number): number;
  poll(now: number): number;
  listen_as(role: number, buffer: number): number;
  open(ip: number, buffer: number): number;
  start_as(role: number): void;
  churn(ip: number, many: number): void;
  done(): number;
  total(): number;
  errors(): number;
  limit(blocks: number): void;
}

export const Role = { Idle: 0, Source: 1, Sink: 2, Echo: 3, RoundTrips: 5 } as const;

interface Ring {
  /** Index of the first descriptor's first word. */
  word: number;
  count: number;
  /** Address of the first slot; the others follow. */
  slots: number;
  cursor: number;
}

/** One end: a module and the port's side of its rings. */
export class End {
  readonly firmware: Firmware;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly rx: Ring;
  readonly tx: Ring;
  readonly slotSize: number;
  frames = 0;

  constructor(module: WebAssembly.Module, index: number, address: number) {
    this.firmware = new WebAssembly.Instance(module, {}).exports as unknown as Firmware;
    const buffer = this.firmware.memory.buffer;
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.firmware.init(index, 2, 3, 4);
    const mac = new MacView(new DataView(buffer), this.firmware.mac(0));
    mac.address.set([2, 0, 0, 0, 0, index]);
    mac.link = 1;
    this.slotSize = mac.slotSize;
    this.rx = this.ring(mac.rxRing, mac.rxCount);
    this.tx = this.ring(mac.txRing, mac.txCount);
    this.firmware.ifconfig(0, address, 24, 0);
  }

  private ring(at: number, count: number): Ring {
    return { word: at >> 2, count, slots: this.u32[at >> 2], cursor: 0 };
  }
}

/** Move every frame that `from` has sent into the ring of `to`, as far as there is room; how many. */
export function carry(from: End, to: End): number {
  let moved = 0;
  for (let run = runLength(from, to); run > 0; run = runLength(from, to)) {
    moveRun(from, to, run);
    moved += run;
  }
  from.frames += moved;
  return moved;
}

/** How many slots in a row are full here and free there, before either ring begins again. */
function runLength(from: End, to: End): number {
  const { tx } = from;
  const { rx } = to;
  const most = Math.min(tx.count - tx.cursor, rx.count - rx.cursor);
  let source = tx.word + tx.cursor * WORDS + 1;
  let target = rx.word + rx.cursor * WORDS + 1;
  let run = 0;
  while (run < most && (from.u32[source] & OWN) !== 0 && (to.u32[target] & OWN) !== 0) {
    source += WORDS;
    target += WORDS;
    run++;
  }
  return run;
}

function moveRun(from: End, to: End, run: number): void {
  const { tx } = from;
  const { rx } = to;
  let source = tx.word + tx.cursor * WORDS + 1;
  let target = rx.word + rx.cursor * WORDS + 1;
  const start = tx.slots + tx.cursor * from.slotSize;
  const place = rx.slots + rx.cursor * to.slotSize;
  const small = (from.u32[source] & 0xffff) <= SMALL;
  if (!small) to.u8.set(from.u8.subarray(start, start + run * from.slotSize), place);
  for (let i = 0; i < run; i++) {
    const length = from.u32[source] & 0xffff;
    if (small) copyFrame(from, to, start + i * from.slotSize, place + i * to.slotSize, length);
    from.u32[source] = 0;
    to.u32[target] = length;
    source += WORDS;
    target += WORDS;
  }
  tx.cursor = (tx.cursor + run) % tx.count;
  rx.cursor = (rx.cursor + run) % rx.count;
}

function copyFrame(from: End, to: End, source: number, target: number, length: number): void {
  if (length > SMALL) {
    to.u8.set(from.u8.subarray(source, source + length), target);
    return;
  }
  const a = source >> 3;
  const b = target >> 3;
  const words = (length + 7) >> 3;
  for (let i = 0; i < words; i++) to.f64[b + i] = from.f64[a + i];
}

const CLIENT = 0x0a000001;
export const SERVER = 0x0a000002;

/** A client and a server, joined, in a time that stands still unless `tick` is called. */
export class Rig {
  readonly client: End;
  readonly server: End;
  now = 1000;

  constructor(path: string) {
    const module = new WebAssembly.Module(readFileSync(path));
    this.client = new End(module, 1, CLIENT);
    this.server = new End(module, 2, SERVER);
    for (let i = 0; i < 10; i++) this.round();
    this.tick(3000); // the gratuitous announcements are over
  }

  /** Both ends once. */
  round(): void {
    this.client.firmware.poll(this.now);
    carry(this.client, this.server);
    this.server.firmware.poll(this.now);
    carry(this.server, this.client);
  }

  tick(ms: number): void {
    for (let i = 0; i < ms; i += 10) {
      this.now += 10;
      this.round();
    }
  }
}
