import { Errno, Family, IpOption, Level, MessageFlag, Protocol, SocketOption, SocketType } from "../abi";
import { type Address, parseIPv4, readAddress } from "../address";
import type { Board } from "../board";
import { Descriptor, PAYLOAD } from "../descriptor";
import { checked, isSystemError } from "../errors";

/** Datagrams received in a row before everything else gets its turn. */
const BATCH = 32;

/** What a handle reports to; each is called from the event loop, never from within a call. */
export interface HandleUser {
  message(data: Buffer, from: Address): void;
  /** Receiving has failed. */
  error(errno: number): void;
}

/** Told how a datagram that had to wait fared: octets sent, or a negative errno. */
export type Sent = (result: number) => void;

interface Outgoing {
  data: Uint8Array;
  to: Address | undefined;
  sent: Sent | undefined;
}

/** 0, or the negative errno of the first call that fails. */
function errnoOf(run: () => void): number {
  try {
    run();
    return 0;
  } catch (error) {
    if (isSystemError(error)) return error.errno;
    if (error instanceof RangeError) return -Errno.EINVAL; // what should be an address is none
    throw error;
  }
}

/** Addresses one behind the other, as options take them: in network order. */
function record(...addresses: string[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * addresses.length));
  addresses.forEach((address, i) => view.setUint32(4 * i, parseIPv4(address), false));
  return new Uint8Array(view.buffer);
}

/**
 * What lies under a socket of this shape: a descriptor of the board, which there is from `bind` on, and the datagrams that wait for
 * room in the transmit ring. Calls answer 0 or more, or a negative errno, as those of libuv's `uv_udp_t` do.
 */
export class Handle {
  private descriptor: Descriptor | undefined;
  private readonly waiting: Outgoing[] = [];
  private waitingOctets = 0;
  private receiving = false;
  private scheduled = false;
  private connected = false;

  constructor(
    private readonly board: Board,
    private readonly family: Family,
    private readonly user: HandleUser,
  ) {}

  bind(local: Address, reuseAddress: boolean): number {
    if (this.family !== Family.AF_INET) return -Errno.EAFNOSUPPORT;
    return errnoOf(() => {
      const descriptor = this.open();
      if (reuseAddress) descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
      descriptor.bind(local);
    });
  }

  /** From now on tell of what arrives. */
  start(): void {
    this.receiving = true;
    this.schedule();
  }

  connect(peer: Address): number {
    const result = this.use((descriptor) => descriptor.connect(peer));
    this.connected ||= result === 0;
    return result;
  }

  disconnect(): number {
    this.connected = false;
    return this.use((descriptor) => {
      const at = descriptor.addressRoom(); // of AF_UNSPEC
      return this.board.exports.connect(descriptor.fd, at);
    });
  }

  /**
   * Send a datagram. Answers how many octets went, a negative errno, or undefined when it has to wait: `sent` hears of it then.
   * @param to the peer of the connection, when left out
   */
  send(data: Uint8Array, to?: Address, sent?: Sent): number | undefined {
    const result = this.waiting.length ? -Errno.EAGAIN : this.put(data, to);
    if (result !== -Errno.EAGAIN) return result;
    this.waiting.push({ data, to, sent });
    this.waitingOctets += data.length;
    return undefined;
  }

  /** Datagrams and octets that wait for room. */
  get queueCount(): number {
    return this.waiting.length;
  }
  get queueSize(): number {
    return this.waitingOctets;
  }

  /** Where it is bound, or a negative errno. */
  local(): Address | number {
    return this.ask((descriptor) => descriptor.localAddress());
  }

  remote(): Address | number {
    return this.ask((descriptor) => descriptor.remoteAddress());
  }

  option(level: Level, name: number): number {
    return this.ask((descriptor) => descriptor.option(level, name));
  }

  setOption(level: Level, name: number, value: number): number {
    return this.use((descriptor) => descriptor.setOption(level, name, value));
  }

  /** Send to groups through the interface that has this address; 0.0.0.0: through that of the route. */
  setMulticastInterface(address: string): number {
    return this.use((descriptor) => descriptor.setRecord(Level.IPPROTO_IP, IpOption.IP_MULTICAST_IF, record(address)));
  }

