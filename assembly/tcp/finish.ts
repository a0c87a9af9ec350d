import { State } from "../abi";
import { enterFinWait2, enterTimeWait, over } from "./ending";
import { receivedTo } from "./receiver";
import { seg } from "./segment";
import { Flag } from "./flags";
import { Tcb } from "./tcb";

/** FINs: ours being acknowledged, and the peer's (RFC 9293 §3.10.7.4, fifth and eighth). */

/** After the ACK field: has our FIN arrived? False if that ended the connection. */
export function goesOn(tcb: Tcb): bool {
  if (!tcb.has(Flag.FinQueued) || !tcb.snd.una.after(tcb.snd.end)) return true;
  const state = tcb.state;
  if (state == State.FinWait1) enterFinWait2(tcb);
  else if (state == State.Closing) enterTimeWait(tcb);
  else if (state == State.LastAck) over(tcb, 0);
  return tcb.state == State.FinWait2;
}

/** The FIN of the present segment; one that lies beyond a hole waits until the hole is filled. */
// prettier-ignore
@inline export function finArrives(tcb: Tcb): void {
  if (tcb.has(Flag.FinReceived)) return;
  const at = seg.end.minus(1);
  if (seg.fin && (!tcb.has(Flag.FinSeen) || at == tcb.rcv.nxt)) {
    tcb.set(Flag.FinSeen);
    tcb.rcv.finAt = at;
  }
  if (!tcb.has(Flag.FinSeen)) return;
  if (tcb.rcv.nxt == tcb.rcv.finAt) return finReached(tcb);
  if (!seg.fin) return;
  if (seg.textLength == 0) tcb.acknowledgeHole(); // out of order
}

/** Everything before the FIN has been received. */
function finReached(tcb: Tcb): void {
  receivedTo(tcb.rcv, tcb.rcv.nxt.plus(1));
  tcb.ranges.init(); // behind it is nothing but a liar's text
  tcb.clear(Flag.Holes);
  tcb.set(Flag.FinReceived);
  tcb.duplicatesOwed = 0;
  tcb.acknowledge();
  tcb.tell();
  const state = tcb.state;
  if (state == State.SynReceived || state == State.Established) tcb.enter(State.CloseWait);
  // In FIN-WAIT-1 its FIN came before the ACK of ours.
  else if (state == State.FinWait1) tcb.enter(State.Closing);
  else if (state == State.FinWait2) enterTimeWait(tcb);
}
