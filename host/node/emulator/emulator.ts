import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardDescription } from "../../tools/board/description";
import type { Link } from "../link";
import { macOf } from "../seed";
import { bootRecord } from "./boot";
import { Machine } from "./qemu";
import { Symbols } from "./symbols";

/** How a board is started in the emulator. */
export interface EmulatorOptions {
  board: BoardDescription;
  /** The folder with firmware.elf and firmware.symbols. */
  firmware: string;
  /** "10.0.0.2/24" */
  address: string;
  gateway?: string;
  /** 128 bits of entropy, from which its MAC address follows too. */
  seed: Uint32Array;
  /** Let the firmware obey letters on its console (default false). */
  console?: boolean;
  /** Called for each line of its console; addresses in it are followed by the function they lie in. */
  onLine?: (line: string) => void;
  /** Called when it was reset, from within or without. */
  onReset?: () => void;
}

/** A board whose firmware runs in QEMU. */
export class EmulatedBoard {
  private constructor(
    private readonly machine: Machine,
    /** Its MAC address. */
    readonly mac: Uint8Array,
  ) {}

  /** Power on. Rejects with an Error of one line when there is no QEMU, or it does not come up. */
  static async start(options: EmulatorOptions): Promise<EmulatedBoard> {
    const { board, firmware, address, gateway, seed, console, onLine, onReset } = options;
    if (!board.emulator) throw new Error(`nobody emulates ${board.name}`);
    const mac = macOf(seed, 0);
    const symbols = symbolsIn(firmware);
    const machine = await Machine.start({
      ...board.emulator,
      kernel: join(firmware, "firmware.elf"),
      loads: [{ address: board.boot, bytes: bootRecord({ address, gateway, entropy: seed, mac, console }) }],
      mac: [...mac].map((octet) => octet.toString(16).padStart(2, "0")).join(":"),
      onLine: (line) => onLine?.(symbols.explain(line)),
      onReset,
    });
    return new EmulatedBoard(machine, mac);
  }

  /** Its end of the cable. */
  get link(): Link {
    return this.machine.link;
  }

  /** Settles when the emulator has ended: with an Error unless it was stopped. */
  get ended(): Promise<Error | null> {
    return this.machine.ended;
  }

  /** Write to its console. */
  type(text: string): void {
    this.machine.type(text);
  }

  /** Press its reset button. */
  reset(): Promise<void> {
    return this.machine.reset();
  }

  /** Pull its cable out, or put it in: for controllers whose model in QEMU knows of cables. */
  cable(up: boolean): Promise<void> {
    return this.machine.cable(up);
  }

  /** Power off; resolves when the emulator is gone. */
  stop(): Promise<void> {
    return this.machine.stop();
  }
}

function symbolsIn(firmware: string): Symbols {
  const file = join(firmware, "firmware.symbols");
  return new Symbols(existsSync(file) ? readFileSync(file, "utf8") : "");
}
