/**
 * Every knob: its meaning, its default, its bounds, its price. `--use CONFIG_X=n` overrides one, asconfig.json does so per
 * profile, and a wrong value does not compile.
 */

/** Connections open at once, each with a Tcb (about 230 bytes) and its two buffers. */
export const CONNECTIONS: u32 = isDefined(CONFIG_CONNECTIONS) ? CONFIG_CONNECTIONS : 8;
/** Listening sockets on top of CONNECTIONS; a Tcb each, no buffers. */
export const LISTENERS: u32 = isDefined(CONFIG_LISTENERS) ? CONFIG_LISTENERS : 3;
/** Datagram sockets; about 56 bytes and one buffer of UDP_BUF each. */
export const UDP_SOCKETS: u32 = isDefined(CONFIG_UDP_SOCKETS) ? CONFIG_UDP_SOCKETS : 3;
/** Receive buffer of a new stream socket, octets. */
export const RCV_BUF: u32 = isDefined(CONFIG_RCV_BUF) ? CONFIG_RCV_BUF : 2048;
/** Send buffer of a new stream socket, octets. */
export const SND_BUF: u32 = isDefined(CONFIG_SND_BUF) ? CONFIG_SND_BUF : 2048;
/** Receive buffer of a datagram socket, octets; each datagram in it costs 12 more. */
export const UDP_BUF: u32 = isDefined(CONFIG_UDP_BUF) ? CONFIG_UDP_BUF : 2048;
/** Smallest buffer: the arena's block. Costs a byte of map each. */
export const MIN_BUF: u32 = isDefined(CONFIG_MIN_BUF) ? CONFIG_MIN_BUF : 512;
/** Largest buffer SO_RCVBUF or SO_SNDBUF can ask for. */
export const MAX_BUF: u32 = isDefined(CONFIG_MAX_BUF) ? CONFIG_MAX_BUF : 4096;
/**
 * A new buffer gets at most 1/BUFFER_PRESSURE of what is free (rounded down to a power of two, never below MIN_BUF): above 1,
 * many connections share the arena by taking smaller windows.
 */
export const BUFFER_PRESSURE: u32 = isDefined(CONFIG_BUFFER_PRESSURE) ? CONFIG_BUFFER_PRESSURE : 1;
/** Half-open connections of all listeners together, 48 bytes each. */
export const SYN_QUEUE: u32 = isDefined(CONFIG_SYN_QUEUE) ? CONFIG_SYN_QUEUE : 8;
/** Upper bound of a listener's backlog. */
export const SOMAXCONN: u32 = isDefined(CONFIG_SOMAXCONN) ? CONFIG_SOMAXCONN : 4;
/** Connections in TIME-WAIT, 40 bytes each; the oldest gives way. */
export const TIME_WAITS: u32 = isDefined(CONFIG_TIME_WAITS) ? CONFIG_TIME_WAITS : 8;
/** Ethernet interfaces; each has rings, a MAC address, a link of its own. Above one: about 3 KB of code. */
export const INTERFACES: u32 = isDefined(CONFIG_INTERFACES) ? CONFIG_INTERFACES : 1;
/** Addresses of all interfaces together, 36 bytes each. Above one, or with ROUTES: about 2 KB of code. */
export const ADDRESSES: u32 = isDefined(CONFIG_ADDRESSES) ? CONFIG_ADDRESSES : INTERFACES;
/** Routes besides those to an interface's own networks and to its gateway, 16 bytes each. */
export const ROUTES: u32 = isDefined(CONFIG_ROUTES) ? CONFIG_ROUTES : 0;
/** Receive descriptors, 1552 bytes each. */
export const RX_SLOTS: u32 = isDefined(CONFIG_RX_SLOTS) ? CONFIG_RX_SLOTS : 4;
/** Transmit descriptors, 1552 bytes each. */
export const TX_SLOTS: u32 = isDefined(CONFIG_TX_SLOTS) ? CONFIG_TX_SLOTS : 4;
/** Receive and transmit descriptors of each interface behind the first, 1552 bytes each. */
export const MORE_SLOTS: u32 = isDefined(CONFIG_MORE_SLOTS) ? CONFIG_MORE_SLOTS : 4;
/**
 * Where slots lie: at a multiple of this. What a controller's DMA asks of its buffers, and the cache line of the core beside it: two
 * slots, or a slot and something else, may not share one. Costs up to SLOT_ALIGN - 16 bytes.
 */
