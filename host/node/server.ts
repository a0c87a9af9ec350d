import { Errno, Family, Level, Protocol, SocketOption, SocketType } from "./abi";
import { type Address, readAddress } from "./address";
import type { Board } from "./board";
import { Descriptor } from "./descriptor";
import { checked, systemError } from "./errors";
import type { TcpOptions } from "./options";
import { TcpSocket } from "./stream";
import { AGAIN, Waiters } from "./waiters";

const BACKLOG = 128;

export interface ListenOptions extends TcpOptions {
  /** 0..65535; 0 takes a free one, see `server.local`. */
  port: number;
  /** The local address to listen on; any, when left out. */
  host?: string;
  /** Connections that may wait to be accepted, 128 unless said; the module's profile bounds it. */
  backlog?: number;
  /** Listen even if old connections of the port are in TIME-WAIT (SO_REUSEADDR); true unless said. */
  reuseAddress?: boolean;
  /** Share the port with other servers of this board that say so, too: each gets connections by a hash (SO_REUSEPORT). */
  reusePort?: boolean;
}

/** A listening socket: `for await (const socket of server)`. Connections nobody takes wait in the backlog. */
export class TcpServer implements AsyncIterable<TcpSocket> {
  private readonly descriptor: Descriptor;
  private readonly takers = new Waiters();

  /** Open, bind and listen; throws the SystemError of the call that fails. */
  constructor(
    /** The board it listens on. */
    readonly board: Board,
    private readonly options: ListenOptions,
  ) {
    const { exports } = board;
    const fd = checked("socket", exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, Protocol.IPPROTO_TCP));
    this.descriptor = new Descriptor(board, fd, () => this.takers.retry());
    try {
      this.open();
    } catch (error) {
      this.descriptor.close();
      throw error;
    }
  }

  /** Where it listens; the port is the real one when 0 was asked for. */
  get local(): Address {
    return this.descriptor.localAddress();
  }

  /** Resolves when the server has been closed; never rejects. */
  get closed(): Promise<void> {
    return this.descriptor.closed;
  }

  /** The next connection. Rejects with ECONNABORTED when the server is closed. */
  accept(signal?: AbortSignal): Promise<TcpSocket> {
    return this.takers.run(() => this.take(), signal);
  }

  /** Take connections until the server is closed. Leaving the loop closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TcpSocket, void, void> {
    try {
      yield* this.descriptor.until(() => this.accept());
    } finally {
      this.close();
    }
  }

  /** Listen no more. Connections already taken live on; those in the backlog are reset. */
  close(): void {
    this.descriptor.close();
    this.takers.fail(systemError("accept", -Errno.ECONNABORTED));
  }

  /** `using` closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  private open(): void {
    const local = { address: this.options.host ?? "0.0.0.0", port: this.options.port };
    if (this.options.reuseAddress ?? true) this.descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    if (this.options.reusePort) this.descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEPORT, 1);
    this.descriptor.bind(local);
    checked("listen", this.board.exports.listen(this.descriptor.fd, this.options.backlog ?? BACKLOG), local);
  }

  private take(): TcpSocket | typeof AGAIN {
    if (!this.descriptor.isOpen) throw systemError("accept", -Errno.ECONNABORTED);
    const at = this.descriptor.addressRoom();
    let fd = this.board.exports.accept(this.descriptor.fd, at);
    while (fd === -Errno.ECONNABORTED) fd = this.board.exports.accept(this.descriptor.fd, at);
    if (fd === -Errno.EAGAIN) return AGAIN;
    const peer = readAddress(this.board.view, at);
    const socket = new TcpSocket(this.board, checked("accept", fd), peer);
    socket.setOptions(this.options);
    return socket;
  }
}
