import { Errno, IpOption, Level, Protocol, SocketOption, SocketType, State, TcpOption, Family } from "../abi";
import { MAX_BUF, MIN_BUF } from "../config";
import { finWait2Of } from "../tcp/ending";
import { NOT_AT_ALL, Tcb, Timer, Wish } from "../tcp/tcb";
import { OUR_MSS } from "../tcp/lifecycle";
import { arm, disarm } from "../tcp/timers";
import { takeError } from "./stream";

/** getsockopt and setsockopt of stream sockets: the value or a negative errno. Only SO_LINGER has a second word. */

/** TCP_LINGER2 goes no further, seconds (Linux). */
const MOST_LINGER2: u32 = 120;

const second = memory.data(4, 4);
/** The second word of the value last read. */
export function secondWord(): u32 {
  return load<u32>(second);
}

export function streamGetOption(tcb: Tcb, level: u32, name: u32): i32 {
  if (level == Level.SOL_SOCKET) return getSocketOption(tcb, name);
  if (level == Level.IPPROTO_IP) return getIpOption(tcb, name);
  if (level == Level.IPPROTO_TCP) return getTcpOption(tcb, name);
  return -Errno.ENOPROTOOPT;
}

function getSocketOption(tcb: Tcb, name: u32): i32 {
  switch (name) {
    case SocketOption.SO_REUSEADDR:
      return <i32>tcb.wants(Wish.ReuseAddress);
    case SocketOption.SO_TYPE:
      return <i32>SocketType.SOCK_STREAM;
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
    case SocketOption.SO_LINGER:
      store<u32>(second, tcb.lingerSeconds);
      return <i32>tcb.wants(Wish.Linger);
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
  return -Errno.ENOPROTOOPT;
}

function getTcpOption(tcb: Tcb, name: u32): i32 {
  switch (name) {
    case TcpOption.TCP_NODELAY:
      return <i32>tcb.wants(Wish.NoDelay);
    case TcpOption.TCP_MAXSEG:
      return <i32>(tcb.mss ? <u32>tcb.mss : tcb.userMss ? <u32>tcb.userMss : 536);
    case TcpOption.TCP_KEEPIDLE:
      return <i32>(tcb.keepIdle / 1000);
    case TcpOption.TCP_KEEPINTVL:
      return <i32>(tcb.keepInterval / 1000);
    case TcpOption.TCP_KEEPCNT:
      return <i32>tcb.keepCount;
    case TcpOption.TCP_SYNCNT:
      return <i32>tcb.synRetries;
    case TcpOption.TCP_LINGER2:
      return <u32>tcb.linger2 == NOT_AT_ALL ? -1 : <i32>(finWait2Of(tcb) / 1000);
    default:
      return -Errno.ENOPROTOOPT;
  }
}

export function streamSetOption(tcb: Tcb, level: u32, name: u32, n: u32, seconds: u32): i32 {
  if (level == Level.SOL_SOCKET) return setSocketOption(tcb, name, n, seconds);
  if (level == Level.IPPROTO_IP) return setIpOption(tcb, name, n);
  if (level == Level.IPPROTO_TCP) return setTcpOption(tcb, name, n);
  return -Errno.ENOPROTOOPT;
}

function wish(tcb: Tcb, which: Wish, on: u32): i32 {
  tcb.wish(which, on != 0);
  return 0;
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

function setKeepAlive(tcb: Tcb, on: bool): i32 {
  tcb.wish(Wish.KeepAlive, on);
  tcb.keepProbes = 0;
  if (tcb.state < State.Established || tcb.state == State.TimeWait) return 0;
  if (on) arm(tcb, Timer.Keep, tcb.keepIdle);
  else disarm(tcb, Timer.Keep);
  return 0;
}

function setIpOption(tcb: Tcb, name: u32, n: u32): i32 {
  if (name == IpOption.IP_TOS) {
    tcb.tos = <u8>n;
    return 0;
  }
  if (name != IpOption.IP_TTL) return -Errno.ENOPROTOOPT;
  if (n < 1 || n > 255) return -Errno.EINVAL;
  tcb.ttl = <u8>n;
  return 0;
}

function setTcpOption(tcb: Tcb, name: u32, n: u32): i32 {
  switch (name) {
    case TcpOption.TCP_NODELAY:
      tcb.wish(Wish.NoDelay, n != 0);
      if (tcb.state >= State.Established) tcb.mark(); // what Nagle held back may go
      return 0;
    case TcpOption.TCP_MAXSEG:
      if (n < 88 || n > 0x7fff) return -Errno.EINVAL;
      tcb.userMss = <u16>min(n, OUR_MSS);
      return 0;
    case TcpOption.TCP_KEEPIDLE:
      if (n < 1 || n > 32767) return -Errno.EINVAL;
      tcb.keepIdle = n * 1000;
      return tcb.wants(Wish.KeepAlive) ? setKeepAlive(tcb, true) : 0;
    case TcpOption.TCP_KEEPINTVL:
      if (n < 1 || n > 32767) return -Errno.EINVAL;
      tcb.keepInterval = n * 1000;
      return 0;
    case TcpOption.TCP_KEEPCNT:
      if (n < 1 || n > 127) return -Errno.EINVAL;
      tcb.keepCount = <u8>n;
      return 0;
    case TcpOption.TCP_SYNCNT:
      if (n < 1 || n > 127) return -Errno.EINVAL;
      tcb.synRetries = <u8>n;
      return 0;
    case TcpOption.TCP_LINGER2:
      tcb.linger2 = <u8>(<i32>n < 0 ? NOT_AT_ALL : min(n, MOST_LINGER2));
      return 0;
    default:
      return -Errno.ENOPROTOOPT;
  }
}
