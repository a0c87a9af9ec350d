import { randomBytes } from "node:crypto";
import { bindExports, Errno, errnoMessage, type SandwireExports } from "./abi";
import { parseIPv4 } from "./address";
import type { Clock, Timer } from "./clock";
import { countersOf, type SocketInfo, socketsOf } from "./inspect";
import type { Link } from "./link";
import { formatMac, Mac, parseMac } from "./mac";
import { loadModule, type Profile } from "./module";
import { spread } from "./random";
import { parseSubnet } from "./subnet";

/** How a board is made. */
export interface BoardOptions {
  /** Its time: the machine's, or one that moves when told. */
  clock: Clock;
  /** What the board is called in errors (default "board"). */
  name?: string;
  /** The firmware; unless given, the build of `profile` and `debug`. */
  module?: WebAssembly.Module;
  /** The size of the module (default "default"). */
  profile?: Profile;
  /** Take the build with assertions, names and the trace ring (default false). */
  debug?: boolean;
  /** 128 bits, or a number to derive them from; unless given, from the system's entropy. */
  seed?: Uint32Array | number;
  /** "02:00:00:00:00:01"; unless given, a locally administered one derived from the seed. */
  mac?: string;
  /** "10.0.0.2/24"; unless given, only 127.0.0.1 is configured. */
  address?: string;
  /** The default gateway, "10.0.0.1"; none, when left out. */
  gateway?: string;
  /** Start the applications of the firmware (default false). */
  serve?: boolean;
  /** What the port does for the module: bits of Capability (default 0). */
  capabilities?: number;
}

/** Everything a board is at one moment. */
export interface Snapshot {
  /** A copy of the module's linear memory, which is its whole state. */
  readonly memory: Uint8Array;
  /** Where the port is in the receive and the transmit ring. */
  readonly cursors: [number, number];
}

const NEVER = 0xffffffff;
/** Polls in a row before everything else gets its turn. */
const ROUNDS = 64;

/** A module with its Ethernet controller, its clock and its entropy: a microcontroller board. */
export class Board {
  /** What errors call it. */
  readonly name: string;
  /** Its time. */
  readonly clock: Clock;
  /** The module's functions, typed; they throw an Error that names the board when the module traps. */
  readonly exports: SandwireExports;
  /** The module's linear memory. It never grows, so the views below stay valid. */
  readonly memory: WebAssembly.Memory;
  /** The memory as octets. */
  readonly u8: Uint8Array;
  /** The memory as words of 32 bits. */
  readonly u32: Uint32Array;
  /** The memory at any alignment. */
  readonly view: DataView;
  /** Called after a poll for each descriptor with news. */
  onEvent: (fd: number) => void = () => {};
  private readonly port: Mac;
  private link: Link | null = null;
  private failure: Error | null = null;
  private closed = false;
  private running = false;
  private requested = false;
  private refed = true;
  private timer: Timer | null = null;
  /** When the timer fires, and when the module wants to be polled; the first is never later than the second. */
  private armed = Infinity;
  private deadline = Infinity;

  private constructor(module: WebAssembly.Module, options: BoardOptions) {
    this.name = options.name ?? "board";
    this.clock = options.clock;
    const instance = new WebAssembly.Instance(module, {});
    this.exports = bindExports(instance, (call, cause) => this.trapped(call, cause));
    this.memory = this.exports.memory;
    this.u8 = new Uint8Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.port = new Mac(this.exports);
  }

  /** Power a board on. Rejects with an Error when the build is missing, or an address or the seed is not valid. */
  static async create(options: BoardOptions): Promise<Board> {
    const module = options.module ?? (await loadModule(options.profile ?? "default", options.debug));
    const board = new Board(module, options);
    board.start(options);
    return board;
  }

  private start(options: BoardOptions): void {
    const seed = seedOf(options.seed);
    const mac = options.mac ? parseMac(options.mac) : macOf(seed);
    this.port.configure(mac, options.capabilities ?? 0);
    this.exports.init(seed[0], seed[1], seed[2], seed[3]);
    this.port.reset();
    if (options.address) this.configure(options.address, options.gateway);
    if (options.serve) this.expect("serve", this.exports.serve());
    this.wake();
  }

  /** Give the interface an address, "10.0.0.2/24", and a default gateway. Throws when either is not valid. */
  configure(address: string, gateway?: string): void {
    const { ip, prefix } = parseSubnet(address);
    const result = this.exports.ifconfig(0, ip, prefix, gateway ? parseIPv4(gateway) : 0);
    this.expect(`ifconfig ${address}${gateway ? ` gateway ${gateway}` : ""}`, result);
    this.wake();
  }

  /** Its Ethernet address, "02:00:00:00:00:01". */
  get mac(): string {
    return formatMac(this.port.address);
  }

  /** Plug the board into a link: the carrier is there, frames flow. What was plugged in before is unplugged, not closed. */
  attach(link: Link): void {
    if (this.link) this.link.onFrame = () => {};
    this.link = link;
    link.onFrame = (frame) => this.arrive(frame);
    this.linkUp(true);
  }

