import { ECN, LINUX_OPTIONS, REUSE_PORT, SACK, TIMESTAMPS } from "../config";

/** The masks of a connection: what it remembers, what both ends agreed on, what its user wants, which timers run. */

/** What a connection remembers in one bit each. */
export const enum Flag {
  /** An acknowledgement must go out with this poll. */
  AckNow = 1 << 0,
  /** Received data waits for the delayed acknowledgement. */
  AckDelayed = 1 << 1,
  /** The user has closed its direction: a FIN follows the last octet. */
  FinQueued = 1 << 2,
  /** The peer's FIN has been received, all data before it too. */
  FinReceived = 1 << 3,
  /** The user does not want to read any more (SHUT_RD). */
  ReadShut = 1 << 4,
  /** A RST has to be sent, then the connection is gone. */
  ResetNow = 1 << 5,
  /** Send the segment at SND.UNA again (fast retransmit, partial acknowledgement). */
  Retransmit = 1 << 6,
  /** Send one octet into the closed window. */
  Probe = 1 << 7,
  /** Send a keep-alive probe. */
  KeepAliveNow = 1 << 8,
  /** A segment is being timed for the round trip (RFC 6298); none that was sent twice (Karn). */
  Timing = 1 << 9,
  /** In fast recovery (RFC 6582). */
  Recovery = 1 << 10,
  /** The first partial acknowledgement of this recovery has been seen. */
  Partial = 1 << 11,
  /** The last output stopped at the congestion window, not for lack of data. */
  CwndLimited = 1 << 12,
  /** A writer found the send buffer full and waits for news. */
  WriterWaits = 1 << 13,
  /** Opened by us: SYN-RECEIVED came from SYN-SENT (MUST-11). */
  Active = 1 << 14,
  /** What was sent last with MSG_OOB is not acknowledged: `sndUp` holds. */
  UrgentOut = 1 << 15,
  /** The peer has announced urgent data whose end, `rcvUp`, the user has not passed. */
  UrgentIn = 1 << 16,
  /** Its last octet has been read with MSG_OOB. */
  UrgentRead = 1 << 17,
  /** Its user let go of it while it still had to close. */
  Orphaned = 1 << 18,
  /** In the hash table of connections or listeners. */
  Hashed = 1 << 19,
  /** A SYN or SYN-ACK had to be repeated: the initial window is one segment (RFC 5681 §3.1). */
  SynLost = 1 << 20,
  /** Ready for `accept`, or already taken: it ends as a connection, not as a failed attempt. */
  WasEstablished = 1 << 21,
  /** A zero window has been probed: SND.NXT is one octet beyond what the peer allows. */
  Probed = 1 << 22,
  /** The user has said that more text will follow (MSG_MORE). */
  More = 1 << 23,
  /** The peer's FIN has been seen, at `finAt`, perhaps beyond a hole. */
  FinSeen = 1 << 24,
  /** Text beyond a hole is held. */
  Holes = 1 << 25,
  /** Somebody who asked was told that there is no room in the send buffer. */
  RoomWanted = 1 << 26,
  /** There was a loss, and what was sent before it (`recover`) is not all acknowledged yet. */
  RecoverHolds = 1 << 27,
  /** The retransmission timer has fired, and what was in flight then (up to `recover`) is not all acknowledged yet. */
  Loss = 1 << 28,
  /** Send a tail loss probe (RFC 8985 §7). */
  TailProbe = 1 << 29,
  /** What is queued is not to be held back for more. */
  CorkOver = 1 << 30,
  /** The next segment tells `advUto` (RFC 5482). */
  TellTimeout = 1 << 31,
}

/** What both SYNs agreed on, in one bit each. */
export const enum Agreed {
  /** Window scale options (RFC 7323 §2). */
  Scale = 1,
  /** Timestamps (RFC 7323 §3). */
  Timestamps = 2,
  /** Selective acknowledgements (RFC 2018). */
  Sack = 4,
  /** Explicit congestion notification (RFC 3168). */
  Ecn = 8,
}

/** What can be agreed on in this build: the rest is constant, and what depends on it not in the code. */
export const AGREEABLE: u32 =
  Agreed.Scale | (TIMESTAMPS ? Agreed.Timestamps : 0) | (SACK ? Agreed.Sack : 0) | (ECN ? Agreed.Ecn : 0);

/** What the user asked for, in one bit each; an accepted socket has it from its listener. */
export const enum Wish {
  NoDelay = 1 << 0,
  KeepAlive = 1 << 1,
  ReuseAddress = 1 << 2,
  Linger = 1 << 3,
  /** Urgent data stays in the stream. */
  OobInline = 1 << 4,
  /** Only full segments. */
  Cork = 1 << 5,
  /** No delayed acknowledgements. */
  QuickAck = 1 << 6,
  /** `windowClamp`, `notSentLowat`, `userTimeout` were set. */
  WindowClamp = 1 << 7,
  NotSentLowat = 1 << 8,
  UserTimeout = 1 << 9,
  /** The stream is one of records (SOCK_SEQPACKET): not an option, but the kind of socket. */
  Records = 1 << 10,
  /** The local port, the local address were chosen by `bind`: they stay when a connection fails. */
  PortBound = 1 << 11,
  /** ICMP errors are errors at once (IP_RECVERR). */
  RecvErr = 1 << 12,
  ReusePort = 1 << 13,
  AddressBound = 1 << 14,
}

/** What a listener keeps for itself: a connection it accepted holds its port only as long as it lasts. */
export const BOUND: u32 = Wish.AddressBound | Wish.PortBound;

/** What can be wished for in this build: the rest is constant, and what depends on it not in the code. */
export const GRANTED: u32 =
  (LINUX_OPTIONS ? 0xffff : ~(Wish.Cork | Wish.QuickAck | Wish.WindowClamp | Wish.NotSentLowat)) &
  (REUSE_PORT ? 0xffff : ~Wish.ReusePort);

export const enum Timer {
  /** Retransmission, or the persist timer while the window is closed; never both. */
  Retransmit = 1,
  DelayedAck = 2,
  /** Keep-alive while open; the end of FIN-WAIT-2 for an orphan. */
  Keep = 4,
}
