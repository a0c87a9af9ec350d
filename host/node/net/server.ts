import { EventEmitter } from "node:events";
import type { AddressInfo, ListenOptions, ServerOpts } from "node:net";
import { getDefaultHighWaterMark } from "node:stream";
import { promisify } from "node:util";
import { Errno } from "../abi";
import { Acceptor } from "./acceptor";
import type { Channel } from "./channel";
import type { Context } from "./context";
import { callError, explainedError, nodeError } from "./errors";
import { isPipeName, normalize, toNumber } from "./normalize";
import type { SocketOptions } from "./options";
import type { Socket } from "./socket";
import { checkNumber, checkPort, checkSignal, wrongType, wrongValue } from "./validate";

/** What `new Server` takes: the options of net.Server. */
export interface ServerOptions extends ServerOpts {
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds. */
  keepAliveInitialDelay?: number;
  /** Of the streams of its sockets, octets. */
  highWaterMark?: number;
}

type ConnectionListener = (socket: Socket) => void;
type Adopt = (channel: Channel, options: SocketOptions) => Socket;

/** A listening port of a board with the events, methods and properties of `net.Server`, in its order. */
export class Server extends EventEmitter {
  /** Its sockets stay open for writing when the peer ends. */
  allowHalfOpen: boolean;
  /** Its sockets do not read until they are told to. */
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  /** Seconds. */
  keepAliveInitialDelay: number;
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
    const port = portOf(args, options);
    const backlog = options.backlog || toNumber(args[1]) || toNumber(args[2]);
    if (options.host) this.#lookupAndListen(options.host, port, backlog);
    else this.#open("0.0.0.0", port, backlog);
    return this;
  }

  /** How many connections there are; the old way to ask. */
  get connections(): number {
    return this.#connections;
  }

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

  #lookupAndListen(host: string, port: number, backlog: number | undefined): void {
    const turn = this.#turn;
    this.context.lookup(host, { family: 0 }, (error, address, family) => {
      if (turn !== this.#turn) return;
      if (error) this.emit("error", error);
      else this.#open(address as string, port, backlog, family);
    });
  }

  #open(address: string, port: number, backlog: number | undefined, family = 4): void {
    const acceptor =
      family === 4
        ? Acceptor.open(
            this.context,
            { address, port },
            backlog,
            (channel) => this.#arrived(channel),
            (errno) => this.emit("error", callError(errno, "accept")),
          )
        : -Errno.EAFNOSUPPORT;
    if (typeof acceptor === "number") {
      const error = explainedError(acceptor, "listen", address, port);
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

function checkedOptions(options: ServerOptions): ServerOptions {
  const { keepAliveInitialDelay, highWaterMark } = options;
  if (keepAliveInitialDelay !== undefined) {
    checkNumber(keepAliveInitialDelay, "options.keepAliveInitialDelay");
    if (keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
  }
  if (highWaterMark !== undefined) {
    checkNumber(highWaterMark, "options.highWaterMark");
    if (highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark(false);
  }
  return options;
}

/** The port to listen on, 0 for any; throws when the arguments do not say. */
function portOf(args: readonly unknown[], options: ListenOptions): number {
  const { port, path } = options;
  const open = args.length === 0 || typeof args[0] === "function" || (port === undefined && "port" in options);
  if (open || (port as unknown) === null) return 0;
  if (typeof port === "number" || typeof port === "string") return checkPort(port, "options.port");
  if (path && isPipeName(path)) throw wrongValue("options.path", path, "names a local socket, which a board does not have");
  const hint = "port" in options || "path" in options ? "is invalid" : 'must have the property "port" or "path"';
  throw wrongValue("options", options, hint);
}
