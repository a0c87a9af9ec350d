import { Errno } from "./abi";

/** What went wrong in a call, in the words and fields of Node's own system errors. */
export interface SystemError extends Error {
  /** The name of the errno: "ECONNREFUSED". */
  code: string;
  /** The negated errno with Linux's number, as the module answers and as Node has it: -111. */
  errno: number;
  /** The call that failed: "connect". */
  syscall: string;
  /** The peer's or the local address, where the call has one. */
  address?: string;
  /** The port that goes with it. */
  port?: number;
}

const names = new Map<number, string>(
  Object.entries(Errno).flatMap(([name, value]) => (typeof value === "number" ? [[value, name] as const] : [])),
);

/**
 * The error for a negative result of a call, "connect ECONNREFUSED 10.0.0.2:80" when it is known with whom.
 * @param errno as the module returns it: negative
 */
export function systemError(syscall: string, errno: number, peer?: { address: string; port: number }): SystemError {
  const code = names.get(-errno) ?? `E${-errno}`;
  const where = peer ? ` ${peer.address}:${peer.port}` : "";
  return Object.assign(new Error(`${syscall} ${code}${where}`), { code, errno, syscall, ...peer });
}

/** Whether `error` is a system error of this kind: `isSystemError(error, "ECONNRESET")`; any kind without a code. */
export function isSystemError(error: unknown, code?: string): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error && (code === undefined || error.code === code);
}

/** Pass a result on, or throw what it means when it is a negated errno. */
export function checked(syscall: string, result: number, peer?: { address: string; port: number }): number {
  if (result < 0) throw systemError(syscall, result, peer);
  return result;
}
