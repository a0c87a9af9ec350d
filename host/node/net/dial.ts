import { ADDRCONFIG, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import { Errno } from "../abi";
import type { Address } from "../address";
import type { Done } from "./channel";
import type { Context } from "./context";
import { endpointError, nodeError } from "./errors";
import { checkBoolean, checkFunction, checkInt32, checkNumber, checkPort, wrongType, wrongValue } from "./validate";

/** The end to connect from; what is undefined is chosen by the board. */
export interface Local {
  address: string | undefined;
  port: number | undefined;
}

/** The socket that connects. */
export interface Dialler {
  readonly connecting: boolean;
  readonly destroyed: boolean;
  emit(event: string, ...args: unknown[]): boolean;
  destroy(error: Error): unknown;
  address(): { address?: string; port?: number };
  _attempt(peer: Address, local: Local, done: Done): { status: number; syscall: string };
  _established(): void;
  _unrefTimer(): void;
}

export type DialOptions = Partial<TcpNetConnectOpts> & { path?: string | undefined };

/** What is left of the options when they have been found good. */
interface Call {
  host: string;
  port: number;
  local: Local;
}

/** Connect `socket` to where `options` say: check, look the name up, try. */
export function dial(socket: Dialler, context: Context, options: DialOptions): void {
  const call = checkedCall(options);
  const family = isIP(call.host);
  if (family) {
    process.nextTick(() => {
      if (socket.connecting) attempt(socket, { address: call.host, port: call.port }, family, call.local);
    });
    return;
  }
  if (options.lookup !== undefined && options.lookup !== null) checkFunction(options.lookup, "options.lookup");
  find(socket, call, options, options.lookup ?? context.lookup);
}

function checkedCall(options: DialOptions): Call {
  const { localAddress, localPort, port, host } = options;
  if (options.path) throw wrongValue("options.path", options.path, "names a local socket, which a board does not have");
  if (localAddress && !isIP(localAddress)) throw invalidAddress(localAddress);
  if (localPort) checkNumber(localPort, "options.localPort");
  if (typeof port !== "number" && typeof port !== "string") throw wrongType("options.port", "one of type number or string", port);
  if (options.autoSelectFamily !== undefined) checkBoolean(options.autoSelectFamily, "options.autoSelectFamily");
  const patience = options.autoSelectFamilyAttemptTimeout;
  if (patience !== undefined) checkInt32(patience, "options.autoSelectFamilyAttemptTimeout", 1);
  return { host: host || "localhost", port: checkPort(port), local: { address: localAddress, port: localPort || undefined } };
}

function invalidAddress(address: unknown): Error {
  return nodeError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${String(address)}`);
}

function find(socket: Dialler, call: Call, options: DialOptions, lookup: LookupFunction): void {
  const family = options.family === (6 as number) ? 6 : 4;
  const hints = options.hints || ADDRCONFIG;
  lookup(call.host, { family, hints }, (error, found, type) => {
    const [address, kind] = Array.isArray(found) ? firstOf(found) : [found, type];
    socket.emit("lookup", error, address, kind, call.host);
    if (!socket.connecting) return;
    const fault = error ?? faultOf(address, kind, options);
    if (fault) return process.nextTick(() => socket.destroy(fault));
    socket._unrefTimer();
    attempt(socket, { address, port: call.port }, kind ?? 4, call.local);
  });
}

function firstOf(found: LookupAddress[]): [string, number] {
  const { address, family } = found[0];
  return [address, family];
}

function faultOf(address: string, kind: number | undefined, options: DialOptions): Error | undefined {
  if (!isIP(address)) return invalidAddress(address);
  if (kind === 4 || kind === 6) return undefined;
  const message = `Invalid address family: ${kind} ${options.host}:${options.port}`;
  return Object.assign(nodeError(RangeError, "ERR_INVALID_ADDRESS_FAMILY", message), { host: options.host, port: options.port });
}

function attempt(socket: Dialler, peer: Address, family: number, local: Local): void {
  socket.emit("connectionAttempt", peer.address, peer.port, family);
  const done = (status: number): void => {
    if (socket.destroyed) return;
    if (status === 0) return socket._established();
    const error = endpointError(status, "connect", peer.address, peer.port, local.address && local.port ? local : undefined);
    if (local.address && local.port) Object.assign(error, { localAddress: local.address, localPort: local.port });
    socket.emit("connectionAttemptFailed", peer.address, peer.port, family, error);
    socket.destroy(error);
  };
  const { status, syscall } =
    family === 4 ? socket._attempt(peer, local, done) : { status: -Errno.EAFNOSUPPORT, syscall: "connect" };
  if (status >= 0) return;
  if (syscall === "bind") return void socket.destroy(endpointError(status, "bind", local.address ?? "0.0.0.0", local.port ?? 0));
  const { address, port } = socket.address();
  socket.destroy(endpointError(status, "connect", peer.address, peer.port, { address, port }));
}
