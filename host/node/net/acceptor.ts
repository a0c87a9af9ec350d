import { Errno, Family, Level, Protocol, SocketOption, SocketType } from "../abi";
import { type Address, readAddress } from "../address";
import { Descriptor } from "../descriptor";
import { Channel } from "./channel";
import type { Context } from "./context";
import { Hold } from "./holds";

/** Connections a listener takes before it lets others wait, unless told otherwise; the module's profile bounds it. */
const BACKLOG = 511;

/** Where to listen, and how. */
export interface Listening {
  address: string;
  /** 4 or 6; a board has only the first. */
  family: number;
  port: number;
  backlog: number | undefined;
  /** Share the port with others that do the same (SO_REUSEPORT). */
  reusePort: boolean;
}

/** Whoever listens. */
export interface Hearer {
  /** Somebody has connected. */
  connection(channel: Channel): void;
  /** accept(2) has failed. @param errno negative */
  fault(errno: number): void;
}

/** A listening socket of a board with callbacks: each connection is told of in a turn of the event loop of its own. */
export class Acceptor {
  private readonly hold: Hold;
  private kicked = false;

  private constructor(
    private readonly context: Context,
    private readonly descriptor: Descriptor,
    private readonly hearer: Hearer,
  ) {
    this.hold = new Hold(context.holds);
    this.hold.set(true);
  }

  /** Open, bind and listen; a negative errno when one of them fails. */
  static open(context: Context, { address, family, port, backlog, reusePort }: Listening, hearer: Hearer): Acceptor | number {
    if (family !== 4) return -Errno.EAFNOSUPPORT;
    const { exports } = context.board;
    const fd = exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, Protocol.IPPROTO_TCP);
    if (fd < 0) return fd;
    const descriptor = new Descriptor(context.board, fd, () => acceptor.kick());
    const acceptor = new Acceptor(context, descriptor, hearer);
    descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    if (reusePort) descriptor.setOption(Level.SOL_SOCKET, SocketOption.SO_REUSEPORT, 1);
    const bound = exports.bind(fd, descriptor.putAddress({ address, port }));
    const result = bound < 0 ? bound : exports.listen(fd, backlog || BACKLOG);
    if (result >= 0) return acceptor;
    acceptor.close();
    return result;
  }

  localAddress(): Address {
    return this.descriptor.localAddress();
  }

  /** Listen no more. */
  close(): void {
    this.hold.set(false);
    this.descriptor.close();
  }

  ref(): void {
    this.hold.set(true);
  }

  unref(): void {
    this.hold.set(false);
  }

  private kick(): void {
    if (this.kicked) return;
    this.kicked = true;
    this.context.turns.tell(this.look);
  }

  private readonly look = (): void => {
    this.kicked = false;
    if (!this.descriptor.isOpen) return;
    const { exports, view } = this.context.board;
    const at = this.descriptor.addressRoom();
    const fd = exports.accept(this.descriptor.fd, at);
    if (fd === -Errno.EAGAIN) return;
    this.kick();
    if (fd >= 0) this.hearer.connection(new Channel(this.context, fd, readAddress(view, at)));
    else if (fd !== -Errno.ECONNABORTED) this.hearer.fault(fd);
  };
}
