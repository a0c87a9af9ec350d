import type { Attempt, Outcome } from "./attempt";
import type { Epoll } from "./calls_epoll";
import { CallContext, type Process } from "./call_context";
import { attemptOf } from "./calls";
import { ERRNO, errnoName } from "./constants";
import type { Conversations } from "./conversations";
import { Descriptors } from "./descriptors";
import { Mismatch, type Place } from "./errors";
import type { Machine } from "./machine";
import { formatSeconds } from "./notation";
import type { Due, Run } from "./run";
import type { Call, Micros } from "./script";
import type { System } from "./settings";
import { Sockets } from "./sockets";

/** Virtual microseconds after which a call that should have returned is given up. */
const PATIENCE = 600_000_000;

interface Pending {
  context: CallContext;
  attempt: Attempt;
  /** When it should return; undefined where the script does not say that it blocks. */
  due?: Micros;
  tolerance: Micros;
}

/** The script's process: its calls, one at a time, of which one may wait while the script goes on. */
export class CallRunner {
  readonly descriptors = new Descriptors();
  private readonly process: Process;
  private pending: Pending | undefined;
  private pumping = false;

  constructor(
    private readonly machine: Machine,
    private readonly story: Conversations,
    private readonly run: Run,
    system: System,
  ) {
    const sockets = new Sockets(machine.board);
    const epolls = new Map<number, Epoll>();
    machine.board.onEvent = (live) => epolls.forEach((epoll) => epoll.tell(live));
    this.process = {
      epolls,
      sockets,
      descriptors: this.descriptors,
      network: story.network,
      now: () => machine.now,
      alarm: (at) => machine.alarm(at),
      system,
    };
  }

  /** Wait until the call before this one has returned. */
  idle(place: Place): void {
    if (!this.pending) return;
    const { context } = this.pending;
    this.run.advance(this.machine.now + PATIENCE, () => !this.pending);
    if (this.pending)
      throw new Mismatch(context.place, `${context.call.name}() never returns, and the call in line ${place.line} waits for it`);
  }

  /** At the end of the script: a call that waits has to return as it says. */
  finish(_place: Place): void {
    const { pending } = this;
    if (!pending) return;
    this.run.advance((pending.due ?? this.machine.now) + pending.tolerance, () => !this.pending);
    if (this.pending) throw new Mismatch(pending.context.place, `${pending.context.call.name}() has not returned by then`);
  }

  start(call: Call, due: Due, place: Place): void {
    const context = new CallContext(this.process, call, place);
    const attempt = attemptOf(context);
    const outcome = attempt();
    const end = call.end === undefined ? undefined : due.base + call.end;
    const pending: Pending = { context, attempt, tolerance: due.tolerance, ...(end === undefined ? {} : { due: end }) };
    if (outcome) return this.returned(pending, outcome);
    this.story.tell(`${call.text.replace(/\s*=\s*\S+(\s+E\w+)?$/, "")} waits`);
    this.pending = pending;
    if (end === undefined) this.blocks(pending);
  }

  /** A call that is not said to block, but does: the script waits for it, as a process would. */
  private blocks({ context }: Pending): void {
    this.run.advance(this.machine.now + PATIENCE, () => !this.pending);
    if (this.pending) throw new Mismatch(context.place, `${context.call.name}() blocks, and nothing happens that could end it`);
  }

  /** See whether the call that waits can go on: whether it returned. */
  pump(): boolean {
    if (!this.pending || this.pumping) return false;
    this.pumping = true;
    try {
      const outcome = this.pending.attempt();
      if (outcome) this.returned(this.pending, outcome);
      return outcome !== null;
    } finally {
      this.pumping = false;
    }
  }

  private returned({ context, due, tolerance }: Pending, outcome: Outcome): void {
    this.pending = undefined;
    const { call, place } = context;
    this.story.tell(`${call.text.replace(/\s*=\s*\S+(\s+E\w+)?$/, "")} = ${resultText(outcome.result)}`);
    this.checkResult(context, outcome.result);
    const wrong = outcome.check?.();
    if (wrong) throw wrong;
    const { now } = this.machine;
    if (due === undefined || Math.abs(now - due) <= tolerance) return;
    throw new Mismatch(place, `${call.name}() returned at another time`, {
      expected: `at ${formatSeconds(due)}`,
      actual: `at ${formatSeconds(now)}`,
    });
  }

  private checkResult({ call, expected, values, place }: CallContext, result: number): void {
    if (expected === undefined) return;
    const actual = result < 0 ? -1 : result;
    const errno = call.errno === undefined ? undefined : (ERRNO[call.errno] ?? values.unsupported(`the error ${call.errno}`));
    if (actual === expected && (errno === undefined || errno === -result)) return;
    throw new Mismatch(place, `${call.name}() returned something else`, {
      expected: call.text,
      actual: `${call.name}(...) = ${resultText(result)}`,
    });
  }
}

function resultText(result: number): string {
  return result < 0 ? `-1 ${errnoName(-result)}` : String(result);
}