export const SLOT_ALIGN: u32 = isDefined(CONFIG_SLOT_ALIGN) ? CONFIG_SLOT_ALIGN : 64;
/** Frames under way on 127/8, 1552 bytes each. */
export const LOOPBACK_SLOTS: u32 = isDefined(CONFIG_LOOPBACK_SLOTS) ? CONFIG_LOOPBACK_SLOTS : 2;
/** Neighbours remembered, 28 bytes each. */
export const ARP_ENTRIES: u32 = isDefined(CONFIG_ARP_ENTRIES) ? CONFIG_ARP_ENTRIES : 8;
/** Datagrams kept while their neighbour is being resolved, 1536 bytes each. */
export const ARP_HOLDS: u32 = isDefined(CONFIG_ARP_HOLDS) ? CONFIG_ARP_HOLDS : 1;
/**
 * EHOSTUNREACH where a neighbour does not answer ARP: a connect ends with it, other sockets hear of it. About 350 bytes of code; without it
 * such a datagram is lost like any other, and a connect ends with ETIMEDOUT.
 */
export const ARP_ERRORS: bool = isDefined(CONFIG_ARP_ERRORS) ? CONFIG_ARP_ERRORS != 0 : true;
/**
 * Datagrams put together from fragments at once, 40 bytes each (RFC 791 §3.2); 0: fragments are dropped, which saves about 2.6 KB of code.
 * Their octets are lent by the arena of the socket buffers, which takes them back when a socket needs them.
 */
export const REASSEMBLIES: u32 = isDefined(CONFIG_REASSEMBLIES) ? CONFIG_REASSEMBLIES : 2;
/** Octets behind the header of the largest datagram that is put together (RFC 1122 §3.3.2: 556 at least). */
export const REASSEMBLY_MAX: u32 = isDefined(CONFIG_REASSEMBLY_MAX)
  ? CONFIG_REASSEMBLY_MAX
  : MAX_BUF > 65536
    ? 65515
    : MAX_BUF - MAX_BUF / 64 - 80;
/** How long a datagram waits for its fragments, ms. Deviation: RFC 1122 §3.3.2 says 60 to 120 s; Linux waits 30 s, RFC 6274 §4.1.2.4 asks for less. */
export const REASSEMBLY_TIMEOUT: u32 = isDefined(CONFIG_REASSEMBLY_TIMEOUT) ? CONFIG_REASSEMBLY_TIMEOUT : 30000;
/**
 * Datagrams of UDP, ICMP and raw sockets are sent in fragments where they, or the path, need it: about 1.7 KB of code. Without it
 * they are EMSGSIZE. All fragments go into the transmit ring at once, so a datagram is of TX_SLOTS fragments at most.
 */
export const FRAGMENTATION: bool = isDefined(CONFIG_FRAGMENTATION) ? CONFIG_FRAGMENTATION != 0 : true;
/**
 * Memberships of datagram sockets in multicast groups, 28 bytes each; 0: none, which saves about 3.7 KB of code. They are told to routers with
 * IGMP (RFC 3376, and RFC 2236 where a router is older).
 */
