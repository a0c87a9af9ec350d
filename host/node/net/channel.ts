import { Errno, Family, Level, Poll, Protocol, Shutdown, SocketOption, SocketType, TcpOption } from "../abi";
import type { Address } from "../address";
import type { Board } from "../board";
import { Descriptor } from "../descriptor";
import { checked } from "../errors";
import { Hold } from "./holds";
import type { Context } from "./context";

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
/** What `write` answers when `done` will tell. */
export const LATER = 1;

interface Write {
  chunks: Uint8Array[];
  /** The chunk that is on, and its octets that are taken. */
  index: number;
  offset: number;
  done: Done;
}

/**
 * One TCP connection of a board with callbacks, in the way of the handle beneath a socket of Node's: what it tells, it tells from
 * a turn of the event loop of its own, so that `process.nextTick` and promises run in between.
 */
export class Channel {
  bytesRead = 0;
  bytesWritten = 0;
  reader: Reader | undefined;
  private readonly descriptor: Descriptor;
  private readonly reads: Hold;
  private readonly requests: Hold;
  private reading = false;
  private refed = true;
  private kicked = false;
  private named: boolean;
  private dialled: Done | undefined;
  private writing: Write | undefined;
  private closing: Done | undefined;

  constructor(
    private readonly context: Context,
    fd: number,
    private readonly peer?: Address,
  ) {
    this.descriptor = new Descriptor(context.board, fd, this.kick);
    this.named = peer !== undefined;
    this.reads = new Hold(context.holds);
    this.requests = new Hold(context.holds);
  }

  /** A new socket; throws the SystemError of socket(2). */
  static open(context: Context): Channel {
    const fd = context.board.exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, Protocol.IPPROTO_TCP);
    return new Channel(context, checked("socket", fd));
  }

  private get board(): Board {
    return this.context.board;
  }

  /** Is there a local end to speak of? */
  get isNamed(): boolean {
    return this.named;
  }

  bind(local: Address): number {
    this.named = true;
    this.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    return this.board.exports.bind(this.descriptor.fd, this.descriptor.putAddress(local));
  }

  /** Begin to connect: 0, and `done` tells how it ended, or a negative errno. */
  connect(peer: Address, done: Done): number {
    this.named = true;
    const answer = this.descriptor.connect(peer);
    this.board.wake();
    if (answer < 0 && answer !== -Errno.EINPROGRESS) return answer;
    this.dialled = done;
    this.hold();
    return 0;
  }

  localAddress(): Address {
    return this.descriptor.localAddress();
  }

  /** Undefined when there is none, or none any more. */
  remoteAddress(): Address | undefined {
    if (this.peer) return this.peer;
    try {
      return this.descriptor.remoteAddress();
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
    const write = { chunks, index: 0, offset: 0, done };
    const status = this.put(write);
    if (status !== -Errno.EAGAIN) return status;
    this.writing = write;
    this.hold();
    return LATER;
  }

  /** Octets that wait for room in the send buffer. */
  get queued(): number {
    const { writing } = this;
    if (!writing) return 0;
    return writing.chunks.slice(writing.index).reduce((sum, chunk) => sum + chunk.length, -writing.offset);
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
    this.descriptor.close();
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

  /** @param delay seconds of silence before the first probe; 0 keeps what is */
  setKeepAlive(on: boolean, delay: number): void {
    this.setOption(Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, Number(on));
    if (on && delay > 0) this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPIDLE, delay);
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
      this.descriptor.setOption(level, name, ...words);
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
    if (!this.descriptor.isOpen) return;
    if (this.dialled) return this.establish(this.dialled);
    if (this.reading) this.receive();
    if (this.writing) this.transmit(this.writing);
  };

  private establish(done: Done): void {
    const ready = this.board.exports.ready(this.descriptor.fd);
    if (!(ready & (Poll.POLLOUT | Poll.POLLERR))) return;
    const errno = this.descriptor.option(Level.SOL_SOCKET, SocketOption.SO_ERROR);
    this.dialled = undefined;
    this.hold();
    done(-errno);
  }

  private receive(): void {
    const { exports, u8 } = this.board;
    const ready = exports.recv_ready(this.descriptor.fd);
    if (ready === -Errno.EAGAIN) return;
    if (ready <= 0) return this.finishReading(ready);
    const room = this.reader?.room();
    const chunk = room
      ? Buffer.from(room.buffer, room.byteOffset, Math.min(room.length, ready))
      : Buffer.allocUnsafe(Math.min(ready, CHUNK));
    const at = exports.recv_ptr(this.descriptor.fd) >>> 0;
    chunk.set(u8.subarray(at, at + chunk.length));
    exports.recv_release(this.descriptor.fd, chunk.length);
    this.board.wake();
    this.bytesRead += chunk.length;
    this.kick();
    if (this.reader?.octets(chunk) === false) this.readStop();
  }

  private finishReading(status: number): void {
    this.readStop();
    if (status < 0) this.reader?.fault(status);
    else this.reader?.end();
  }

  private transmit(write: Write): void {
    const status = this.put(write);
    if (status === -Errno.EAGAIN) return;
    this.writing = undefined;
    this.hold();
    write.done(status);
  }

  private finishSending(done: Done): void {
    this.closing = undefined;
    this.hold();
    this.board.exports.shutdown(this.descriptor.fd, Shutdown.SHUT_WR);
    this.board.wake();
    done(0);
  }

  /** Fill the send buffer: 0 when all is in it, -EAGAIN when it is full, or why it takes no more. */
  private put(write: Write): number {
    for (; write.index < write.chunks.length; write.index++, write.offset = 0) {
      const chunk = write.chunks[write.index];
      while (write.offset < chunk.length) {
        const taken = this.fill(chunk, write.offset);
        if (taken < 0) return taken;
        write.offset += taken;
      }
    }
    return 0;
  }

  private fill(chunk: Uint8Array, from: number): number {
    const { exports, u8 } = this.board;
    const room = exports.send_room(this.descriptor.fd);
    if (room < 0) return room;
    const count = Math.min(room, chunk.length - from);
    u8.set(chunk.subarray(from, from + count), exports.send_ptr(this.descriptor.fd) >>> 0);
    this.board.wake();
    return exports.send_commit(this.descriptor.fd, count);
  }
}
