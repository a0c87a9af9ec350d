import { Drop, State, Trace } from "../abi";
import { MAX_TCBS, SEQPACKET } from "../config";
import { notify } from "../events";
import { ASSEMBLER_BYTES, Assembler } from "../storage/assembler";
import { LIST_HEADER, LIST_ENTRY, List } from "../storage/list";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";
import { trace } from "../trace";
import { AGREEABLE, Agreed, BOUND, Flag, GRANTED, Wish } from "./flags";
import { Seq } from "./seq";
import { Tuple } from "./tuple";
import { mayFollow } from "./state";

/** No socket, no connection, no entry. */
export const NONE: u32 = 0xffff;

/** Tcb.linger2: an orphan does not wait in FIN-WAIT-2. */
export const NOT_AT_ALL: u32 = 0xff;

/** What we send: RFC 9293 §3.3.1, "Send Sequence Space". Octet n of the stream lies at buffer[n & (size - 1)]. */
@final
@unmanaged
export class Sender {
  una: Seq;
  nxt: Seq;
  /** One past the highest octet ever sent: SND.NXT goes back after a timeout, this does not. */
  max: Seq;
  /** One past the last octet the user has queued; the FIN, if there is one, sits here. */
  end: Seq;
  wnd: u32;
  wl1: Seq;
  wl2: Seq;
  /** Largest window the peer ever offered (RFC 9293 §3.8.6.2.1, RFC 5961 §5.2). */
  maxWnd: u32;
  buffer: usize;
  size: u32;
  scale: u32;
}

/** What we receive: "Receive Sequence Space". Octet n of the stream lies at buffer[n & (size - 1)]. */
@final
@unmanaged
export class Receiver {
  nxt: Seq;
  /** The next octet the user will read. */
  read: Seq;
  /** The right edge we have announced; never pulled back (SHLD-14). */
  edge: Seq;
  /** RCV.NXT as last acknowledged. */
  acked: Seq;
  /** Largest segment seen: what "full-sized" means for the delayed ACK. */
  mss: u32;
  buffer: usize;
  size: u32;
  scale: u32;
  /** Sequence number of the peer's FIN, once seen. */
  finAt: Seq;
}

/**
 * A Tcb in memory: `Sender, Receiver, Tcb`. What every segment touches adjoins, what is seldom needed comes behind it or lies in a
 * table of its own: with thousands of connections, cache lines are what a segment costs.
 */
const RCV: u32 = (<u32>offsetof<Sender>() + 7) & ~7;
const TCB: u32 = RCV + ((<u32>offsetof<Receiver>() + 7) & ~7);
/** Bytes from one Tcb to the next. */
export const TCB_SIZE: u32 = TCB + ((<u32>offsetof<Tcb>() + 7) & ~7);

/** The transmission control block of one connection, or of one listener. */
@final
@unmanaged
export class Tcb extends Tuple {
  private _state: u8;
  timers: u8;
  ttl: u8;
  tos: u8;
  /** Index of the socket that owns it; NONE for an orphan or one not accepted yet. */
  socket: u16;
  flags: u32;
  /** A mask of Agreed. */
  agreed: u8;
  /** A CongestionControl. */
  congestion: u8;
  /** A mask of Wish. */
  wishes: u16;
  /** Eff.snd.MSS: octets of text beside the options every segment has (RFC 9293 §3.7.1). */
  mss: u16;
  /** Pending error (SO_ERROR), an errno. */
  error: u16;

  /** TS.Recent, and when it was seen; what is added to the clock to make our timestamps (RFC 7323 §4, §5). */
  tsRecent: u32;
  tsRecentAt: u32;
  tsOffset: u32;

