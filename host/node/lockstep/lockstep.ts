import { Printer } from "../links/print";
import { crc32 } from "../session/crc32";
import type { Step } from "../session/format";
import type { Passed } from "../session/frames";
import { type Instance, type Played, Player } from "../session/player";
import type { Session } from "../session/reader";
import type { Layout } from "./layout";
import { differenceIn, framesDiffer, framesOf } from "./difference";

/** An engine by the name reports give it. */
export interface Contender {
  readonly name: string;
  readonly instance: Instance;
}

/** Where engines did not do the same. */
export interface Difference {
  /** Its number, from 1. */
  readonly step: number;
  /** Milliseconds on the module's clock. */
  readonly now: number;
  /** "poll(1234)" */
  readonly call: string;
  /** Whose results differ: two engines, or the recording and one. */
  readonly between: readonly [string, string];
  /** What differs, line by line. */
  readonly what: readonly string[];
  /** The last frames, in words. */
  readonly frames: readonly string[];
}

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

const RECORDING = "the recording";
/** Frames shown before a difference. */
const FRAMES = 12;

/** Play a session to all engines at once, and stop where one of them does something else than the first, or the first than was recorded. */
export function lockstep(session: Session, contenders: readonly Contender[], layout: Layout): Outcome {
  const players = contenders.map(({ name, instance }) => new Player(name, instance, session.header));
  return new Lockstep(session, players, layout).run();
}

class Lockstep {
  private readonly counts: Counts = { steps: 0, frames: 0, octets: 0 };
  private readonly printer = new Printer();
  private readonly lines: string[] = [];
  /** Of the step that is being played. */
  private number = 0;
  private now = 0;
  private call = "";
  private difference: Difference | undefined;

  constructor(
    private readonly session: Session,
    private readonly players: readonly Player[],
    private readonly layout: Layout,
  ) {}

  run(): Outcome {
    for (const entry of this.session.entries()) {
      if (entry.kind === "step") this.step(entry);
      else this.checkpoint(entry.crc);
      if (this.difference) break;
    }
    if (!this.difference) this.checkStrays();
    return { counts: this.counts, difference: this.difference };
  }

  private step(step: Step): void {
    const [first, ...others] = this.players;
    this.enter(step);
    const played = first.play(step);
    this.remember(played.frames.filter(({ sent }) => !sent));
    this.compareWithRecording(step, first, played);
    for (const other of others) this.compare(first, played, other, other.play(step));
    if (this.difference) return;
    this.counts.steps++;
    this.remember(played.frames.filter(({ sent }) => sent));
  }

  private enter({ fn, args }: Step): void {
    const { name } = this.session.header.functions[fn];
    this.number++;
    if (name === "poll") this.now = args[0];
    this.call = `${name}(${args.join(", ")})`;
  }

  private compareWithRecording(step: Step, player: Player, { result, trap }: Played): void {
    const recorded = step.trapped ? "trapped" : valueOf(step.result);
    const played = trap === undefined ? valueOf(result) : `trapped: ${trap}`;
    const equal = step.trapped ? trap !== undefined : trap === undefined && step.result === result;
    if (!equal) this.differs([RECORDING, player.name], [`result: ${RECORDING} ${recorded}, ${player.name} ${played}`]);
  }

  private compare(first: Player, was: Played, other: Player, is: Played): void {
    const between = [first.name, other.name] as const;
    const what: string[] = [];
    const [before, after] = [was, is].map(({ result, trap }) => (trap === undefined ? valueOf(result) : `trapped: ${trap}`));
    const equal = was.trap === undefined ? is.trap === undefined && was.result === is.result : is.trap !== undefined;
    if (!equal) what.push(`result: ${first.name} ${before}, ${other.name} ${after}`);
    if (framesDiffer(was.frames, is.frames)) what.push(...framesOf(between, was.frames, is.frames));
    if (Buffer.compare(first.memory, other.memory) !== 0) {
      what.push(...differenceIn(between, first.memory, other.memory, this.layout));
    }
    if (what.length > 0) this.differs(between, what);
  }

  /** The recording knows its memory by the checksum only. */
  private checkpoint(crc: number): void {
    const [{ name, memory }] = this.players;
    if (crc32(memory) === crc) return;
    this.differs([RECORDING, name], ["memory: its checksum, in this step or in one of the 256 before"]);
  }

  private checkStrays(): void {
    for (const { name, stray } of this.players) {
      if (stray !== undefined) this.differs([RECORDING, name], [`memory: ${name} wrote to ${this.layout.describe(stray)}`]);
    }
  }

  private differs(between: readonly [string, string], what: string[]): void {
    const { number: step, now, call, lines } = this;
    this.difference ??= { step, now, call, between, what, frames: [...lines] };
  }

  private remember(frames: readonly Passed[]): void {
    for (const { sent, octets } of frames) {
      if (sent) {
        this.counts.frames++;
        this.counts.octets += octets.length;
      }
      this.lines.push(this.printer.line(this.now, octets, sent ? ">" : "<"));
    }
    this.lines.splice(0, this.lines.length - FRAMES);
  }
}

/** Negative results are errnos. */
function valueOf(result: number): string {
  return result > 0xfffff000 ? String(result | 0) : String(result);
}