export const GROUPS: u32 = isDefined(CONFIG_GROUPS) ? CONFIG_GROUPS : 0;
/** Out-of-order ranges remembered per connection, 8 bytes each. */
export const RANGES: u32 = isDefined(CONFIG_RANGES) ? CONFIG_RANGES : 4;
/** Bytes a host may use to pass arguments: `scratch()`. */
export const SCRATCH: u32 = isDefined(CONFIG_SCRATCH) ? CONFIG_SCRATCH : 1536;
/** Frames taken from the ring in one poll, at most; the rest waits for the next. */
export const POLL_BUDGET: u32 = isDefined(CONFIG_POLL_BUDGET) ? CONFIG_POLL_BUDGET : 64;
/** Largest IP datagram on the wire, octets (RFC 894). */
export const MTU: u32 = isDefined(CONFIG_MTU) ? CONFIG_MTU : 1500;
/** Time to live of datagrams unless IP_TTL says otherwise. */
export const TTL: u32 = isDefined(CONFIG_TTL) ? CONFIG_TTL : 64;
/** Selective acknowledgements, both ways (RFC 2018, 2883, 6675, 9937): about 6 KB of code, 110 bytes a connection. */
export const SACK: bool = isDefined(CONFIG_SACK) ? CONFIG_SACK != 0 : true;
/** Loss detection by time and tail loss probes (RFC 8985) instead of by counting (RFC 6675); needs SACK. About 2 KB of code. */
export const RACK: bool = isDefined(CONFIG_RACK) ? CONFIG_RACK != 0 : SACK;
/** Segments in flight remembered by all connections with SACK together, 16 bytes each; neighbours share one when they run out. */
export const SENT_RECORDS: u32 = isDefined(CONFIG_SENT_RECORDS) ? CONFIG_SENT_RECORDS : 32;
/** Timestamps, with PAWS and round trips from retransmissions (RFC 7323): 12 octets of every segment. */
export const TIMESTAMPS: bool = isDefined(CONFIG_TIMESTAMPS) ? CONFIG_TIMESTAMPS != 0 : true;
/** CUBIC (RFC 9438) beside Reno, and the default of a new socket: about 1 KB of code, 36 bytes a connection. */
export const CUBIC: bool = isDefined(CONFIG_CUBIC) ? CONFIG_CUBIC != 0 : true;
/** Explicit congestion notification (RFC 3168): 0 not in the code, 1 asked for and accepted, 2 accepted (as Linux does). 1 KB of code, 8 bytes a connection. */
export const ECN: u32 = isDefined(CONFIG_ECN) ? CONFIG_ECN : 2;
/**
 * Options of stream sockets that other systems know from Linux: TCP_CORK and MSG_MORE, TCP_QUICKACK, TCP_DEFER_ACCEPT, TCP_WINDOW_CLAMP,
 * TCP_NOTSENT_LOWAT, TCP_SYNCNT, TCP_LINGER2; MSG_WAITALL and MSG_TRUNC of streams. Without them (ENOPROTOOPT; the two flags are not heeded):
 * about 850 bytes of code less.
 */
export const LINUX_OPTIONS: bool = isDefined(CONFIG_LINUX_OPTIONS) ? CONFIG_LINUX_OPTIONS != 0 : true;
/** SO_REUSEPORT: several listeners share a port, a keyed hash says who gets a connection. Otherwise unknown: about 230 bytes of code less. */
export const REUSE_PORT: bool = isDefined(CONFIG_REUSE_PORT) ? CONFIG_REUSE_PORT != 0 : true;
/** SO_RCVTIMEO and SO_SNDTIMEO, kept for hosts that block; otherwise unknown: about 230 bytes of code, 8 bytes a socket. */
export const SOCKET_TIMEOUTS: bool = isDefined(CONFIG_SOCKET_TIMEOUTS) ? CONFIG_SOCKET_TIMEOUTS != 0 : true;
/** What getsockopt tells for TCP_INFO, otherwise unknown to it: about 700 bytes of code. */
export const TCP_INFO: bool = isDefined(CONFIG_TCP_INFO) ? CONFIG_TCP_INFO != 0 : true;
/**
 * Destinations whose path MTU is remembered, 12 bytes each (RFC 1191). 0: none is asked for, which saves about 1 KB of code; TCP then sends
 * datagrams of 576 octets at most to what is not on the link (RFC 1122 §3.3.3), and UDP reports EMSGSIZE without remembering it.
 */
