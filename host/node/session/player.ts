import type { Instance } from "../engine";
import type { SessionHeader, Step } from "./format";
import { FrameWatch, type Passed } from "./frames";

/** What came of a step. */
export interface Played {
  /** As a word without sign; 0 of a call that has none, or that trapped. */
  readonly result: number;
  /** Why it trapped, or undefined. */
  readonly trap: string | undefined;
  /** What the step received, then what it sent. */
  readonly frames: readonly Passed[];
}

type Call = (...args: number[]) => number | undefined;

/** Plays a session to one engine. */
export class Player {
  /** What of the linear memory the session is about. */
  readonly memory: Uint8Array;
  private readonly whole: Uint8Array;
  private readonly calls: readonly Call[];
  private readonly watch: FrameWatch;

  /** Throws an Error of one line when the session is not about this module. */
  constructor(
    /** What reports call the engine. */
    readonly name: string,
    { exports }: Instance,
    header: SessionHeader,
  ) {
    const found = exports as Record<string, Call | undefined> & { readonly memory: { readonly buffer: ArrayBuffer } };
    this.whole = new Uint8Array(found.memory.buffer);
    this.memory = this.whole.subarray(0, header.memorySize);
    if (this.memory.length < header.memorySize) {
      throw new Error(`the session is about ${header.memorySize} octets of memory, and ${name} has ${this.memory.length}`);
    }
    this.calls = header.functions.map(({ name: fn }) => found[fn] ?? absent(fn));
    this.watch = new FrameWatch(
      this.memory,
      header.functions.map((fn) => fn.name),
    );
  }

  /** Write what the host wrote, and call. */
  play(step: Step): Played {
    const { watch } = this;
    watch.look();
    for (const { address, octets } of step.writes) this.memory.set(octets, address);
    const received = watch.received();
    watch.look();
    const { result, trap } = this.call(step);
    return { result, trap, frames: [...received, ...watch.sent({ ...step, result })] };
  }

  private call({ fn, args }: Step): { result: number; trap: string | undefined } {
    try {
      return { result: (this.calls[fn](...args) ?? 0) >>> 0, trap: undefined };
    } catch (error) {
      return { result: 0, trap: error instanceof Error ? error.message : String(error) };
    }
  }

  /** The first address behind the session's memory that is not zero, or undefined: the module has no business there. */
  get stray(): number | undefined {
    const { length } = this.memory;
    const at = this.whole.subarray(length).findIndex((octet) => octet !== 0);
    return at < 0 ? undefined : length + at;
  }
}

function absent(name: string): Call {
  return () => {
    throw new Error(`the module has no function ${name}`);
  };
}
