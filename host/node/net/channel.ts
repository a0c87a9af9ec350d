import { Errno, Family, Ioctl, Level, Poll, Protocol, Shutdown, SocketOption, SocketType, TcpOption } from "../abi";
import type { Address } from "../address";
import type { Board } from "../board";
import { Descriptor } from "../descriptor";
import { Hold } from "./holds";
import type { Context } from "./context";
import { isFull, Outgoing } from "./outgoing";

/** Whoever reads a channel. Each call comes from the event loop, alone, as those of libuv do. */
export interface Reader {
  /** Where the next octets go, or undefined for a buffer of their own. */
  room(): Uint8Array | undefined;
  /** Octets have come; false when no more are wanted for now. */
  octets(chunk: Buffer): boolean;
  /** The peer sends no more. */
  end(): void;
  /** Reading has failed. @param errno negative */
  fault(errno: number): void;
}

/** An outcome: 0, or a negative errno. */
export type Done = (status: number) => void;

/** Octets handed on at once; libuv's reads are as long. */
const CHUNK = 65536;
/** What a request hears that the end of its channel has overtaken: libuv's own, -ECANCELED. */
const CANCELLED = -125;
/** Seconds between unanswered probes of keep-alive, and how many of them end a connection. */
const PROBE_INTERVAL = 1;
const PROBES = 10;
/** What `write` answers when `done` will tell. */
export const LATER = 1;

/**
 * One TCP connection of a board with callbacks, in the way of the handle beneath a socket of Node's: what it tells, it tells from
 * a turn of the event loop of its own, so that `process.nextTick` and promises run in between.
 */
export class Channel {
  bytesRead = 0;
  bytesWritten = 0;
  reader: Reader | undefined;
  /** Opened when it is first needed, as the handles of libuv are. */
  private descriptor: Descriptor | undefined;
  private readonly reads: Hold;
  private readonly requests: Hold;
  private reading = false;
  private refed = true;
  private kicked = false;
  private dialled: Done | undefined;
  private writing: Outgoing | undefined;
  private closing: Done | undefined;

  /** @param fd a connection that has been accepted, of `peer`; without it the channel is one to connect */
  constructor(
    private readonly context: Context,
    fd?: number,
    private readonly peer?: Address,
  ) {
    this.reads = new Hold(context.holds);
    this.requests = new Hold(context.holds);
    if (fd !== undefined) this.descriptor = new Descriptor(context.board, fd, this.kick);
  }

  private get board(): Board {
    return this.context.board;
  }

  /** -1, which every call answers with EBADF, when there is none. */
  private get fd(): number {
    return this.descriptor?.isOpen ? this.descriptor.fd : -1;
  }

