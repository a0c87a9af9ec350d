import type { SocketConnectOpts } from "node:net";
import { addAbortSignal, Duplex } from "node:stream";
import type { Address } from "../address";
import { Channel, type Done, LATER, type Reader } from "./channel";
import type { Context } from "./context";
import { dial, type DialOptions } from "./dial";
import type { Dialler } from "./dialler";
import { type NamedAddress, Names } from "./names";
import { callError, nodeError } from "./errors";
import { IdleTimer } from "./idle";
import { normalize } from "./normalize";
import { type SocketOptions, streamOptions, UserBuffer } from "./options";
import type { Server } from "./server";
import { bytesIn, type Chunk, octetsOf } from "./pieces";
import { Tuning } from "./tuning";
import { checkDuration, checkFunction } from "./validate";

type Outcome = (error?: Error | null) => void;

/**
 * A TCP connection of a board with the events, methods and properties of `net.Socket`, in its order; a Duplex, so that whatever
 * runs over a socket of Node's runs over it.
 */
export class Socket extends Duplex implements Reader, Dialler {
  /** connect() has been called, and it is not yet known what comes of it. */
  connecting = false;
  /** What setTimeout() was given, ms; undefined before. */
  timeout: number | undefined;
  /** The server that accepted it, or null; whoever takes the socket over may write here (http does). */
  server: unknown = null;
  /** The attempts of a connect() that had several addresses to choose from: "10.0.0.2:80". */
  autoSelectFamilyAttemptedAddresses: string[] | undefined;
  #channel: Channel | null = null;
  #counted: Server | null = null;
  #read = 0;
  #written = 0;
  #pending: Chunk[] = [];
  #lastQueued = 0;
  #resetting = false;
  #peerEnded = false;
  #buffer: UserBuffer | undefined;
  readonly #names = new Names();
  readonly #tuning: Tuning;
  readonly #signal: AbortSignal | undefined;
  readonly #context: Context;
  readonly #idle: IdleTimer;

