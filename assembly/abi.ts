/**
 * The border between the module and its hosts: numbers and record layouts, no code. Compiled by asc and by tsc; the host's
 * typed declarations (and later the C header) are generated from this file, so nothing is typed twice.
 *
 * An enum named `…Record` is a layout: each member is the byte offset of a field, `size` is the stride, and the width of a field
 * is the distance to the next member (1, 2, 4 octets: an unsigned integer, little-endian; anything else: octets).
 */

/** Version of this border; changes when a layout or the meaning of a call does. */
export const enum Abi {
  version = 1,
  /** "SWMA", little-endian: the first word of a MacControl. */
  macMagic = 0x414d5753,
}

// ---- Addresses, socket kinds (Linux's numbers) ---------------------------------------------------------------------------

export const enum Family {
  /** No family: takes a datagram socket's peer back. */
  AF_UNSPEC = 0,
  /** Inside the device: socketpair. */
  AF_UNIX = 1,
  /** IPv4. */
  AF_INET = 2,
}
export const enum SocketType {
  /** A stream of octets: TCP. */
  SOCK_STREAM = 1,
  /** Datagrams: UDP. */
  SOCK_DGRAM = 2,
  /** Datagrams of an IP protocol of one's choice. */
  SOCK_RAW = 3,
  /** Records, over TCP. */
  SOCK_SEQPACKET = 5,
}
export const enum Protocol {
  /** The usual one of the socket's type. */
  IPPROTO_IP = 0,
  /** RFC 792. */
  IPPROTO_ICMP = 1,
  /** RFC 3376. */
  IPPROTO_IGMP = 2,
  /** RFC 9293. */
  IPPROTO_TCP = 6,
  /** RFC 768. */
  IPPROTO_UDP = 17,
  /** Raw sockets that only send, with an IP header of their own. */
  IPPROTO_RAW = 255,
}
/** A socket address in every family. IPv4 sits in the first four octets of `addr`, in network order; `port` is a plain number. */
export const enum AddressRecord {
  family = 0,
  port = 2,
  addr = 4,
  scope = 20,
  size = 24,
}

// ---- Options, flags (Linux's numbers) ------------------------------------------------------------------------------------