  cwnd: u32;
  ssthresh: u32;
  /** Octets acknowledged since the window last grew in congestion avoidance. */
  ackedOctets: u32;
  /** cwnd and ssthresh before they were last reduced. */
  priorCwnd: u32;
  priorSsthresh: u32;
  dupAcks: u32;
  /** Smoothed round trip in 1/8 ms, its variation in 1/4 ms (RFC 6298). 0: no sample yet. */
  srtt: u32;
  rttvar: u32;
  rto: u32;
  timedSeq: Seq;
  timedAt: u32;
  /** Times the retransmission timer fired since the last sample, since the peer last moved on, and keep-alives sent. */
  backoff: u8;
  unanswered: u8;
  keepProbes: u8;
  /** Segments beyond a hole that wait for an acknowledgement of their own: the peer counts them (RFC 5681 §4.2). */
  duplicatesOwed: u8;
  /** What Timer.Retransmit waits for: a Pending. */
  pending: u8;
  /** Without SACK: the last retransmission may have been a mistake; it left no earlier than `timedAt`, in the clock of our timestamps. */
  doubted: bool;
  /** Segments still to be acknowledged at once (Setting.QuickAcks). */
  quickAcks: u8;
  /** Segments as large as `mss` are known to have arrived. */
  proven: bool;
  retransmitAt: u32;
  ackAt: u32;
  /** When the peer was last heard of, and when text was last sent. */
  heardAt: u32;
  sentAt: u32;

  // Seldom needed.
  iss: Seq;
  irs: Seq;
  recover: Seq;
  /** SND.UP and RCV.UP (RFC 9293 §3.3.1), while UrgentOut and UrgentIn are set. */
  sndUp: Seq;
  rcvUp: Seq;
  /** What the network said, reported if the connection times out (RFC 9293 MUST-47). */
  softError: u16;
  /** `mss` without regard to the path, and the version of all paths it was last compared with. */
  agreedMss: u16;
  path: u16;
  challenges: u16;
  challengedAt: u32;
  keepAt: u32;
  /** When the peer was last known to move, while the timer fires. */
  silentSince: u32;
  /** Segments sent again so far; 65535 stands for more. */
  retransmissions: u16;
  synRetries: u8;
  /** TCP_DEFER_ACCEPT of a listener, as repetitions of a SYN-ACK. */
  deferAccept: u8;

  // What an accepted socket has from its listener: `inherit` copies it whole, from the first to the last.
  keepIdle: u32;
  keepInterval: u32;
  /** TCP_USER_TIMEOUT, or what a peer's option made of it, ms. */
  userTimeout: u32;
  windowClamp: u32;
  notSentLowat: u32;
  /** SO_RCVLOWAT. */
  receiveLowat: u32;
  /** Buffers the user asked for (SO_RCVBUF, SO_SNDBUF). */
  wantedRcv: u32;
  wantedSnd: u32;
  /** TCP_MAXSEG: the user's bound of both directions, 0 for none. */
  userMss: u16;
  lingerSeconds: u16;
  /** What we advertise with the user timeout option, as its field has it; 0: we do not (RFC 5482). */
  advUto: u16;
  keepCount: u8;
  /** TCP_LINGER2: seconds in FIN-WAIT-2 without a user; 0: as FIN_WAIT2 says, NOT_AT_ALL. */
  linger2: u8;

  /** Listener: bound of `accepting`. */
  backlog: u16;
  /** Listener: completed connections not taken by accept yet, first to last; in them, the next one. */
  accepting: u16;
  acceptFirst: u16;
  acceptLast: u16;
  /** A connection not accepted yet: its listener. */
  listener: u16;