export const PMTU_ENTRIES: u32 = isDefined(CONFIG_PMTU_ENTRIES) ? CONFIG_PMTU_ENTRIES : 4;
/** Closed connections that still deliver what was queued, at most; one more is reset. */
export const ORPHANS: u32 = isDefined(CONFIG_ORPHANS) ? CONFIG_ORPHANS : CONNECTIONS < 2 ? 1 : CONNECTIONS - CONNECTIONS / 4;
/** Header prediction: expected segments skip the tests they would pass. About 300 bytes of code. */
export const FAST_PATH: bool = isDefined(CONFIG_FAST_PATH) ? CONFIG_FAST_PATH != 0 : true;
/** Some knobs can be changed at run time, for tests: `tune`. */
export const TUNABLE: bool = isDefined(CONFIG_TUNABLE) ? CONFIG_TUNABLE != 0 : false;
/** The user timeout option (RFC 5482), for sockets that ask for it: about 400 bytes of code. */
export const USER_TIMEOUT_OPTION: bool = isDefined(CONFIG_USER_TIMEOUT_OPTION) ? CONFIG_USER_TIMEOUT_OPTION != 0 : true;
/** SOCK_SEQPACKET over TCP: records, each behind its length: about 1.1 KB of code, 4 bytes a connection. */
export const SEQPACKET: bool = isDefined(CONFIG_SEQPACKET) ? CONFIG_SEQPACKET != 0 : true;
/** Raw sockets (SOCK_RAW), about 70 bytes each and one buffer of UDP_BUF: about 2.2 KB of code. 0: none, and no code for them. */
export const RAW_SOCKETS: u32 = isDefined(CONFIG_RAW_SOCKETS) ? CONFIG_RAW_SOCKETS : 1;
/** Pairs of connected sockets at once (socketpair), 64 bytes each and two buffers of RCV_BUF: about 2.3 KB of code. 0: none, and no code for them. */
export const PAIRS: u32 = isDefined(CONFIG_PAIRS) ? CONFIG_PAIRS : 1;
/** Initial congestion window in segments (RFC 6928). */
export const INITIAL_WINDOW: u32 = isDefined(CONFIG_INITIAL_WINDOW) ? CONFIG_INITIAL_WINDOW : 10;
/** Segments that slow start adds for one acknowledgement at most (RFC 5681 §3.1: one; RFC 3465 §2.2: two). 0: as many as are acknowledged. */
export const SLOW_START_LIMIT: u32 = isDefined(CONFIG_SLOW_START_LIMIT) ? CONFIG_SLOW_START_LIMIT : 1;
/** Retransmission timeout before the first sample, ms (RFC 6298 §2.1). */
export const RTO_INITIAL: u32 = isDefined(CONFIG_RTO_INITIAL) ? CONFIG_RTO_INITIAL : 1000;
/** Lowest retransmission timeout, ms. Deviation: RFC 6298 §2.4 says one second; Linux and FreeBSD use 200 ms and 30 ms. */
export const RTO_MIN: u32 = isDefined(CONFIG_RTO_MIN) ? CONFIG_RTO_MIN : 200;
/** Highest retransmission timeout, ms (RFC 6298 §2.5: at least 60 s). */
export const RTO_MAX: u32 = isDefined(CONFIG_RTO_MAX) ? CONFIG_RTO_MAX : 120000;
/** How long an acknowledgement may wait, ms (RFC 9293 MUST-40: below 500). */
export const DELAYED_ACK: u32 = isDefined(CONFIG_DELAYED_ACK) ? CONFIG_DELAYED_ACK : 40;
/** Maximum segment lifetime, ms; TIME-WAIT lasts twice as long (Linux: 60 s in all). */
export const MSL: u32 = isDefined(CONFIG_MSL) ? CONFIG_MSL : 30000;
/** Retransmissions of a SYN: with a timeout that doubles from one second, 8 make eight minutes (MUST-23: at least 3). */
export const SYN_RETRIES: u32 = isDefined(CONFIG_SYN_RETRIES) ? CONFIG_SYN_RETRIES : 8;
/** Retransmissions of a SYN-ACK before a half-open connection is forgotten. */
export const SYNACK_RETRIES: u32 = isDefined(CONFIG_SYNACK_RETRIES) ? CONFIG_SYNACK_RETRIES : 5;
/** R2 (RFC 9293 §3.8.3): retransmissions of one segment before the connection is given up. */
export const RETRIES: u32 = isDefined(CONFIG_RETRIES) ? CONFIG_RETRIES : 15;
/** Idle time before the first keep-alive probe, ms (MUST-28: two hours). */
export const KEEP_IDLE: u32 = isDefined(CONFIG_KEEP_IDLE) ? CONFIG_KEEP_IDLE : 7200000;
/** Time between keep-alive probes, ms. */
export const KEEP_INTERVAL: u32 = isDefined(CONFIG_KEEP_INTERVAL) ? CONFIG_KEEP_INTERVAL : 75000;
/** Unanswered keep-alive probes that end a connection (MUST-29: more than one). */
export const KEEP_COUNT: u32 = isDefined(CONFIG_KEEP_COUNT) ? CONFIG_KEEP_COUNT : 9;
/** How long a closed socket's connection waits in FIN-WAIT-2 for the peer's FIN, ms. */
export const FIN_WAIT2: u32 = isDefined(CONFIG_FIN_WAIT2) ? CONFIG_FIN_WAIT2 : 60000;
/** Age at which a neighbour is asked again, ms (RFC 1122 §2.3.2.1). */
export const ARP_AGE: u32 = isDefined(CONFIG_ARP_AGE) ? CONFIG_ARP_AGE : 60000;
/** Challenge ACKs per connection in five seconds (RFC 5961 §7). */
export const CHALLENGE_ACKS: u32 = isDefined(CONFIG_CHALLENGE_ACKS) ? CONFIG_CHALLENGE_ACKS : 10;
/** Resets sent in one second to segments that belong to no connection, at most. */
export const RESET_RATE: u32 = isDefined(CONFIG_RESET_RATE) ? CONFIG_RESET_RATE : 100;
/** ICMP errors sent in one second, at most. */
export const ICMP_RATE: u32 = isDefined(CONFIG_ICMP_RATE) ? CONFIG_ICMP_RATE : 10;
/** Clients the demonstration web server serves at once, 88 bytes each; the rest wait in the backlog. */
export const HTTP_CLIENTS: u32 = isDefined(CONFIG_HTTP_CLIENTS) ? CONFIG_HTTP_CLIENTS : 8;
/** Events kept by the trace ring, 16 bytes each (debug builds). */
export const TRACE_ENTRIES: u32 = isDefined(CONFIG_TRACE_ENTRIES) ? CONFIG_TRACE_ENTRIES : 256;

