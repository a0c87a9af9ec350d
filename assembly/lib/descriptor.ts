import { Errno, Family, Level, Owner, Shutdown, SocketOption, SocketType } from "../abi";
import {
  bind,
  close,
  connect,
  getpeername,
  getsockname,
  getsockopt,
  ready,
  setsockopt,
  shutdown,
  socketOf,
} from "../socket/calls";
import { Address, aside } from "./address";

/** One option's value on its way. */
const value = memory.data(8, 4);

/**
 * What all sockets have. The "pointer" is the descriptor, or the negative errno of the call that did not give one, so a socket costs no
 * memory, is compared with `==`, and may be kept in a field of an `@unmanaged` class. Declare such fields without `!`.
 */
@unmanaged
export class Descriptor {
  /** The descriptor: a small number; -errno if there is none. */
  @inline get fd(): i32 {
    return <i32>changetype<usize>(this);
  }

  /** True unless this is the errno of what went wrong. Sockets that were closed do not know it. */
  @inline get isOpen(): bool {
    return this.fd >= 0;
  }

  /** 0, or the negative errno of what went wrong. */
  @inline get result(): i32 {
    return min(this.fd, 0);
  }

  /** Whether an event's descriptor is this socket's. */
  @inline is(fd: i32): bool {
    return this.fd == fd;
  }

  /** What it is ready for, a mask of Poll. */
  @inline get ready(): u32 {
    return ready(this.fd);
  }

  /** The negative errno of what happened to it since the last look (SO_ERROR), or 0. */
  get error(): i32 {
    const n = this.option(Level.SOL_SOCKET, SocketOption.SO_ERROR);
    return n > 0 ? -n : n;
  }

  /** Where it is bound: 0 or -errno. */
  @inline local(address: Address): i32 {
    return getsockname(this.fd, address.at);
  }

  /** Whom it talks to. 0, -ENOTCONN. */
  @inline peer(address: Address): i32 {
    return getpeername(this.fd, address.at);
  }

  /** End what we send, what we read, or both. 0, -ENOTCONN. */
  @inline shutdown(how: Shutdown = Shutdown.SHUT_WR): i32 {
    return shutdown(this.fd, how);
  }

  /** close(2). A stream still sends what is queued; over octets nobody read it resets the connection. 0, -EBADF. */
  @inline close(): i32 {
    return close(this.fd);
  }

  /** An option whose value is a number: the value, or -errno. */
  option(level: u32, name: u32): i32 {
    const result = getsockopt(this.fd, level, name, value, 4);
    return result < 0 ? result : load<i32>(value);
  }

  /** Set an option whose value is a number: 0 or -errno. */
  setOption(level: u32, name: u32, n: u32): i32 {
    store<u32>(value, n);
    return setsockopt(this.fd, level, name, value, 4);
  }
}

/** Set an option whose value is two numbers: 0 or -errno. */
export function setPair(fd: i32, level: u32, name: u32, first: u32, second: u32): i32 {
  store<u32>(value, first);
  store<u32>(value, second, 4);
  return setsockopt(fd, level, name, value, 8);
}

/** A socket of `owner`, bound to a port (0: a free one) of an address (0: all). The descriptor, or -errno with nothing left open. */
export function openOn(owner: Owner, type: SocketType, ip: u32, port: u32): i32 {
  const fd = socketOf(owner, Family.AF_INET, type, 0);
  if (fd < 0) return fd;
  aside.set(ip, port);
  return orClose(fd, bind(fd, aside.at));
}

/** A socket of `owner` that begins to connect. The descriptor, or -errno with nothing left open. */
export function dial(owner: Owner, type: SocketType, to: Address): i32 {
  const fd = socketOf(owner, Family.AF_INET, type, 0);
  if (fd < 0) return fd;
  const result = connect(fd, to.at);
  return result == -Errno.EINPROGRESS ? fd : orClose(fd, result);
}

/** The descriptor, unless `result` is an errno: then that, and it is closed. */
export function orClose(fd: i32, result: i32): i32 {
  if (result >= 0) return fd;
  close(fd);
  return result;
}
