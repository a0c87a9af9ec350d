import { Family, type Ioctl, Level, Poll, type Shutdown, SocketOption, SocketType } from "../abi";
import type { Address } from "../address";
import type { Board } from "../board";
import { checked } from "../errors";
import { Core } from "./core";
import { roomOf } from "./transfer";

/** The value of an option: a number, several of them (`[on, seconds]` for SO_LINGER), or octets. */
export type OptionValue = number | readonly number[] | Uint8Array;

/** Linux's SOMAXCONN; the module's profile bounds a backlog further. */
const SOMAXCONN = 4096;

/** What a socket does without ever waiting. */
export class BaseSocket {
  /** SO_PROTOCOL: what 0 stands for, too. */
  readonly protocol: number;
  protected readonly core: Core;

  /** AF_INET or AF_UNIX. */
  readonly family: number;
  /** SOCK_STREAM, SOCK_DGRAM, SOCK_RAW or SOCK_SEQPACKET. */
  readonly type: number;

  /**
   * socket(2), or with `fd` a descriptor that is open already, as `detach` gives it. Throws EAFNOSUPPORT, ESOCKTNOSUPPORT,
   * EPROTONOSUPPORT, EMFILE, ENOBUFS.
   */
  constructor(
    /** Whose socket it is. */
    readonly board: Board,
    family: number = Family.AF_INET,
    type: number = SocketType.SOCK_STREAM,
    protocol = 0,
    fd?: number,
  ) {
    this.family = family;
    this.type = type;
    this.core = new Core(board, family, type, fd ?? checked("socket", board.exports.socket(family, type, protocol)));
    const at = board.exports.scratch();
    const known = board.exports.getsockopt(this.fd, Level.SOL_SOCKET, SocketOption.SO_PROTOCOL, at, 4) === 4;
    this.protocol = known ? board.view.getUint32(at, true) : protocol;
  }

  /** The module's number for it; -1 once it is closed or detached. */
  get fd(): number {
    return this.core.descriptor.isOpen ? this.core.descriptor.fd : -1;
  }

  /** Resolves when the descriptor has been given back; never rejects. */
  get closed(): Promise<void> {
    return this.core.descriptor.closed;
  }

  /** bind(2). "0.0.0.0" stands for every local address, port 0 for a free one. Throws EADDRINUSE, EADDRNOTAVAIL, EINVAL. */
  bind(local: Address): void {
    this.core.live("bind").bind(local);
  }

  /** listen(2): let up to `backlog` connections wait for `accept`, as far as the profile allows. */
  listen(backlog = SOMAXCONN): void {
    checked("listen", this.board.exports.listen(this.core.live("listen").fd, backlog));
  }

  /** shutdown(2): SHUT_RD, SHUT_WR, SHUT_RDWR. Acts at once, however many descriptors stand for the socket. Throws ENOTCONN. */
  shutdown(how: Shutdown): void {
    checked("shutdown", this.board.exports.shutdown(this.core.live("shutdown").fd, how));
    this.board.wake();
  }

  /** getsockname(2): our end; 0.0.0.0 and port 0 as long as there is none. */
  getSockName(): Address {
    return this.named(this.core.live("getsockname").localAddress());
  }

  /** getpeername(2): the other end. Throws ENOTCONN. */
  getPeerName(): Address {
    return this.named(this.core.live("getpeername").remoteAddress());
  }

  /** The ends of a pair have no names. */
  protected named(address: Address): Address {
    return this.family === Family.AF_UNIX ? { address: "", port: 0 } : address;
  }

  /** getsockopt(2) of a number. Throws ENOPROTOOPT for an option the socket does not have. */
  getSockOpt(level: number, name: number): number;
  /** getsockopt(2) of a record or a name: its octets, `size` at most. */
  getSockOpt(level: number, name: number, size: number): Uint8Array;
  getSockOpt(level: number, name: number, size?: number): number | Uint8Array {
    const descriptor = this.core.live("getsockopt");
    if (size === undefined) return descriptor.option(level, name);
    return descriptor.record(level, name, Math.min(size, roomOf(descriptor))).slice();
  }

  /** setsockopt(2). Throws ENOPROTOOPT, or EINVAL for a value the option does not take. */
  setSockOpt(level: number, name: number, value: OptionValue): void {
    const descriptor = this.core.live("setsockopt");
    if (value instanceof Uint8Array) descriptor.setRecord(level, name, value);
    else descriptor.setOption(level, name, ...(typeof value === "number" ? [value] : value));
  }

  /** ioctl(2): the answer to FIONREAD, SIOCOUTQ, SIOCATMARK ... */
  ioctl(request: Ioctl): number {
    return this.core.live("ioctl").ask(request);
  }

  /** How calls wait: `true` until they can be served, as `setTimeout(null)`; `false` never, as `setTimeout(0)`. */
  setBlocking(on: boolean): void {
    this.core.limit = on ? null : 0;
  }

  /**
   * Python's three modes, in milliseconds of the board's clock. `null`, the default: a call waits until it can be served, or as long as
   * SO_RCVTIMEO and SO_SNDTIMEO say (EAGAIN; `connect`: EINPROGRESS). 0: a call that would wait fails with EAGAIN (`connect`:
   * EINPROGRESS). Otherwise: it waits so long, then fails with ETIMEDOUT. Throws a RangeError for a negative time.
   */
  setTimeout(ms: number | null): void {
    if (ms !== null && !(ms >= 0)) throw new RangeError(`a timeout is null or milliseconds from 0, not ${ms}`);
    this.core.limit = ms === Infinity ? null : ms;
  }

  /** What `setTimeout` or `setBlocking` has set: milliseconds, 0 for non-blocking, null for blocking. */
  getTimeout(): number | null {
    return this.core.limit;
  }

  /** What poll(2) would say now: a mask of POLLIN, POLLOUT ...; POLLNVAL once it is closed. */
  ready(): number {
    const { isOpen, fd } = this.core.descriptor;
    return isOpen ? this.board.exports.ready(fd) : Poll.POLLNVAL;
  }

  /** Call `listener` when `ready` may have changed, and when the socket is closed; call the result to end that. */
  watch(listener: () => void): () => void {
    const watcher = (): void => listener();
    this.core.endpoint.watchers.add(watcher);
    return () => this.core.endpoint.watchers.delete(watcher);
  }

  /**
   * Leave the descriptor open, and give it to whoever asks: its number, for `new Socket(board, family, type, protocol, fd)`. For this
   * object it is closed. Whoever waits is rejected with ECONNABORTED.
   */
  detach(): number {
    const { fd } = this.core.live("detach");
    this.core.detach();
    return fd;
  }
}
