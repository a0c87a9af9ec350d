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
  TcpOption,
} from "../abi";
import { LINUX_OPTIONS, MAX_BUF, MIN_BUF, REUSE_PORT, USER_TIMEOUT_OPTION } from "../config";
import { pathMtu } from "../ip/pmtu";
import { uncork } from "../tcp/cork";
import { finWait2Of } from "../tcp/ending";
import { Flag, Timer, Wish } from "../tcp/flags";
import { NOT_AT_ALL, Tcb } from "../tcp/tcb";
import { OUR_MSS } from "../tcp/lifecycle";
import { arm, disarm } from "../tcp/timers";
import { LONGEST, advertise, secondsOf, setUserTimeout } from "../tcp/user_timeout";
import { streamConnected, takeError } from "./stream";

/** getsockopt and setsockopt of stream sockets: the value or a negative errno. Only SO_LINGER has a second word. */

/** TCP_LINGER2 goes no further, seconds (Linux). */
const MOST_LINGER2: u32 = 120;

/** The largest number an option can answer. */
const LARGEST: u32 = 0x7fffffff;
const second = memory.data(4, 4);
/** The second word of the value last read. */
export function secondWord(): u32 {
  return load<u32>(second);
}

export function streamGetOption(tcb: Tcb, level: u32, name: u32): i32 {
  if (level == Level.SOL_SOCKET) return getSocketOption(tcb, name);
  if (level == Level.IPPROTO_IP) return getIpOption(tcb, name);
  if (level == Level.IPPROTO_TCP) return getTcpOption(tcb, name);
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
    case TcpOption.TCP_USER_TIMEOUT:
      return <i32>tcb.userTimeout;
    default:
      return LINUX_OPTIONS ? getLinuxOption(tcb, name) : -Errno.ENOPROTOOPT;
  }
}

function getLinuxOption(tcb: Tcb, name: u32): i32 {
  switch (name) {
    case TcpOption.TCP_SYNCNT:
      return <i32>tcb.synRetries;
    case TcpOption.TCP_LINGER2:
      return <u32>tcb.linger2 == NOT_AT_ALL ? -1 : <i32>(finWait2Of(tcb) / 1000);
    case TcpOption.TCP_CORK:
      return <i32>tcb.wants(Wish.Cork);
    case TcpOption.TCP_QUICKACK:
      return <i32>tcb.wants(Wish.QuickAck);
    case TcpOption.TCP_DEFER_ACCEPT:
      return <i32>secondsOfRepeats(tcb.deferAccept);
    case TcpOption.TCP_WINDOW_CLAMP:
      return <i32>tcb.windowClamp;
    case TcpOption.TCP_NOTSENT_LOWAT:
      return <i32>tcb.notSentLowat;
    default:
      return -Errno.ENOPROTOOPT;
  }
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

/** One comparison for both bounds. */
// prettier-ignore
@inline function isOutside(n: u32, least: u32, most: u32): bool { return n - least > most - least; }

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

function setTcpOption(tcb: Tcb, name: u32, n: u32): i32 {
  switch (name) {
    case TcpOption.TCP_NODELAY:
      tcb.wish(Wish.NoDelay, n != 0);
      if (n && tcb.state >= State.Established) uncork(tcb); // what Nagle, or even TCP_CORK, held back may go
      return 0;
    case TcpOption.TCP_MAXSEG:
      if (isOutside(n, 88, 0x7fff)) return -Errno.EINVAL;
      tcb.userMss = <u16>min(n, OUR_MSS);
      return 0;
    case TcpOption.TCP_KEEPIDLE:
      if (isOutside(n, 1, 32767)) return -Errno.EINVAL;
      tcb.keepIdle = n * 1000;
      return tcb.wants(Wish.KeepAlive) ? setKeepAlive(tcb, true) : 0;
    case TcpOption.TCP_KEEPINTVL:
      if (isOutside(n, 1, 32767)) return -Errno.EINVAL;
      tcb.keepInterval = n * 1000;
      return 0;
    case TcpOption.TCP_KEEPCNT:
      if (isOutside(n, 1, 127)) return -Errno.EINVAL;
      tcb.keepCount = <u8>n;
      return 0;
    case TcpOption.TCP_USER_TIMEOUT:
      if (n > LARGEST) return -Errno.EINVAL;
      setUserTimeout(tcb, n);
      return 0;
    default:
      return LINUX_OPTIONS ? setLinuxOption(tcb, name, n) : -Errno.ENOPROTOOPT;
  }
}

function setLinuxOption(tcb: Tcb, name: u32, n: u32): i32 {
  switch (name) {
    case TcpOption.TCP_SYNCNT:
      if (isOutside(n, 1, 127)) return -Errno.EINVAL;
      tcb.synRetries = <u8>n;
      return 0;
    case TcpOption.TCP_LINGER2:
      tcb.linger2 = <u8>(<i32>n < 0 ? NOT_AT_ALL : min(n, MOST_LINGER2));
      return 0;
    case TcpOption.TCP_CORK:
      tcb.wish(Wish.Cork, n != 0);
      if (tcb.state >= State.Established) tcb.mark();
      return 0;
    case TcpOption.TCP_QUICKACK:
      return setQuickAck(tcb, n);
    case TcpOption.TCP_DEFER_ACCEPT:
      tcb.deferAccept = <u8>repeatsWithin(n);
      return 0;
    case TcpOption.TCP_WINDOW_CLAMP:
      return setWindowClamp(tcb, n);
    case TcpOption.TCP_NOTSENT_LOWAT:
      tcb.notSentLowat = min(n, LARGEST);
      tcb.wish(Wish.NotSentLowat, n != 0);
      tcb.tell();
      return 0;
    default:
      return -Errno.ENOPROTOOPT;
  }
}

/** What waits for the delayed acknowledgement is acknowledged now, and what comes at once; until it is taken back. */
function setQuickAck(tcb: Tcb, on: u32): i32 {
  tcb.wish(Wish.QuickAck, on != 0);
  if (on == 0) tcb.quickAcks = 0;
  if (!on || !tcb.has(Flag.AckDelayed)) return 0;
  tcb.acknowledge();
  return 0;
}

/** The least clamp: half of the smallest receive buffer (Linux). */
const LEAST_CLAMP: u32 = 1152;

/** 0 takes it back, which only a closed socket may (Linux). */
function setWindowClamp(tcb: Tcb, n: u32): i32 {
  if (n == 0 && tcb.state != State.Closed) return -Errno.EINVAL;
  tcb.windowClamp = n ? min(max(n, LEAST_CLAMP), LARGEST) : 0;
  return wish(tcb, Wish.WindowClamp, n);
}

function setOwnOption(tcb: Tcb, name: u32, n: u32): i32 {
  if (!USER_TIMEOUT_OPTION || name != SandwireOption.USER_TIMEOUT_OPTION) return -Errno.ENOPROTOOPT;
  if (n > LONGEST) return -Errno.EINVAL;
  advertise(tcb, n);
  return 0;
}

/** How often a SYN-ACK is repeated in so many seconds (Linux: secs_to_retrans), and the other way round. */
function repeatsWithin(seconds: u32): u32 {
  if (<i32>seconds <= 0) return 0;
  let repeats: u32 = 1;
  while (repeats < 0xff && secondsOfRepeats(repeats) < seconds) repeats++;
  return repeats;
}

function secondsOfRepeats(repeats: u32): u32 {
  let seconds: u32 = 0;
  for (let i: u32 = 0; i < repeats; i++) seconds += min<u32>(1 << min<u32>(i, 7), 120);
  return seconds;
}
