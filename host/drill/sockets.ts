import { AddressRecord, Errno } from "../node/abi";
import { type Address, readAddress, writeAddress } from "../node/address";
import type { Board } from "../node/board";

const DATA = 64;

/** The socket calls of a board as they are: results are counts or negated errno, nothing blocks. */
export class Sockets {
  constructor(private readonly board: Board) {}

  private get calls(): Board["exports"] {
    return this.board.exports;
  }

  private get scratch(): number {
    return this.calls.scratch();
  }

  /** Octets that fit into one call. */
  get room(): number {
    return this.calls.scratch_size() - DATA;
  }

  /** What a call did may make the board want to act. */
  private marked(result: number): number {
    if (result >= 0 || result === -Errno.EINPROGRESS) this.board.wake();
    return result;
  }

  private put(address: Address, family?: number): number {
    writeAddress(this.board.view, this.scratch, address);
    if (family !== undefined) this.board.view.setUint16(this.scratch + AddressRecord.family, family, true);
    return this.scratch;
  }

  socket(family: number, type: number, protocol: number): number {
    return this.calls.socket(family, type, protocol);
  }

  bind(fd: number, address: Address): number {
    return this.marked(this.calls.bind(fd, this.put(address)));
  }

  listen(fd: number, backlog: number): number {
    return this.marked(this.calls.listen(fd, backlog));
  }

  accept(fd: number): number {
    return this.marked(this.calls.accept(fd, this.scratch));
  }

  connect(fd: number, address: Address, family?: number): number {
    return this.marked(this.calls.connect(fd, this.put(address, family)));
  }

  /** Send from `bytes`, at most one scratch area at once. */
  send(fd: number, bytes: Uint8Array, flags: number, to?: Address): number {
    const at = this.scratch + DATA;
    const part = bytes.subarray(0, this.room);
    this.board.u8.set(part, at);
    const address = to ? this.put(to) : 0;
    return this.marked(this.calls.sendto(fd, at, part.length, flags, address));
  }

  /** Receive up to `length` octets, at most one scratch area at once; `result` is the call's. */
  receive(fd: number, length: number, flags: number): { result: number; data: Uint8Array; from: Address } {
    const at = this.scratch + DATA;
    const room = Math.min(length, this.room);
    const result = this.marked(this.calls.recvfrom(fd, at, room, flags, this.scratch));
    const data = this.board.u8.slice(at, at + Math.max(0, Math.min(result, room)));
    return { result, data, from: readAddress(this.board.view, this.scratch) };
  }

  shutdown(fd: number, how: number): number {
    return this.marked(this.calls.shutdown(fd, how));
  }

  close(fd: number): number {
    return this.marked(this.calls.close(fd));
  }

  dup(fd: number): number {
    return this.calls.dup(fd);
  }

  /** The poll(2) mask. */
  ready(fd: number): number {
    return this.calls.ready(fd);
  }

  localName(fd: number): Address | number {
    const result = this.calls.getsockname(fd, this.scratch);
    return result < 0 ? result : readAddress(this.board.view, this.scratch);
  }

  peerName(fd: number): Address | number {
    const result = this.calls.getpeername(fd, this.scratch);
    return result < 0 ? result : readAddress(this.board.view, this.scratch);
  }

  setOption(fd: number, level: number, name: number, value: Uint8Array): number {
    this.board.u8.set(value, this.scratch + DATA);
    return this.marked(this.calls.setsockopt(fd, level, name, this.scratch + DATA, value.length));
  }

  /** The octets of an option's value, or a negated errno. */
  option(fd: number, level: number, name: number, length: number): Uint8Array | number {
    const at = this.scratch + DATA;
    const result = this.marked(this.calls.getsockopt(fd, level, name, at, length));
    return result < 0 ? result : this.board.u8.slice(at, at + result);
  }

  ioctl(fd: number, request: number): number {
    return this.calls.ioctl(fd, request);
  }
}