export const enum Level {
  /** An IpOption. */
  IPPROTO_IP = 0,
  /** A SocketOption. */
  SOL_SOCKET = 1,
  /** A TcpOption. */
  IPPROTO_TCP = 6,
  /** Raw sockets: an IcmpOption. */
  SOL_RAW = 255,
  /** What no other system has: a SandwireOption. */
  SOL_SANDWIRE = 0x5357,
}
export const enum SocketOption {
  /** Bind though connections of the port are in TIME-WAIT. */
  SO_REUSEADDR = 2,
  /** A SocketType, read only. */
  SO_TYPE = 3,
  /** The errno of what happened last, read only; reading forgets it. */
  SO_ERROR = 4,
  /** Allow datagrams to broadcast addresses. */
  SO_BROADCAST = 6,
  /** Octets of the send buffer. */
  SO_SNDBUF = 7,
  /** Octets of the receive buffer. */
  SO_RCVBUF = 8,
  /** Probe a peer that is silent. */
  SO_KEEPALIVE = 9,
  /** Urgent data stays in the stream. */
  SO_OOBINLINE = 10,
  /** Two 32-bit words: on/off, seconds. */
  SO_LINGER = 13,
  /** Several listeners on one port, each getting a share of the connections. */
  SO_REUSEPORT = 15,
  /** The least that makes a socket readable; the least room that makes it writable, read only. */
  SO_RCVLOWAT = 18,
  /** Octets of room that make a socket writable. */
  SO_SNDLOWAT = 19,
  /** Two 32-bit words, seconds and microseconds; 0: for ever. Kept for hosts that block: the core never waits. */
  SO_RCVTIMEO = 20,
  /** The same for sending. */
  SO_SNDTIMEO = 21,
  /** 1 for a listener, read only. */
  SO_ACCEPTCONN = 30,
  /** A Protocol, read only. */
  SO_PROTOCOL = 38,
  /** A Family, read only. */
  SO_DOMAIN = 39,
}
export const enum IpOption {
  /** Type of service: the upper six bits of the octet. */
  IP_TOS = 1,
  /** Time to live, 1 to 255. */
  IP_TTL = 2,
  /** Raw sockets: what is sent begins with its IP header, of which total length and checksum are filled in, source and id if they are 0. */
  IP_HDRINCL = 3,
  /** A PathMtuDiscovery. */
  IP_MTU_DISCOVER = 10,
  /**
   * Stream sockets: what the network says of a connection is an error at once, not only when it times out. Raw sockets: every ICMP error is
   * one, also of a socket that is not connected.
   */
  IP_RECVERR = 11,
  /** Of a connected socket, read only: the largest datagram its path takes. */
  IP_MTU = 14,
  /** Datagrams to groups: the address of the interface they leave by, 4 octets in network order. */
  IP_MULTICAST_IF = 32,
  /** Time to live of datagrams to groups, 0 to 255. */
  IP_MULTICAST_TTL = 33,
  /** Whether datagrams to groups also come to this device. */
  IP_MULTICAST_LOOP = 34,
  /** A struct ip_mreqn: group and interface address in network order, interface index; 8 or 12 octets. */
  IP_ADD_MEMBERSHIP = 35,
  /** Leave a group: as IP_ADD_MEMBERSHIP. */
  IP_DROP_MEMBERSHIP = 36,
}
/** Options of level SOL_RAW. */
export const enum IcmpOption {
  /** Types that are not received, a bit each (32 bits). */
  ICMP_FILTER = 1,
}
/** IP_MTU_DISCOVER: what becomes of datagrams that the path does not take. Streams are never fragmented. */
export const enum PathMtuDiscovery {
  /** Fragments, ours or a router's: no datagram says that it must not be fragmented. */
  IP_PMTUDISC_DONT = 0,
  /** Fragments, ours: the path is known or found out. The default where datagrams can be fragmented. */
  IP_PMTUDISC_WANT = 1,
  /** EMSGSIZE. */
  IP_PMTUDISC_DO = 2,
  /** Datagram sockets: also send what the path is not known to take. */
  IP_PMTUDISC_PROBE = 3,
}
export const enum TcpOption {
  /** Send small segments at once (no Nagle). */
  TCP_NODELAY = 1,
  /** The largest segment, octets. */
  TCP_MAXSEG = 2,
  /** Send only full segments, others after 200 ms. */
  TCP_CORK = 3,
  /** Seconds of silence before the first probe. */
  TCP_KEEPIDLE = 4,
  /** Seconds between probes. */
  TCP_KEEPINTVL = 5,
  /** Unanswered probes that end the connection. */
  TCP_KEEPCNT = 6,
  /** How often a SYN is sent again. */
  TCP_SYNCNT = 7,
  /** Seconds an orphan waits in FIN-WAIT-2; -1: not at all. */
  TCP_LINGER2 = 8,
  /** Seconds a listener waits for data before it wakes accept. */
  TCP_DEFER_ACCEPT = 9,
  /** The largest receive window to announce, octets. */
  TCP_WINDOW_CLAMP = 10,
  /** A TcpInfoRecord, read only. */
  TCP_INFO = 11,
  /** Acknowledge every segment at once. */
  TCP_QUICKACK = 12,
  /** A name: "reno", "cubic". */
  TCP_CONGESTION = 13,
  /** Milliseconds sent data, or a probe, may stay unanswered; 0: as RETRIES says, or TCP_KEEPCNT. */
  TCP_USER_TIMEOUT = 18,
  /** Octets that may wait in the send buffer unsent. */
  TCP_NOTSENT_LOWAT = 25,
}
/** Options of level SOL_SANDWIRE. */
export const enum SandwireOption {
  /**
   * The user timeout option of RFC 5482, of a stream socket: seconds to advertise to the peer (32767 minutes at most); 0, the default, is
   * neither to send the option nor to heed it. What the peer advertises then becomes TCP_USER_TIMEOUT, unless that was set.
   */
  USER_TIMEOUT_OPTION = 1,
}
/** TCP_INFO: the fields of Linux's struct tcp_info that exist here; times in microseconds unless their name says ms. */
export const enum TcpInfoRecord {
  /** A TcpInfoState: Linux's numbers are not RFC 9293's order. */
  state = 0,
  caState = 1,
  retransmits = 2,
  probes = 3,
  backoff = 4,
  /** A mask of TcpInfoOption. */
  options = 5,
  /** Send shift count in the lower, receive shift count in the upper four bits. */
  wscale = 6,
  _flags = 7,
  rto = 8,
  ato = 12,
  sndMss = 16,
  rcvMss = 20,
  /** Segments, as the next four. */
  unacked = 24,
  sacked = 28,
  lost = 32,
  retrans = 36,
  fackets = 40,
  /** Milliseconds since; the second is 0 (as on Linux), the last two are both the time since any acceptable segment. */
  lastDataSent = 44,
  lastAckSent = 48,
  lastDataRecv = 52,
  lastAckRecv = 56,
  pmtu = 60,
  /** The largest receive window there can be; rcvSpace is the same. */
  rcvSsthresh = 64,
  rtt = 68,
  rttvar = 72,
  /** Segments, as the next. */
  sndSsthresh = 76,
  sndCwnd = 80,
  advmss = 84,
  /** Segments. */
  reordering = 88,
  /** Not measured: 0. */
  rcvRtt = 92,
  rcvSpace = 96,
  /** 65535 stands for more. */
  totalRetrans = 100,
  size = 104,
}
/** TcpInfoRecord.state, Linux's names and numbers. */
export const enum TcpInfoState {
  ESTABLISHED = 1,
  SYN_SENT,
  SYN_RECV,
  FIN_WAIT1,
  FIN_WAIT2,
  TIME_WAIT,
  CLOSE,
  CLOSE_WAIT,
  LAST_ACK,
  LISTEN,
  CLOSING,
}
export const enum TcpInfoOption {
  Timestamps = 1,
  Sack = 2,
  WindowScale = 4,
  Ecn = 8,
}
/** TcpInfoRecord.caState, Linux's names. */
export const enum CaState {
  Open,
  Disorder,
  CWR,
  Recovery,
  Loss,
}
export const enum CongestionControl {
  Reno,
  Cubic,
  count,
}
export const enum MessageFlag {
  /** Urgent data: the last octet sent, or the one received. */
  MSG_OOB = 1,
  /** Leave what is received where it is. */
  MSG_PEEK = 2,
  /** Tell the whole length of a message, whatever there was room for. */
  MSG_TRUNC = 0x20,
  /** Do not wait; the module never does. */
  MSG_DONTWAIT = 0x40,
  /** The end of a record: what every send to a SOCK_SEQPACKET socket is. */
  MSG_EOR = 0x80,
  /** Receive all that was asked for, or nothing yet. */
  MSG_WAITALL = 0x100,
  /** No signal; there are none. */
  MSG_NOSIGNAL = 0x4000,
  /** More follows at once: do not send a small segment yet. */
  MSG_MORE = 0x8000,
}
/** `ioctl(fd, request)`: the answer is the result of the call. */
export const enum Ioctl {
  /**
   * Octets a read can take now, up to the mark of urgent data; where there are datagrams or records: the length of the next. Also SIOCINQ.
   */
  FIONREAD = 0x541b,
  /** Octets queued and not acknowledged, an unacknowledged FIN being one. */
  SIOCOUTQ = 0x5411,
  /** Octets queued and not sent. */
  SIOCOUTQNSD = 0x894b,
  /** 1 if everything before the last urgent octet has been read. */
  SIOCATMARK = 0x8905,
  /** Sandwire's own: octets left to read up to the end of the urgent data that was announced, 0 for none. */
  SIOCURGENT = 0x89e0,
}
export const enum Shutdown {
  /** End reading. */
  SHUT_RD = 0,
  /** End writing: the peer sees the end of the stream. */
  SHUT_WR = 1,
  /** End both. */
  SHUT_RDWR = 2,
}
/** The mask `ready(fd)` returns (poll(2)). */
export const enum Poll {
  /** There is something to read, or the end, or a connection to accept. */
  POLLIN = 1,
  /** There is urgent data. */
  POLLPRI = 2,
  /** There is room to write. */
  POLLOUT = 4,
  /** Something went wrong: SO_ERROR says what. */
  POLLERR = 8,
  /** Both directions have ended. */
  POLLHUP = 0x10,
  /** No such descriptor. */
  POLLNVAL = 0x20,
  /** The peer has ended its direction. */
  POLLRDHUP = 0x2000,
}

