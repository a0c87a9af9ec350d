import { Printer } from "../links/print";
import type { SessionHeader, Step } from "../session/format";
import type { Passed } from "../session/frames";

/** Where engines did not do the same. */
export interface Difference {
  /** Its number, from 1. */
  readonly step: number;
  /** Milliseconds on the module's clock. */
  readonly now: number;
  /** "poll(1234)" */
  readonly call: string;
  /** Whose results differ: two engines, or the recording and one. */
  readonly between: Names;
  /** What differs, line by line. */
  readonly what: readonly string[];
  /** The last frames, in words. */
  readonly frames: readonly string[];
}

/** Those who differ. */
export type Names = readonly [string, string];

/** What was equal. */
export interface Counts {
  steps: number;
  /** Frames that the module sent, and their octets. */
  frames: number;
  octets: number;
}

/** How it went. */
export interface Outcome {
  readonly counts: Counts;
  readonly difference: Difference | undefined;
}

/** What the first side of a difference is called when it is nobody but the session. */
export const RECORDING = "the recording";
/** Frames shown before a difference. */
const FRAMES = 12;

/** How far a session has been played, and what happened last. */
export class Course {
  readonly counts: Counts = { steps: 0, frames: 0, octets: 0 };
  /** Of the step that is being played, from 1. */
  number = 0;
  private readonly printer = new Printer();
  private readonly lines: string[] = [];
  private now = 0;
  private call = "";

  constructor(private readonly header: SessionHeader) {}

  /** A step begins. */
  enter({ fn, args }: Step): void {
    const { name } = this.header.functions[fn];
    this.number++;
    if (name === "poll") this.now = args[0];
    this.call = `${name}(${args.join(", ")})`;
  }

  /** Frames that have come, in the step that is being played. */
  received(frames: readonly Passed[]): void {
    for (const { sent, octets } of frames) if (!sent) this.print("<", octets);
  }

  /** The step was equal. */
  leave(frames: readonly Passed[]): void {
    this.counts.steps++;
    for (const { sent, octets } of frames) {
      if (!sent) continue;
      this.counts.frames++;
      this.counts.octets += octets.length;
      this.print(">", octets);
    }
  }

  /** A difference, here and now. */
  difference(between: Names, what: readonly string[]): Difference {
    const { number: step, now, call, lines } = this;
    return { step, now, call, between, what, frames: [...lines] };
  }

  private print(label: string, frame: Uint8Array): void {
    this.lines.push(this.printer.line(this.now, frame, label));
    if (this.lines.length > FRAMES) this.lines.shift();
  }
}
