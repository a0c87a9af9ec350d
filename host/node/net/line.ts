import { Duplex } from "node:stream";
import { type Channel, LATER, type Reader } from "./channel";
import type { Context } from "./context";
import { callError, nodeError } from "./errors";
import { IdleTimer } from "./idle";
import { type SocketOptions, streamOptions, UserBuffer } from "./options";
import { bytesIn, type Chunk, octetsOf } from "./pieces";
import { checkDuration, checkFunction } from "./validate";

type Outcome = (error?: Error | null) => void;

/** The stream of a socket: what reads from a channel, writes to it, keeps pace with both ends, and ends. */
export abstract class Line extends Duplex {
  /** connect() has been called, and it is not yet known what comes of it. */
  connecting = false;
  /** What setTimeout() was given, ms; undefined before. */
  timeout: number | undefined;
  #channel: Channel | null = null;
  /** The counts of a channel that is gone. */
  #read = 0;
  #written = 0;
  /** What waits for a connection. */
  #pending: Chunk[] = [];
  /** Octets of a write under way that waited when they were last looked at. */
  #lastQueued = 0;
  #resetting = false;
  #peerEnded = false;
  readonly #buffer: UserBuffer | undefined;
  readonly #idle: IdleTimer;

  constructor(context: Context, options: SocketOptions) {
    super(streamOptions(options));
    this.#idle = new IdleTimer(context.board.clock, () => this._onTimeout());
    this.#buffer = UserBuffer.of(options.onread);
    this.on("end", () => void (this.#peerEnded = !this.allowHalfOpen));
  }

  /** @internal The connection beneath, if there is one. */
  protected get _channel(): Channel | null {
    return this.#channel;
  }

  /** @internal Work with this connection from now on; what came before is closed and forgotten. */
  protected _adopt(channel: Channel): void {
    this.#channel?.close();
    this.#channel = channel;
    this.#peerEnded = false;
    channel.reader = this.#reader;
    this.#buffer?.renew();
  }

  /** @internal The connection beneath has been given up. */
  protected abstract _released(): void;

  // ---- Reading -----------------------------------------------------------------------------------------------------------

  readonly #reader: Reader = {
    room: () => this.#buffer?.octets,
    octets: (chunk) => {
      this._unrefTimer();
      if (this.destroyed) return false;
      return this.#buffer ? this.#buffer.give(chunk.length) : this.push(chunk);
    },
    end: () => {
      this._unrefTimer();
      if (this.readableEnded) return;
      this.push(null);
      this.read(0);
    },
    fault: (errno) => {
      this._unrefTimer();
      this.destroy(callError(errno, "read"));
    },
  };

  /** @internal */
  override _read(size: number): void {
    if (this.connecting || !this.#channel) this.once("connect", () => this._read(size));
    else if (!this.#channel.isReading) this.#channel.readStart();
  }

  override pause(): this {
    if (this.#buffer && !this.connecting && !this.destroyed) this.#channel?.readStop();
    return super.pause();
  }

  override resume(): this {
    this.#readOn();
    return super.resume();
  }

  override read(size?: number): ReturnType<Duplex["read"]> {
    this.#readOn();
    return super.read(size);
  }

  /** With a buffer of the user's the stream never asks for more by itself. */
  #readOn(): void {
    if (this.#buffer && !this.connecting && this.#channel && !this.#channel.isReading) this.#channel.readStart();
  }

  // ---- Writing -----------------------------------------------------------------------------------------------------------

  override write(chunk: unknown, callback?: Outcome): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding, callback?: Outcome): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding | Outcome, callback?: Outcome): boolean {
    if (!this.#peerEnded || !this.writableEnded) return super.write(chunk, encoding as BufferEncoding, callback);
    const error = nodeError(Error, "EPIPE", "This socket has been ended by the other party");
    const told = typeof encoding === "function" ? encoding : callback;
    if (typeof told === "function") process.nextTick(told, error);
    this.destroy(error);
    return false;
  }

  /** @internal */
  override _write(chunk: Chunk["chunk"], encoding: BufferEncoding, callback: Outcome): void {
    this.#send([{ chunk, encoding }], callback);
  }

  /** @internal */
  override _writev(chunks: Chunk[], callback: Outcome): void {
    this.#send(chunks, callback);
  }

  #send(chunks: Chunk[], callback: Outcome): void {
    if (this.connecting) return this.#sendOnceConnected(chunks, callback);
    this.#pending = [];
    const channel = this.#channel;
    if (!channel) return callback(nodeError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
    this._unrefTimer();
    const status = channel.write(chunks.map(octetsOf), (late) => this.#sent(late, callback));
    if (status === LATER) this.#lastQueued = channel.queued;
    else callback(status < 0 ? callError(status, "write") : null);
  }

  #sendOnceConnected(chunks: Chunk[], callback: Outcome): void {
    this.#pending = chunks;
    const message = "Socket closed before the connection was established";
    const onClose = (): void => callback(nodeError(Error, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION", message));
    this.once("connect", () => {
      this.off("close", onClose);
      this.#send(chunks, callback);
    });
    this.once("close", onClose);
  }

  #sent(status: number, callback: Outcome): void {
    if (this.destroyed) return callback(null);
    if (status < 0) return callback(callError(status, "write"));
    this._unrefTimer();
    this.#lastQueued = 0;
    callback(null);
  }

  // ---- Ending ------------------------------------------------------------------------------------------------------------

  /** @internal */
  override _final(callback: Outcome): void {
    if (this.pending) this.once("connect", () => this._final(callback));
    else if (this.#channel) this.#channel.shutdown(() => callback());
    else callback();
  }

  /** End, and destroy as soon as all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Break off: the peer gets a RST. While it connects, when that is done. */
  resetAndDestroy(): this {
    if (!this.#channel) return this.destroy(nodeError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
    const reset = (): void => {
      this.#resetting = true;
      this.destroy();
    };
    if (this.connecting) this.once("connect", reset);
    else reset();
    return this;
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.connecting = false;
    this.#idle.stop();
    const channel = this.#channel;
    if (channel) {
      this.#release(channel, Boolean(error));
      callback(error);
    } else {
      callback(error);
      process.nextTick(() => this.emit("close"));
    }
    this._released();
  }

  #release(channel: Channel, hadError: boolean): void {
    this.#channel = null;
    this.#read = channel.bytesRead;
    this.#written = channel.bytesWritten;
    const closed = (): void => void this.emit("close", hadError);
    if (this.#resetting) channel.reset(closed);
    else channel.close(closed);
    this.#resetting = false;
  }

  // ---- Idle time -----------------------------------------------------------------------------------------------------------

  /** 'timeout' after that many ms without traffic, by the board's clock; 0 for never. The callback is a listener for one time. */
  setTimeout(timeout: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = timeout;
    this.#idle.set(checkDuration(timeout, "msecs"));
    if (callback === undefined) return this;
    checkFunction(callback, "callback");
    if (timeout === 0) this.removeListener("timeout", callback);
    else this.once("timeout", callback);
    return this;
  }

  /** @internal Something has happened: the idle time begins anew. Node's own name, which some packages know. */
  _unrefTimer(): void {
    this.#idle.touch();
  }

  /** @internal Silence for long enough; a write that gets on is none. */
  _onTimeout(): void {
    const queued = this.#channel?.queued ?? 0;
    if (this.#lastQueued > 0 && this.#channel && this.#lastQueued !== queued) {
      this.#lastQueued = queued;
      this._unrefTimer();
      return;
    }
    this.emit("timeout");
  }

  // ---- Looking -----------------------------------------------------------------------------------------------------------

  /** There is no connection, or not yet. */
  get pending(): boolean {
    return !this.#channel || this.connecting;
  }

  /** Octets that wait in this object to be sent; undefined without a connection. */
  get bufferSize(): number {
    return (this.#channel ? this.writableLength : undefined) as number; // Node's type says so
  }

  /** Octets received so far. */
  get bytesRead(): number {
    return this.#channel?.bytesRead ?? this.#read;
  }

  /** Octets handed over by the user, those that wait included. */
  get bytesWritten(): number {
    const { writableBuffer } = this as unknown as { writableBuffer: Chunk[] };
    return (this.#channel?.bytesWritten ?? this.#written) + bytesIn(writableBuffer) + bytesIn(this.#pending);
  }
}
