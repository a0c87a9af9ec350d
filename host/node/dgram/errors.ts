import { inspect } from "node:util";
import { Errno, errnoMessage } from "../abi";
import { type SystemError, systemError } from "../errors";

/** Errors as Node's own modules throw them, for what has the shape of one of those modules. */
export interface NodeError extends Error {
  /** "ERR_INVALID_ARG_TYPE" and its like, see Node's list of errors. */
  code: string;
}

/** An error with a code, of the class Node has for that code. */
export function nodeError(Kind: new (message: string) => Error, code: string, message: string): NodeError {
  return Object.assign(new Kind(message), { code });
}

/** How Node's messages name a value that was not expected: "type number (5)", "an instance of Array". */
function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object") return `type ${typeof value} (${short(inspect(value, { colors: false }))})`;
  const { name } = (value as { constructor?: { name?: string } }).constructor ?? {};
  return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
}

function short(text: string): string {
  return text.length > 28 ? `${text.slice(0, 25)}...` : text;
}

/**
 * ERR_INVALID_ARG_TYPE.
 * @param name the argument's; with a dot it is a property
 * @param expected "of type string", "an instance of AbortSignal"
 */
export function invalidArgType(name: string, expected: string, value: unknown): NodeError {
  const kind = name.includes(".") ? "property" : "argument";
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" ${kind} must be ${expected}. Received ${received(value)}`);
}

/** A port, a number or the text of one, as a number. Throws ERR_SOCKET_BAD_PORT; 0 is a port only if `allowZero` says so. */
export function validPort(port: unknown, name = "Port", allowZero = true): number {
  const isNumeric = typeof port === "number" || (typeof port === "string" && port.trim() !== "");
  if (isNumeric && Number(port) === Number(port) >>> 0 && Number(port) <= 65535 && (allowZero || port !== 0)) return Number(port);
  const least = allowZero ? ">=" : ">";
  const message = `${name} should be ${least} 0 and < 65536. Received ${received(port)}.`;
  throw nodeError(RangeError, "ERR_SOCKET_BAD_PORT", message);
}

/**
 * The error of a call that has to do with an address: "bind EADDRINUSE 10.0.0.2:53".
 * @param errno as the module returns it: negative
 * @param port left out of message and error when it is 0
 */
export function endpointError(syscall: string, errno: number, address?: string, port?: number): SystemError {
  const error = systemError(syscall, errno);
  if (address === undefined) return error;
  error.message += port ? ` ${address}:${port}` : ` ${address}`;
  return Object.assign(error, port ? { address, port } : { address });
}

/** ERR_SOCKET_BUFFER_SIZE: reading or setting the size of a buffer has failed. */
export function bufferSizeError(syscall: string, errno: number): NodeError {
  const code = Errno[-errno] ?? `E${-errno}`;
  const message = errnoMessage[-errno] ?? "unknown error";
  const text = `Could not get or set buffer size: ${syscall} returned ${code} (${message})`;
  const info = { errno, code, message, syscall };
  return Object.assign(nodeError(Error, "ERR_SOCKET_BUFFER_SIZE", text), { name: "SystemError", info, errno, syscall });
}
