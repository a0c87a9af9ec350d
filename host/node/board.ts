import { bindExports, Errno, errnoMessage, type LinearMemory, type SandwireExports } from "./abi";
import type { Clock } from "./clock";
import { type AnyModule, type Engine, instantiate, usualEngine } from "./engine";
import { countersOf, type SocketInfo, socketsOf } from "./inspect";
import { type Interface, type InterfaceOptions, type InterfaceOwner, interfacesOf } from "./interface";
import type { Link } from "./link";
import { type Mac, parseMac } from "./mac";
import { moduleOf, type Profile } from "./module";
import { Pace } from "./pace";
import { type RouteOptions, RoutingTable } from "./routing";
import { macOf, seedOf } from "./seed";

/** How a board is made. The options of an interface are those of the first. */
export interface BoardOptions extends InterfaceOptions {
  /** Its time: the machine's, or one that moves when told. */
  clock: Clock;
  /** What the board is called in errors (default "board"). */
  name?: string;
  /** The firmware; unless given, the build of `profile` and `debug`. */
  module?: AnyModule;
  /** The size of the module (default "default"). */
  profile?: Profile;
  /** Take the build with assertions, names and the trace ring (default false). */
  debug?: boolean;
  /** What runs that build (default "v8", or what SANDWIRE_ENGINE says); a module of one's own brings its engine. */
  engine?: Engine;
  /** 128 bits, or a number to derive them from; unless given, from the system's entropy. */
  seed?: Uint32Array | number;
  /** Those behind the first: as many as the build has, at most. */
  interfaces?: readonly InterfaceOptions[];
  /** Ways to networks that no interface is on. */
  routes?: readonly RouteOptions[];
  /** Start the applications of the firmware (default false). */
  serve?: boolean;
  /** Record everything that enters the module. */
  recorder?: CallObserver;
}

/** Sees every call of a board's module: a Recorder. */
export interface CallObserver {
  /** The functions a board shall use in place of its module's; asked once, before the first call. */
  around(exports: SandwireExports): SandwireExports;
}

/** Everything a board is at one moment. */
export interface Snapshot {
  /** A copy of the module's linear memory, which is its whole state. */
  readonly memory: Uint8Array;
  /** Where the ports stand in their rings. */
  readonly cursors: readonly [number, number][];
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
  readonly memory: LinearMemory;
  /** The memory as octets. */
  readonly u8: Uint8Array;
  /** The memory as words of 32 bits. */
  readonly u32: Uint32Array;
  /** The memory at any alignment. */
  readonly view: DataView;
  /** Called after a poll for each descriptor with news. */
  onEvent: (fd: number) => void = () => {};
  /** As many as the build has. */
  readonly interfaces: readonly Interface[];
  /** Its ways to networks. */
  readonly routes: RoutingTable;
  private readonly first: Interface;
  private failure: Error | null = null;
  private closed = false;
  private running = false;
  private readonly pace: Pace;

  private constructor(module: AnyModule, options: BoardOptions) {
    this.name = options.name ?? "board";
    this.clock = options.clock;
    this.pace = new Pace(this.clock, () => this.poll());
    const bound = bindExports(instantiate(module), (call, cause) => this.trapped(call, cause));
    this.exports = options.recorder ? options.recorder.around(bound) : bound;
    this.memory = this.exports.memory;
    this.u8 = new Uint8Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    const owner = this.owner();
    this.interfaces = interfacesOf(owner);
    this.routes = new RoutingTable(owner);
    this.first = this.interfaces[0];
  }

  /** Power a board on. Rejects with an Error when the build is missing, or an address or the seed is not valid. */
  static async create(options: BoardOptions): Promise<Board> {
    const { profile = "default", debug = false, engine = usualEngine() } = options;
    const module = options.module ?? (await moduleOf(profile, debug, engine));
    const board = new Board(module, options);
    board.start(options);
    return board;
  }

