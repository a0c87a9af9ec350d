import { EventEmitter } from "node:events";
import type { AddressInfo, ListenOptions } from "node:net";
import { getDefaultHighWaterMark } from "node:stream";
import { promisify } from "node:util";
import { Acceptor, type Listening } from "./acceptor";
import type { Channel } from "./channel";
import type { Context } from "./context";
import { callError, explainedError, nodeError } from "./errors";
import { checkedOptions, listeningOf, type ServerOptions } from "./listening";
import { normalize } from "./normalize";
import type { SocketOptions } from "./options";
import type { Socket } from "./socket";
import { checkSignal, wrongType } from "./validate";

type ConnectionListener = (socket: Socket) => void;
type Adopt = (channel: Channel, options: SocketOptions) => Socket;

/** A listening port of a board with the events, methods and properties of `net.Server`, in its order. */
export class Server extends EventEmitter {
  /** Its sockets stay open for writing when the peer ends. */
  allowHalfOpen: boolean;
  /** Its sockets do not read until they are told to. */
  pauseOnConnect: boolean;
  /** Its sockets send small segments at once. */
  noDelay: boolean;
  /** Its sockets probe a peer that is silent. */
  keepAlive: boolean;
  /** Seconds. */
  keepAliveInitialDelay: number;
  /** Octets the streams of its sockets keep. */
  highWaterMark: number;
  /** Connections beyond that number are closed as soon as they come, with a 'drop' event; undefined is no limit. */
  maxConnections!: number;
  /** Sockets of it that have not been closed yet. */
  #connections = 0;
  #acceptor: Acceptor | null = null;
  #unrefed = false;
  /** Which call of listen() counts: a lookup may end after close(). */
  #turn = 0;

  constructor(
    private readonly context: Context,
    private readonly adopt: Adopt,
    options?: ServerOptions | ConnectionListener | null,
    connectionListener?: ConnectionListener,
  ) {
    super();
    const listener = typeof options === "function" ? options : connectionListener;
    if (typeof options !== "function" && typeof options !== "object" && options !== undefined) {
      throw wrongType("options", "of type object", options);
    }
    if (typeof listener === "function") this.on("connection", listener);
    const given = checkedOptions(typeof options === "function" ? {} : { ...options });
    this.allowHalfOpen = given.allowHalfOpen ?? false;
    this.pauseOnConnect = Boolean(given.pauseOnConnect);
    this.noDelay = Boolean(given.noDelay);
    this.keepAlive = Boolean(given.keepAlive);
    this.keepAliveInitialDelay = Math.trunc((given.keepAliveInitialDelay ?? 0) / 1000);
    this.highWaterMark = given.highWaterMark ?? getDefaultHighWaterMark(false);
  }

  /** ([port][, host][, backlog][, callback]) or (options[, callback]); the callback is a listener of 'listening'. */
  listen(port?: number, hostname?: string, backlog?: number, listeningListener?: () => void): this;
  listen(port?: number, hostname?: string, listeningListener?: () => void): this;
  listen(port?: number, backlog?: number, listeningListener?: () => void): this;
  listen(port?: number, listeningListener?: () => void): this;
  listen(path: string, backlog?: number, listeningListener?: () => void): this;
  listen(path: string, listeningListener?: () => void): this;
  listen(options: ListenOptions, listeningListener?: () => void): this;
  listen(handle: unknown, backlog?: number, listeningListener?: () => void): this;
  listen(handle: unknown, listeningListener?: () => void): this;
  listen(...args: unknown[]): this {
    const { options, callback } = normalize<ListenOptions>(args);
    if (this.#acceptor) {
      throw nodeError(Error, "ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");
    }
    if (callback) this.once("listening", callback);
    this.#turn++;
    this.#closeOnAbort(options.signal);
    const wanted = listeningOf(args, options);
    if (options.host) this.#lookupAndListen(options.host, wanted);
    else this.#open(wanted);
    return this;
  }

  /** How many connections there are; the old way to ask. */
  get connections(): number {
    return this.#connections;
  }

