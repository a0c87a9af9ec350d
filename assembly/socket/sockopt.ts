import { Errno, Family, Level, Protocol, SocketOption, SocketType } from "../abi";
import { Tcb } from "../tcp/tcb";
import { Pcb } from "../udp/pcb";
import { datagramOption, datagramTakeError, setDatagramOption } from "./datagram";
import { Kind, Socket, socketAt } from "./descriptor";
import { secondWord, streamGetOption, streamSetOption } from "./options";
import { isGroupOption, setGroupOption } from "./membership";
import { pairOption, setPairOption } from "./pair";
import { isRawOption, rawOption, readFilter, setRawOption } from "./raw";
import { getRecord, isRecord, setRecord } from "./records";
import { getTimeout, isTimeout, setTimeout } from "./timeouts";

/** getsockopt(2) and setsockopt(2) of every kind of socket: how a value comes in and goes out. */

const WORD: u32 = 4;

/**
 * getsockopt(2): how many octets were written to `value`: 4, 8 for SO_LINGER, as many of a TcpInfoRecord or of the 16 of a name (behind
 * which there are zeros) as `length` has room for.
 */
export function getsockopt(fd: i32, level: u32, name: u32, value: usize, length: u32): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (value == 0) return -Errno.EINVAL;
  if (isTimeout(level, name)) return getTimeout(socket.index, name, value, length);
  const stream = socket.kind == Kind.Stream;
  if (stream && isRecord(level, name)) return getRecord(Tcb.at(socket.pcb), name, value, length);
  if (length < WORD) return -Errno.EINVAL;
  if (socket.isRaw && level == Level.SOL_RAW) return readFilter(socket.pcb, name, value);
  const n = optionOf(socket, level, name);
  if (n < -1) return n; // -1 is a value of TCP_LINGER2; no option fails with EPERM
  store<u32>(value, n);
  if (!stream || level != Level.SOL_SOCKET || name != SocketOption.SO_LINGER || length < 2 * WORD) return WORD;
  store<u32>(value, secondWord(), WORD);
  return 2 * WORD;
}

function optionOf(socket: Socket, level: u32, name: u32): i32 {
  if (socket.kind == Kind.Stream) return streamGetOption(Tcb.at(socket.pcb), level, name);
  if (socket.isRaw && isRawOption(level, name)) return rawOption(socket.pcb, level, name);
  if (socket.isPair) return pairOption(socket.pcb, level, name);
  return datagramGetOption(socket.pcb, level, name);
}

function datagramGetOption(pcb: u32, level: u32, name: u32): i32 {
  if (level != Level.SOL_SOCKET) return datagramOption(pcb, level, name);
  if (name == SocketOption.SO_ERROR) return datagramTakeError(pcb);
  if (name == SocketOption.SO_TYPE) return SocketType.SOCK_DGRAM;
  if (name == SocketOption.SO_DOMAIN) return Family.AF_INET;
  if (name == SocketOption.SO_PROTOCOL) return Protocol.IPPROTO_UDP;
  return name == SocketOption.SO_ACCEPTCONN ? 0 : datagramOption(pcb, level, name);
}

/** setsockopt(2): 4 octets, 8 for SO_LINGER, a name for TCP_CONGESTION (-ENOENT if there is none such). */
export function setsockopt(fd: i32, level: u32, name: u32, value: usize, length: u32): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (value == 0) return -Errno.EINVAL;
  if (isTimeout(level, name)) return setTimeout(socket.index, name, value, length);
  if (socket.kind == Kind.Stream && isRecord(level, name)) return setRecord(Tcb.at(socket.pcb), name, value, length);
  if (length < WORD) return -Errno.EINVAL;
  if (socket.kind == Kind.Datagram && isGroupOption(level, name)) return setGroupOption(Pcb.at(socket.pcb), name, value, length);
  const n = load<u32>(value);
  if (socket.isRaw) return setRawOption(socket.pcb, level, name, n);
  if (socket.isPair) return setPairOption(socket.pcb, level, name, n);
  if (socket.kind == Kind.Datagram) return setDatagramOption(socket.pcb, level, name, n);
  const linger = level == Level.SOL_SOCKET && name == SocketOption.SO_LINGER;
  if (linger && length < 2 * WORD) return -Errno.EINVAL;
  const second = linger ? load<u32>(value, WORD) : 0;
  return streamSetOption(Tcb.at(socket.pcb), level, name, n, second);
}
