import { AddressRecord, type Ioctl } from "./abi";
import { type Address, readAddress, writeAddress } from "./address";
import type { Board } from "./board";
import { checked } from "./errors";

/** Where in the scratch region the arguments of a call lie. */
const ADDRESS = 0;
const VALUES = 32;
/** Datagrams start here; a full one of 1472 octets still fits the default scratch region. */
export const PAYLOAD = 64;

/** Who is told about the events of which descriptor. */
const tables = new WeakMap<Board, Map<number, () => void>>();

function listenersOf(board: Board): Map<number, () => void> {
  const known = tables.get(board);
  if (known) return known;
  const listeners = new Map<number, () => void>();
  const before = board.onEvent;
  board.onEvent = (fd) => (listeners.get(fd) ?? (() => before(fd)))();
  tables.set(board, listeners);
  return listeners;
}

/** How many descriptors of a board are open on this side of the border: what is left of sockets nobody closed. */
export function openDescriptors(board: Board): number {
  return tables.get(board)?.size ?? 0;
}

/** A descriptor of a board's module that is closed exactly once, and the calls with records among their arguments. */
export class Descriptor {
  /** Resolves when the descriptor has been given back; never rejects. */
  readonly closed: Promise<void>;
  private resolveClosed: () => void = () => {};
  private open = true;

  /** @param onEvent called after a poll in which the readiness of the descriptor changed */
  constructor(
    readonly board: Board,
    readonly fd: number,
    onEvent: () => void,
  ) {
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    listenersOf(board).set(fd, onEvent);
  }

  /** What `take` gives, one after the other, until the descriptor is closed; then it ends. Whoever leaves early has to close. */
  async *until<T>(take: () => Promise<T>): AsyncGenerator<T, void, void> {
    try {
      while (this.isOpen) yield await take();
    } catch (error) {
      if (this.isOpen) throw error;
    }
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Give the descriptor back. What is in the send buffer still goes out, unless linger is set to zero. */
  close(): void {
    if (!this.open) return;
    this.board.exports.close(this.fd);
    this.board.wake();
    this.detach();
  }

  /**
   * Leave the descriptor to somebody else: it stays open in the module, but is closed for us. `onEvent` goes on being called where
   * `listening`, until somebody else listens.
   */
  detach(listening = false): void {
    if (!this.open) return;
    this.open = false;
    if (!listening) listenersOf(this.board).delete(this.fd);
    this.resolveClosed();
  }

  /** Bind to a local address; "0.0.0.0" stands for any, port 0 for a free one. */
  bind(local: Address): void {
    checked("bind", this.board.exports.bind(this.fd, this.putAddress(local)), local);
  }

  /** The negated errno connect() answers: -EINPROGRESS for a stream that is on its way. */
  connect(peer: Address): number {
    return this.board.exports.connect(this.fd, this.putAddress(peer));
  }

  localAddress(): Address {
    const at = this.board.exports.scratch() + ADDRESS;
    checked("getsockname", this.board.exports.getsockname(this.fd, at));
    return readAddress(this.board.view, at);
  }

  remoteAddress(): Address {
    const at = this.board.exports.scratch() + ADDRESS;
    checked("getpeername", this.board.exports.getpeername(this.fd, at));
    return readAddress(this.board.view, at);
  }

  option(level: number, name: number): number {
    const at = this.board.exports.scratch() + VALUES;
    checked("getsockopt", this.board.exports.getsockopt(this.fd, level, name, at, 4));
    return this.board.view.getInt32(at, true);
  }

  /** The octets of an option that is no number, `size` at most; they lie in the scratch region until the next call. */
  record(level: number, name: number, size: number): Uint8Array {
    const at = this.board.exports.scratch() + PAYLOAD;
    const length = checked("getsockopt", this.board.exports.getsockopt(this.fd, level, name, at, size));
    return this.board.u8.subarray(at, at + length);
  }

  setRecord(level: number, name: number, value: Uint8Array): void {
    const at = this.board.exports.scratch() + PAYLOAD;
    this.board.u8.set(value, at);
    checked("setsockopt", this.board.exports.setsockopt(this.fd, level, name, at, value.length));
    this.board.wake();
  }

  /** ioctl(2): the answer to a question. */
  ask(question: Ioctl): number {
    return checked("ioctl", this.board.exports.ioctl(this.fd, question));
  }

  setOption(level: number, name: number, ...words: number[]): void {
    const at = this.board.exports.scratch() + VALUES;
    words.forEach((word, index) => this.board.view.setInt32(at + 4 * index, word, true));
    checked("setsockopt", this.board.exports.setsockopt(this.fd, level, name, at, 4 * words.length));
    this.board.wake();
  }

  /** Write an address to the scratch region; where it lies. */
  putAddress(address: Address): number {
    const at = this.board.exports.scratch() + ADDRESS;
    writeAddress(this.board.view, at, address);
    return at;
  }

  /** The address of an AddressRecord in the scratch region that a call may fill in. */
  addressRoom(): number {
    const at = this.board.exports.scratch() + ADDRESS;
    this.board.view.setUint16(at + AddressRecord.family, 0, true);
    return at;
  }
}
