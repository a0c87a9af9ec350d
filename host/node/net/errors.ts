import { getSystemErrorMap } from "node:util";
import { type SystemError, systemError } from "../errors";

/** An error of Node's own, known by its code: "ERR_SOCKET_CLOSED". */
export interface NodeError extends Error {
  code: string;
}

/** A local end in an error: that of a connection that did not come about. */
export interface Local {
  address: string | undefined;
  port: number | undefined;
}

type Kind = new (message?: string) => Error;

/** An error as Node makes them: name and message are the class's, the code stands in brackets where it is printed. */
export function nodeError(kind: Kind, code: string, message: string): NodeError {
  const error = new kind(message);
  const { name } = error;
  error.name = `${name} [${code}]`;
  // The stack is put together when it is first read: it keeps the name with the code, the error gets its own back.
  void error.stack;
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true, enumerable: false });
  return Object.assign(error, { code });
}

/** "read ECONNRESET". @param errno negative, as the module has it */
export function callError(errno: number, syscall: string): SystemError {
  return systemError(syscall, errno);
}

/** "connect ECONNREFUSED 10.0.0.2:80 - Local (10.0.0.1:4000)": a call between two ends. Port 0 goes unsaid. */
export function endpointError(errno: number, syscall: string, address: string, port: number, local?: Local): SystemError {
  const error = systemError(syscall, errno);
  const where = port > 0 ? ` ${address}:${port}` : ` ${address}`;
  const from = local ? ` - Local (${local.address}:${local.port})` : "";
  error.message = `${syscall} ${error.code}${where}${from}`;
  return Object.assign(error, { address, ...(port ? { port } : {}) });
}

/** "listen EADDRINUSE: address already in use 0.0.0.0:80": with the words of libuv. */
export function explainedError(errno: number, syscall: string, address: string, port: number): SystemError {
  const error = endpointError(errno, syscall, address, port);
  error.message = error.message.replace(error.code, `${error.code}: ${wordsFor(error.code)}`);
  return error;
}

/** What libuv says to a code. Its numbers differ between systems, the names do not. */
function wordsFor(code: string): string {
  for (const [name, words] of getSystemErrorMap().values()) if (name === code) return words;
  return "unknown error";
}

/** All attempts to connect have failed; the code is that of the first. */
export function allFailed(errors: SystemError[]): Error {
  return Object.assign(new AggregateError(errors), { code: errors[0]?.code });
}