/** Calls return a count, 0, or one of these negated (Linux's numbers). */
export const enum Errno {
  EPERM = 1,
  ENOENT = 2,
  ESRCH = 3,
  EBADF = 9,
  EAGAIN = 11,
  ENOMEM = 12,
  EACCES = 13,
  EEXIST = 17,
  ENODEV = 19,
  EINVAL = 22,
  EMFILE = 24,
  ENOTTY = 25,
  EPIPE = 32,
  EDOM = 33,
  ENOSYS = 38,
  ENONET = 64,
  EPROTO = 71,
  ENOTSOCK = 88,
  EDESTADDRREQ = 89,
  EMSGSIZE = 90,
  EPROTOTYPE = 91,
  ENOPROTOOPT = 92,
  EPROTONOSUPPORT = 93,
  ESOCKTNOSUPPORT = 94,
  EOPNOTSUPP = 95,
  EAFNOSUPPORT = 97,
  EADDRINUSE = 98,
  EADDRNOTAVAIL = 99,
  ENETDOWN = 100,
  ENETUNREACH = 101,
  ECONNABORTED = 103,
  ECONNRESET = 104,
  ENOBUFS = 105,
  EISCONN = 106,
  ENOTCONN = 107,
  ETIMEDOUT = 110,
  ECONNREFUSED = 111,
  EHOSTDOWN = 112,
  EHOSTUNREACH = 113,
  EALREADY = 114,
  EINPROGRESS = 115,
  ECANCELED = 125,
}