/** Debug builds: events are traced, invariants asserted. */
export const TRACE: bool = isDefined(CONFIG_TRACE);
/** 128-bit checksums; needs an engine with SIMD, so only for hosts. */
export const SIMD: bool = isDefined(CONFIG_SIMD);

/** Bytes of a frame slot: 14 + 1500, rounded up to what DMA engines like. */
export const SLOT_SIZE: u32 = 1536;
/** The one address of the one interface, its network, and its gateway: there is nothing to choose. */
export const SINGLE_HOMED: bool = INTERFACES == 1 && ADDRESSES == 1 && ROUTES == 0;
export const MAX_TCBS: u32 = CONNECTIONS + LISTENERS;
/** Datagram sockets, and raw ones behind them. */
export const MAX_PCBS: u32 = UDP_SOCKETS + RAW_SOCKETS;
export const MAX_SOCKETS: u32 = MAX_TCBS + MAX_PCBS + 2 * PAIRS;
/** The arena all socket buffers come from. */
export const BUFFERS: u32 = isDefined(CONFIG_BUFFERS)
  ? CONFIG_BUFFERS
  : CONNECTIONS * (RCV_BUF + SND_BUF) + MAX_PCBS * UDP_BUF + 2 * PAIRS * RCV_BUF;

/** Octets of the arena that all datagrams under reassembly hold together, at most. */
export const REASSEMBLY_MEMORY: u32 = isDefined(CONFIG_REASSEMBLY_MEMORY) ? CONFIG_REASSEMBLY_MEMORY : BUFFERS / 4;

