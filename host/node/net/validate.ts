import { inspect } from "node:util";
import { nodeError } from "./errors";

/** "Received ...", as the messages of Node's own argument errors end. */
function received(value: unknown): string {
  if (value === undefined || value === null) return `Received ${String(value)}`;
  if (typeof value === "function") return `Received function ${value.name}`;
  if (typeof value !== "object") return `Received type ${typeof value} (${shortened(inspect(value, { colors: false }))})`;
  const { name } = (value as { constructor?: { name?: string } }).constructor ?? {};
  return name ? `Received an instance of ${name}` : `Received ${inspect(value, { depth: -1 })}`;
}

function shortened(text: string): string {
  return text.length > 28 ? `${text.slice(0, 25)}...` : text;
}

/** "options.port" is a property, "callback" an argument. */
function called(name: string): string {
  return `"${name}" ${name.includes(".") ? "property" : "argument"}`;
}

/** ERR_INVALID_ARG_TYPE. @param expected "of type number", "an instance of AbortSignal" */
export function wrongType(name: string, expected: string, value: unknown): Error {
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The ${called(name)} must be ${expected}. ${received(value)}`);
}

/** ERR_INVALID_ARG_VALUE. */
export function wrongValue(name: string, value: unknown, reason = "is invalid"): Error {
  const kind = name.includes(".") ? "property" : "argument";
  const text = inspect(value);
  const shown = text.length > 128 ? `${text.slice(0, 128)}...` : text;
  return nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${shown}`);
}

function outOfRange(name: string, range: string, value: unknown): Error {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(value)}`;
  return nodeError(RangeError, "ERR_OUT_OF_RANGE", message);
}

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== "number") throw wrongType(name, "of type number", value);
}

export function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") throw wrongType(name, "of type boolean", value);
}

export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw wrongType(name, "of type function", value);
}

export function checkSignal(value: unknown, name: string): void {
  const isSignal = typeof value === "object" && value !== null && "aborted" in value;
  if (!isSignal) throw wrongType(name, "an instance of AbortSignal", value);
}

/** A 32-bit integer from `least` on. */
export function checkInt32(value: unknown, name: string, least: number): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < least || value > 0x7fffffff) throw outOfRange(name, `>= ${least} && <= 2147483647`, value);
}

/** 0..65535, as a number or in digits; 0 is one only if `allowZero` says so. */
export function checkPort(value: unknown, name = "Port", allowZero = true): number {
  const isText = typeof value === "string" && value.trim().length > 0;
  const port = typeof value === "number" || isText ? Number(value) : NaN;
  if (Number.isInteger(port) && port >= (allowZero ? 0 : 1) && port <= 65535) return port;
  const message = `${name} should be ${allowZero ? ">=" : ">"} 0 and < 65536. ${received(value)}.`;
  throw nodeError(RangeError, "ERR_SOCKET_BAD_PORT", message);
}

/** The longest time a timer of Node's can wait, ms. */
const LONGEST = 0x7fffffff;

/** Milliseconds of a timeout; longer than 24.8 days is cut short with a warning. */
export function checkDuration(value: unknown, name: string): number {
  checkNumber(value, name);
  if (value < 0 || !Number.isFinite(value)) throw outOfRange(name, "a non-negative finite number", value);
  if (value <= LONGEST) return value;
  process.emitWarning(
    `${value} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${LONGEST}.`,
    "TimeoutOverflowWarning",
  );
  return LONGEST;
}
