import { Errno, Ioctl, Level, MessageFlag, Poll, Shutdown, SocketOption, TcpInfoRecord, TcpInfoView, TcpOption } from "./abi";
import type { Address } from "./address";
import type { Board } from "./board";
import { Descriptor, PAYLOAD } from "./descriptor";
import { checked, type SystemError, systemError } from "./errors";
import { applyTcpOptions, type TcpOptions } from "./options";
import { type TcpInfo, tcpInfoOf } from "./tcp-info";
import { AGAIN, Waiters } from "./waiters";

const encoder = new TextEncoder();

/**
 * A TCP connection of a board. Reading and writing are promises; `for await (const chunk of socket)` reads to the end.
 *
 * The descriptor is given back by itself when both directions have ended, when the connection dies (octets that had come before
 * can still be read, then reading rejects) and by `destroy()`.
 */
export class TcpSocket implements AsyncIterable<Uint8Array> {
  private readonly descriptor: Descriptor;
  private readonly readers = new Waiters();
  private readonly urgents = new Waiters();
  private readonly writers = new Waiters();
  /** Octets rescued from a connection that died, oldest first. */
  private rescued: Uint8Array[] = [];
  private dialling: Address | undefined;
  private failure: SystemError | undefined;
  private ended: Promise<void> | undefined;
  private finSent = false;
  private finSeen = false;

  /** For `connect` and `TcpServer`: take over a descriptor. */
  constructor(
    /** The board whose end this is. */
    readonly board: Board,
    fd: number,
    private peer?: Address,
  ) {
    this.descriptor = new Descriptor(board, fd, () => this.look());
  }

  /** Resolves when the descriptor has been given back; never rejects. `error` says whether that was for a failure. */
  get closed(): Promise<void> {
    return this.descriptor.closed;
  }

  /** Why the connection died, if it did. */
  get error(): SystemError | undefined {
    return this.failure;
  }

  /** Whether the descriptor has been given back. */
  get destroyed(): boolean {
    return !this.descriptor.isOpen;
  }

  /** Our end. Throws EBADF's error once the descriptor has been given back. */
  get local(): Address {
    return this.descriptor.localAddress();
  }

  /** The other end; known also after the connection is gone. */
  get remote(): Address {
    return (this.peer ??= this.descriptor.remoteAddress());
  }

  /** Change options; throws the SystemError of the first one the module refuses. */
  setOptions(options: TcpOptions): void {
    applyTcpOptions(this.descriptor, options);
  }

  /** The state of the connection as the module sees it now (TCP_INFO). */
  info(): TcpInfo {
    const octets = this.descriptor.record(Level.IPPROTO_TCP, TcpOption.TCP_INFO, TcpInfoRecord.size);
    return tcpInfoOf(new TcpInfoView(new DataView(octets.buffer, octets.byteOffset, octets.length), 0));
  }

  /** The next octet to read is the peer's last urgent one, or what comes behind it (SIOCATMARK). */
  get atMark(): boolean {
    return this.descriptor.ask(Ioctl.SIOCATMARK) === 1;
  }

  /** Start a connection; settles with its outcome. An abort destroys the socket. */
  dial(peer: Address, signal?: AbortSignal): Promise<void> {
    this.dialling = peer;
    const answer = this.descriptor.connect(peer);
    this.board.wake();
    if (answer < 0 && answer !== -Errno.EINPROGRESS) return Promise.reject(this.die(answer, "connect"));
    return this.writers.run<void>(
      () => {
        if (this.failure) throw this.failure;
        if (!(this.board.exports.ready(this.descriptor.fd) & Poll.POLLOUT)) return AGAIN;
        this.dialling = undefined;
        this.peer = peer;
        return undefined;
      },
      signal,
      () => this.destroy(),
    );
  }

  /**
   * The octets that have come, `max` at most; waits for the first. Null at the end of the peer's data. Several reads are served
   * in order. Rejects when the connection is dead or destroyed.
   */
  read(max = Infinity, signal?: AbortSignal): Promise<Uint8Array | null> {
    return this.readers.run(() => this.take(max), signal);
  }

  /** Read to the end; leaving the loop early destroys the socket, as with Node's streams. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let chunk = await this.read(); chunk; chunk = await this.read()) yield chunk;
    } finally {
      if (!this.finSeen) this.destroy();
    }
  }

  /**
   * Send. Resolves when the send buffer has taken all of it, so awaiting it keeps pace with the peer; the data may not change
   * until then. Text goes out as UTF-8.
   */
  write(data: Uint8Array | string): Promise<void> {
    if (this.ended) return Promise.reject(systemError("write", -Errno.EPIPE));
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    let sent = 0;
    return this.writers.run(() => {
      sent = this.put(bytes, sent);
      return sent === bytes.length ? undefined : AGAIN;
    });
  }

  /** Send as `write` does, with the last octet being urgent (MSG_OOB): the peer hears so at once. */
  writeUrgent(data: Uint8Array | string): Promise<void> {
    if (this.ended) return Promise.reject(systemError("write", -Errno.EPIPE));
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    let sent = 0;
    return this.writers.run(() => {
      sent = this.put(bytes.subarray(0, -1), sent);
      return sent === bytes.length - 1 && this.putUrgent(bytes.subarray(-1)) ? undefined : AGAIN;
    });
  }

