import { Flag, Wish } from "./flags";
import { roomWaitedFor, waitForRoom } from "./record";
import { Tcb } from "./tcb";

/** How much the user may queue, and when a writer who waits for room hears of it. */

/** Octets the send buffer has room for. */
// prettier-ignore
@inline function bufferRoom(tcb: Tcb): u32 {
  const snd = tcb.snd;
  return snd.size - min(snd.end.since(snd.una), snd.size);
}

/** Octets queued that were never sent. */
function unsent(tcb: Tcb): u32 {
  const snd = tcb.snd;
  return snd.end.before(snd.max) ? 0 : snd.end.since(snd.max);
}

/** Octets the user may still queue: what the buffer has room for and TCP_NOTSENT_LOWAT leaves. */
// prettier-ignore
@inline export function sendRoom(tcb: Tcb): u32 {
  return tcb.wants(Wish.NotSentLowat) ? lowRoom(tcb) : bufferRoom(tcb);
}

function lowRoom(tcb: Tcb): u32 {
  const waiting = unsent(tcb);
  return waiting < tcb.notSentLowat ? min(bufferRoom(tcb), tcb.notSentLowat - waiting) : 0;
}

/** A record of `octets` can be queued whole. If not, that much room is what its writer waits for. */
export function hasRoomFor(tcb: Tcb, octets: u32): bool {
  const fits = sendRoom(tcb) > 0 && bufferRoom(tcb) >= octets;
  waitForRoom(tcb, fits ? 0 : octets);
  return fits;
}

/** A third of the send buffer is free, and less than half of TCP_NOTSENT_LOWAT waits: enough to wake a writer for. */
export function hasRoom(tcb: Tcb): bool {
  if (bufferRoom(tcb) * 3 < tcb.snd.size) return false;
  if (tcb.records && bufferRoom(tcb) < roomWaitedFor(tcb)) return false;
  return !tcb.wants(Wish.NotSentLowat) || unsent(tcb) < (tcb.notSentLowat + 1) >> 1;
}

/** Something was acknowledged, or sent: wake a writer who waits, if that made room. */
// prettier-ignore
@inline export function offerRoom(tcb: Tcb): void {
  if (!tcb.has(Flag.WriterWaits | Flag.RoomWanted) || !hasRoom(tcb)) return;
  tcb.clear(Flag.WriterWaits | Flag.RoomWanted);
  tcb.tell();
}
