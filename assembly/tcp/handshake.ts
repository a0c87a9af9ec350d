import { Counter, Drop, Errno, State } from "../abi";
import { now } from "../clock";
import { count, drop } from "../stats";
import { sizeFor } from "../storage/buddy";
import { answered } from "./ecn";
import { refuse } from "./emit";
import { over } from "./ending";
import { agree, beginReceiving, beginSending, believable, freeBuffers, offered, shiftOf, takeBuffers } from "./lifecycle";
import { windowToAnnounce } from "./receiver";
import { sample } from "./rtt";
import { initReport } from "./sack";
import { seg } from "./segment";
import { Seq } from "./seq";
import { addConnection } from "./table";
import { Agreed, Flag, Timer, Wish } from "./flags";
import { Tcb } from "./tcb";
import { arm, disarm } from "./timers";

/** The active open. */

/** RFC 9293 §3.10.1, OPEN: the four-tuple is set and free; 0, or an errno. */
export function openActively(tcb: Tcb, iss: Seq): u32 {
  freeBuffers(tcb);
  if (!takeBuffers(tcb, sizeFor(tcb.wantedRcv), sizeFor(tcb.wantedSnd))) return Errno.ENOBUFS;
  tcb.flags = Flag.Active;
  tcb.error = 0;
  tcb.softError = 0;
  tcb.retransmissions = 0;
  tcb.backoff = 0;
  tcb.unanswered = 0;
  tcb.keepProbes = 0;
  tcb.dupAcks = 0;
  tcb.duplicatesOwed = 0;
  tcb.doubted = false;
  tcb.ranges.init();
  initReport(tcb);
  tcb.agreed = 0;
  tcb.tsRecent = 0;
  beginReceiving(tcb, Seq.of(0)); // until the peer's SYN tells where it begins
  beginSending(tcb, iss);
  tcb.enter(State.SynSent);
  addConnection(tcb);
  tcb.mark();
  count(Counter.TcpActiveOpens);
  return 0;
}

/** RFC 9293 §3.10.7.3, SYN-SENT. True if our SYN is acknowledged: text and FIN are still to be looked at. */
export function synSentArrives(tcb: Tcb): bool {
  if (seg.hasAck && seg.ack != tcb.snd.max) return badAck(); // first, ACK
  if (seg.rst) return reset(tcb); // second, RST
  if (!seg.syn) return ignored(Drop.TcpNotSyn); // fifth, neither
  beginReceiving(tcb, seg.seq); // fourth, SYN
  agree(tcb, believable(seg.mss), shiftOf(seg.scale), (offered() & ~Agreed.Ecn) | answered(tcb));
  tcb.tsRecent = seg.tsVal;
  tcb.tsRecentAt = now();
  const snd = tcb.snd;
  snd.wnd = seg.wnd; // the window of a SYN is never scaled
  snd.maxWnd = snd.wnd;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  tcb.mark();
  if (!seg.hasAck) {
    tcb.enter(State.SynReceived); // simultaneous open: our SYN again, now with an acknowledgement (MUST-10)
    snd.nxt = snd.una;
    tcb.backoff = 0;
    tcb.unanswered = 0;
    return false;
  }
  acknowledged(tcb);
  tcb.rcv.edge = tcb.rcv.nxt.plus(min(windowToAnnounce(tcb), 0xffff)); // what our SYN announced
  tcb.set(Flag.AckNow);
  return true;
}

/** An acknowledgement that is not for our SYN: the peer is told so, unless it resets us. */
function badAck(): bool {
  refuse(Drop.TcpBadAck);
  return false;
}

function ignored(why: Drop): bool {
  drop(why);
  return false;
}

/** A RST counts only if it acknowledges our SYN. */
function reset(tcb: Tcb): bool {
  drop(Drop.TcpReset);
  if (seg.hasAck) over(tcb, Errno.ECONNREFUSED);
  return false;
}

/** Our SYN has been acknowledged by `seg`: the connection is established. */
export function acknowledged(tcb: Tcb): void {
  const snd = tcb.snd;
  snd.una = seg.ack;
  snd.nxt = seg.ack;
  sample(tcb, seg.ack);
  tcb.backoff = 0;
  tcb.unanswered = 0;
  if (tcb.has(Flag.SynLost)) tcb.rto = 3000; // RFC 6298 §5.7
  disarm(tcb, Timer.Retransmit);
  tcb.set(Flag.WasEstablished);
  if (tcb.wants(Wish.KeepAlive)) arm(tcb, Timer.Keep, tcb.keepIdle);
  if (tcb.state == State.SynSent || tcb.state == State.SynReceived) tcb.enter(State.Established);
  tcb.tell();
}