  /**
   * Join or leave a group at the interface with an address; at that of the route, when it is left out. What is not bound yet then is.
   * @param option IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP
   */
  setMembership(option: IpOption, ...addresses: string[]): number {
    if (!this.descriptor) {
      const failed = this.bind({ address: "0.0.0.0", port: 0 }, true);
      if (failed) return failed;
    }
    return this.use((descriptor) => descriptor.setRecord(Level.IPPROTO_IP, option, record(...addresses)));
  }

  /** Give the descriptor back. Datagrams that still wait are not sent; who waits for them hears ECANCELED. */
  close(): void {
    this.receiving = false;
    this.descriptor?.close();
    this.descriptor = undefined;
    this.waitingOctets = 0;
    for (const { sent } of this.waiting.splice(0)) setImmediate(() => sent?.(-Errno.ECANCELED));
  }

  private open(): Descriptor {
    if (this.descriptor) return this.descriptor;
    const fd = this.board.exports.socket(Family.AF_INET, SocketType.SOCK_DGRAM, Protocol.IPPROTO_UDP);
    return (this.descriptor = new Descriptor(this.board, checked("socket", fd), () => this.schedule()));
  }

  /** Look at the socket after whatever runs now: nobody is told of anything from within a call. */
  private schedule(): void {
    if (this.scheduled || !this.receiving) return;
    this.scheduled = true;
    if (this.board.clock.epoch === 0) this.board.clock.soon(this.look);
    else setImmediate(this.look);
  }

  private readonly look = (): void => {
    this.scheduled = false;
    if (!this.receiving) return;
    try {
      this.flush();
      for (let i = 0; i < BATCH && this.receiving; i++) if (!this.receive()) return;
    } catch (error) {
      this.schedule(); // a listener threw; the others still hear the rest
      throw error;
    }
    this.schedule();
  };

  /** Send what waits, as far as there is room. */
  private flush(): void {
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const result = this.put(first.data, first.to);
      if (result === -Errno.EAGAIN) return;
      this.waiting.shift();
      this.waitingOctets -= first.data.length;
      first.sent?.(result);
    }
  }

  private put(data: Uint8Array, to: Address | undefined): number {
    const { exports, u8 } = this.board;
    return this.use((descriptor) => {
      if (data.length > exports.scratch_size() - PAYLOAD) return -Errno.EMSGSIZE;
      const at = exports.scratch() + PAYLOAD;
      u8.set(data, at);
      const sent = exports.sendto(descriptor.fd, at, data.length, 0, to ? descriptor.putAddress(to) : 0);
      this.board.wake();
      return sent;
    });
  }

  /**
   * Tell of the next datagram or error; false when there is none. What the network says of a datagram is an error of sockets that are
   * connected only, as on Linux: a server does not stumble over a client that has gone.
   */
  private receive(): boolean {
    const { descriptor } = this;
    if (!descriptor) return false;
    const { exports, u8, view } = this.board;
    const at = exports.scratch() + PAYLOAD;
    const room = exports.scratch_size() - PAYLOAD;
    const sender = descriptor.addressRoom();
    const length = exports.recvfrom(descriptor.fd, at, room, MessageFlag.MSG_TRUNC, sender);
    if (length === -Errno.EAGAIN) return false;
    if (length >= 0) this.user.message(Buffer.from(u8.subarray(at, at + Math.min(length, room))), readAddress(view, sender));
    else if (this.connected) this.user.error(length);
    return true;
  }

  private use(run: (descriptor: Descriptor) => number | void): number {
    const { descriptor } = this;
    if (!descriptor) return -Errno.EBADF;
    let result = 0;
    const failed = errnoOf(() => (result = run(descriptor) ?? 0));
    return failed || result;
  }

  private ask<T>(run: (descriptor: Descriptor) => T): T | number {
    const { descriptor } = this;
    if (!descriptor) return -Errno.EBADF;
    let answer: T | number = 0;
    const failed = errnoOf(() => (answer = run(descriptor)));
    return failed || answer;
  }
}
