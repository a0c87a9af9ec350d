import { Errno, Level, SocketOption } from "../abi";
import { MAX_SOCKETS, SOCKET_TIMEOUTS } from "../config";

/**
 * SO_RCVTIMEO and SO_SNDTIMEO of sockets of every kind: how long a host that blocks is to wait. Two 32-bit words, seconds and
 * microseconds, kept as whole milliseconds, rounded up; 0 is for ever.
 */
const WORD: u32 = 4;
@lazy const table: usize = SOCKET_TIMEOUTS ? memory.data(MAX_SOCKETS * 2 * WORD, 4) : 0;
const MICROSECONDS: u32 = 1000000;
/** About 24 days: more is -EDOM (POSIX). */
const MOST_SECONDS: u32 = 2147482;

export function isTimeout(level: u32, name: u32): bool {
  if (!SOCKET_TIMEOUTS || level != Level.SOL_SOCKET) return false;
  return name == SocketOption.SO_RCVTIMEO || name == SocketOption.SO_SNDTIMEO;
}

// prettier-ignore
@inline function timeoutOf(i: u32, name: u32): usize { return table + (((<usize>i << 1) + (name - SocketOption.SO_RCVTIMEO)) << 2); }

/** A new socket waits for ever. */
export function resetTimeouts(i: u32): void {
  if (SOCKET_TIMEOUTS) store<u64>(timeoutOf(i, SocketOption.SO_RCVTIMEO), 0);
}

/** An accepted socket waits as long as its listener. */
export function inheritTimeouts(i: u32, listener: u32): void {
  if (!SOCKET_TIMEOUTS) return;
  store<u64>(timeoutOf(i, SocketOption.SO_RCVTIMEO), load<u64>(timeoutOf(listener, SocketOption.SO_RCVTIMEO)));
}

/** Writes both words; how many octets that are, or -EINVAL if they are more than `length`. */
export function getTimeout(i: u32, name: u32, value: usize, length: u32): i32 {
  if (length < 2 * WORD) return -Errno.EINVAL;
  const ms = load<u32>(timeoutOf(i, name));
  store<u32>(value, ms / 1000);
  store<u32>(value, (ms % 1000) * 1000, WORD);
  return 2 * WORD;
}

/** -EINVAL for less than two words, -EDOM for microseconds that make a second, and for a time that is negative or too long. */
export function setTimeout(i: u32, name: u32, value: usize, length: u32): i32 {
  if (length < 2 * WORD) return -Errno.EINVAL;
  const seconds = load<u32>(value);
  const microseconds = load<u32>(value, WORD);
  if (seconds > MOST_SECONDS || microseconds >= MICROSECONDS) return -Errno.EDOM;
  store<u32>(timeoutOf(i, name), seconds * 1000 + (microseconds + 999) / 1000);
  return 0;
}
