import type { Board } from "../board";
import { Waiters } from "../waiters";

/** What the descriptors that dup(2) made of one another have in common: who waits for what. */
export class Endpoint {
  /** Descriptors that stand for it. */
  references = 0;
  readonly connectors = new Waiters();
  readonly readers = new Waiters();
  readonly writers = new Waiters();
  /** Told after everybody who waits: `poll`. */
  readonly watchers = new Set<() => void>();

  /** Something has happened to the socket. */
  look(): void {
    this.connectors.retry();
    this.readers.retry();
    this.writers.retry();
    this.tell();
  }

  tell(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

const tables = new WeakMap<Board, Map<number, Endpoint>>();

function endpointsOf(board: Board): Map<number, Endpoint> {
  const known = tables.get(board);
  if (known) return known;
  const made = new Map<number, Endpoint>();
  tables.set(board, made);
  return made;
}

/** What stands behind a descriptor, also behind one that was detached. */
export function endpointAt(board: Board, fd: number): Endpoint {
  const endpoints = endpointsOf(board);
  const known = endpoints.get(fd);
  if (known) return known;
  const made = new Endpoint();
  made.references = 1;
  endpoints.set(fd, made);
  return made;
}

/** `copy` has come out of dup(2). */
export function shareEndpoint(board: Board, fd: number, copy: number): void {
  const endpoint = endpointAt(board, fd);
  endpoint.references++;
  endpointsOf(board).set(copy, endpoint);
}

/** The descriptor is closed. */
export function forgetEndpoint(board: Board, fd: number): void {
  const endpoints = endpointsOf(board);
  const endpoint = endpoints.get(fd);
  if (endpoint) endpoint.references--;
  endpoints.delete(fd);
}
