import { State } from "../abi";
import { abort } from "./ending";
import { detach, release } from "./lifecycle";
import { halfOpens, removeHalfOpenOf } from "./synqueue";
import { NONE, Tcb } from "./tcb";

/** The accept queue of a listener: a chain of Tcbs, first to last. */

/** The handshake is complete: it waits to be accepted, behind the others. */
export function queueAccept(listener: Tcb, tcb: Tcb): void {
  const i = tcb.index;
  tcb.listener = <u16>listener.index;
  tcb.acceptFirst = <u16>NONE;
  if (listener.accepting == 0) listener.acceptFirst = <u16>i;
  else Tcb.at(listener.acceptLast).acceptFirst = <u16>i;
  listener.acceptLast = <u16>i;
  listener.accepting++;
  listener.tell();
}

/** The connection that waits longest, still in the queue, or NONE. */
export function firstAccepted(listener: Tcb): u32 {
  return listener.accepting ? <u32>listener.acceptFirst : NONE;
}

/** Take it out of the queue. */
export function takeAccepted(listener: Tcb): void {
  const tcb = Tcb.at(listener.acceptFirst);
  listener.acceptFirst = tcb.acceptFirst;
  listener.accepting--;
  tcb.listener = <u16>NONE;
}

/** Nobody listens any more: half-open connections are forgotten, accepted ones nobody took are reset. */
export function closeListener(listener: Tcb): void {
  if (halfOpens()) removeHalfOpenOf(listener.index);
  while (listener.accepting) {
    const tcb = Tcb.at(listener.acceptFirst);
    takeAccepted(listener);
    if (tcb.state == State.Closed) release(tcb);
    else abort(tcb, 0);
  }
  detach(listener);
  listener.enter(State.Closed);
  release(listener);
}