  private start(options: BoardOptions): void {
    const seed = seedOf(options.seed);
    const each = [options, ...(options.interfaces ?? [])];
    if (each.length > this.interfaces.length) {
      throw new Error(`${this.name}: the build has ${this.interfaces.length} interfaces (INTERFACES), not ${each.length}`);
    }
    for (const { port, index } of this.interfaces) {
      const { mac, capabilities } = each[index] ?? {};
      port.configure(mac ? parseMac(mac) : macOf(seed, index), capabilities ?? 0);
    }
    this.exports.init(seed[0], seed[1], seed[2], seed[3]);
    for (const { port } of this.interfaces) port.reset();
    each.forEach(({ address, gateway, addresses }, i) => {
      if (address) this.interfaces[i].configure(address, gateway);
      for (const further of addresses ?? []) this.interfaces[i].addAddress(further);
    });
    for (const route of options.routes ?? []) this.routes.add(route);
    if (options.serve) this.expect("serve", this.exports.serve());
    this.wake();
  }

  /** What its parts need of it. */
  private owner(): InterfaceOwner {
    return {
      exports: this.exports,
      view: this.view,
      expect: (what, result) => this.expect(what, result),
      arrive: (port, frame) => this.arrive(port, frame),
      wake: () => this.wake(),
    };
  }

  /** Give the first interface an address, "10.0.0.2/24", and a default gateway. Throws when either is not valid. */
  configure(address: string, gateway?: string): void {
    this.first.configure(address, gateway);
  }

  /** MAC address of the first interface. */
  get mac(): string {
    return this.first.mac;
  }

  /**
   * Plug an interface into a link, the first unless told: the carrier is there, frames flow. What was plugged in before is unplugged, not
   * closed.
   */
  attach(link: Link, iface = 0): void {
    this.at(iface).attach(link);
  }

  /** Set the carrier of an interface, the first unless told; without it no frame goes in or out. */
  linkUp(on: boolean, iface = 0): void {
    this.at(iface).linkUp(on);
  }

  /**
   * Put a frame into the receive ring of the first interface, now; false, and counted as missed, when it is full. The module sees it in the
   * next poll.
   */
  receive(frame: Uint8Array): boolean {
    return this.first.receive(frame);
  }

  private at(iface: number): Interface {
    const found = this.interfaces[iface];
    if (!found) throw new RangeError(`${this.name} has no interface ${iface}: its build has ${this.interfaces.length}`);
    return found;
  }

  /** Ask for a poll at this instant, after what runs now. Many calls, one poll. */
  wake(): void {
    if (!this.failure) this.pace.wake();
  }

  /**
   * Run the module now: until it has nothing more to do, with its frames handed to the link; then events. Throws an Error that
   * names the board when the module has trapped, now or before.
   */
  poll(): void {
    if (this.closed) return;
    if (this.running) return this.wake();
    this.pace.begin();
    this.pump();
    this.pace.arm();
    this.tell();
  }

  /** A frame from the link. Like a fast interrupt handler, it makes room in a full ring before the frame is missed. */
  private arrive(port: Mac, frame: Uint8Array): void {
    if (this.closed || this.failure || !port.isUp) return;
    if (!port.hasRoom && !this.running) this.pump();
    port.receive(frame);
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
      for (const each of this.interfaces) each.transmit();
      this.pace.deadline = wait === NEVER ? Infinity : Math.floor(now) + wait;
      if (wait !== 0) return;
    }
    this.wake();
  }

  /**
   * Deadlines no longer keep the process alive, as the kernel's do not: a connection in TIME-WAIT has two minutes of them. What
   * runs over the board has to, as the sockets of `createNet` do.
   */
  unref(): void {
    this.pace.unref();
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
    return { ...countersOf(this), rxMissed: this.sum("missed"), rxErrors: this.sum("errors") };
  }

  private sum(what: "missed" | "errors"): number {
    return this.interfaces.reduce((total, { port }) => total + port[what], 0);
  }

  /** The rows of netstat. */
  sockets(): SocketInfo[] {
    return socketsOf(this);
  }

  /** Everything the board is now. */
  snapshot(): Snapshot {
    return { memory: this.u8.slice(), cursors: this.interfaces.map(({ port }) => port.cursors) };
  }

  /** Be what the board was then, at the present time. Throws a RangeError when that was another build. */
  restore(snapshot: Snapshot): void {
    if (snapshot.memory.length !== this.u8.length) throw new RangeError("the snapshot is of a module with another memory size");
    this.u8.set(snapshot.memory);
    snapshot.cursors.forEach((cursors, i) => (this.interfaces[i].port.cursors = cursors));
    this.wake();
  }

  /** Power off: no polls, no frames. The link is left alone. May be called twice. */
  close(): void {
    this.closed = true;
    this.pace.stop();
    for (const each of this.interfaces) each.detach();
  }
}
