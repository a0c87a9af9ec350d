import { Family, Protocol, SocketType } from "./abi";
import type { Board } from "./board";
import { type Datagram, UdpSocket, type UdpOptions } from "./datagram";
import { checked } from "./errors";
import type { TcpOptions } from "./options";
import { type ListenOptions, TcpServer } from "./server";
import { TcpSocket } from "./stream";

export { type Datagram, type ListenOptions, type TcpOptions, TcpServer, TcpSocket, type UdpOptions, UdpSocket };

/** Whom to connect to, and how. */
export interface ConnectOptions extends TcpOptions {
  /** The peer's address, dotted decimal. */
  host: string;
  /** The peer's port. */
  port: number;
  /** Gives up: the socket is destroyed and connect rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Connect to a TCP port, over the links the board is attached to. Rejects with ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH and their
 * like; no descriptor is left behind then.
 */
export async function connect(board: Board, options: ConnectOptions): Promise<TcpSocket> {
  const fd = board.exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, Protocol.IPPROTO_TCP);
  const socket = new TcpSocket(board, checked("socket", fd));
  try {
    socket.setOptions(options);
    await socket.dial({ address: options.host, port: options.port }, options.signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Listen on a TCP port of the board. Throws EADDRINUSE and its like. */
export function listen(board: Board, options: ListenOptions): TcpServer {
  return new TcpServer(board, options);
}

/** Open a UDP socket of the board. Throws EADDRINUSE and its like. */
export function bind(board: Board, options: UdpOptions = {}): UdpSocket {
  return new UdpSocket(board, options);
}