if (CONNECTIONS < 1 || CONNECTIONS > 32768) ERROR("CONFIG_CONNECTIONS must be 1..32768");
if (LISTENERS < 1 || LISTENERS > 1024) ERROR("CONFIG_LISTENERS must be 1..1024");
if (UDP_SOCKETS < 1 || UDP_SOCKETS > 1024) ERROR("CONFIG_UDP_SOCKETS must be 1..1024");
if (RCV_BUF < 512 || RCV_BUF > 1048576) ERROR("CONFIG_RCV_BUF must be 512..1048576");
if ((RCV_BUF & (RCV_BUF - 1)) != 0) ERROR("CONFIG_RCV_BUF must be a power of two");
if (SND_BUF < 512 || SND_BUF > 1048576) ERROR("CONFIG_SND_BUF must be 512..1048576");
if ((SND_BUF & (SND_BUF - 1)) != 0) ERROR("CONFIG_SND_BUF must be a power of two");
if (UDP_BUF < 512 || UDP_BUF > 1048576) ERROR("CONFIG_UDP_BUF must be 512..1048576");
if ((UDP_BUF & (UDP_BUF - 1)) != 0) ERROR("CONFIG_UDP_BUF must be a power of two");
if (MIN_BUF < 256 || MIN_BUF > 65536) ERROR("CONFIG_MIN_BUF must be 256..65536");
if ((MIN_BUF & (MIN_BUF - 1)) != 0) ERROR("CONFIG_MIN_BUF must be a power of two");
if (MAX_BUF < 512 || MAX_BUF > 1048576) ERROR("CONFIG_MAX_BUF must be 512..1048576");
if ((MAX_BUF & (MAX_BUF - 1)) != 0) ERROR("CONFIG_MAX_BUF must be a power of two");
if (BUFFER_PRESSURE < 1 || BUFFER_PRESSURE > 65536) ERROR("CONFIG_BUFFER_PRESSURE must be 1..65536");
if (SYN_QUEUE < 1 || SYN_QUEUE > 65535) ERROR("CONFIG_SYN_QUEUE must be 1..65535");
if (SOMAXCONN < 1 || SOMAXCONN > 65535) ERROR("CONFIG_SOMAXCONN must be 1..65535");
if (TIME_WAITS < 1 || TIME_WAITS > 65535) ERROR("CONFIG_TIME_WAITS must be 1..65535");
if (INTERFACES < 1 || INTERFACES > 8) ERROR("CONFIG_INTERFACES must be 1..8");
if (ADDRESSES < 1 || ADDRESSES > 64) ERROR("CONFIG_ADDRESSES must be 1..64");
if (ADDRESSES < INTERFACES) ERROR("CONFIG_ADDRESSES is below CONFIG_INTERFACES");
if (ROUTES > 64) ERROR("CONFIG_ROUTES must be 0..64");
if (MORE_SLOTS < 1 || MORE_SLOTS > 1024) ERROR("CONFIG_MORE_SLOTS must be 1..1024");
if (RX_SLOTS < 1 || RX_SLOTS > 1024) ERROR("CONFIG_RX_SLOTS must be 1..1024");
if (TX_SLOTS < 1 || TX_SLOTS > 1024) ERROR("CONFIG_TX_SLOTS must be 1..1024");
if (SLOT_ALIGN < 16 || SLOT_ALIGN > 64) ERROR("CONFIG_SLOT_ALIGN must be 16..64");
if ((SLOT_ALIGN & (SLOT_ALIGN - 1)) != 0) ERROR("CONFIG_SLOT_ALIGN must be a power of two");
if (LOOPBACK_SLOTS < 1 || LOOPBACK_SLOTS > 1024) ERROR("CONFIG_LOOPBACK_SLOTS must be 1..1024");
if (ARP_ENTRIES < 2 || ARP_ENTRIES > 1024) ERROR("CONFIG_ARP_ENTRIES must be 2..1024");
if ((ARP_ENTRIES & (ARP_ENTRIES - 1)) != 0) ERROR("CONFIG_ARP_ENTRIES must be a power of two");
if (ARP_HOLDS < 1 || ARP_HOLDS > 64) ERROR("CONFIG_ARP_HOLDS must be 1..64");
if (REASSEMBLIES > 64) ERROR("CONFIG_REASSEMBLIES must be 0..64");
if (REASSEMBLY_MAX > 65515) ERROR("CONFIG_REASSEMBLY_MAX must be 65515 at most");
if (REASSEMBLY_TIMEOUT < 1000 || REASSEMBLY_TIMEOUT > 120000) ERROR("CONFIG_REASSEMBLY_TIMEOUT must be 1000..120000");
if (GROUPS > 128) ERROR("CONFIG_GROUPS must be 0..128");
if (RANGES < 1 || RANGES > 64) ERROR("CONFIG_RANGES must be 1..64");
if (SCRATCH < 256 || SCRATCH > 1048576) ERROR("CONFIG_SCRATCH must be 256..1048576");
if (POLL_BUDGET < 1 || POLL_BUDGET > 65535) ERROR("CONFIG_POLL_BUDGET must be 1..65535");
if (MTU < 576 || MTU > 1500) ERROR("CONFIG_MTU must be 576..1500");
if (TTL < 1 || TTL > 255) ERROR("CONFIG_TTL must be 1..255");
if (RACK && !SACK) ERROR("CONFIG_RACK needs CONFIG_SACK");
if (SENT_RECORDS < 2 || SENT_RECORDS > 65534) ERROR("CONFIG_SENT_RECORDS must be 2..65534");
if (ECN > 2) ERROR("CONFIG_ECN must be 0..2");
if (PMTU_ENTRIES > 1024) ERROR("CONFIG_PMTU_ENTRIES must be 0..1024");
if (ORPHANS < 1 || ORPHANS > 32768) ERROR("CONFIG_ORPHANS must be 1..32768");
if (RAW_SOCKETS > 1024) ERROR("CONFIG_RAW_SOCKETS must be 0..1024");
if (PAIRS > 1024) ERROR("CONFIG_PAIRS must be 0..1024");
if (INITIAL_WINDOW < 1 || INITIAL_WINDOW > 64) ERROR("CONFIG_INITIAL_WINDOW must be 1..64");
if (SLOW_START_LIMIT > 8) ERROR("CONFIG_SLOW_START_LIMIT must be 0..8");
if (RTO_INITIAL < 100 || RTO_INITIAL > 60000) ERROR("CONFIG_RTO_INITIAL must be 100..60000");
if (RTO_MIN < 10 || RTO_MIN > 60000) ERROR("CONFIG_RTO_MIN must be 10..60000");
if (RTO_MAX < 60000 || RTO_MAX > 3600000) ERROR("CONFIG_RTO_MAX must be 60000..3600000");
if (DELAYED_ACK < 1 || DELAYED_ACK > 499) ERROR("CONFIG_DELAYED_ACK must be 1..499");
if (MSL < 100 || MSL > 240000) ERROR("CONFIG_MSL must be 100..240000");
if (SYN_RETRIES < 1 || SYN_RETRIES > 16) ERROR("CONFIG_SYN_RETRIES must be 1..16");
if (SYNACK_RETRIES < 1 || SYNACK_RETRIES > 16) ERROR("CONFIG_SYNACK_RETRIES must be 1..16");
if (RETRIES < 3 || RETRIES > 30) ERROR("CONFIG_RETRIES must be 3..30");
if (KEEP_IDLE < 1000 || KEEP_IDLE > 2000000000) ERROR("CONFIG_KEEP_IDLE must be 1000..2000000000");
if (KEEP_INTERVAL < 1000 || KEEP_INTERVAL > 2000000000) ERROR("CONFIG_KEEP_INTERVAL must be 1000..2000000000");
if (KEEP_COUNT < 2 || KEEP_COUNT > 127) ERROR("CONFIG_KEEP_COUNT must be 2..127");
if (FIN_WAIT2 < 1000 || FIN_WAIT2 > 2000000000) ERROR("CONFIG_FIN_WAIT2 must be 1000..2000000000");
if (ARP_AGE < 1000 || ARP_AGE > 2000000000) ERROR("CONFIG_ARP_AGE must be 1000..2000000000");
if (CHALLENGE_ACKS < 1 || CHALLENGE_ACKS > 1000) ERROR("CONFIG_CHALLENGE_ACKS must be 1..1000");
if (RESET_RATE < 1 || RESET_RATE > 1000000) ERROR("CONFIG_RESET_RATE must be 1..1000000");
if (ICMP_RATE < 1 || ICMP_RATE > 100000) ERROR("CONFIG_ICMP_RATE must be 1..100000");
if (HTTP_CLIENTS < 1 || HTTP_CLIENTS > 32768) ERROR("CONFIG_HTTP_CLIENTS must be 1..32768");
if (TRACE_ENTRIES < 16 || TRACE_ENTRIES > 65536) ERROR("CONFIG_TRACE_ENTRIES must be 16..65536");
if ((TRACE_ENTRIES & (TRACE_ENTRIES - 1)) != 0) ERROR("CONFIG_TRACE_ENTRIES must be a power of two");
if (RCV_BUF > MAX_BUF || SND_BUF > MAX_BUF || UDP_BUF > MAX_BUF) ERROR("CONFIG_MAX_BUF is below a default buffer");
if (MIN_BUF > RCV_BUF || MIN_BUF > SND_BUF || MIN_BUF > UDP_BUF) ERROR("CONFIG_MIN_BUF is above a default buffer");
if (MAX_SOCKETS > 65000)
  ERROR("CONFIG_CONNECTIONS, _LISTENERS, _UDP_SOCKETS, _RAW_SOCKETS and twice _PAIRS must be 65000 at most together");
if (MAX_TCBS + SYN_QUEUE > 65000) ERROR("CONFIG_CONNECTIONS + CONFIG_LISTENERS + CONFIG_SYN_QUEUE must be 65000 at most");
