import { Errno, Family, Level, MessageFlag, SocketType } from "../abi";
import type { Board } from "../board";
import { Descriptor } from "../descriptor";
import { systemError } from "../errors";
import type { AGAIN, Waiters } from "../waiters";
import { type Endpoint, endpointAt, forgetEndpoint } from "./endpoint";
import { closeSlowly, lingerOf } from "./linger";
import { type Patience, Waits } from "./waits";

/** A call that may have to wait: the parts in which calls differ. */
export interface Verb<T> {
  syscall: string;
  queue: Waiters;
  attempt: () => T | typeof AGAIN;
  /** SO_RCVTIMEO or SO_SNDTIMEO. */
  option: number;
  /** The errno for what would block (default EAGAIN). */
  blocked?: number;
  /** MSG_DONTWAIT counts. */
  flags?: number | undefined;
  signal?: AbortSignal | undefined;
  late?: (errno: number) => number;
  rest?: () => T | undefined;
}

/** One descriptor, how its calls wait, and who waits. */
export class Core {
  readonly endpoint: Endpoint;
  readonly descriptor: Descriptor;
  /** null: blocking; 0: non-blocking; otherwise ms. */
  limit: number | null = null;
  private readonly waits: Waits;

  constructor(
    readonly board: Board,
    readonly family: number,
    readonly type: number,
    fd: number,
  ) {
    this.endpoint = endpointAt(board, fd);
    this.descriptor = new Descriptor(board, fd, () => this.endpoint.look());
    this.waits = new Waits(board.clock);
  }

  /** Messages that keep their borders, in place of a stream of octets. */
  get hasMessages(): boolean {
    return this.type !== SocketType.SOCK_STREAM;
  }

  /** A TCP connection, whose buffers can be read and written where they lie. */
  get hasSpans(): boolean {
    return this.type === SocketType.SOCK_STREAM && this.family === Family.AF_INET;
  }

  /** Whether a call with these flags never waits. */
  isHurried(flags: number): boolean {
    return this.limit === 0 || (flags & MessageFlag.MSG_DONTWAIT) !== 0;
  }

  /** The descriptor; EBADF once it is closed. */
  live(syscall: string): Descriptor {
    if (!this.descriptor.isOpen) throw systemError(syscall, -Errno.EBADF);
    return this.descriptor;
  }

  /** Make a call, waiting as long as it may. */
  async run<T>(verb: Verb<T> & { late?: (errno: number) => T }): Promise<T> {
    this.live(verb.syscall);
    const attempt = (): T | typeof AGAIN => {
      if (this.descriptor.isOpen) return verb.attempt();
      throw systemError(verb.syscall, -Errno.ECONNABORTED);
    };
    return this.waits.run({ ...verb, attempt, patience: () => this.patience(verb) });
  }

  private patience({ flags = 0, blocked = Errno.EAGAIN, option }: Verb<unknown>): Patience {
    if (this.isHurried(flags)) return { ms: 0, errno: blocked };
    if (this.limit !== null) return { ms: this.limit, errno: Errno.ETIMEDOUT };
    return { ms: this.optionalTimeout(option), errno: blocked };
  }

  /** SO_RCVTIMEO or SO_SNDTIMEO in ms; Infinity for none. */
  private optionalTimeout(option: number): number {
    const { board, fd } = this.descriptor;
    const at = board.exports.scratch();
    if (board.exports.getsockopt(fd, Level.SOL_SOCKET, option, at, 8) !== 8) return Infinity;
    const ms = board.view.getUint32(at, true) * 1000 + board.view.getUint32(at + 4, true) / 1000;
    return ms || Infinity;
  }

  /** Give the descriptor back; the last one of a socket as SO_LINGER says. */
  async close(): Promise<void> {
    const { descriptor, endpoint } = this;
    if (!descriptor.isOpen) return;
    const seconds = endpoint.references === 1 && this.limit !== 0 ? lingerOf(descriptor) : 0;
    forgetEndpoint(this.board, descriptor.fd);
    if (seconds === 0) descriptor.close();
    else descriptor.detach();
    this.abandon();
    if (seconds > 0) await closeSlowly(descriptor, seconds);
  }

  /** Leave the descriptor to somebody else. The module may tell news for its dups under its number. */
  detach(): void {
    this.descriptor.detach(this.endpoint.references > 1);
    this.abandon();
  }

  private abandon(): void {
    this.waits.end(Errno.ECONNABORTED);
    this.endpoint.tell();
  }
}
