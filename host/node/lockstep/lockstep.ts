import type { Instance } from "../engine";
import { crc32 } from "../session/crc32";
import type { Step } from "../session/format";
import { type Played, Player } from "../session/player";
import type { Session } from "../session/reader";
import { Course, type Difference, type Names, type Outcome, RECORDING } from "./course";
import { framesDifference, memoryDifference, outcomeOf } from "./difference";
import type { Layout } from "./layout";

/** An engine by the name reports give it. */
export interface Contender {
  readonly name: string;
  readonly instance: Instance;
}

/** Play a session to all engines at once, and stop where one of them does something else than the first, or the first than was recorded. */
export function lockstep(session: Session, contenders: readonly Contender[], layout: Layout): Outcome {
  const players = contenders.map(({ name, instance }) => new Player(name, instance, session.header));
  return new Lockstep(session, players, layout).run();
}

class Lockstep {
  private readonly course: Course;
  private difference: Difference | undefined;

  constructor(
    private readonly session: Session,
    private readonly players: readonly Player[],
    private readonly layout: Layout,
  ) {
    this.course = new Course(session.header);
  }

  run(): Outcome {
    for (const entry of this.session.entries()) {
      if (entry.kind === "step") this.step(entry);
      else this.checkpoint(entry.crc);
      if (this.difference) break;
    }
    if (!this.difference) this.checkStrays();
    return { counts: this.course.counts, difference: this.difference };
  }

  private step(step: Step): void {
    const [first, ...others] = this.players;
    this.course.enter(step);
    const played = first.play(step);
    this.course.received(played.frames);
    this.compareWithRecording(step, first, played);
    for (const other of others) this.compare(first, played, other, other.play(step));
    if (!this.difference) this.course.leave(played.frames);
  }

  private compareWithRecording(step: Step, { name }: Player, played: Played): void {
    const recorded = { result: step.result, trap: step.trapped ? "" : undefined };
    this.differs([RECORDING, name], outcomeOf([RECORDING, name], recorded, played));
  }

  private compare(first: Player, was: Played, other: Player, is: Played): void {
    const between = [first.name, other.name] as const;
    this.differs(between, [
      ...outcomeOf(between, was, is),
      ...framesDifference(between, was.frames, is.frames),
      ...memoryDifference(between, first.memory, other.memory, this.layout),
    ]);
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

  private differs(between: Names, what: readonly string[]): void {
    if (what.length > 0) this.difference ??= this.course.difference(between, what);
  }
}
