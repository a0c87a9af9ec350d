import { CongestionControl, Errno, Level, TcpOption } from "../abi";
import { CUBIC, TCP_INFO } from "../config";
import { chooseCongestion } from "../tcp/congestion/control";
import { writeInfo } from "../tcp/info";
import { Tcb } from "../tcp/tcb";

/** Options of stream sockets whose values are no numbers. */

/** TCP_CA_NAME_MAX: octets of a name, a zero included. */
const NAME_SIZE: u32 = 16;
/** The names of CongestionControl, in its order. */
const names = memory.data<u8>([
  0x72,
  0x65,
  0x6e,
  0x6f,
  0,
  0,
  0,
  0, // reno
  0x63,
  0x75,
  0x62,
  0x69,
  0x63,
  0,
  0,
  0, // cubic
]);
const STRIDE: u32 = 8;

export function isRecord(level: u32, name: u32): bool {
  return level == Level.IPPROTO_TCP && ((TCP_INFO && name == TcpOption.TCP_INFO) || name == TcpOption.TCP_CONGESTION);
}

export function getRecord(tcb: Tcb, name: u32, value: usize, length: u32): i32 {
  if (TCP_INFO && name == TcpOption.TCP_INFO) return <i32>writeInfo(tcb, value, length);
  const size = min(length, NAME_SIZE);
  memory.fill(value, 0, size);
  memory.copy(value, names + <u32>tcb.congestion * STRIDE, min(size, STRIDE));
  return <i32>size;
}

/** The name may end with a zero or with `length`. */
export function setRecord(tcb: Tcb, name: u32, value: usize, length: u32): i32 {
  if (name == TcpOption.TCP_INFO) return -Errno.ENOPROTOOPT;
  if (length == 0) return -Errno.EINVAL;
  for (let which: u32 = 0; which < <u32>(CUBIC ? CongestionControl.count : CongestionControl.Cubic); which++) {
    if (!isName(names + which * STRIDE, value, length)) continue;
    chooseCongestion(tcb, which);
    return 0;
  }
  return -Errno.ENOENT;
}

function isName(name: usize, value: usize, length: u32): bool {
  for (let i: u32 = 0; i < STRIDE; i++) {
    const octet = i < length ? <u32>load<u8>(value + i) : 0;
    if (octet != <u32>load<u8>(name + i)) return false;
    if (octet == 0) return true;
  }
  return false;
}