// ---- TCP -----------------------------------------------------------------------------------------------------------------

/** Connection states, RFC 9293 §3.3.2. */
export const enum State {
  Closed,
  Listen,
  SynSent,
  SynReceived,
  Established,
  FinWait1,
  FinWait2,
  CloseWait,
  Closing,
  LastAck,
  TimeWait,
}

/** Who reads a socket's events: the host (through the exports) or an application inside the module. */
export const enum Owner {
  Host,
  Http,
  Echo,
  Discard,
  App,
  count,
}

// ---- The MAC ring driver -------------------------------------------------------------------------------------------------

/** One network interface as the port sees it; `mac(i)` returns its address. Counters are written by the port. */
export const enum MacRecord {
  magic = 0,
  version = 4,
  rxRing = 8,
  rxCount = 12,
  txRing = 16,
  txCount = 20,
  slotSize = 24,
  mtu = 28,
  address = 32,
  _pad = 38,
  capabilities = 40,
  link = 44,
  speed = 48,
  rxMissed = 52,
  rxErrors = 56,
  _reserved = 60,
  size = 64,
}
export const enum DescriptorRecord {
  buffer = 0,
  length = 4,
  status = 6,
  _reserved0 = 8,
  _reserved1 = 12,
  size = 16,
}
/** Descriptor status bits. */
export const enum Slot {
  /** The MAC owns the slot; otherwise the core does. */
  OWN = 1,
  /** Receive: the frame is damaged, do not read it. */
  ERROR = 2,
  /** Receive: the port has verified the IP, TCP and UDP checksums (needs RX_CSUM). */
  CSUM_OK = 4,
  /** Transmit: the port must fill in the TCP or UDP checksum (set only with TX_CSUM). */
  CSUM_FILL = 8,
}
export const enum Capability {
  /** The port verifies checksums on receive and says so with CSUM_OK. */
  RX_CSUM = 1,
  /** The port fills checksums on transmit where CSUM_FILL asks for it. */
  TX_CSUM = 2,
  /** The port pads frames to 60 octets itself. */
  PAD = 4,
}
export const enum Link {
  Down = 0,
  Up = 1,
}

// ---- Settings for tests ----------------------------------------------------------------------------------------------

/**
 * What a build with TUNABLE lets a host change at run time, between `init` and the first socket: `tune`, `tuned`. Meant for tests that
 * play another system; a firmware has the knobs of config.ts instead. Times in ms.
 */