  /** Set the carrier; without it no frame goes in or out. */
  linkUp(on: boolean): void {
    this.port.isUp = on;
    this.wake();
  }

  /** Put a frame into the receive ring, now; false, and counted as missed, when it is full. The module sees it in the next poll. */
  receive(frame: Uint8Array): boolean {
    const taken = this.port.receive(frame);
    if (taken) this.wake();
    return taken;
  }

  /** Ask for a poll at this instant, after what runs now. Many calls, one poll. */
  wake(): void {
    if (this.requested || this.closed || this.failure) return;
    this.requested = true;
    this.clock.soon(this.answer);
  }

  /**
   * Run the module now: until it has nothing more to do, with its frames handed to the link; then events. Throws an Error that
   * names the board when the module has trapped, now or before.
   */
  poll(): void {
    if (this.closed) return;
    if (this.running) return this.wake();
    this.requested = false;
    this.pump();
    this.arm();
    this.tell();
  }

  private readonly answer = (): void => {
    if (this.requested) this.poll();
  };

  private readonly fire = (): void => {
    this.timer = null;
    this.armed = Infinity;
    if (this.deadline > this.clock.now) this.arm();
    else this.poll();
  };

  private readonly send = (frame: Uint8Array): void => {
    if (this.port.isUp) this.link?.send(frame);
  };

  /** A frame from the link. Like a fast interrupt handler, it makes room in a full ring before the frame is missed. */
  private arrive(frame: Uint8Array): void {
    if (this.closed || this.failure || !this.port.isUp) return;
    if (!this.port.hasRoom && !this.running) this.pump();
    this.port.receive(frame);
    this.wake();
  }

  private pump(): void {
    if (this.failure) throw this.failure;
    this.running = true;
    try {
      this.run();
    } finally {
      this.running = false;
    }
  }

  private run(): void {
    for (let round = 0; round < ROUNDS; round++) {
      const now = this.clock.now;
      const wait = this.exports.poll(now >>> 0);
      this.port.transmit(this.send);
      this.deadline = wait === NEVER ? Infinity : Math.floor(now) + wait;
      if (wait !== 0) return;
    }
    this.wake();
  }

  /** See that the timer fires in time. A deadline that moved to a later time is looked at when the earlier one has come. */
  private arm(): void {
    if (this.deadline >= this.armed || this.closed || this.requested) return;
    this.timer?.cancel();
    this.armed = this.deadline;
    this.timer = this.clock.at(this.deadline, this.fire);
    if (!this.refed) this.timer.unref?.();
  }

  /**
   * Deadlines no longer keep the process alive, as the kernel's do not: a connection in TIME-WAIT has two minutes of them. What
   * runs over the board has to, as the sockets of `createNet` do.
   */
  unref(): void {
    this.refed = false;
    this.timer?.unref?.();
  }

  private tell(): void {
    for (let fd = this.exports.next_event(); fd >= 0; fd = this.exports.next_event()) this.onEvent(fd);
  }

  private trapped(call: string, cause: unknown): Error {
    const what = cause instanceof Error ? cause.message : String(cause);
    this.failure ??= new Error(`${this.name} trapped in ${call}(): ${what}`, { cause });
    return this.failure;
  }

  private expect(what: string, result: number): void {
    if (result < 0) throw new Error(`${this.name}: ${what}: ${errnoMessage[-result] ?? result} (${Errno[-result] ?? "?"})`);
  }

  /** Every discarded frame and every event worth counting, by name; what the MAC counted too. */
  counters(): Record<string, number> {
    return { ...countersOf(this), rxMissed: this.port.missed, rxErrors: this.port.errors };
  }

  /** The rows of netstat. */
  sockets(): SocketInfo[] {
    return socketsOf(this);
  }

  /** Everything the board is now. */
  snapshot(): Snapshot {
    return { memory: this.u8.slice(), cursors: this.port.cursors };
  }

  /** Be what the board was then, at the present time. Throws a RangeError when that was another build. */
  restore(snapshot: Snapshot): void {
    if (snapshot.memory.length !== this.u8.length) throw new RangeError("the snapshot is of a module with another memory size");
    this.u8.set(snapshot.memory);
    this.port.cursors = snapshot.cursors;
    this.wake();
  }

  /** Power off: no polls, no frames. The link is left alone. May be called twice. */
  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.timer = null;
    if (this.link) this.link.onFrame = () => {};
    this.link = null;
  }
}

function seedOf(seed: Uint32Array | number | undefined): Uint32Array {
  if (seed === undefined) return new Uint32Array(new Uint8Array(randomBytes(16)).buffer);
  if (typeof seed === "number") return Uint32Array.of(seed, spread(seed + 1), spread(seed + 2), spread(seed + 3));
  if (seed.length !== 4) throw new RangeError(`a seed has 4 words, not ${seed.length}`);
  return seed;
}

/** A locally administered address of one interface. */
function macOf(seed: Uint32Array): Uint8Array {
  const low = spread(seed[0] ^ spread(seed[1]));
  const high = spread(seed[2] ^ spread(seed[3] + 1));
  return Uint8Array.of(0x02, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255);
}
