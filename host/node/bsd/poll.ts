import { Poll } from "../abi";
import type { BaseSocket } from "./base";

/** A socket, and what to wait for. */
export interface PollEntry<S extends BaseSocket = BaseSocket> {
  /** Whose readiness is asked for. */
  socket: S;
  /** Any of POLLIN, POLLOUT, POLLPRI, POLLRDHUP. */
  events: number;
}

/** What poll(2) answers of one entry. */
export interface PollResult<S extends BaseSocket = BaseSocket> extends PollEntry<S> {
  /** What of `events` holds, and POLLERR, POLLHUP and POLLNVAL whether asked for or not. */
  revents: number;
}

const ALWAYS = Poll.POLLERR | Poll.POLLHUP | Poll.POLLNVAL;

/**
 * poll(2): the entries of which something asked for holds, in their order; waits for the first. Sockets may be of several boards.
 * Rejects with a RangeError when there are no entries, for then nobody says what time it is.
 * @param timeout ms to wait at most: 0 only looks, null (the default) waits for ever; then the answer is empty
 * @param signal ends the wait: the promise rejects with its reason
 */
export function poll<S extends BaseSocket>(
  entries: readonly PollEntry<S>[],
  timeout: number | null = null,
  signal?: AbortSignal,
): Promise<PollResult<S>[]> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (!entries[0]) throw new RangeError("poll needs a socket");
    const ready = look(entries);
    if (ready.length > 0 || timeout === 0) return resolve(ready);
    const settle = (act: () => void): void => {
      for (const stop of stops) stop();
      act();
    };
    const wake = (): void => settle(() => resolve(look(entries)));
    const stops = entries.map((entry) => entry.socket.watch(() => mask(entry) && wake()));
    const { clock } = entries[0].socket.board;
    if (timeout !== null) {
      const timer = clock.at(clock.now + timeout, wake);
      stops.push(() => timer.cancel());
    }
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
    const abort = (): void => settle(() => reject(signal?.reason));
    signal?.addEventListener("abort", abort, { once: true });
    stops.push(() => signal?.removeEventListener("abort", abort));
  });
}

function mask({ socket, events }: PollEntry): number {
  return socket.ready() & (events | ALWAYS);
}

function look<S extends BaseSocket>(entries: readonly PollEntry<S>[]): PollResult<S>[] {
  return entries.map((entry) => ({ ...entry, revents: mask(entry) })).filter(({ revents }) => revents !== 0);
}
