import { recvfrom, sendto } from "../socket/calls";
import { Address } from "./address";
import { Descriptor } from "./descriptor";

/** What sockets have that carry messages: each `send` is one, each `receive` gives one. An event says that there may be some. */
@unmanaged
export class MessageSocket extends Descriptor {
  /**
   * The next message to `at`, of which what exceeds `length` is lost; who sent it to `from` unless that is null. Its length as far as it
   * fits, -EAGAIN when there is none, or what the network said of a message sent before (-ECONNREFUSED ...).
   */
  @inline receive(at: usize, length: u32, from: Address | null = null): i32 {
    return recvfrom(this.fd, at, length, 0, changetype<usize>(from));
  }

  /**
   * Send a message to `to`, or to whom the socket is connected. `length`, -EAGAIN when there is no room now, -EMSGSIZE when there never
   * is, -ENETUNREACH, -EDESTADDRREQ ...
   */
  @inline send(at: usize, length: u32, to: Address | null = null): i32 {
    return sendto(this.fd, at, length, 0, changetype<usize>(to));
  }
}