  /** Whether it listens. */
  get listening(): boolean {
    return this.#acceptor !== null;
  }

  /** Where it listens, or null. */
  address(): AddressInfo | null {
    const local = this.#acceptor?.localAddress();
    return local ? { address: local.address, family: "IPv4", port: local.port } : null;
  }

  /** How many connections there are, in the next tick. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#connections);
    return this;
  }

  /** Listen no more; 'close' comes when the last connection has ended. */
  close(callback?: (error?: Error) => void): this {
    this.#turn++;
    if (typeof callback === "function") {
      const wasRunning = this.listening;
      const error = nodeError(Error, "ERR_SERVER_NOT_RUNNING", "Server is not running.");
      this.once("close", wasRunning ? callback : () => callback(error));
    }
    this.#acceptor?.close();
    this.#acceptor = null;
    this.#closeIfDrained();
    return this;
  }

  /** `await using` closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.listening) await promisify((done: (error?: Error) => void) => this.close(done))();
  }

  /** An async listener of 'connection' that fails ends its connection, with `captureRejections`. */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: string, socket: Socket): void {
    if (event === "connection") socket.destroy(error);
    else this.emit("error", error);
  }

  /** Keep the process alive while it listens, as it does unless told otherwise. */
  ref(): this {
    this.#unrefed = false;
    this.#acceptor?.ref();
    return this;
  }

  /** Do not keep the process alive. */
  unref(): this {
    this.#unrefed = true;
    this.#acceptor?.unref();
    return this;
  }

  /** @internal A socket of its own has been closed. */
  _released(): void {
    this.#connections--;
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (!this.#acceptor && this.#connections === 0) process.nextTick(() => this.emit("close"));
  }

  #closeOnAbort(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    checkSignal(signal, "options.signal");
    const close = (): void => void this.close();
    if (signal.aborted) return process.nextTick(close);
    signal.addEventListener("abort", close, { once: true });
    this.once("close", () => signal.removeEventListener("abort", close));
  }

  #lookupAndListen(host: string, wanted: Listening): void {
    const turn = this.#turn;
    this.context.lookup(host, { family: 0 }, (error, address, family = 4) => {
      if (turn !== this.#turn) return;
      if (error) this.emit("error", error);
      else this.#open({ ...wanted, address: address as string, family });
    });
  }

  #open(wanted: Listening): void {
    const acceptor = Acceptor.open(this.context, wanted, {
      connection: (channel) => this.#arrived(channel),
      fault: (errno) => this.emit("error", callError(errno, "accept")),
    });
    if (typeof acceptor === "number") {
      const error = explainedError(acceptor, "listen", wanted.address, wanted.port);
      return process.nextTick(() => this.emit("error", error));
    }
    this.#acceptor = acceptor;
    if (this.#unrefed) acceptor.unref();
    process.nextTick(() => {
      if (this.#acceptor) this.emit("listening");
    });
  }

  #arrived(channel: Channel): void {
    if (this.maxConnections && this.#connections >= this.maxConnections) return this.#drop(channel);
    const socket = this.adopt(channel, {
      allowHalfOpen: this.allowHalfOpen,
      pauseOnCreate: this.pauseOnConnect,
      readableHighWaterMark: this.highWaterMark,
      writableHighWaterMark: this.highWaterMark,
    });
    if (this.noDelay) socket.setNoDelay(true);
    if (this.keepAlive) socket.setKeepAlive(true, this.keepAliveInitialDelay * 1000);
    this.#connections++;
    socket._belongsTo(this);
    this.emit("connection", socket);
  }

  #drop(channel: Channel): void {
    const local = channel.localAddress();
    const remote = channel.remoteAddress();
    this.emit("drop", {
      localAddress: local?.address,
      localPort: local?.port,
      localFamily: "IPv4",
      remoteAddress: remote?.address,
      remotePort: remote?.port,
      remoteFamily: "IPv4",
    });
    channel.close();
  }
}