  /**
   * The peer's next urgent octet, ahead of what was sent before it; waits for it. Null when no more can come. With `urgentInline`
   * there is none, for it comes with the others.
   */
  readUrgent(signal?: AbortSignal): Promise<number | null> {
    return this.urgents.run(() => this.takeUrgent(), signal);
  }

  /** Send no more: FIN follows what was written before. Resolves when the send buffer has all of it. */
  end(): Promise<void> {
    return (this.ended ??= this.writers.run(() => {
      if (this.failure) throw this.failure;
      checked("shutdown", this.board.exports.shutdown(this.descriptor.fd, Shutdown.SHUT_WR));
      this.board.wake();
      this.finSent = true;
      this.closeWhenDone();
    }));
  }

  /** Give the descriptor back now. What the send buffer holds still goes out; whoever waits is rejected with ECONNABORTED. */
  destroy(): void {
    if (this.destroyed) return;
    this.failure = systemError("read", -Errno.ECONNABORTED);
    this.release();
  }

  /** Break the connection off: the peer gets a RST (linger zero). */
  reset(): void {
    if (this.destroyed) return;
    try {
      this.descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_LINGER, 1, 0);
    } finally {
      this.destroy();
    }
  }

  /** `using` closes it. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /** After an event: has the connection died? Otherwise those who wait try again. */
  private look(): void {
    if (this.board.exports.ready(this.descriptor.fd) & Poll.POLLERR) {
      const errno = this.descriptor.option(Level.SOL_SOCKET, SocketOption.SO_ERROR);
      if (errno !== 0) this.die(-errno, "read");
    }
    this.readers.retry();
    this.urgents.retry();
    this.writers.retry();
  }

  private takeUrgent(): number | null | typeof AGAIN {
    if (this.failure && !this.rescued.length) throw this.failure;
    if (this.destroyed) return null;
    const { exports, u8 } = this.board;
    const at = exports.scratch() + PAYLOAD;
    const count = exports.recv(this.descriptor.fd, at, 1, MessageFlag.MSG_OOB);
    if (count > 0) return u8[at] ?? null;
    const over = count === 0 || (exports.ready(this.descriptor.fd) & Poll.POLLRDHUP) !== 0;
    return over ? null : AGAIN;
  }

  /** Queue one octet as urgent, if there is room. */
  private putUrgent(octet: Uint8Array): boolean {
    const { exports, u8 } = this.board;
    const at = exports.scratch() + PAYLOAD;
    u8.set(octet, at);
    const taken = exports.send(this.descriptor.fd, at, octet.length, MessageFlag.MSG_OOB);
    if (taken === -Errno.EAGAIN) return false;
    if (taken < 0) throw this.die(taken, "write");
    this.board.wake();
    return true;
  }

  private take(max: number): Uint8Array | null | typeof AGAIN {
    const rescued = this.rescued.shift();
    if (rescued) {
      if (rescued.length > max) this.rescued.unshift(rescued.subarray(max));
      return rescued.subarray(0, max);
    }
    if (this.finSeen) return null;
    if (this.failure) throw this.failure;
    const { exports, u8 } = this.board;
    const ready = exports.recv_ready(this.descriptor.fd);
    if (ready === -Errno.EAGAIN) return AGAIN;
    if (ready < 0) throw this.die(ready, "read");
    if (ready === 0) return this.endOfData();
    const count = Math.min(ready, max);
    const at = exports.recv_ptr(this.descriptor.fd) >>> 0;
    const chunk = u8.slice(at, at + count);
    checked("read", exports.recv_release(this.descriptor.fd, count));
    this.board.wake();
    return chunk;
  }

  private endOfData(): null {
    this.finSeen = true;
    this.closeWhenDone();
    return null;
  }

  /** Fill the send buffer with `bytes` from `from` on; how far that went. */
  private put(bytes: Uint8Array, from: number): number {
    if (this.failure) throw this.failure;
    const { exports, u8 } = this.board;
    const fd = this.descriptor.fd;
    let at = from;
    while (at < bytes.length) {
      const room = exports.send_room(fd);
      if (room === -Errno.EAGAIN) break;
      if (room < 0) throw this.die(room, "write");
      const count = Math.min(room, bytes.length - at);
      u8.set(bytes.subarray(at, at + count), exports.send_ptr(fd) >>> 0);
      at += checked("write", exports.send_commit(fd, count));
    }
    if (at > from) this.board.wake();
    return at;
  }

  /** The connection is dead. The peer's last words are kept, the descriptor is given back, whoever waits hears why. */
  private die(errno: number, syscall: string): SystemError {
    if (this.failure) return this.failure;
    this.failure = this.dialling ? systemError("connect", errno, this.dialling) : systemError(syscall, errno);
    if (!this.dialling) this.rescue(errno);
    this.release();
    return this.failure;
  }

  /** EPIPE is what a reset means after the peer's FIN: then nothing is missing. */
  private rescue(errno: number): void {
    const { exports, u8 } = this.board;
    const fd = this.descriptor.fd;
    for (let ready = exports.recv_ready(fd); ready > 0; ready = exports.recv_ready(fd)) {
      const at = exports.recv_ptr(fd) >>> 0;
      this.rescued.push(u8.slice(at, at + ready));
      exports.recv_release(fd, ready);
    }
    this.finSeen ||= errno === -Errno.EPIPE;
  }

  private release(): void {
    this.descriptor.close();
    this.writers.fail(this.failure);
    this.readers.retry();
    this.urgents.retry();
  }

  private closeWhenDone(): void {
    if (this.finSent && this.finSeen) this.descriptor.close();
  }
}
