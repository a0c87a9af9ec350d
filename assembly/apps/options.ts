import { Errno, Level, SocketOption, TcpOption } from "../abi";
import { close, setsockopt } from "../socket/calls";

const value = memory.data(8, 4);

/** True for the answer "nothing now, an event will follow". */
// prettier-ignore
@inline export function isLater(result: i32): bool { return result == -Errno.EAGAIN; }

/** Have the stack find out within two minutes when the peer is gone without a word: it holds one of few connections. */
export function keepAlive(fd: i32): void {
  store<u32>(value, 1);
  setsockopt(fd, Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, value, 4);
  setTcp(fd, TcpOption.TCP_KEEPIDLE, 60);
  setTcp(fd, TcpOption.TCP_KEEPINTVL, 10);
  setTcp(fd, TcpOption.TCP_KEEPCNT, 4);
}

function setTcp(fd: i32, option: TcpOption, n: u32): void {
  store<u32>(value, n);
  setsockopt(fd, Level.IPPROTO_TCP, option, value, 4);
}

/** Close at once with a reset: whatever is still to be sent is thrown away. */
export function abortConnection(fd: i32): void {
  store<u32>(value, 1);
  store<u32>(value, 0, 4);
  setsockopt(fd, Level.SOL_SOCKET, SocketOption.SO_LINGER, value, 8);
  close(fd);
}
