import { Errno, Ioctl, Level, Poll, Shutdown, SocketOption } from "../abi";
import { Descriptor } from "../descriptor";
import { AGAIN, Waiters } from "../waiters";
import { Waits } from "./waits";

/** Seconds that SO_LINGER makes a close wait; 0 where it does not: off, nothing to wait for, or unread octets, which mean RST. */
export function lingerOf({ board, fd }: Descriptor): number {
  const { exports, view } = board;
  const at = exports.scratch();
  if (exports.getsockopt(fd, Level.SOL_SOCKET, SocketOption.SO_LINGER, at, 8) !== 8 || view.getUint32(at, true) === 0) return 0;
  const seconds = view.getUint32(at + 4, true);
  return exports.ioctl(fd, Ioctl.FIONREAD) === 0 ? seconds : 0;
}

/**
 * close(2) with SO_LINGER: wait until the peer has acknowledged all that was sent, and the FIN. Rejects with EAGAIN (EWOULDBLOCK) after
 * so many seconds; what is left is then still sent. The descriptor is given back in any case.
 */
export async function closeSlowly({ board, fd }: Descriptor, seconds: number): Promise<void> {
  const { exports, clock } = board;
  const queue = new Waiters();
  const descriptor = new Descriptor(board, fd, () => queue.retry());
  const connected = exports.shutdown(fd, Shutdown.SHUT_RDWR) === 0;
  board.wake();
  const attempt = (): void | typeof AGAIN => {
    if (connected && exports.ioctl(fd, Ioctl.SIOCOUTQ) > 0 && !(exports.ready(fd) & Poll.POLLERR)) return AGAIN;
  };
  try {
    const patience = { ms: seconds * 1000, errno: Errno.EAGAIN };
    await new Waits(clock).run({ syscall: "close", queue, attempt, patience: () => patience });
  } finally {
    descriptor.close();
  }
}
