import type * as dgram from "node:dgram";
import type { Board } from "../board";
import { Holds } from "../net/holds";
import type { MessageListener, SocketOptions, SocketType } from "./options";
import { Socket } from "./socket";

export type { Lookup, MessageListener, SocketOptions, SocketType } from "./options";

/** Sockets may be made with `new`, too. */
interface SocketClass {
  new (type: SocketType | SocketOptions, listener?: MessageListener): dgram.Socket;
}

/** What a program uses of node:dgram. */
export interface Dgram {
  /** A socket, not bound yet; `listener` hears 'message'. Throws ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE. */
  createSocket(type: SocketType | SocketOptions, listener?: MessageListener): dgram.Socket;
  /** The class of these sockets. */
  readonly Socket: SocketClass;
}

/**
 * node:dgram over the UDP of a board: programs written for Node's module run on it unchanged. Names are looked up with the machine's
 * resolver unless a `lookup` is given; "udp6" sockets can be made but not bound (EAFNOSUPPORT). As there, the process ends when no
 * socket is left to keep it; the board does not keep it any more (`board.unref()`).
 */
export function createDgram(board: Board): Dgram {
  board.unref();
  const holds = new Holds();
  class BoardSocket extends Socket {
    constructor(type: SocketType | SocketOptions, listener?: MessageListener) {
      super(board, holds, type, listener);
    }
  }
  Object.defineProperty(BoardSocket, "name", { value: "Socket" });
  return { createSocket: (type, listener) => new BoardSocket(type, listener), Socket: BoardSocket };
}