  /** socket(2) if that has not been called yet: 0 or a negative errno. */
  private open(): number {
    if (this.descriptor) return 0;
    const fd = this.board.exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, Protocol.IPPROTO_TCP);
    if (fd >= 0) this.descriptor = new Descriptor(this.board, fd, this.kick);
    return Math.min(fd, 0);
  }

  /** 0 or a negative errno. */
  bind(local: Address): number {
    const opened = this.open();
    if (opened < 0 || !this.descriptor) return opened;
    this.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    return this.board.exports.bind(this.fd, this.descriptor.putAddress(local));
  }

  /** Begin to connect: 0, and `done` tells how it ended, or a negative errno. */
  connect(peer: Address, done: Done): number {
    const opened = this.open();
    if (opened < 0 || !this.descriptor) return opened;
    const answer = this.descriptor.connect(peer);
    this.board.wake();
    if (answer < 0 && answer !== -Errno.EINPROGRESS) return answer;
    this.dialled = done;
    this.hold();
    return 0;
  }

  /** Undefined before bind and connect. */
  localAddress(): Address | undefined {
    return this.descriptor?.isOpen ? this.descriptor.localAddress() : undefined;
  }

  /** Undefined when there is none, or none any more. */
  remoteAddress(): Address | undefined {
    if (this.peer) return this.peer;
    try {
      return this.descriptor?.remoteAddress();
    } catch {
      return undefined;
    }
  }

  get isReading(): boolean {
    return this.reading;
  }

  readStart(): void {
    this.reading = true;
    this.hold();
    this.kick();
  }

  readStop(): void {
    this.reading = false;
    this.hold();
  }

  /** 0 when the send buffer has all of it, LATER when `done` will tell, or a negative errno. */
  write(chunks: Uint8Array[], done: Done): number {
    for (const chunk of chunks) this.bytesWritten += chunk.length;
    const outgoing = new Outgoing(chunks, done);
    const status = this.fill(outgoing);
    if (!isFull(status)) return status;
    this.writing = outgoing;
    this.hold();
    return LATER;
  }

  /** Octets that wait for room in the send buffer. */
  get queued(): number {
    return this.writing?.length ?? 0;
  }

  /** FIN behind what was written, in a turn of its own. `done` tells, whatever comes of it. */
  shutdown(done: Done): void {
    this.closing = done;
    this.hold();
    this.context.turns.feed(() => {
      if (this.closing) this.finishSending(this.closing);
    });
  }

  /** Give the descriptor back; who waits hears ECANCELED, then `done` is told. */
  close(done?: () => void): void {
    this.descriptor?.close();
    const { dialled, writing, closing } = this;
    this.reading = false;
    this.dialled = this.writing = this.closing = undefined;
    this.hold();
    this.context.turns.tell(() => {
      dialled?.(CANCELLED);
      writing?.done(CANCELLED);
      closing?.(CANCELLED);
      done?.();
    });
  }

  /** Close, and let the peer have a RST (linger zero). */
  reset(done: () => void): void {
    this.setOption(Level.SOL_SOCKET, SocketOption.SO_LINGER, 1, 0);
    this.close(done);
  }

  setNoDelay(on: boolean): void {
    this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_NODELAY, Number(on));
  }

  /**
   * The intervals are libuv's, as those are what node:net's users have.
   * @param delay seconds of silence before the first probe; 0 keeps what is
   */
  setKeepAlive(on: boolean, delay: number): void {
    this.setOption(Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, Number(on));
    if (!on) return;
    if (delay > 0) this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPIDLE, delay);
    this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPINTVL, PROBE_INTERVAL);
    this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPCNT, PROBES);
  }

  ref(): void {
    this.refed = true;
    this.hold();
  }

  unref(): void {
    this.refed = false;
    this.hold();
  }

  /** As setsockopt(2) on a connection that is gone: what cannot be set any more does not matter. */
  private setOption(level: number, name: number, ...words: number[]): void {
    try {
      this.descriptor?.setOption(level, name, ...words);
    } catch {
      return;
    }
  }

  private hold(): void {
    this.reads.set(this.reading && this.refed);
    this.requests.set(this.dialled !== undefined || this.writing !== undefined || this.closing !== undefined);
  }

  /** Something may have changed: look at it in a turn of the event loop of its own. */
  private readonly kick = (): void => {
    if (this.kicked) return;
    this.kicked = true;
    this.context.turns.tell(this.look);
  };

  private readonly look = (): void => {
    this.kicked = false;
    if (!this.descriptor?.isOpen) return;
    if (this.dialled) return this.establish(this.dialled);
    if (this.reading) this.receive();
    if (this.writing) this.transmit(this.writing);
  };

  private establish(done: Done): void {
    const ready = this.board.exports.ready(this.fd);
    if (!(ready & (Poll.POLLOUT | Poll.POLLERR))) return;
    const errno = this.descriptor?.option(Level.SOL_SOCKET, SocketOption.SO_ERROR) ?? 0;
    this.dialled = undefined;
    this.hold();
    done(-errno);
  }

  private receive(): void {
    const { exports } = this.board;
    const ready = exports.recv_ready(this.fd);
    if (ready === -Errno.EAGAIN) return;
    if (ready <= 0) return this.finishReading(ready);
    const room = this.reader?.room();
    const total = Math.max(ready, exports.ioctl(this.fd, Ioctl.FIONREAD));
    const place = room
      ? Buffer.from(room.buffer, room.byteOffset, Math.min(room.length, total))
      : Buffer.allocUnsafe(Math.min(total, CHUNK));
    const chunk = this.gather(place, ready);
    this.board.wake();
    this.bytesRead += chunk.length;
    this.kick();
    if (this.reader?.octets(chunk) === false) this.readStop();
  }

  /** Fill `place` from the receive buffer, whose octets lie in two spans when they go over its end. */
  private gather(place: Buffer, first: number): Buffer {
    const { exports, u8 } = this.board;
    let filled = 0;
    // Not asked once too often: the answer may be an error, and it is given once.
    for (let span = first; span > 0; span = filled < place.length ? exports.recv_ready(this.fd) : 0) {
      const count = Math.min(span, place.length - filled);
      const at = exports.recv_ptr(this.fd) >>> 0;
      place.set(u8.subarray(at, at + count), filled);
      exports.recv_release(this.fd, count);
      filled += count;
    }
    return place.subarray(0, filled);
  }

  private finishReading(status: number): void {
    this.readStop();
    if (status < 0) this.reader?.fault(status);
    else this.reader?.end();
  }

  private transmit(outgoing: Outgoing): void {
    const status = this.fill(outgoing);
    if (isFull(status)) return;
    this.writing = undefined;
    this.hold();
    outgoing.done(status);
  }

  private fill(outgoing: Outgoing): number {
    this.board.wake();
    return outgoing.fill(this.board, this.fd);
  }

  private finishSending(done: Done): void {
    this.closing = undefined;
    this.hold();
    this.board.exports.shutdown(this.fd, Shutdown.SHUT_WR);
    this.board.wake();
    done(0);
  }
}