export const enum Setting {
  /** Segments. */
  InitialWindow,
  RtoInitial,
  RtoMin,
  RtoMax,
  DelayedAck,
  Msl,
  SynRetries,
  SynAckRetries,
  Retries,
  FinWait2,
  /** 0 as Linux, 1 as FreeBSD. */
  OptionOrder,
  RcvBuf,
  SndBuf,
  /** The least shift count a SYN offers, 0..14. */
  WindowShift,
  Sack,
  Timestamps,
  WindowScaling,
  /** 0 never, 1 ask and accept, 2 accept. */
  Ecn,
  /** A CongestionControl. */
  Congestion,
  /** 0 never, 1 when the SYN queue is full, 2 always. */
  Cookies,
  /** A new buffer gets at most this fraction of the free memory: 1/n. */
  BufferPressure,
  /** Segments acknowledged at once when a connection is young, as long as the socket has not sent anything. */
  QuickAcks,
  /** Segments that slow start adds for one acknowledgement at most; 0: as many as are acknowledged. */
  SlowStartLimit,
  /** 0: a loss leaves a part of what was in flight (RFC 5681 §3.1); 1: of cwnd, as in Linux (RFC 9438 §4.6 allows it). */
  LossFromCwnd,
  count,
}

// ---- Looking inside ------------------------------------------------------------------------------------------------------

/** One row of netstat, filled in by `sockets(index, record)`. Addresses are plain numbers, 10.0.0.1 being 0x0a000001. */
export const enum SocketRecord {
  protocol = 0,
  state = 1,
  owner = 2,
  /** What the row stands for: a SocketRow. */
  kind = 3,
  /** Lowest descriptor, or 0xffff where no descriptor is left (orphans, SYN-RECEIVED, TIME-WAIT). */
  fd = 4,
  localPort = 6,
  foreignPort = 8,
  /** Accepted but not taken (a listener's completed queue), or 0. */
  accepting = 10,
  localAddress = 12,
  foreignAddress = 16,
  /** Octets the application has not read; for a listener, its completed queue. */
  receiveQueue = 20,
  /** Octets not yet acknowledged; for a listener, its backlog. */
  sendQueue = 24,
  /** Milliseconds to the next deadline of this row; 0xffffffff for none. */
  timer = 28,
  /** Retransmissions of the oldest segment so far. */
  retransmits = 32,
  cwnd = 36,
  /** Smoothed round trip, milliseconds. */
  srtt = 40,
  _pad = 44,
  size = 48,
}
export const enum SocketRow {
  Tcp,
  HalfOpen,
  TimeWait,
  Udp,
  /** Its local port is the protocol. */
  Raw,
  /** An end of `socketpair`: protocol 0, its ports are the numbers of the ends, foreignPort 0 where the other is closed. */
  Pair,
}

/** One address of an interface, filled in by `addresses(index, record)`; a plain number. */
export const enum LocalAddressRecord {
  address = 0,
  iface = 4,
  prefix = 5,
  _pad = 6,
  size = 8,
}
/** One line of the routing table, filled in by `routes(index, record)`; addresses are plain numbers. */
export const enum RouteRecord {
  network = 0,
  /** 0: on the link. */
  gateway = 4,
  iface = 8,
  prefix = 9,
  _pad = 10,
  size = 12,
}

