/** What `--use CONFIG_X=n` may set; see config.ts. */
declare const CONFIG_CONNECTIONS: u32;
declare const CONFIG_LISTENERS: u32;
declare const CONFIG_UDP_SOCKETS: u32;
declare const CONFIG_RCV_BUF: u32;
declare const CONFIG_SND_BUF: u32;
declare const CONFIG_UDP_BUF: u32;
declare const CONFIG_MIN_BUF: u32;
declare const CONFIG_MAX_BUF: u32;
declare const CONFIG_BUFFER_PRESSURE: u32;
declare const CONFIG_SYN_QUEUE: u32;
declare const CONFIG_SOMAXCONN: u32;
declare const CONFIG_TIME_WAITS: u32;
declare const CONFIG_RX_SLOTS: u32;
declare const CONFIG_TX_SLOTS: u32;
declare const CONFIG_LOOPBACK_SLOTS: u32;
declare const CONFIG_ARP_ENTRIES: u32;
declare const CONFIG_ARP_HOLDS: u32;
declare const CONFIG_REASSEMBLIES: u32;
declare const CONFIG_REASSEMBLY_MAX: u32;
declare const CONFIG_REASSEMBLY_MEMORY: u32;
declare const CONFIG_REASSEMBLY_TIMEOUT: u32;
declare const CONFIG_FRAGMENTATION: u32;
declare const CONFIG_RANGES: u32;
declare const CONFIG_SCRATCH: u32;
declare const CONFIG_POLL_BUDGET: u32;
declare const CONFIG_MTU: u32;
declare const CONFIG_TTL: u32;
declare const CONFIG_INITIAL_WINDOW: u32;
declare const CONFIG_RTO_INITIAL: u32;
declare const CONFIG_RTO_MIN: u32;
declare const CONFIG_RTO_MAX: u32;
declare const CONFIG_DELAYED_ACK: u32;
declare const CONFIG_MSL: u32;
declare const CONFIG_SYN_RETRIES: u32;
declare const CONFIG_SYNACK_RETRIES: u32;
declare const CONFIG_RETRIES: u32;
declare const CONFIG_KEEP_IDLE: u32;
declare const CONFIG_KEEP_INTERVAL: u32;
declare const CONFIG_KEEP_COUNT: u32;
declare const CONFIG_FIN_WAIT2: u32;
declare const CONFIG_ARP_AGE: u32;
declare const CONFIG_CHALLENGE_ACKS: u32;
declare const CONFIG_RESET_RATE: u32;
declare const CONFIG_ICMP_RATE: u32;
declare const CONFIG_HTTP_CLIENTS: u32;
declare const CONFIG_SEQPACKET: u32;
declare const CONFIG_PAIRS: u32;
declare const CONFIG_TRACE_ENTRIES: u32;
declare const CONFIG_BUFFERS: u32;
declare const CONFIG_TRACE: bool;
declare const CONFIG_SIMD: bool;

/** The address of the literal's UTF-8 octets in static memory, behind their number (u16); see host/tools/text-transform.mjs. */
declare function text(literal: string): usize;
/** The address of the literal words in static memory, each behind its length (u8), closed by a 0. */
declare function words(...literals: string[]): usize;
/** The address of the names of an enum that counts from 0, each behind its length (u8), closed by a 0. */
declare function namesOf(enumeration: object): usize;
