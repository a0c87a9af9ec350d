import {
  Errno,
  Family,
  IpOption,
  Level,
  PathMtuDiscovery,
  Protocol,
  SandwireOption,
  SocketOption,
  SocketType,
  State,
} from "../abi";
import { MAX_BUF, MIN_BUF, REUSE_PORT, USER_TIMEOUT_OPTION } from "../config";
import { pathMtu } from "../ip/pmtu";
import { Wish } from "../tcp/flags";
import { Tcb } from "../tcp/tcb";
import { LONGEST, advertise, secondsOf } from "../tcp/user_timeout";
import { streamConnected, takeError } from "./stream";
import { setKeepAlive, setTcpOption, tcpOption } from "./tcp_level";
import { LARGEST, isOutside, wish } from "./values";

/**
 * getsockopt and setsockopt of stream sockets: the value or a negative errno. Only SO_LINGER has a second word. What is TCP's own is in
 * tcp_level.ts.
 */

const second = memory.data(4, 4);
/** The second word of the value last read. */
export function secondWord(): u32 {
  return load<u32>(second);
}

export function streamGetOption(tcb: Tcb, level: u32, name: u32): i32 {
  if (level == Level.SOL_SOCKET) return getSocketOption(tcb, name);
  if (level == Level.IPPROTO_IP) return getIpOption(tcb, name);
  if (level == Level.IPPROTO_TCP) return tcpOption(tcb, name);
  if (level == Level.SOL_SANDWIRE) return getOwnOption(tcb, name);
  return -Errno.ENOPROTOOPT;
}

function getSocketOption(tcb: Tcb, name: u32): i32 {
  switch (name) {
    case SocketOption.SO_REUSEADDR:
      return <i32>tcb.wants(Wish.ReuseAddress);
    case SocketOption.SO_TYPE:
      return <i32>(tcb.records ? SocketType.SOCK_SEQPACKET : SocketType.SOCK_STREAM);
    case SocketOption.SO_ERROR:
      return -takeError(tcb);
    case SocketOption.SO_SNDBUF:
      return <i32>(tcb.snd.buffer ? tcb.snd.size : tcb.wantedSnd);
    case SocketOption.SO_RCVBUF:
      return <i32>(tcb.rcv.buffer ? tcb.rcv.size : tcb.wantedRcv);
    case SocketOption.SO_KEEPALIVE:
      return <i32>tcb.wants(Wish.KeepAlive);
    case SocketOption.SO_OOBINLINE:
      return <i32>tcb.wants(Wish.OobInline);
    case SocketOption.SO_RCVLOWAT:
      return <i32>tcb.receiveLowat;
    case SocketOption.SO_LINGER:
      store<u32>(second, tcb.lingerSeconds);
      return <i32>tcb.wants(Wish.Linger);
    case SocketOption.SO_REUSEPORT:
      return REUSE_PORT ? <i32>tcb.wants(Wish.ReusePort) : -Errno.ENOPROTOOPT;
    case SocketOption.SO_SNDLOWAT:
      return 1;
    case SocketOption.SO_ACCEPTCONN:
      return <i32>(tcb.state == State.Listen);
    case SocketOption.SO_PROTOCOL:
      return <i32>Protocol.IPPROTO_TCP;
    case SocketOption.SO_DOMAIN:
      return <i32>Family.AF_INET;
    default:
      return -Errno.ENOPROTOOPT;
  }
}

function getIpOption(tcb: Tcb, name: u32): i32 {
  if (name == IpOption.IP_TOS) return <i32>tcb.tos;
  if (name == IpOption.IP_TTL) return <i32>tcb.ttl;
  if (name == IpOption.IP_RECVERR) return <i32>tcb.wants(Wish.RecvErr);
  if (name == IpOption.IP_MTU_DISCOVER) return PathMtuDiscovery.IP_PMTUDISC_DO;
  if (name == IpOption.IP_MTU) return streamConnected(tcb) ? <i32>pathMtu(tcb.foreignAddress) : -Errno.ENOTCONN;
  return -Errno.ENOPROTOOPT;
}

function getOwnOption(tcb: Tcb, name: u32): i32 {
  if (!USER_TIMEOUT_OPTION || name != SandwireOption.USER_TIMEOUT_OPTION) return -Errno.ENOPROTOOPT;
  return <i32>secondsOf(tcb.advUto);
}

export function streamSetOption(tcb: Tcb, level: u32, name: u32, n: u32, seconds: u32): i32 {
  if (level == Level.SOL_SOCKET) return setSocketOption(tcb, name, n, seconds);
  if (level == Level.IPPROTO_IP) return setIpOption(tcb, name, n);
  if (level == Level.IPPROTO_TCP) return setTcpOption(tcb, name, n);
  if (level == Level.SOL_SANDWIRE) return setOwnOption(tcb, name, n);
  return -Errno.ENOPROTOOPT;
}

function setSocketOption(tcb: Tcb, name: u32, n: u32, seconds: u32): i32 {
  switch (name) {
    case SocketOption.SO_REUSEADDR:
      return wish(tcb, Wish.ReuseAddress, n);
    case SocketOption.SO_SNDBUF:
      if (tcb.snd.buffer == 0) tcb.wantedSnd = bufferSize(n);
      return 0;
    case SocketOption.SO_RCVBUF:
      if (tcb.rcv.buffer == 0) tcb.wantedRcv = bufferSize(n);
      return 0;
    case SocketOption.SO_KEEPALIVE:
      return setKeepAlive(tcb, n != 0);
    case SocketOption.SO_OOBINLINE:
      return wish(tcb, Wish.OobInline, n);
    case SocketOption.SO_REUSEPORT:
      return REUSE_PORT ? wish(tcb, Wish.ReusePort, n) : -Errno.ENOPROTOOPT;
    case SocketOption.SO_RCVLOWAT:
      tcb.receiveLowat = n ? min(n, LARGEST) : 1;
      tcb.tell();
      return 0;
    case SocketOption.SO_LINGER:
      tcb.lingerSeconds = <u16>min<u32>(seconds, 0xffff);
      return wish(tcb, Wish.Linger, n);
    default:
      return -Errno.ENOPROTOOPT;
  }
}

/** Buffers have their size from the handshake on (it fixes the window scale), so a later wish is only noted by listeners. */
function bufferSize(n: u32): u32 {
  return min(max(n, MIN_BUF), MAX_BUF);
}

function setIpOption(tcb: Tcb, name: u32, n: u32): i32 {
  if (name == IpOption.IP_TOS) {
    tcb.tos = <u8>(n & 0xfc); // the lower two bits are not the user's (RFC 3168 §5)
    return 0;
  }
  if (name == IpOption.IP_RECVERR) return wish(tcb, Wish.RecvErr, n);
  if (name == IpOption.IP_MTU_DISCOVER) {
    return n == PathMtuDiscovery.IP_PMTUDISC_WANT || n == PathMtuDiscovery.IP_PMTUDISC_DO ? 0 : -Errno.EINVAL;
  }
  if (name != IpOption.IP_TTL) return -Errno.ENOPROTOOPT;
  if (isOutside(n, 1, 255)) return -Errno.EINVAL;
  tcb.ttl = <u8>n;
  return 0;
}

function setOwnOption(tcb: Tcb, name: u32, n: u32): i32 {
  if (!USER_TIMEOUT_OPTION || name != SandwireOption.USER_TIMEOUT_OPTION) return -Errno.ENOPROTOOPT;
  if (n > LONGEST) return -Errno.EINVAL;
  advertise(tcb, n);
  return 0;
}
