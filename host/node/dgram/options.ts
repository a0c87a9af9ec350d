import type * as dgram from "node:dgram";
import { nodeError } from "../net/errors";
import { checkFunction, checkNumber, wrongType } from "../net/validate";

/** Which kind of address a socket has. */
export type SocketType = "udp4" | "udp6";

/** Hears 'message'. */
export type MessageListener = (message: Buffer, from: dgram.RemoteInfo) => void;

/** Finds the address of a name, as `dns.lookup` does. */
export type Lookup = (
  name: string,
  family: number,
  callback: (error: NodeJS.ErrnoException | null, address: string) => void,
) => void;

/** What `createSocket` takes; as in node:dgram. `ipv6Only` has no effect. */
export interface SocketOptions extends Omit<dgram.SocketOptions, "type" | "lookup"> {
  /** Which kind of address it has. */
  type: SocketType;
  /** Names of hosts are looked up with it; unless given, with the machine's `dns.lookup`. */
  lookup?: Lookup | dgram.SocketOptions["lookup"];
}

/** Where to bind to. */
export interface BindOptions {
  address: string;
  port: number;
  callback: (() => void) | undefined;
}

/** The options of a new socket, checked: ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE. */
export function readOptions(given: SocketType | SocketOptions): SocketOptions {
  const options = typeof given === "object" && given !== null ? given : { type: given };
  const { type, lookup, recvBufferSize, sendBufferSize, signal } = options;
  if (recvBufferSize) checkNumber(recvBufferSize, "options.recvBufferSize");
  if (sendBufferSize) checkNumber(sendBufferSize, "options.sendBufferSize");
  if (type !== "udp4" && type !== "udp6")
    throw nodeError(TypeError, "ERR_SOCKET_BAD_TYPE", "Bad socket type specified. Valid types are: udp4, udp6");
  if (lookup !== undefined) checkFunction(lookup, "lookup");
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw wrongType("options.signal", "an instance of AbortSignal", signal);
  return options;
}

/** Throws ERR_INVALID_ARG_TYPE. */
export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw wrongType(name, "of type string", value);
}

/**
 * `bind([port][, address][, callback])`, `bind(options[, callback])`. A port keeps its lower 16 bits, as in Node. Throws
 * ERR_INVALID_FD_TYPE when it is told to take over a descriptor of the machine.
 */
export function readBind(args: unknown[], type: SocketType): BindOptions {
  const [first, second] = args;
  const callback = args.findLast((arg): arg is () => void => typeof arg === "function");
  const isObject = typeof first === "object" && first !== null;
  const { fd, port, address } = isObject ? (first as { fd?: unknown; port?: unknown; address?: unknown }) : {};
  if (Number.isInteger(fd) && Number(fd) > 0) throw nodeError(TypeError, "ERR_INVALID_FD_TYPE", "Unsupported fd type: UNKNOWN");
  const where = isObject ? address : second;
  return {
    address: typeof where === "string" && where !== "" ? where : type === "udp4" ? "0.0.0.0" : "::",
    port: (Number(isObject ? port : first) >>> 0) & 0xffff,
    callback: callback,
  };
}