  constructor(context: Context, options: SocketOptions = {}, channel?: Channel) {
    super(streamOptions(options));
    this.#context = context;
    this.#idle = new IdleTimer(context.board.clock, () => this._onTimeout());
    this.#tuning = new Tuning(Boolean(options.noDelay), Boolean(options.keepAlive), options.keepAliveInitialDelay);
    this.#signal = options.signal;
    this.#buffer = UserBuffer.of(options.onread);
    this.on("end", this.#onEnd);
    if (channel) this.#adopt(channel);
    if (options.signal) addAbortSignal(options.signal, this);
    if (!channel || options.readable === false) return;
    if (options.pauseOnCreate) (this as { readableFlowing: boolean | null }).readableFlowing = false;
    else this.read(0);
  }

  // ---- Connecting --------------------------------------------------------------------------------------------------------

  /** (options[, callback]) or (port[, host][, callback]); the callback is a listener of 'connect'. */
  connect(options: SocketConnectOpts, connectionListener?: () => void): this;
  connect(port: number, host: string, connectionListener?: () => void): this;
  connect(port: number, connectionListener?: () => void): this;
  connect(path: string, connectionListener?: () => void): this;
  connect(...args: unknown[]): this {
    const { options, callback } = normalize<DialOptions>(args);
    if (callback) this.once("connect", callback);
    if (options.port === undefined && (options.path ?? null) === null) {
      throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified');
    }
    // Node begins all the same, and then has a socket that is both aborted and connected.
    if (this.#signal?.aborted) return this;
    this.#peerEnded = false;
    if (!this.#channel) this._renew();
    this._unrefTimer();
    this.connecting = true;
    dial(this, this.#context, options);
    return this;
  }

  /** @internal Begin with a fresh connection, in place of one that has ended or failed. */
  _renew(): void {
    this.#channel?.close();
    (this as unknown as { _undestroy(): void })._undestroy();
    this.#names.forgetRemote();
    this.#adopt(Channel.open(this.#context));
  }

  /** @internal */
  _bind(local: Address): number {
    return this.#channel?.bind(local) ?? 0;
  }

  /** @internal */
  _dial(peer: Address, done: Done): number {
    return this.#channel?.connect(peer, done) ?? 0;
  }

  /** @internal The handshake is done. */
  _established(): void {
    this.connecting = false;
    this.#names.forgetLocal();
    this._unrefTimer();
    if (this.#channel) this.#tuning.apply(this.#channel);
    this.emit("connect");
    this.emit("ready");
    if (!this.isPaused()) this.read(0);
  }

  /** For a server: the connection counts among its own until it ends. */
  _belongsTo(server: Server): void {
    this.server = server;
    this.#counted = server;
  }

  #adopt(channel: Channel): void {
    this.#channel = channel;
    this.#names.forgetLocal();
    channel.reader = this;
    this.#buffer?.renew();
  }

  // ---- Reading: what the channel tells -----------------------------------------------------------------------------------

  /** @internal */
  room(): Uint8Array | undefined {
    return this.#buffer?.octets;
  }

  /** @internal */
  octets(chunk: Buffer): boolean {
    this._unrefTimer();
    if (this.destroyed) return false;
    return this.#buffer ? this.#buffer.give(chunk.length) : this.push(chunk);
  }

  /** @internal */
  fault(errno: number): void {
    this._unrefTimer();
    this.destroy(callError(errno, "read"));
  }

  /** @internal The end of the peer's data. The other methods of Reader are above; this name is taken by streams. */
  over(): void {
    this._unrefTimer();
    if (this.readableEnded) return;
    this.push(null);
    this.read(0);
  }

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

  override read(size?: number): unknown {
    this.#readOn();
    return super.read(size);
  }

  /** With a buffer of the user's the stream never asks for more by itself. */
  #readOn(): void {
    if (this.#buffer && !this.connecting && this.#channel && !this.#channel.isReading) this.#channel.readStart();
  }

  #onEnd(): void {
    if (!this.allowHalfOpen) this.#peerEnded = true;
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

  override _write(chunk: Chunk["chunk"], encoding: BufferEncoding, callback: Outcome): void {
    this.#send([{ chunk, encoding }], callback);
  }

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
    const onClose = (): void =>
      callback(nodeError(Error, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established"));
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

  override _final(callback: Outcome): void {
    if (this.pending) return void this.once("connect", () => this._final(callback));
    if (!this.#channel) return callback();
    this.#channel.shutdown(() => callback());
  }

  // ---- Ending ------------------------------------------------------------------------------------------------------------

  /** End, and destroy as soon as all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Break off: the peer gets a RST. While it connects, when that is done. */
  resetAndDestroy(): this {
    if (!this.#channel) return this.destroy(nodeError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
    if (this.connecting) this.once("connect", () => this.#reset());
    else this.#reset();
    return this;
  }

  #reset(): void {
    this.#resetting = true;
    this.destroy();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.connecting = false;
    this.#idle.stop();
    if (this.#channel) {
      this.#release(this.#channel, Boolean(error));
      callback(error);
    } else {
      callback(error);
      process.nextTick(() => this.emit("close"));
    }
    const server = this.#counted;
    this.#counted = null;
    server?._released();
  }

  #release(channel: Channel, hadError: boolean): void {
    this.#channel = null;
    this.#names.forgetLocal();
    this.#read = channel.bytesRead;
    this.#written = channel.bytesWritten;
    const closed = (): void => void this.emit("close", hadError);
    if (this.#resetting) channel.reset(closed);
    else channel.close(closed);
    this.#resetting = false;
  }

  // ---- Settings ----------------------------------------------------------------------------------------------------------

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

  /** Something has happened: the idle time begins anew. */
  _unrefTimer(): void {
    this.#idle.touch();
  }

  /** Silence for long enough; a write that gets on is none. */
  _onTimeout(): void {
    const queued = this.#channel?.queued ?? 0;
    if (this.#lastQueued > 0 && this.#channel && this.#lastQueued !== queued) {
      this.#lastQueued = queued;
      this._unrefTimer();
      return;
    }
    this.emit("timeout");
  }

  /** Send small segments at once (TCP_NODELAY). */
  setNoDelay(noDelay = true): this {
    this.#tuning.setNoDelay(this.#channel, Boolean(noDelay));
    return this;
  }

  /** Probe an idle peer (SO_KEEPALIVE), first after `initialDelay` ms; 0 leaves the time as it is. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#tuning.setKeepAlive(this.#channel, Boolean(enable), initialDelay);
    return this;
  }

  /** Keep the process alive while it reads or connects, as it does unless told otherwise. */
  ref(): this {
    if (this.#channel) this.#channel.ref();
    else this.once("connect", () => this.ref());
    return this;
  }

  /** Do not keep the process alive. */
  unref(): this {
    if (this.#channel) this.#channel.unref();
    else this.once("connect", () => this.unref());
    return this;
  }

  // ---- Looking -----------------------------------------------------------------------------------------------------------

  /** There is no connection, or not yet. */
  get pending(): boolean {
    return !this.#channel || this.connecting;
  }

  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** Octets that wait in this object to be sent. */
  get bufferSize(): number | undefined {
    return this.#channel ? this.writableLength : undefined;
  }

  get bytesRead(): number {
    return this.#channel?.bytesRead ?? this.#read;
  }

  /** Octets handed over by the user, those that wait included. */
  get bytesWritten(): number {
    const { writableBuffer } = this as unknown as { writableBuffer: Chunk[] };
    return (this.#channel?.bytesWritten ?? this.#written) + bytesIn(writableBuffer) + bytesIn(this.#pending);
  }

  /** Our end: address, family, port; empty when there is none. */
  address(): NamedAddress {
    return this.#names.local(this.#channel);
  }

  #peerName(): NamedAddress {
    return this.#names.remote(this.connecting ? null : this.#channel);
  }

  get remoteAddress(): string | undefined {
    return this.#peerName().address;
  }
  get remoteFamily(): string | undefined {
    return this.#peerName().family;
  }
  get remotePort(): number | undefined {
    return this.#peerName().port;
  }
  get localAddress(): string | undefined {
    return this.address().address;
  }
  get localPort(): number | undefined {
    return this.address().port;
  }
  get localFamily(): string | undefined {
    return this.address().family;
  }
}
