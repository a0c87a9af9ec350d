import { Family, Level, SocketOption, SocketType } from "../abi";
import type { Address } from "../address";
import type { Board } from "../board";
import { checked } from "../errors";
import { Socket } from "./socket";

/** How `createConnection` connects. */
export interface ConnectionOptions {
  /** The timeout of the socket in ms, for connecting, too; null waits as long as the module does. */
  timeout?: number | null;
  /** Our end; otherwise the module chooses. */
  source?: Address;
  /** Gives up: the socket is closed, and the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** How `createServer` listens. */
export interface ServerOptions {
  /** Connections that may wait for `accept`; as many as the profile allows, when left out. */
  backlog?: number;
  /** SO_REUSEADDR: listen though old connections of the port are in TIME-WAIT (default true). */
  reuseAddress?: boolean;
}

/** As Python's create_connection: a connected TCP socket. When that fails, nothing is left behind. */
export async function createConnection(board: Board, to: Address, options: ConnectionOptions = {}): Promise<Socket> {
  const socket = new Socket(board, Family.AF_INET, SocketType.SOCK_STREAM);
  try {
    socket.setTimeout(options.timeout ?? null);
    if (options.source) socket.bind(options.source);
    await socket.connect(to, options.signal);
    return socket;
  } catch (error) {
    await socket.close();
    throw error;
  }
}

/** As Python's create_server: a TCP socket that listens at `local`. Throws EADDRINUSE and its like; then nothing is left behind. */
export function createServer(board: Board, local: Address, { backlog, reuseAddress = true }: ServerOptions = {}): Socket {
  const socket = new Socket(board, Family.AF_INET, SocketType.SOCK_STREAM);
  try {
    if (reuseAddress) socket.setSockOpt(Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    socket.bind(local);
    socket.listen(backlog);
    return socket;
  } catch (error) {
    void socket.close();
    throw error;
  }
}

/** socketpair(2): two connected sockets for talk inside the board: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET of AF_UNIX. */
export function socketPair(
  board: Board,
  type: number = SocketType.SOCK_STREAM,
  family: number = Family.AF_UNIX,
): [Socket, Socket] {
  const at = board.exports.scratch();
  checked("socketpair", board.exports.socketpair(family, type, 0, at));
  const [one, other] = [board.view.getUint32(at, true), board.view.getUint32(at + 4, true)];
  return [new Socket(board, family, type, 0, one), new Socket(board, family, type, 0, other)];
}