/** Why a received frame or segment was discarded, or an outgoing one not sent. Each has a counter: `stats()`. */
export const enum Drop {
  None,
  // Ethernet
  EthError,
  EthShort,
  EthOversize,
  EthNotForUs,
  EthType,
  EthVlan,
  EthSource,
  // ARP
  ArpShort,
  ArpFormat,
  ArpSender,
  ArpNotForUs,
  ArpUnsolicited,
  ArpConflict,
  ArpRateLimited,
  ArpUnresolved,
  ArpHoldFull,
  // IPv4
  IpShort,
  IpVersion,
  IpHeaderLength,
  IpTotalLength,
  IpChecksum,
  IpOption,
  IpSourceRoute,
  IpSource,
  IpNotForUs,
  IpLinkBroadcast,
  IpFragment,
  IpProtocol,
  IpNoRoute,
  IpTooBig,
  // ICMP
  IcmpShort,
  IcmpChecksum,
  IcmpType,
  IcmpBroadcast,
  IcmpRedirect,
  IcmpSourceQuench,
  IcmpQuote,
  IcmpSequence,
  /** "Fragmentation needed" with an MTU that cannot be (RFC 5927 §7). */
  IcmpMtu,
  IcmpRateLimited,
  // UDP
  UdpLength,
  UdpChecksum,
  UdpNoPort,
  UdpFull,
  UdpNotPeer,
  // Raw sockets
  RawFull,
  // TCP, RFC 9293 §3.10.7 in its order
  TcpShort,
  TcpOffset,
  TcpChecksum,
  TcpOptionLength,
  TcpPortZero,
  TcpBroadcast,
  TcpNoConnection,
  TcpNotSyn,
  TcpSynFin,
  TcpBadAck,
  /** RFC 7323 §5: older than what has been seen; §3.2: agreed on but missing. */
  TcpPaws,
  TcpNoTimestamp,
  TcpReset,
  TcpOutOfWindow,
  TcpChallenged,
  TcpSyn,
  TcpNoAck,
  TcpAckUnsent,
  TcpAckOld,
  TcpAfterClose,
  TcpRangesFull,
  TcpDuplicate,
  TcpNoRoom,
  TcpSynQueueFull,
  TcpAcceptQueueFull,
  TcpNoMemory,
  TcpTimeWait,
  /** The third step of a handshake without text, at a listener that waits for text (TCP_DEFER_ACCEPT). */
  TcpDeferred,
  // The driver
  RingFull,
  LinkDown,
  LoopbackFull,
  // IPv4 fragments: behind the others, as small numbers are short in the code
  /** RFC 791 §3.2: no multiple of eight octets though there are more, or nothing at all. */
  IpFragmentSize,
  /** The header of TCP is divided (RFC 1858, RFC 3128). */
  IpFragmentTiny,
  /** Octets that are there already, but different; a second end; something behind the end (RFC 5722, for IPv4 too). */
  IpFragmentOverlap,
  /** It reaches beyond 65,535 octets, or beyond REASSEMBLY_MAX. */
  IpFragmentTooLong,
  /** All of it is there already: harmless. */
  IpFragmentDuplicate,
  /** The datagram gave way to a newer one, or to a socket that needed the memory. */
  IpFragmentNoRoom,
  /** The rest of the datagram did not come in time. */
  IpFragmentTimeout,
  // IGMP
  /** Too short, neither of the versions, or from beyond a router. */
  IgmpFormat,
  IgmpChecksum,
  /** Nothing that concerns a host. */
  IgmpType,
  count,
}

/** Things worth counting that are no losses; they follow the drops in `stats()`. */
export const enum Counter {
  FramesIn,
  FramesOut,
  OctetsIn,
  OctetsOut,
  ArpRequestsOut,
  ArpRepliesOut,
  IpIn,
  IpOut,
  IcmpIn,
  IcmpOut,
  IcmpEchoReplies,
  UdpIn,
  UdpOut,
  UdpNoChecksum,
  TcpIn,
  TcpOut,
  TcpOctetsIn,
  TcpOctetsOut,
  TcpActiveOpens,
  TcpPassiveOpens,
  TcpAttemptFails,
  TcpEstablishedResets,
  TcpResetsOut,
  TcpRetransmits,
  TcpFastRetransmits,
  TcpTimeouts,
  TcpDuplicateAcks,
  TcpOutOfOrder,
  TcpChallengeAcks,
  TcpPersistProbes,
  TcpKeepAlives,
  TcpDelayedAcks,
  TcpTimeWaits,
  TcpTimeWaitRecycled,
  TcpMssClamped,
  TcpWindowScaleClamped,
  TcpCookiesOut,
  TcpCookiesIn,
  TcpSackRecoveries,
  TcpLostRetransmits,
  TcpLossProbes,
  TcpSpuriousTimeouts,
  TcpSpuriousRecoveries,
  TcpReorderings,
  TcpDsacksIn,
  TcpDsacksOut,
  TcpSackInvalid,
  TcpEcnMarks,
  TcpEcnReductions,
  TcpUrgentIn,
  TcpUrgentOut,
  TcpPathMtuDecreases,
  TcpBlackHoles,
  TcpOrphansReset,
  IpFragmentsIn,
  /** Datagrams put together. */
  IpReassembled,
  IpFragmentsOut,
  IgmpIn,
  IgmpOut,
  count,
}

/** Events of the debug build's trace ring: `{ u32 event, u32 a, u32 b, u32 c }`. */
export const enum Trace {
  Enter = 1,
  Drop,
  Receive,
  Send,
  Deadline,
}
export const enum TraceRecord {
  event = 0,
  a = 4,
  b = 8,
  c = 12,
  size = 16,
}
