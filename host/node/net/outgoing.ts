import { Errno } from "../abi";
import type { Board } from "../board";

/** Octets on their way into the send buffer of a socket. */
export class Outgoing {
  /** The chunk that is on, and its octets that have been taken. */
  private index = 0;
  private offset = 0;

  /** @param done told how it ended: 0 or a negative errno */
  constructor(
    private readonly chunks: Uint8Array[],
    readonly done: (status: number) => void,
  ) {}

  /** Octets that wait. */
  get length(): number {
    return this.chunks.slice(this.index).reduce((sum, chunk) => sum + chunk.length, -this.offset);
  }

  /** Fill the buffer: 0 when all is in it, -EAGAIN when it is full, or why it takes no more. */
  fill(board: Board, fd: number): number {
    for (; this.index < this.chunks.length; this.index++, this.offset = 0) {
      const status = this.fillWith(board, fd, this.chunks[this.index]);
      if (status < 0) return status;
    }
    return 0;
  }

  private fillWith({ exports, u8 }: Board, fd: number, chunk: Uint8Array): number {
    while (this.offset < chunk.length) {
      const room = exports.send_room(fd);
      if (room < 0) return room;
      const count = Math.min(room, chunk.length - this.offset);
      u8.set(chunk.subarray(this.offset, this.offset + count), exports.send_ptr(fd) >>> 0);
      const taken = exports.send_commit(fd, count);
      if (taken < 0) return taken;
      this.offset += taken;
    }
    return 0;
  }
}

/** Has the send buffer no room for now? */
export function isFull(status: number): boolean {
  return status === -Errno.EAGAIN;
}
