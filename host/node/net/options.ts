import type { OnReadOpts, SocketConstructorOpts } from "node:net";
import type { DuplexOptions } from "node:stream";
import { checkNumber, wrongValue } from "./validate";

/** What `new Socket` takes: the options of net.Socket and of streams. */
export interface SocketOptions
  extends Omit<SocketConstructorOpts, "fd" | "onread">, Omit<DuplexOptions, "signal" | "readable" | "writable"> {
  /** Send small segments at once. */
  noDelay?: boolean | undefined;
  /** Probe a peer that is silent. */
  keepAlive?: boolean | undefined;
  /** Milliseconds. */
  keepAliveInitialDelay?: number | undefined;
  /** Read into the caller's own memory instead of emitting 'data'. */
  onread?: OnRead | OnReadOpts | undefined;
  /** For servers: do not read until the user says so. */
  pauseOnCreate?: boolean;
}

/** Read into memory of the user's: a buffer, or what gives one for each read. */
export interface OnRead {
  /** Where octets go. */
  buffer: Uint8Array | (() => Uint8Array);
  /** Octets are there; false for no more until resume(). */
  callback(count: number, buffer: Uint8Array): boolean;
}

/** What the stream beneath the socket is made with; throws for options that make no sense on a socket. */
export function streamOptions(options: SocketOptions): DuplexOptions {
  const { fd } = options as { fd?: number };
  if (fd !== undefined) throw wrongValue("options.fd", fd, "is a descriptor of the system's, which a board cannot use");
  if (options.objectMode) throw wrongValue("options.objectMode", options.objectMode, "is not supported");
  if (options.readableObjectMode || options.writableObjectMode) {
    const name = options.readableObjectMode ? "readableObjectMode" : "writableObjectMode";
    throw wrongValue(`options.${name}`, true, "is not supported");
  }
  if (options.keepAliveInitialDelay !== undefined) checkNumber(options.keepAliveInitialDelay, "options.keepAliveInitialDelay");
  const { allowHalfOpen, signal: _, ...others } = options as DuplexOptions;
  return { ...others, allowHalfOpen: Boolean(allowHalfOpen), emitClose: false, autoDestroy: true, decodeStrings: false };
}

/** The memory an `onread` option reads into. */
export class UserBuffer {
  octets: Uint8Array | undefined;
  private constructor(private readonly onread: OnRead) {}

  static of(onread: OnRead | undefined | null): UserBuffer | undefined {
    if (typeof onread !== "object" || onread === null || typeof onread.callback !== "function") return undefined;
    const usable = onread.buffer instanceof Uint8Array || typeof onread.buffer === "function";
    return usable ? new UserBuffer(onread) : undefined;
  }

  /** The place for the next octets. */
  renew(): void {
    const { buffer } = this.onread;
    const next = typeof buffer === "function" ? buffer() : buffer;
    if (next instanceof Uint8Array) this.octets = next;
  }

  /** The first `count` octets are new. Are more wanted? */
  give(count: number): boolean {
    const more = this.onread.callback(count, this.octets ?? new Uint8Array(0)) !== false;
    if (typeof this.onread.buffer === "function") this.renew();
    return more;
  }
}
