import type * as dgram from "node:dgram";
import { errorMonitor } from "node:events";
import { Family } from "../abi";
import type { Address } from "../address";
import type { Board } from "../board";
import { callError, endpointError, nodeError } from "../net/errors";
import { Hold, type Holds } from "../net/holds";
import { lookup as lookupName } from "../net/lookup";
import { checkPort } from "../net/validate";
import { readSend, readSendConnected, type SendCallback, type Sending } from "./arguments";
import { alreadyConnected, notConnected } from "./errors";
import { Handle } from "./handle";
import {
  type BindOptions,
  type Lookup,
  type MessageListener,
  readBind,
  readOptions,
  type SocketOptions,
  type SocketType,
  checkString,
} from "./options";
import { expectGood, Settings } from "./settings";

type Message = string | NodeJS.ArrayBufferView;

/**
 * A UDP socket of a board with the shape of `dgram.Socket`: the same calls, events, order of events and errors. The one difference:
 * any call to a closed socket throws ERR_SOCKET_DGRAM_NOT_RUNNING, where Node's setters stumble over a null.
 */
export class Socket extends Settings implements dgram.Socket {
  readonly type: SocketType;
  private handle: Handle | undefined;
  private readonly options: SocketOptions;
  private readonly hold: Hold;
  private referenced = true;
  private binding: "unbound" | "binding" | "bound" = "unbound";
  private connection: "disconnected" | "connecting" | "connected" = "disconnected";
  /** What waits for the socket to be bound. */
  private queue: (() => void)[] | undefined;

  /** Throws ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE. */
  constructor(board: Board, holds: Holds, type: SocketType | SocketOptions, listener?: MessageListener) {
    super();
    this.options = readOptions(type);
    this.type = this.options.type;
    this.hold = new Hold(holds);
    this.handle = new Handle(board, this.type === "udp4" ? Family.AF_INET : Family.AF_UNSPEC, {
      message: (message, from) => void this.emit("message", message, { ...endpoint(from), size: message.length }),
      error: (errno) => void this.emit("error", callError(errno, "recvmsg")),
    });
    if (typeof listener === "function") this.on("message", listener);
    this.obey(this.options.signal);
  }

  protected get running(): Handle {
    if (!this.handle) throw nodeError(Error, "ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
    return this.handle;
  }

  bind(port?: number, address?: string, callback?: () => void): this;
  bind(port?: number, callback?: () => void): this;
  bind(callback?: () => void): this;
  bind(options: dgram.BindOptions, callback?: () => void): this;
  /** Take a local address and port, then emit 'listening', or 'error'. Throws ERR_SOCKET_ALREADY_BOUND. */
  bind(...args: unknown[]): this {
    const { running } = this;
    if (this.binding !== "unbound") throw nodeError(Error, "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound");
    this.binding = "binding";
    const options = readBind(args, this.type);
    if (options.callback) this.onceListening(options.callback);
    this.resolve(options.address, (error, ip) => {
      if (!this.handle) return;
      const failure = error ?? this.take(running, ip, options);
      if (!failure) return this.startListening(running);
      this.binding = "unbound";
      this.emit("error", failure);
    });
    return this;
  }

  connect(port: number, address?: string, callback?: () => void): void;
  connect(port: number, callback: () => void): void;
  /** Talk to one peer only; emits 'connect'. A failure goes to the callback, or is an 'error'. Throws ERR_SOCKET_DGRAM_IS_CONNECTED. */
  connect(port: number, address?: string | (() => void), callback?: (error?: Error) => void): void {
    const where = checkPort(port, "Port", false);
    const done = typeof address === "function" ? address : callback;
    const host = typeof address === "function" || address === undefined ? "" : address;
    checkString(host, "address");
    if (this.connection !== "disconnected") throw alreadyConnected();
    this.connection = "connecting";
    this.whenBound(() => this.dial(where, host, done));
  }

  /** Hear everybody again. Throws ERR_SOCKET_DGRAM_NOT_CONNECTED. */
  disconnect(): void {
    if (this.connection !== "connected") throw notConnected();
    expectGood("connect", this.running.disconnect());
    this.connection = "disconnected";
  }

  send(message: Message | readonly unknown[], port?: number, address?: string, callback?: SendCallback): void;
  send(message: Message | readonly unknown[], port?: number, callback?: SendCallback): void;
  send(message: Message | readonly unknown[], callback?: SendCallback): void;
  send(message: Message, offset: number, length: number, port?: number, address?: string, callback?: SendCallback): void;
  send(message: Message, offset: number, length: number, port?: number, callback?: SendCallback): void;
  send(message: Message, offset: number, length: number, callback?: SendCallback): void;
  /** Send one datagram; binds first if need be. Only the callback hears of what the board refuses. */
  send(...args: unknown[]): void {
    const sending = this.connection === "connected" ? readSendConnected(args) : readSend(args);
    void this.running;
    this.whenBound(() => this.post(sending));
  }

  /** Give everything back, then emit 'close'. What waits for the socket to be bound is done before. */
  close(callback?: () => void): this {
    if (typeof callback === "function") this.on("close", callback);
    if (this.queue) {
      this.queue.push(() => this.close());
      return this;
    }
    this.running.close();
    this.handle = undefined;
    this.hold.set(false);
    process.nextTick(() => this.emit("close"));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.handle) await new Promise<void>((resolve) => this.close(resolve));
  }

