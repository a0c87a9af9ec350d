import { MAX_TCBS, SACK } from "../config";
import { Seq } from "./seq";
import { NONE, Tcb } from "./tcb";

/** What the repair of losses remembers in one bit each. */
export const enum Mending {
  /** A delivery has been seen: `rack…` mean something. */
  Delivery = 1 << 0,
  /** The network has changed the order of segments on this connection. */
  Reordering = 1 << 1,
  /** A tail loss probe is out and its end is not known; it repeated old text. */
  ProbeOpen = 1 << 2,
  ProbeResent = 1 << 3,
  /** A round trip has been measured since the last probe: another may be sent. */
  ProbeAllowed = 1 << 4,
  /** The last reduction of the window can be taken back. */
  MayUndo = 1 << 5,
  /** F-RTO (RFC 5682 §3.1): the timeout's segment is out; then, two new segments are. */
  TimeoutDoubted = 1 << 6,
  TimeoutTested = 1 << 7,
  /** The first retransmission since the last reduction has its timestamp in `retransmitStamp`; the acknowledgement that tells is awaited. */
  Stamped = 1 << 12,
  StampAwaited = 1 << 13,
  /** The retransmission timer has fired: the first record is to be sent again, whatever else is in the network. */
  FirstDue = 1 << 14,
  // Of the present acknowledgement:
  /** It told of text that came twice (RFC 2883). */
  Twice = 1 << 8,
  /** It delivered text that was sent only once; after a timeout: and before that. */
  Original = 1 << 9,
  /** It made us believe something lost; something that had been repaired already. */
  NewlyLost = 1 << 10,
  LostAgain = 1 << 11,
}
const PER_ACK: u32 = Mending.Twice | Mending.Original | Mending.NewlyLost | Mending.LostAgain;

/** How a connection with SACK repairs losses: its scoreboard and what RACK, TLP, PRR and the undoing of mistakes keep. */
@final
@unmanaged
export class Repair {
  /** The records of what is in flight, in sequence; NONE: there are none. */
  first: u16;
  last: u16;
  /** A mask of Mending. */
  flags: u32;
  /** Octets the peer holds beyond SND.UNA, and octets lost and not yet sent again. */
  sacked: u32;
  lost: u32;
  /** Transmissions so far. */
  order: u32;
  /** Octets that the present acknowledgement has newly told to have arrived (RFC 9937, "DeliveredData"). */
  delivered: u32;

  /** RACK.segment, the latest sent of what has arrived: its transmission, its end, its round trip in ms (RFC 8985 §5.3). */
  rackOrder: u32;
  rackTo: Seq;
  rackRtt: u32;
  /** RACK.fack: the highest octet delivered. */
  fack: Seq;
  minRtt: u32;
  minRttAt: u32;
  /** RACK.dsack_round; RACK.reo_wnd_mult and RACK.reo_wnd_persist. */
  dsackRound: Seq;
  reoWndMult: u8;
  reoWndPersist: u8;
  /** How many records it has. */
  records: u16;

  /** RFC 9937 §6. */
  prrDelivered: u32;
  prrOut: u32;
  recoverFs: u32;
  /** `order` and SND.UNA when the window was last reduced. */
  reducedAt: u32;
  reducedFrom: Seq;

  /** Timestamp of the first retransmission since then (RFC 3522), and octets sent again that were not reported to be twice there. */
  retransmitStamp: u32;
  resent: u32;
  /** TLP.end_seq (RFC 8985 §7.1); when the retransmission timer would fire if there were no probes. */
  probeEnd: Seq;
  timeoutAt: u32;

  @inline static of(tcb: Tcb): Repair {
    return changetype<Repair>(repairs + <usize>tcb.index * REPAIR_SIZE);
  }
  @inline has(what: Mending): bool {
    return (this.flags & what) != 0;
  }
  @inline set(what: Mending): void {
    this.flags |= what;
  }
  @inline clear(what: Mending): void {
    this.flags &= ~what;
  }
  /** An acknowledgement is about to be looked at. */
  @inline beginAck(): void {
    this.delivered = 0;
    this.flags &= ~PER_ACK;
  }
}

const REPAIR_SIZE: u32 = (<u32>offsetof<Repair>() + 3) & ~3;
@lazy const repairs = memory.data(MAX_TCBS * REPAIR_SIZE, 4);

/** Of a connection without anything in flight; its records, if it had any, must have been given back. */
export function initRepair(tcb: Tcb): void {
  if (!SACK) return;
  const repair = Repair.of(tcb);
  memory.fill(changetype<usize>(repair), 0, REPAIR_SIZE);
  repair.first = <u16>NONE;
  repair.last = <u16>NONE;
  repair.fack = tcb.snd.una;
  repair.dsackRound = tcb.snd.una;
  repair.reoWndMult = 1;
  repair.set(Mending.ProbeAllowed);
}

/** Octets in the network: sent, not acknowledged, neither held by the peer nor lost (RFC 6675 §2, "pipe"). */
// prettier-ignore
@inline export function pipe(tcb: Tcb): u32 {
  const repair = Repair.of(tcb);
  return tcb.snd.nxt.since(tcb.snd.una) - repair.sacked - repair.lost;
}
