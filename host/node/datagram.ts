import { Errno, Family, Level, MessageFlag, Protocol, SocketOption, SocketType } from "./abi";
import { type Address, readAddress } from "./address";
import type { Board } from "./board";
import { Descriptor, PAYLOAD } from "./descriptor";
import { checked, systemError } from "./errors";
import { AGAIN, Waiters } from "./waiters";

/** How a UDP socket is opened. */
export interface UdpOptions {
  /** Local port; 0 or nothing takes a free one. */
  port?: number;
  /** Local address; any, when left out. */
  host?: string;
  /** Allow sending to broadcast addresses (SO_BROADCAST). */
  broadcast?: boolean;
}

/** A datagram and who sent it. */
export interface Datagram {
  /** Its octets. */
  data: Uint8Array;
  /** The sender. */
  from: Address;
}

/** A UDP socket: `for await (const { data, from } of socket)`. Whole datagrams in, whole datagrams out. */
export class UdpSocket implements AsyncIterable<Datagram> {
  private readonly descriptor: Descriptor;
  private readonly readers = new Waiters();
  private readonly writers = new Waiters();

  /** Open and bind; throws the SystemError of the call that fails. */
  constructor(
    /** The board whose socket it is. */
    readonly board: Board,
    options: UdpOptions = {},
  ) {
    const { exports } = board;
    const fd = checked("socket", exports.socket(Family.AF_INET, SocketType.SOCK_DGRAM, Protocol.IPPROTO_UDP));
    this.descriptor = new Descriptor(board, fd, () => this.look());
    try {
      if (options.broadcast) this.descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_BROADCAST, 1);
      this.descriptor.bind({ address: options.host ?? "0.0.0.0", port: options.port ?? 0 });
    } catch (error) {
      this.descriptor.close();
      throw error;
    }
  }

  /** Where it is bound. */
  get local(): Address {
    return this.descriptor.localAddress();
  }

  /** Resolves when the socket has been closed; never rejects. */
  get closed(): Promise<void> {
    return this.descriptor.closed;
  }

  /** Talk to one peer only: `send` without an address goes there, others are not heard, its ICMP errors become ours. */
  connect(peer: Address): void {
    checked("connect", this.descriptor.connect(peer), peer);
  }

  /** Send one datagram; waits for room in the transmit ring. Rejects with EMSGSIZE beyond what one datagram holds. */
  send(data: Uint8Array, to?: Address): Promise<void> {
    return this.writers.run(() => this.put(data, to));
  }

  /** The next datagram; waits for it. */
  receive(signal?: AbortSignal): Promise<Datagram> {
    return this.readers.run(() => this.take(), signal);
  }

  /** Receive until the socket is closed. Leaving the loop closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {
    try {
      yield* this.descriptor.until(() => this.receive());
    } finally {
      this.close();
    }
  }

  /** Give the descriptor back; whoever waits is rejected with ECONNABORTED. */
  close(): void {
    this.descriptor.close();
    this.readers.fail(systemError("recvfrom", -Errno.ECONNABORTED));
    this.writers.fail(systemError("sendto", -Errno.ECONNABORTED));
  }

  /** `using` closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  private look(): void {
    this.readers.retry();
    this.writers.retry();
  }

  private put(data: Uint8Array, to?: Address): void | typeof AGAIN {
    if (!this.descriptor.isOpen) throw systemError("sendto", -Errno.ECONNABORTED);
    const { exports, u8 } = this.board;
    if (data.length > this.room()) throw systemError("sendto", -Errno.EMSGSIZE, to);
    const at = exports.scratch() + PAYLOAD;
    u8.set(data, at);
    const sent = exports.sendto(this.descriptor.fd, at, data.length, 0, to ? this.descriptor.putAddress(to) : 0);
    if (sent === -Errno.EAGAIN) return AGAIN;
    this.board.wake();
    checked("sendto", sent, to);
  }

  private take(): Datagram | typeof AGAIN {
    if (!this.descriptor.isOpen) throw systemError("recvfrom", -Errno.ECONNABORTED);
    const { exports, u8, view } = this.board;
    const at = exports.scratch() + PAYLOAD;
    const sender = this.descriptor.addressRoom();
    const length = exports.recvfrom(this.descriptor.fd, at, this.room(), MessageFlag.MSG_TRUNC, sender);
    if (length === -Errno.EAGAIN) return AGAIN;
    checked("recvfrom", length);
    return { data: u8.slice(at, at + Math.min(length, this.room())), from: readAddress(view, sender) };
  }

  private room(): number {
    return this.board.exports.scratch_size() - PAYLOAD;
  }
}