  @inline static at(i: u32): Tcb {
    return changetype<Tcb>(table + TCB + <usize>i * TCB_SIZE);
  }
  @inline get snd(): Sender {
    return changetype<Sender>(changetype<usize>(this) - TCB);
  }
  @inline get rcv(): Receiver {
    return changetype<Receiver>(changetype<usize>(this) - TCB + RCV);
  }
  /** Out-of-order text held in the receive buffer. */
  @inline get ranges(): Assembler {
    return changetype<Assembler>(assemblers + <usize>this.index * ASSEMBLER_BYTES);
  }
  @inline get index(): u32 {
    return <u32>((changetype<usize>(this) - TCB - table) / TCB_SIZE);
  }
  @inline get state(): State {
    return this._state;
  }
  @inline has(flag: Flag): bool {
    return (this.flags & flag) != 0;
  }
  @inline set(flag: Flag): void {
    this.flags |= flag;
  }
  @inline clear(flag: Flag): void {
    this.flags &= ~flag;
  }
  @inline put(flag: Flag, on: bool): void {
    this.flags = on ? this.flags | flag : this.flags & ~flag;
  }

  @inline wants(wish: Wish): bool {
    return ((<u32>this.wishes) & wish & GRANTED) != 0;
  }
  @inline wish(wish: Wish, on: bool): void {
    this.wishes = <u16>(on ? (<u32>this.wishes) | wish : (<u32>this.wishes) & ~wish);
  }
  /** It is the stream of a SOCK_SEQPACKET socket. */
  @inline get records(): bool {
    return SEQPACKET && this.wants(Wish.Records);
  }
  /** Both ends agreed on it. */
  @inline uses(what: Agreed): bool {
    return ((<u32>this.agreed) & what & AGREEABLE) != 0;
  }

  /** The only place where a connection changes its state. */
  enter(next: State): void {
    const from = this._state;
    assert(mayFollow(from, next));
    trace(Trace.Enter, this.index, from, next);
    this._state = <u8>next;
  }

  /** Put it on the list of connections that may have something to send. */
  mark(): void {
    if (!work.has(this.index)) work.push(this.index);
  }

  /** Tell the socket's owner that something happened. */
  @inline tell(): void {
    if (this.socket != NONE) notify(this.socket);
  }

  /** Acknowledge with this poll. */
  acknowledge(): void {
    this.set(Flag.AckNow);
    this.mark();
  }

  /** Acknowledge a segment beyond a hole: one for each, however many come in one poll. */
  acknowledgeHole(): void {
    if (this.duplicatesOwed < 0xff) this.duplicatesOwed++;
    this.acknowledge();
  }

  /** Acknowledge with this poll, and say why nothing else happened to the segment. */
  challenge(why: Drop): Drop {
    this.acknowledge();
    return why;
  }
}

const table = memory.data(MAX_TCBS * TCB_SIZE, 8);
export const TCBS: usize = table + TCB;
const assemblers = memory.data(MAX_TCBS * ASSEMBLER_BYTES, 4);
/** Clear everything a Tcb consists of. */
export function wipe(tcb: Tcb): void {
  memory.fill(changetype<usize>(tcb) - TCB, 0, TCB_SIZE);
}

const INHERITED: u32 = <u32>offsetof<Tcb>("keepIdle");
const INHERITED_SIZE: u32 = <u32>offsetof<Tcb>("linger2") + 1 - INHERITED;

/** What a user can set once for all connections of a listener. */
export function inherit(tcb: Tcb, listener: Tcb): void {
  tcb.wishes = <u16>((<u32>listener.wishes) & ~BOUND);
  tcb.congestion = listener.congestion;
  tcb.ttl = listener.ttl;
  tcb.tos = listener.tos;
  memory.copy(changetype<usize>(tcb) + INHERITED, changetype<usize>(listener) + INHERITED, INHERITED_SIZE);
}

/** Free and used Tcbs. */
export const tcbs = changetype<Slots>(memory.data(SLOTS_HEADER + MAX_TCBS * SLOTS_ENTRY, 4));
/** Connections that may have something to send. */
export const work = changetype<List>(memory.data(LIST_HEADER + MAX_TCBS * LIST_ENTRY, 4));

export function initTcbs(): void {
  tcbs.init(MAX_TCBS);
  work.init(MAX_TCBS);
  memory.fill(table, 0, MAX_TCBS * TCB_SIZE);
}
