import { nodeError } from "../net/errors";
import { checkPort, wrongType } from "../net/validate";
import { alreadyConnected } from "./errors";

/** Called when a datagram has been handed to the board, or could not be. */
export type SendCallback = (error: Error | null, bytes: number) => void;

/** What a call of `send` asks for. */
export interface Sending {
  /** One datagram, in pieces. */
  pieces: Uint8Array[];
  /** Neither of a connected socket. */
  port: number | undefined;
  address: string | undefined;
  callback: SendCallback | undefined;
}

const TEXT_OR_VIEW = "of type string or an instance of Buffer, TypedArray, or DataView";

function asCallback(value: unknown): SendCallback | undefined {
  return typeof value === "function" ? (value as SendCallback) : undefined;
}

function asBytes(piece: unknown): Uint8Array | undefined {
  if (typeof piece === "string") return Buffer.from(piece);
  return ArrayBuffer.isView(piece) ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : undefined;
}

function part(message: unknown, offset: unknown, length: unknown): Uint8Array {
  const bytes = asBytes(message);
  if (!bytes) throw wrongType("buffer", TEXT_OR_VIEW, message);
  const from = Number(offset) >>> 0;
  const count = Number(length) >>> 0;
  if (from > bytes.length) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  if (from + count > bytes.length)
    throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  return bytes.subarray(from, from + count);
}

function piecesOf(message: unknown): Uint8Array[] {
  if (!Array.isArray(message)) {
    const bytes = asBytes(message);
    if (!bytes) throw wrongType("buffer", TEXT_OR_VIEW, message);
    return [bytes];
  }
  const pieces = message.map(asBytes);
  if (pieces.includes(undefined)) throw wrongType("buffer list arguments", TEXT_OR_VIEW, message);
  return pieces as Uint8Array[];
}

/** `send(msg[, offset, length], port[, address][, callback])`. Throws as Node does. */
export function readSend([message, a, b, c, d, e]: unknown[]): Sending {
  const isPart = Boolean(d) || (Boolean(c) && typeof c !== "function");
  const [port, address, last] = isPart ? [c, d, e] : [a, b, c];
  const pieces = piecesOf(isPart ? part(message, a, b) : message);
  const where = checkPort(port, "Port", false);
  if (typeof address === "function") return { pieces, port: where, address: undefined, callback: asCallback(address) };
  if (address !== undefined && address !== null && typeof address !== "string")
    throw wrongType("address", "of type string", address);
  return { pieces, port: where, address: address ?? undefined, callback: asCallback(last) };
}

/** `send(msg[, offset, length][, callback])` of a connected socket. Throws as Node does, also when it is told where to send. */
export function readSendConnected([message, a, b, c, d, e]: unknown[]): Sending {
  const isPart = typeof b === "number";
  const bytes = isPart ? part(message, a, b) : message;
  const isLast = isPart && typeof c === "function";
  if ((c && !isLast) || d) throw alreadyConnected();
  return { pieces: piecesOf(bytes), port: undefined, address: undefined, callback: asCallback(isPart ? (isLast ? c : e) : a) };
}
