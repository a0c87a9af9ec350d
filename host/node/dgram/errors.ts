import { Errno, errnoMessage } from "../abi";
import { type NodeError, nodeError } from "../net/errors";

/** ERR_SOCKET_BUFFER_SIZE: reading or setting the size of a buffer has failed. @param errno negative, as the module has it */
export function bufferSizeError(syscall: string, errno: number): NodeError {
  const code = Errno[-errno] ?? `E${-errno}`;
  const message = errnoMessage[-errno] ?? "unknown error";
  const text = `Could not get or set buffer size: ${syscall} returned ${code} (${message})`;
  const info = { errno, code, message, syscall };
  return Object.assign(nodeError(Error, "ERR_SOCKET_BUFFER_SIZE", text), { name: "SystemError", info, errno, syscall });
}

/** ERR_SOCKET_DGRAM_NOT_CONNECTED. */
export function notConnected(): NodeError {
  return nodeError(Error, "ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
}

/** ERR_SOCKET_DGRAM_IS_CONNECTED. */
export function alreadyConnected(): NodeError {
  return nodeError(Error, "ERR_SOCKET_DGRAM_IS_CONNECTED", "Already connected");
}
