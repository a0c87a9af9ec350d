import type { Instance } from "../engine";
import { crc32 } from "../session/crc32";
import type { Step } from "../session/format";
import { type Played, Player } from "../session/player";
import type { Session } from "../session/reader";
import { type Counts, Course, type Difference, type Names, type Outcome, RECORDING } from "./course";
import { framesDifference, memoryDifference, outcomeOf } from "./difference";
import type { Layout } from "./layout";
import { replay, type Replayed, type ReplayedFrame, type ReplayFirmware, type Wishes } from "./replay";

/** The engine a board is compared with: each look back takes an instance of its own. */
export interface Reference {
  readonly name: string;
  instantiate(): Promise<Instance>;
}

/**
 * Replay a session in a board's firmware, and compare it with an engine of this process: results, frames, and the memory by its checksum. When
 * they differ, the board replays it twice more: to find the first step in which they do, and to fetch its memory there.
 */
export async function lockstepWithBoard(
  session: Session,
  reference: Reference,
  firmware: ReplayFirmware,
  layout: Layout,
): Promise<Outcome> {
  const look = async (wishes: Wishes): Promise<Comparison> => {
    const replayed = await replay(session.octets, firmware, wishes);
    const player = new Player(reference.name, await reference.instantiate(), session.header);
    const comparison = new Comparison(session, player, replayed, [reference.name, firmware.name], layout);
    comparison.run();
    return comparison;
  };
  const first = await look({});
  if (!first.difference) return first;
  const range = { from: first.good + 1, to: first.difference.step };
  const second = await look(range);
  if (!second.difference) return first;
  return look({ ...range, dump: second.difference.step });
}

/** Plays a session to the reference, and compares with what the board has reported. */
class Comparison implements Outcome {
  difference: Difference | undefined;
  /** The last step behind which the memory is known to be equal. */
  good = 0;
  private readonly course: Course;
  private readonly frames = new Map<number, ReplayedFrame[]>();

  constructor(
    private readonly session: Session,
    private readonly player: Player,
    private readonly replayed: Replayed,
    private readonly names: Names,
    private readonly layout: Layout,
  ) {
    this.course = new Course(session.header);
    for (const frame of replayed.frames) this.frames.set(frame.step, [...(this.frames.get(frame.step) ?? []), frame]);
  }

  get counts(): Counts {
    return this.course.counts;
  }

  run(): void {
    for (const entry of this.session.entries()) {
      if (entry.kind === "step") this.step(entry);
      if (this.difference) return;
    }
    const { names, course, replayed } = this;
    const ends = [course.number, replayed.steps ?? "none"];
    if (ends[0] !== ends[1]) this.differs(names, [`steps: ${names[0]} ${ends[0]}, ${names[1]} ${ends[1]}`]);
  }

  private step(step: Step): void {
    const { course, player, replayed } = this;
    course.enter(step);
    const played = player.play(step);
    course.received(played.frames);
    const recorded = { result: step.result, trap: step.trapped ? "" : undefined };
    const between = [RECORDING, player.name] as const;
    this.differs(between, outcomeOf(between, recorded, played));
    this.differs(this.names, this.compare(played));
    if (this.difference) return;
    if (replayed.checksums.has(course.number)) this.good = course.number;
    course.leave(played.frames);
  }

  private compare(played: Played): string[] {
    const { names, replayed, course } = this;
    const { stop } = replayed;
    const sent = played.frames.filter((frame) => frame.sent);
    return [
      ...(stop?.step === course.number ? outcomeOf(names, played, stop) : []),
      ...framesDifference(names, sent, this.frames.get(course.number) ?? []),
      ...this.compareMemory(),
    ];
  }

  private compareMemory(): string[] {
    const { names, player, replayed, course, layout } = this;
    const checksum = replayed.checksums.get(course.number);
    if (checksum === undefined || checksum === crc32(player.memory)) return [];
    const lines = replayed.memory ? memoryDifference(names, player.memory, replayed.memory, layout) : [];
    return lines.length > 0 ? lines : ["memory: its checksum"];
  }

  private differs(between: Names, what: readonly string[]): void {
    if (what.length > 0) this.difference ??= this.course.difference(between, what);
  }
}
