import { Drop, State } from "../abi";
import { FAST_PATH, USER_TIMEOUT_OPTION } from "../config";
import { now } from "../clock";
import { TcpFlag } from "../wire/tcp";
import { options } from "../wire/tcp_options";
import { ackArrives } from "./acknowledge";
import { orphaned } from "./ending";
import { isFresh, noteTimestamp } from "./paws";
import { freeSpace } from "./receiver";
import { seg } from "./segment";
import { Flag } from "./flags";
import { Tcb } from "./tcb";
import { expectedText } from "./text";

/**
 * Header prediction: on a connection that runs undisturbed, nearly every segment is the next text or acknowledges ours, and nothing
 * else. Such a segment passes every test of RFC 9293 §3.10.7.4, so they are not made. Nothing else differs: a test drives modules
 * with and without this shortcut by the same segments and finds the same memory.
 */

/** Flags that make a connection anything but undisturbed. */
const DISTURBED: u32 = Flag.Holes | Flag.FinSeen | Flag.FinReceived | Flag.ReadShut;
const CONGESTION_EXPERIENCED: u32 = 3;

/** The segment in `seg` is what was to be expected. */
// prettier-ignore
@inline export function isExpected(tcb: Tcb): bool {
  if (!FAST_PATH || tcb.state != State.Established || tcb.has(DISTURBED)) return false;
  if ((seg.flags & ~TcpFlag.PSH) != TcpFlag.ACK || (seg.tos & CONGESTION_EXPERIENCED) == CONGESTION_EXPERIENCED) return false;
  if (USER_TIMEOUT_OPTION && options.userTimeout) return false;
  const rcv = tcb.rcv;
  const snd = tcb.snd;
  if (seg.seq != rcv.nxt || seg.ack.before(snd.una) || seg.ack.after(snd.max)) return false;
  if (seg.textLength > 0 && (seg.textLength > freeSpace(rcv) || orphaned(tcb))) return false;
  return isFresh(tcb);
}

/** The steps that are left of it: the fifth, ACK, and the seventh, text. */
export function expectedArrives(tcb: Tcb): Drop {
  tcb.heardAt = now();
  noteTimestamp(tcb);
  const why = ackArrives(tcb);
  if (why == Drop.None && seg.textLength > 0) expectedText(tcb);
  return why;
}
