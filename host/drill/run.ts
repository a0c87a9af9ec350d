import { CallRunner } from "./call_runner";
import { isKnownCall } from "./calls";
import { answer, type Surroundings } from "./commands";
import { CodeRunner } from "./code_runner";
import type { Config } from "./config";
import { Conversations } from "./conversations";
import { Mismatch, type Place, Unsupported } from "./errors";
import type { Machine } from "./machine";
import { formatSeconds } from "./notation";
import { Packets } from "./packets";
import type { Event, Micros, Script } from "./script";
import { tune } from "./settings";

/** How long "any time" is, in virtual microseconds. */
const HOUR = 3_600_000_000;

/** When an event is due on the machine's clock. */
export interface Due {
  any: boolean;
  start: Micros;
  end: Micros;
  /** By how much it may be early or late. */
  tolerance: Micros;
  /** What relative times of this event count from. */
  base: Micros;
}

/** One script on one machine. */
export class Run {
  readonly story: Conversations;
  private readonly packets: Packets;
  private readonly calls: CallRunner;
  private readonly code: CodeRunner;
  /** Commands and options that were left out. */
  readonly ignored: string[] = [];
  /** What the stack has sent beyond what the script expects: no mistake, since a script may end in the middle. */
  leftovers: string[] = [];
  /** The time the script had for the event before, which consecutive incoming packets count from. */
  private last: { anchored: boolean; start: Micros } | undefined;

  constructor(
    private readonly machine: Machine,
    private readonly script: Script,
    private readonly where: Surroundings,
    private readonly config: Config,
    strict: boolean,
  ) {
    this.story = new Conversations(machine, config);
    this.calls = new CallRunner(machine, this.story, this, where.system);
    this.packets = new Packets(machine, this.story, this, config, { strict, system: where.system });
    this.code = new CodeRunner(machine, this.calls.descriptors, this.story.network);
    this.ignored.push(...config.ignored);
  }

  /** Run all of it. Throws a Mismatch, Unsupported or a ScriptError. */
  play(): void {
    this.review();
    for (const event of this.script.events) this.step(event);
    const last = this.script.events.at(-1);
    if (last) this.calls.finish(last.place);
    this.leftovers = this.packets.leftovers();
  }

  /** What can be seen to be missing before anything has run. */
  private review(): void {
    for (const { action, place } of this.script.events) {
      if (action.kind === "call" && !isKnownCall(action.name)) throw new Unsupported(place, `the system call ${action.name}()`);
    }
  }

  private step(event: Event): void {
    const due = this.due(event);
    const { action, place } = event;
    if (action.kind === "packet" && !action.inbound) {
      this.packets.expect(action, due, place);
    } else {
      if (action.kind === "call") this.calls.idle(place);
      this.wait(due, place);
      if (action.kind === "packet") this.packets.inject(action, place);
      else if (action.kind === "call") this.calls.start(action, due, place);
      else if (action.kind === "command") this.command(action.text, place);
      else this.code.run(action.text, place);
      this.settle();
    }
    this.last = { anchored: action.kind === "packet" && action.inbound, start: due.start };
  }

  private due({ when, action, place }: Event): Due {
    const { now } = this.machine;
    const anchored = this.last?.anchored && action.kind === "packet" && action.inbound;
    const base = when.relative ? (anchored ? (this.last?.start ?? now) : now) : 0;
    if (when.any) return { any: true, start: now, end: HOUR, tolerance: 0, base };
    const start = base + when.start;
    if (this.last === undefined && start !== 0) throw new Mismatch(place, "the first event is at time 0");
    return { any: false, start, end: base + (when.end ?? when.start), tolerance: this.tolerance(start), base };
  }

  /** packetdrill's: a fixed time, or a share of the time since the event before. */
  private tolerance(start: Micros): Micros {
    const share = (this.config.tolerancePercent / 100) * (start - (this.last?.start ?? start));
    return Math.max(this.config.tolerance, share);
  }

  /** Let time run until the event is due. */
  private wait(due: Due, place: Place): void {
    this.advance(due.start);
    const late = this.machine.now - due.start;
    if (due.any || late <= due.tolerance) return;
    throw new Mismatch(place, `it is ${formatSeconds(late)} s too late for this event: what was before took that long`);
  }

  /** Let time run, with calls that wait and return on the way. */
  advance(until: Micros, condition: () => boolean = () => false): boolean {
    return this.machine.run(until, () => {
      this.calls.pump();
      return condition();
    });
  }

  /** Everything that happens at this instant. */
  settle(): void {
    do this.advance(this.machine.now);
    while (this.calls.pump());
  }

  private command(text: string, place: Place): void {
    const { effects, sleep, ignored } = answer(text, this.where);
    for (const { setting, value, from } of effects) {
      if (!tune(this.machine.board.exports, setting, value)) throw new Unsupported(place, `${from} (${setting} ${value})`);
    }
    this.ignored.push(...ignored);
    if (sleep) this.advance(this.machine.now + sleep * 1e6);
  }
}
