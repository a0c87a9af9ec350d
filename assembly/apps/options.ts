import { Errno, Level, SocketOption } from "../abi";
import { close, setsockopt } from "../socket/calls";

const value = memory.data(8, 4);

/** True for the answer "nothing now, an event will follow". */
// prettier-ignore
@inline export function isLater(result: i32): bool { return result == -Errno.EAGAIN; }

/** Have the stack find out when the peer is gone without a word. */
export function keepAlive(fd: i32): void {
  store<u32>(value, 1);
  setsockopt(fd, Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, value, 4);
}

/** Close at once with a reset: whatever is still to be sent is thrown away. */
export function abortConnection(fd: i32): void {
  store<u32>(value, 1);
  store<u32>(value, 0, 4);
  setsockopt(fd, Level.SOL_SOCKET, SocketOption.SO_LINGER, value, 8);
  close(fd);
}
