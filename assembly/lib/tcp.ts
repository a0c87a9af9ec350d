import { Level, MessageFlag, Owner, SocketOption, SocketType, TcpOption } from "../abi";
import {
  accept,
  listen,
  recv,
  recv_ptr,
  recv_ready,
  recv_release,
  send,
  send_commit,
  send_ptr,
  send_room,
} from "../socket/calls";
import { Address } from "./address";
import { Descriptor, dial, openOn, orClose, setPair } from "./descriptor";
import { octets, size } from "./text";

/** A socket that takes connections. An event says that there may be some: `accept` until there is none. */
@final
@unmanaged
export class TcpListener extends Descriptor {
  /** The listener an event's descriptor stands for. */
  @inline static of(fd: i32): TcpListener {
    return changetype<TcpListener>(fd);
  }

  /**
   * Listen on a port of `ip` (0: of every address) with room for `backlog` connections nobody has accepted. Not open: -EADDRINUSE,
   * -EADDRNOTAVAIL, -EMFILE, -ENOBUFS.
   */
  static bind(owner: Owner, port: u32, backlog: u32, ip: u32 = 0): TcpListener {
    const fd = openOn(owner, SocketType.SOCK_STREAM, ip, port);
    return TcpListener.of(fd < 0 ? fd : orClose(fd, listen(fd, backlog)));
  }

  /** The next connection; the peer goes to `peer` unless that is null. Not open: -EAGAIN when there is none, -EMFILE. */
  @inline accept(peer: Address | null = null): TcpStream {
    return TcpStream.of(accept(this.fd, changetype<usize>(peer)));
  }
}

/**
 * A connection. It is read and written in two ways: octets to and from the application's memory (`read`, `write`), or without a copy in
 * the connection's own buffers (`readable`, `readPtr`, `release`; `writable`, `writePtr`, `commit`).
 */
@final
@unmanaged
export class TcpStream extends Descriptor {
  /** The connection an event's descriptor stands for. */
  @inline static of(fd: i32): TcpStream {
    return changetype<TcpStream>(fd);
  }

  /**
   * Begin to connect. An event follows when that has succeeded (`writable` is a count) or failed (`writable` is the errno: -ECONNREFUSED,
   * -ETIMEDOUT ...). Not open: -ENETUNREACH, -EMFILE, -ENOBUFS.
   */
  static connect(owner: Owner, to: Address): TcpStream {
    return TcpStream.of(dial(owner, SocketType.SOCK_STREAM, to));
  }

  /** Up to `length` octets to `at`: how many; 0 at the end of the peer's stream; -EAGAIN, -ECONNRESET ... */
  @inline read(at: usize, length: u32): i32 {
    return recv(this.fd, at, length, 0);
  }

  /** As `read`, but the octets stay where they are. */
  @inline peek(at: usize, length: u32): i32 {
    return recv(this.fd, at, length, MessageFlag.MSG_PEEK);
  }

  /** Queue up to `length` octets from `at`: how many there was room for; -EAGAIN, -EPIPE ... */
  @inline write(at: usize, length: u32): i32 {
    return send(this.fd, at, length, 0);
  }

  /** Queue what there is room for of a `text("...")`. */
  @inline writeText(text: usize): i32 {
    return this.write(octets(text), size(text));
  }

  /** Octets to read at `readPtr`; 0 at the end of the peer's stream; -EAGAIN when there are none yet, or what went wrong. */
  @inline get readable(): i32 {
    return recv_ready(this.fd);
  }

  /** Where the readable octets lie. */
  @inline get readPtr(): usize {
    return recv_ptr(this.fd);
  }

  /** `length` of the readable octets have been read: the peer may send as many more. 0, -EINVAL if there are not so many. */
  @inline release(length: u32): i32 {
    return recv_release(this.fd, length);
  }

  /** Octets that may be written at `writePtr`; -EAGAIN when there is no room, or what went wrong. */
  @inline get writable(): i32 {
    return send_room(this.fd);
  }

  /** Where there is room to write. */
  @inline get writePtr(): usize {
    return send_ptr(this.fd);
  }

  /** `length` octets have been written: queue them. `length`, -EINVAL if there is not so much room. */
  @inline commit(length: u32): i32 {
    return send_commit(this.fd, length);
  }

  /** Close at once with a reset: whatever is still to be sent is thrown away. */
  abort(): i32 {
    this.linger(0);
    return this.close();
  }

  /** Send small segments at once, without waiting for acknowledgements (no Nagle). */
  @inline noDelay(on: bool = true): i32 {
    return this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_NODELAY, u32(on));
  }

  /**
   * Find out that the peer is gone without a word: after `idle` seconds of silence ask every `interval` seconds, `count` times. A board
   * has few connections; without this one whose peer lost power is held for ever.
   */
  keepAlive(idle: u32 = 60, interval: u32 = 10, count: u32 = 4): i32 {
    this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPIDLE, idle);
    this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPINTVL, interval);
    this.setOption(Level.IPPROTO_TCP, TcpOption.TCP_KEEPCNT, count);
    return this.setOption(Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE, 1);
  }

  /** What `close` does with octets that are still queued: it gives them so many seconds, or with 0 throws them away and resets. */
  @inline linger(seconds: u32): i32 {
    return setPair(this.fd, Level.SOL_SOCKET, SocketOption.SO_LINGER, 1, seconds);
  }
}
