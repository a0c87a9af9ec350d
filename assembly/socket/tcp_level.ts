import { Errno, State, TcpOption } from "../abi";
import { LINUX_OPTIONS } from "../config";
import { uncork } from "../tcp/cork";
import { finWait2Of } from "../tcp/ending";
import { Flag, Timer, Wish } from "../tcp/flags";
import { OUR_MSS } from "../tcp/lifecycle";
import { NOT_AT_ALL, Tcb } from "../tcp/tcb";
import { arm, disarm } from "../tcp/timers";
import { setUserTimeout } from "../tcp/user_timeout";
import { LARGEST, isOutside, wish } from "./values";

/** Options of level IPPROTO_TCP, those that other systems know from Linux too. */

/** TCP_LINGER2 goes no further, seconds (Linux). */
const MOST_LINGER2: u32 = 120;

export function tcpOption(tcb: Tcb, name: u32): i32 {
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

/** SO_KEEPALIVE, of level SOL_SOCKET: what TCP_KEEPIDLE changes takes effect at once. */
export function setKeepAlive(tcb: Tcb, on: bool): i32 {
  tcb.wish(Wish.KeepAlive, on);
  tcb.keepProbes = 0;
  if (tcb.state < State.Established || tcb.state == State.TimeWait) return 0;
  if (on) arm(tcb, Timer.Keep, tcb.keepIdle);
  else disarm(tcb, Timer.Keep);
  return 0;
}

export function setTcpOption(tcb: Tcb, name: u32, n: u32): i32 {
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
