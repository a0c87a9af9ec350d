import type { Clock } from "../clock";
import { systemError } from "../errors";
import { AGAIN, type Waiters } from "../waiters";

/** How long a call may wait in ms (0: not at all, Infinity: for ever), and the errno it fails with then. */
export interface Patience {
  readonly ms: number;
  readonly errno: number;
}

/** A call that may have to wait. */
export interface Call<T> {
  /** As errors name it. */
  readonly syscall: string;
  /** Where it stands in line. */
  readonly queue: Waiters;
  /** Make the call; AGAIN when it would block. */
  readonly attempt: () => T | typeof AGAIN;
  /** Asked only when it has to wait. */
  readonly patience: () => Patience;
  readonly signal?: AbortSignal | undefined;
  /** What to answer, in place of an error, when it may wait no longer. */
  readonly late?: (errno: number) => T;
  /** What has been done so far, in place of an error, when the wait is cut short; undefined for nothing. */
  readonly rest?: () => T | undefined;
}

/** The calls of one descriptor that wait. */
export class Waits {
  /** How to cut it short, and its name. */
  private readonly pending = new Map<AbortController, string>();

  constructor(private readonly clock: Clock) {}

  /** Settle with what the call returns or throws, when it no longer blocks, and when its turn has come. */
  async run<T>(call: Call<T>): Promise<T> {
    call.signal?.throwIfAborted();
    if (call.queue.length === 0) {
      const result = call.attempt();
      if (result !== AGAIN) return result;
    }
    const { ms, errno } = call.patience();
    return ms > 0 ? this.wait(call, ms, errno) : tooLate(call, errno);
  }

  /** Reject whatever waits. */
  end(errno: number): void {
    for (const [stop, syscall] of [...this.pending]) stop.abort(systemError(syscall, -errno));
  }

  private async wait<T>(call: Call<T>, ms: number, errno: number): Promise<T> {
    const { queue, signal } = call;
    const stop = new AbortController();
    const over = new Error("over");
    const timer = Number.isFinite(ms) ? this.clock.at(this.clock.now + ms, () => stop.abort(over)) : undefined;
    const abort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.pending.set(stop, call.syscall);
    try {
      return await queue.run(call.attempt, stop.signal, () => queue.retry());
    } catch (error) {
      const done = stop.signal.aborted ? call.rest?.() : undefined;
      if (done !== undefined) return done;
      if (error === over) return tooLate(call, errno);
      throw error;
    } finally {
      this.pending.delete(stop);
      timer?.cancel();
      signal?.removeEventListener("abort", abort);
    }
  }
}

function tooLate<T>(call: Call<T>, errno: number): T {
  const done = call.rest?.();
  if (done !== undefined) return done;
  if (call.late) return call.late(errno);
  throw systemError(call.syscall, -errno);
}
