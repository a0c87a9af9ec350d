import type { SocketConnectOpts } from "node:net";
import { addAbortSignal } from "node:stream";
import type { Address } from "../address";
import { Channel, type Done } from "./channel";
import type { Context } from "./context";
import { dial, type DialOptions } from "./dial";
import type { Dialler } from "./dialler";
import { nodeError } from "./errors";
import { Line } from "./line";
import { type NamedAddress, Names } from "./names";
import { normalize } from "./normalize";
import type { SocketOptions } from "./options";
import type { Server } from "./server";
import { Tuning } from "./tuning";

/**
 * A TCP connection of a board with the events, methods and properties of `net.Socket`, in its order; a Duplex, so that whatever
 * runs over a socket of Node's runs over it.
 */
export class Socket extends Line implements Dialler {
  /** The server that accepted it, or null; whoever takes the socket over may write here (http does). */
  server: unknown = null;
  /** The attempts of a connect() that had several addresses to choose from: "10.0.0.2:80"; undefined without such. */
  autoSelectFamilyAttemptedAddresses!: string[];
  /** The server that counts it among its connections. */
  #counted: Server | null = null;
  readonly #context: Context;
  readonly #names = new Names();
  readonly #tuning: Tuning;
  readonly #signal: AbortSignal | undefined;

  constructor(context: Context, options: SocketOptions = {}, channel?: Channel) {
    super(context, options);
    this.#context = context;
    this.#tuning = new Tuning(Boolean(options.noDelay), Boolean(options.keepAlive), options.keepAliveInitialDelay);
    this.#signal = options.signal;
    if (channel) this._adopt(channel);
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
    if (!this._channel) this._renew();
    this._unrefTimer();
    this.connecting = true;
    dial(this, this.#context, options);
    return this;
  }

  /** @internal Begin with a fresh connection, in place of one that has ended or failed. */
  _renew(): void {
    (this as unknown as { _undestroy(): void })._undestroy();
    this.#names.forget();
    this._adopt(new Channel(this.#context));
  }

  /** @internal */
  _bind(local: Address): number {
    return this._channel?.bind(local) ?? 0;
  }

  /** @internal */
  _dial(peer: Address, done: Done): number {
    return this._channel?.connect(peer, done) ?? 0;
  }

  /** @internal The handshake is done. */
  _established(): void {
    this.connecting = false;
    this.#names.forgetLocal();
    this._unrefTimer();
    if (this._channel) this.#tuning.apply(this._channel);
    this.emit("connect");
    this.emit("ready");
    if (!this.isPaused()) this.read(0);
  }

  /** @internal For a server: the connection counts among its own until it ends. */
  _belongsTo(server: Server): void {
    this.server = server;
    this.#counted = server;
  }

  /** @internal */
  protected override _released(): void {
    this.#names.forgetLocal();
    const server = this.#counted;
    this.#counted = null;
    server?._released();
  }

  // ---- Settings ----------------------------------------------------------------------------------------------------------

  /** Send small segments at once (TCP_NODELAY). */
  setNoDelay(noDelay = true): this {
    this.#tuning.setNoDelay(this._channel, Boolean(noDelay));
    return this;
  }

  /** Probe an idle peer (SO_KEEPALIVE), first after `initialDelay` ms; 0 leaves the time as it is. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#tuning.setKeepAlive(this._channel, Boolean(enable), initialDelay);
    return this;
  }

  /** Keep the process alive while it reads or connects, as it does unless told otherwise. */
  ref(): this {
    if (this._channel) this._channel.ref();
    else this.once("connect", () => this.ref());
    return this;
  }

  /** Do not keep the process alive. */
  unref(): this {
    if (this._channel) this._channel.unref();
    else this.once("connect", () => this.unref());
    return this;
  }

  // ---- Looking -----------------------------------------------------------------------------------------------------------

  /** Where it is between its beginning and its end. */
  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** Our end: address, family, port; empty when there is none. */
  address(): NamedAddress {
    return this.#names.local(this._channel);
  }

  /** The other end; undefined before the connection, and after it for who has not asked while it was there. */
  get remoteAddress(): string | undefined {
    return this.#peer.address;
  }
  /** "IPv4", or undefined as `remoteAddress`. */
  get remoteFamily(): string | undefined {
    return this.#peer.family;
  }
  /** The other end's port, or undefined as `remoteAddress`. */
  get remotePort(): number | undefined {
    return this.#peer.port;
  }
  /** Our end; undefined without a connection. */
  get localAddress(): string | undefined {
    return this.address().address;
  }
  /** Our port; undefined without a connection. */
  get localPort(): number | undefined {
    return this.address().port;
  }
  /** "IPv4"; undefined without a connection. */
  get localFamily(): string | undefined {
    return this.address().family;
  }

  get #peer(): NamedAddress {
    return this.#names.remote(this.connecting ? null : this._channel);
  }
}
