import { Drop } from "../abi";
import { TIMESTAMPS } from "../config";
import { timestampsOffered } from "../settings";
import { now } from "../clock";
import { drop } from "../stats";
import { emitTimeWaitAck, refuse } from "./emit";
import { listenArrives } from "./listen";
import { seg } from "./segment";
import { synQueueFull } from "./synqueue";
import { listenerFor } from "./table";
import { NONE, Tcb } from "./tcb";
import { TimeWait, aboveOld, forget, restart } from "./timewait";

/** Segments for a connection in TIME-WAIT (RFC 9293 §3.10.7.4), and when a SYN ends it early (RFC 6191). */

/** The acknowledgement of a TIME-WAIT record is worth repeating this often, at most, ms (RFC 5961 §7). */
const ANSWER_INTERVAL: u32 = 500;

/** Only the peer's FIN is expected, again. A RST is ignored (RFC 1337 F1; Deviation from §3.10.7.4, as Linux can). */
export function timeWaitArrives(record: TimeWait): Drop {
  if (seg.rst) return drop(Drop.TcpTimeWait);
  if (seg.syn && !seg.hasAck) return synArrives(record);
  if (TIMESTAMPS && record.timestamps) {
    if (!seg.timestamps) return drop(Drop.TcpNoTimestamp); // RFC 7323 §3.2
    if (i32(seg.tsVal - record.tsRecent) < 0) return answered(record, Drop.TcpPaws); // §5.3
    if (seg.end == record.rcvNxt) record.tsRecent = seg.tsVal; // §4.3; as nothing else proves it genuine, its place must
  }
  if (seg.fin && seg.end == record.rcvNxt) {
    restart(record);
    emitTimeWaitAck(record);
    return drop(Drop.TcpTimeWait);
  }
  if (seg.len == 0 && seg.seq == record.rcvNxt) return drop(Drop.TcpTimeWait);
  return answered(record, Drop.TcpTimeWait);
}

/** Say where we are, not too often. */
function answered(record: TimeWait, why: Drop): Drop {
  if (now() - record.answeredAt >= ANSWER_INTERVAL) {
    record.answeredAt = now();
    emitTimeWaitAck(record);
  }
  return drop(why);
}

/** A SYN newer than everything the old connection saw opens a new one, if somebody listens (RFC 9293 §3.6.1, MAY-2). */
function synArrives(record: TimeWait): Drop {
  if (!isNewer(record)) return drop(Drop.TcpTimeWait);
  const listener = listenerFor(seg.localAddress, seg.localPort, seg.foreignAddress, seg.foreignPort);
  if (listener == NONE) return refuse(Drop.TcpNoConnection);
  const why = objection(Tcb.at(listener));
  if (why != Drop.None) return drop(why); // the record stays on guard
  const above = aboveOld(record);
  forget(record);
  return listenArrives(Tcb.at(listener), true, above);
}

/** RFC 6191 §2: by timestamps where both connections have them, else by sequence number, unless only the new one has them. */
function isNewer(record: TimeWait): bool {
  const above = !seg.seq.before(record.rcvNxt);
  if (!TIMESTAMPS || !seg.timestamps || !timestampsOffered()) return above;
  if (!record.timestamps) return true;
  return seg.tsVal == record.tsRecent ? above : i32(seg.tsVal - record.tsRecent) > 0;
}

/** Why a listener would not remember the SYN in `seg`. */
function objection(listener: Tcb): Drop {
  if (seg.fin) return Drop.TcpSynFin;
  if (listener.accepting >= listener.backlog) return Drop.TcpAcceptQueueFull;
  return synQueueFull() ? Drop.TcpSynQueueFull : Drop.None;
}
