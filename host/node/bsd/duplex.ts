import { Duplex } from "node:stream";
import { Shutdown } from "../abi";
import { isSystemError } from "../errors";

/** What `makeStream` takes, as node:stream does. */
export interface StreamOptions {
  /** Let the sending half live on when the peer has ended (default true). */
  allowHalfOpen?: boolean;
  /** Octets to hold on each side before the other end has to wait. */
  highWaterMark?: number;
}

/** The calls a stream needs. */
interface Connection {
  recv(max: number): Promise<Uint8Array>;
  sendAll(data: Uint8Array): Promise<void>;
  shutdown(how: Shutdown): void;
  close(): Promise<void>;
}

export function duplexOf(socket: Connection, options: StreamOptions = {}): Duplex {
  const settle = (done: Promise<unknown>, callback: (error?: Error | null) => void): void => {
    done.then(
      () => callback(),
      (error: Error) => callback(error),
    );
  };
  const stream: Duplex = new Duplex({
    ...options,
    read: (size) =>
      void socket.recv(size).then(
        ({ buffer, byteOffset, length }) => stream.push(length > 0 ? Buffer.from(buffer, byteOffset, length) : null),
        (error: Error) => stream.destroy(error),
      ),
    write: (chunk: Buffer, _, callback) => settle(socket.sendAll(chunk), callback),
    final: (callback) => settle(finish(socket), callback),
    destroy: (error, callback) => settle(socket.close(), (failure) => callback(error ?? failure ?? null)),
  });
  return stream;
}

/** What was reset meanwhile needs no end (node:net). */
async function finish(socket: Connection): Promise<void> {
  try {
    socket.shutdown(Shutdown.SHUT_WR);
  } catch (error) {
    if (!isSystemError(error, "ENOTCONN")) throw error;
  }
}
