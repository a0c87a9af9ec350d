import { Family, Owner, SocketType } from "../abi";
import { socketPairOf } from "../socket/calls";
import { MessageSocket } from "./messages";

/** One end of a pair for talk inside the device. Of a pair of streams, `send` and `receive` move octets, not messages. */
@final
@unmanaged
export class PairSocket extends MessageSocket {
  /** The end an event's descriptor stands for. */
  @inline static of(fd: i32): PairSocket {
    return changetype<PairSocket>(fd);
  }
}

/**
 * Two sockets connected with each other, in memory the application gives: `changetype<SocketPair>(memory.data(8, 4))`. What one sends is
 * there for the other at once.
 */
@final
@unmanaged
export class SocketPair {
  /** The end of the owner who opens it. */
  first: PairSocket;
  /** The end of the other owner. */
  second: PairSocket;

  /** socketpair(2): 0, -ENOSYS where the knob PAIRS is 0, -EMFILE, -ENOBUFS. */
  @inline open(owner: Owner, other: Owner, type: SocketType = SocketType.SOCK_STREAM): i32 {
    return socketPairOf(owner, other, Family.AF_UNIX, type, 0, changetype<usize>(this));
  }
}
