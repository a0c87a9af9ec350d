import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { SandwireExports } from "../abi";
import { crc32 } from "./crc32";
import type { SessionFunction, Step, Write } from "./format";
import { type Sink, SessionWriter } from "./writer";

/** Larger memories would take longer to compare than the module needs to run. */
const LIMIT = 4 << 20;
/** Steps from one checksum of the memory to the next. */
const CHECKPOINT = 256;

/** The module that is recorded. */
export interface Recorded {
  /** Its octets. */
  readonly wasm: Uint8Array;
  /** The profile's name, or "". */
  readonly profile: string;
  /** How much of its linear memory it uses, in octets; all of it, when left out. */
  readonly used?: number;
}

/**
 * Records a board: give it to `Board.create` as its `recorder`. What the host writes to the module's memory is found by comparing it
 * with what it was after the last call, so nothing that enters is missed, whoever wrote it.
 */
export class Recorder {
  private recording: Recording | undefined;
  private close: () => void = () => {};

  /** Every octet of the session is handed to `sink`. */
  constructor(
    private readonly recorded: Recorded,
    private readonly sink: Sink,
  ) {}

  /** Record to a new file. Throws an Error of one line when it cannot be created. */
  static file(recorded: Recorded, path: string): Recorder {
    const file = created(path);
    const recorder = new Recorder(recorded, (octets) => writeAll(file, octets));
    recorder.close = () => closeSync(file);
    return recorder;
  }

  /** The same functions; their calls are recorded. A recorder records one board. Throws an Error for a memory that is too large. */
  around(exports: SandwireExports): SandwireExports {
    if (this.recording) throw new Error("a recorder records one board, and this one has its board already");
    const size = this.recorded.used ?? exports.memory.buffer.byteLength;
    if (size > LIMIT) {
      const has = `this module has ${size >>> 10} KiB of memory, which is compared before each call`;
      throw new Error(`sessions are recorded of modules with ${LIMIT >>> 10} KiB at most: ${has}; take profile tiny or default`);
    }
    const functions = functionsOf(exports);
    const { wasm, profile } = this.recorded;
    const moduleHash = createHash("sha256").update(wasm).digest("hex");
    const header = { profile, moduleSize: wasm.length, moduleHash, memorySize: size, functions };
    this.recording = new Recording(exports.memory.buffer, new SessionWriter(header, this.sink));
    return this.recording.wrap(exports);
  }

  /** Write the end. A session without it cannot be replayed. May be called twice. */
  end(): void {
    this.recording?.end();
    this.close();
    this.close = () => {};
  }
}

/** One board's session. */
class Recording {
  private readonly u8: Uint8Array;
  private readonly words: Uint32Array;
  /** The memory as the last call left it. */
  private readonly before: Uint32Array;
  private steps = 0;
  private ended = false;

  constructor(
    memory: ArrayBuffer,
    private readonly writer: SessionWriter,
  ) {
    const { memorySize } = writer.header;
    this.u8 = new Uint8Array(memory, 0, memorySize);
    this.words = new Uint32Array(memory, 0, memorySize / 4);
    this.before = this.words.slice();
  }

  wrap(exports: SandwireExports): SandwireExports {
    const wrapped: Record<string, unknown> = { memory: exports.memory };
    const calls = exports as unknown as Record<string, (...args: number[]) => number>;
    this.writer.header.functions.forEach(({ name, arity }, fn) => {
      const call = calls[name];
      // As in WebAssembly, what is left out is 0, and what is too much does not count.
      wrapped[name] = (...given: number[]) =>
        this.record(
          fn,
          call,
          Array.from({ length: arity }, (_, i) => given[i] ?? 0),
        );
    });
    return wrapped as unknown as SandwireExports;
  }

  private record(fn: number, call: (...args: number[]) => number, args: number[]): number {
    if (this.ended) return call(...args);
    const writes = this.writes();
    try {
      const result = call(...args);
      this.add({ writes, fn, args, result, trapped: false });
      return result;
    } catch (cause) {
      this.add({ writes, fn, args, result: 0, trapped: true });
      this.end();
      throw cause;
    }
  }

  private add(step: Omit<Step, "kind">): void {
    this.writer.step(step);
    this.before.set(this.words);
    if (++this.steps % CHECKPOINT === 0) this.writer.checkpoint(crc32(this.u8));
  }

  /** The words that are not what the last call left. */
  private writes(): Write[] {
    const { words, before } = this;
    const found: Write[] = [];
    for (let i = 0; i < words.length; i++) {
      if (words[i] === before[i]) continue;
      const start = i;
      while (i < words.length && words[i] !== before[i]) i++;
      found.push({ address: 4 * start, octets: this.u8.slice(4 * start, 4 * i) });
    }
    return found;
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.writer.end(crc32(this.u8));
  }
}

function functionsOf(exports: SandwireExports): SessionFunction[] {
  return Object.entries(exports).flatMap(([name, call]: [string, unknown]) =>
    typeof call === "function" ? [{ name, arity: call.length }] : [],
  );
}

function created(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new Error(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function writeAll(file: number, octets: Uint8Array): void {
  for (let done = 0; done < octets.length;) done += writeSync(file, octets, done);
}