  /** Where the socket is bound. Throws EBADF before. */
  address(): { address: string; family: string; port: number } {
    return located("getsockname", this.running.local());
  }

  remoteAddress(): { address: string; family: string; port: number } {
    const { running } = this;
    if (this.connection !== "connected") throw notConnected();
    return located("getpeername", running.remote());
  }

  /** Keep the process running while the socket is bound; it does so unless told otherwise. What the board is attached to may as well. */
  ref(): this {
    return this.refer(true);
  }

  unref(): this {
    return this.refer(false);
  }

  private refer(referenced: boolean): this {
    this.referenced = referenced;
    this.hold.set(referenced && this.binding === "bound" && this.handle !== undefined);
    return this;
  }

  private obey(signal: AbortSignal | undefined): void {
    if (!signal) return;
    const abort = (): void => void (this.handle && this.close());
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.once("close", () => signal.removeEventListener("abort", abort));
  }

  private onceListening(callback: () => void): void {
    const forget = (): void => {
      this.removeListener("error", forget);
      this.removeListener("listening", listening);
    };
    const listening = (): void => {
      forget();
      callback.call(this);
    };
    this.on("error", forget);
    this.on("listening", listening);
  }

  private resolve(name: string, done: (error: Error | null, address: string) => void): void {
    const [own, family] = this.type === "udp4" ? (["127.0.0.1", 4] as const) : (["::1", 6] as const);
    const { lookup } = this.options;
    if (lookup) (lookup as Lookup)(name || own, family, done);
    else lookupName(name || own, { family }, (error, address) => done(error, typeof address === "string" ? address : ""));
  }

  private take(handle: Handle, address: string, { port }: BindOptions): Error | null {
    const result = handle.bind({ address, port }, Boolean(this.options.reuseAddr));
    return result < 0 ? endpointError(result, "bind", address, port) : null;
  }

  private startListening(handle: Handle): void {
    handle.start();
    this.binding = "bound";
    this.hold.set(this.referenced);
    const { recvBufferSize, sendBufferSize } = this.options;
    if (recvBufferSize) this.setRecvBufferSize(recvBufferSize);
    if (sendBufferSize) this.setSendBufferSize(sendBufferSize);
    this.emit("listening");
  }

  /** Do something now, or when the socket has been bound; never, when that fails. */
  private whenBound(run: () => void): void {
    if (this.binding === "unbound") this.bind({ port: 0, exclusive: true });
    if (this.binding === "bound") return run();
    if (this.queue) {
      this.queue.push(run);
      return;
    }
    this.queue = [run];
    const failed = (): void => {
      this.removeListener("listening", bound);
      this.queue = undefined;
    };
    const bound = (): void => {
      this.removeListener(errorMonitor, failed);
      const queue = this.queue ?? [];
      this.queue = undefined;
      for (const waiting of queue) waiting();
    };
    this.once(errorMonitor, failed);
    this.once("listening", bound);
  }

  private dial(port: number, address: string, callback: ((error?: Error) => void) | undefined): void {
    if (callback) this.once("connect", callback);
    this.resolve(address, (error, ip) => {
      if (!this.handle) return;
      const result = error ? 0 : this.handle.connect({ address: ip, port });
      const failure = error ?? (result < 0 ? endpointError(result, "connect", address, port) : null);
      this.connection = failure ? "disconnected" : "connected";
      process.nextTick(() => this.dialled(failure, callback));
    });
  }

  private dialled(failure: Error | null, callback: ((error?: Error) => void) | undefined): void {
    if (!failure) return void this.emit("connect");
    if (!callback) return void this.emit("error", failure);
    this.removeListener("connect", callback);
    callback(failure);
  }

  private post(sending: Sending): void {
    if (sending.port === undefined) return this.transmit(sending);
    this.resolve(sending.address ?? "", (error, ip) => {
      if (!error) return this.transmit(sending, ip);
      if (sending.callback) process.nextTick(sending.callback, error);
      else process.nextTick(() => this.emit("error", error));
    });
  }

  private transmit({ pieces, port, address, callback }: Sending, ip?: string): void {
    if (!this.handle) return;
    const data = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    const to = ip === undefined || port === undefined ? undefined : { address: ip, port };
    const tell = (result: number): void => {
      const failure = result < 0 ? sendError(result, address, port) : null;
      const told = failure ? [failure] : [null, result]; // Node's callbacks get one argument or two
      callback?.(...(told as Parameters<SendCallback>));
    };
    const result = this.handle.send(data, to, tell);
    if (result !== undefined && callback) process.nextTick(tell, result);
  }
}

function endpoint({ address, port }: Address): { address: string; family: "IPv4"; port: number } {
  return { address, family: "IPv4", port };
}

function sendError(errno: number, address: string | undefined, port: number | undefined): Error {
  return address === undefined ? callError(errno, "send") : endpointError(errno, "send", address, port ?? 0);
}

function located(syscall: string, where: Address | number): { address: string; family: string; port: number } {
  if (typeof where === "number") throw callError(where, syscall);
  return endpoint(where);
}
