import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Capability, MacView, type SandwireExports } from "../../host/node/abi";
import { Mac } from "../../host/node/mac";
import { library } from "../support/library";

/** A port and the controller behind it, which is not real: what the conformance test is given. */
export interface Port {
  /** Power on, with everything in `memory`, of which the interface's MacRecord is at `record`. */
  open(memory: Uint8Array, record: number): void;
  /** Before the module's `init`: say the MAC address and the capabilities. */
  configure(address: Uint8Array): void;
  /** After it, and again after each further one. */
  start(address: Uint8Array): void;
  /** Move frames between the controller and the rings; whether any moved. */
  exchange(): boolean;
  /** The cable; the port sees it when it looks next. */
  cable(up: boolean, speed: number): void;
  /** A frame arrives; false when the controller lost it. */
  deliver(frame: Uint8Array, damaged?: boolean): boolean;
  /** Every frame that has left since the last call. */
  sent(): Uint8Array[];
}

const compiled = new Map<string, NativePort>();

/** A port in C. Its library is loaded once: two ports of one folder are the same, powered on again. */
export class NativePort implements Port {
  private readonly calls;
  private readonly room = new Uint8Array(4096);
  private memory: Uint8Array = new Uint8Array(0);

  /** The one whose driver and mock lie in a folder. Throws an Error with what the compiler says. */
  static of(folder: string): NativePort {
    const known = compiled.get(folder) ?? new NativePort(folder);
    compiled.set(folder, known);
    return known;
  }

  private constructor(folder: string) {
    const sources = [...COMMON, ...driverOf(folder), join(folder, "mock.c")];
    const lib = library(`port${folder.replaceAll("/", ".")}`, { sources, includes: [folder], defines: ["SW_MOCK"] });
    this.calls = {
      open: lib.func("void harness_open(uint8_t *memory, uint32_t size, uint32_t record)"),
      configure: lib.func("uint32_t harness_configure(const uint8_t *address)"),
      start: lib.func("bool harness_start(const uint8_t *address)"),
      exchange: lib.func("bool harness_exchange(void)"),
      deliver: lib.func("bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged)"),
      take: lib.func("uint32_t mock_take(_Out_ uint8_t *frame, uint32_t room)"),
      cable: lib.func("void mock_cable(bool up, uint32_t speed)"),
    };
  }

  open(memory: Uint8Array, record: number): void {
    this.memory = memory; // the library keeps its address
    this.calls.open(memory, memory.length, record);
  }

  configure(address: Uint8Array): void {
    this.calls.configure(address);
  }

  start(address: Uint8Array): void {
    if (!this.calls.start(address)) throw new Error(`no rings in a memory of ${this.memory.length} octets`);
  }

  exchange(): boolean {
    return Boolean(this.calls.exchange());
  }

  cable(up: boolean, speed: number): void {
    this.calls.cable(up, speed);
  }

  deliver(frame: Uint8Array, damaged = false): boolean {
    return Boolean(this.calls.deliver(frame, frame.length, damaged));
  }

  sent(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    const take = (): number => Number(this.calls.take(this.room, this.room.length));
    for (let length = take(); length > 0; length = take()) frames.push(this.room.slice(0, length));
    return frames;
  }
}

/** Frames the controllers in TypeScript and in copying/ hold. */
const QUEUE = 16;

/** The port of the host shim with a controller of two queues, as copying/ has it. */
export class NodePort implements Port {
  private mac: Mac | undefined;
  private record: MacView | undefined;
  private queue: { frame: Uint8Array; damaged: boolean }[] = [];
  private out: Uint8Array[] = [];
  private lost = 0;
  private plugged = { up: false, speed: 0 };

  open(memory: Uint8Array, record: number): void {
    const { buffer } = memory;
    this.mac = new Mac({ memory: { buffer }, mac: () => record } as unknown as SandwireExports);
    this.record = new MacView(new DataView(buffer), record);
    this.plugged = { up: false, speed: 0 };
    this.out = [];
  }

  configure(address: Uint8Array): void {
    this.known.mac.configure(address, Capability.RX_CSUM | Capability.TX_CSUM);
  }

  start(): void {
    this.known.mac.reset();
    this.queue = [];
    this.lost = 0;
    this.look();
  }

  private get known(): { mac: Mac; record: MacView } {
    const { mac, record } = this;
    if (!mac || !record) throw new Error("not powered on");
    return { mac, record };
  }

  private look(): void {
    const { mac, record } = this.known;
    mac.isUp = this.plugged.up;
    record.speed = this.plugged.up ? this.plugged.speed : 0;
  }

  exchange(): boolean {
    const { mac, record } = this.known;
    this.look();
    const received = this.queue.length;
    for (const { frame, damaged } of this.queue.splice(0)) {
      if (damaged) record.rxErrors++;
      else mac.receive(frame);
    }
    record.rxMissed += this.lost;
    this.lost = 0;
    const sent = mac.transmit((frame) => {
      if (mac.isUp) this.out.push(frame.slice());
    });
    return received + sent > 0;
  }

  cable(up: boolean, speed: number): void {
    this.plugged = { up, speed };
  }

  deliver(frame: Uint8Array, damaged = false): boolean {
    if (!this.plugged.up) return false;
    const taken = this.queue.length < QUEUE && frame.length <= 2048;
    if (taken) this.queue.push({ frame: frame.slice(), damaged });
    else this.lost++;
    return taken;
  }

  sent(): Uint8Array[] {
    return this.out.splice(0);
  }
}

const COMMON = ["host/wasm3/port.c", "host/wasm3/checksum.c", "test/ports/harness.c"];

/**
 * The folders of ports that can be driven from here: the one that only copies, and every board that has a mock of its controller; or
 * only the one that SANDWIRE_PORT names.
 */
export function mockedFolders(): string[] {
  const chosen = process.env["SANDWIRE_PORT"];
  if (chosen) return [chosen];
  const boards = readdirSync("host/boards").map((name) => join("host/boards", name));
  return ["test/ports/copying", ...boards.filter((folder) => existsSync(join(folder, "mock.c")))];
}

/** The files that a mock's first line names, a comment such as "With: mac.c phy.c"; mac.c unless it does. */
function driverOf(folder: string): string[] {
  const [, named] = /^\/\* With: (.*) \*\/$/m.exec(readFileSync(join(folder, "mock.c"), "utf8").split("\n")[0]) ?? [];
  return (named ?? "mac.c").split(" ").map((file) => join(folder, file));
}
