/** The numbers of the calls under the names the field knows; Linux's values, taken from the module's own declarations. */
import {
  Errno,
  Family,
  IcmpOption,
  IpOption,
  Ioctl,
  Level,
  MessageFlag,
  PathMtuDiscovery,
  Poll,
  Protocol,
  Shutdown,
  SocketOption,
  SocketType,
  TcpOption,
} from "../abi";

/** Families of addresses. */
export const { AF_UNSPEC, AF_UNIX, AF_INET } = Family;
/** Kinds of sockets. */
export const { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET } = SocketType;
/** Protocols. */
export const { IPPROTO_IP, IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW } = Protocol;
/** Levels of options; IPPROTO_IP and IPPROTO_TCP are others. */
export const { SOL_SOCKET, SOL_RAW, SOL_SANDWIRE } = Level;
/** Options of level SOL_SOCKET. */
export const {
  SO_REUSEADDR,
  SO_TYPE,
  SO_ERROR,
  SO_BROADCAST,
  SO_SNDBUF,
  SO_RCVBUF,
  SO_KEEPALIVE,
  SO_OOBINLINE,
  SO_LINGER,
  SO_REUSEPORT,
  SO_RCVLOWAT,
  SO_SNDLOWAT,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SO_ACCEPTCONN,
  SO_PROTOCOL,
  SO_DOMAIN,
} = SocketOption;
/** Options of level IPPROTO_IP. */
export const {
  IP_TOS,
  IP_TTL,
  IP_HDRINCL,
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IP_MTU,
  IP_MULTICAST_IF,
  IP_MULTICAST_TTL,
  IP_MULTICAST_LOOP,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
} = IpOption;
/** Options of level SOL_RAW. */
export const { ICMP_FILTER } = IcmpOption;
/** Values of IP_MTU_DISCOVER. */
export const { IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO, IP_PMTUDISC_PROBE } = PathMtuDiscovery;
/** Options of level IPPROTO_TCP. */
export const {
  TCP_NODELAY,
  TCP_MAXSEG,
  TCP_CORK,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_KEEPCNT,
  TCP_SYNCNT,
  TCP_LINGER2,
  TCP_DEFER_ACCEPT,
  TCP_WINDOW_CLAMP,
  TCP_INFO,
  TCP_QUICKACK,
  TCP_CONGESTION,
  TCP_USER_TIMEOUT,
  TCP_NOTSENT_LOWAT,
} = TcpOption;
/** Flags of send and recv. */
export const { MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_EOR, MSG_WAITALL, MSG_NOSIGNAL, MSG_MORE } = MessageFlag;
/** Questions of ioctl. */
export const { FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, SIOCURGENT } = Ioctl;
/** How to shut down. */
export const { SHUT_RD, SHUT_WR, SHUT_RDWR } = Shutdown;
/** The mask of poll. */
export const { POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL, POLLRDHUP } = Poll;
/** What calls fail with: the absolute value of an error's `errno`, and what `connectEx` answers. */
export { Errno };
