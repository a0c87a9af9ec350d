/** What an attempt returns when it has to be made again after the next event. */
export const AGAIN = Symbol("again");

interface Waiter {
  /** Try; true when the matter is settled. */
  retry: () => boolean;
  reject: (reason: unknown) => void;
}

/**
 * Callers waiting for the same thing, served in the order they came. The module never blocks: a call that would is made again
 * when an event says that something has changed.
 */
export class Waiters {
  private waiting: Waiter[] = [];

  /** How many wait. */
  get length(): number {
    return this.waiting.length;
  }

  /**
   * Settle with what `attempt` returns or throws, as soon as that is anything but AGAIN. It is tried at once when nobody waits
   * already. When `signal` aborts, `onAbort` runs and the promise rejects with the signal's reason.
   */
  run<T>(attempt: () => T | typeof AGAIN, signal?: AbortSignal, onAbort?: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) {
        reject(asError(signal.reason));
        onAbort?.();
        return;
      }
      const abort = (): void => {
        this.waiting = this.waiting.filter((other) => other !== waiter);
        reject(asError(signal?.reason));
        onAbort?.();
      };
      const waiter: Waiter = {
        retry: () => {
          const settled = settle(attempt, resolve, reject);
          if (settled) signal?.removeEventListener("abort", abort);
          return settled;
        },
        reject: (reason) => {
          signal?.removeEventListener("abort", abort);
          reject(asError(reason));
        },
      };
      if (this.waiting.length === 0 && waiter.retry()) return;
      signal?.addEventListener("abort", abort, { once: true });
      this.waiting.push(waiter);
    });
  }

  /** Something has changed: try again, first come, first served, until somebody has to wait on. */
  retry(): void {
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      if (!first.retry()) return;
      if (this.waiting[0] === first) this.waiting.shift();
    }
  }

  /** Nothing will ever change: reject all. */
  fail(reason: unknown): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const waiter of waiting) waiter.reject(reason);
  }
}

function settle<T>(attempt: () => T | typeof AGAIN, resolve: (value: T) => void, reject: (reason: Error) => void): boolean {
  try {
    const result = attempt();
    if (result === AGAIN) return false;
    resolve(result);
  } catch (error) {
    reject(asError(error));
  }
  return true;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
