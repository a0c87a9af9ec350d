import { ORPHANS } from "../config";
import { Flag } from "./flags";
import { Tcb } from "./tcb";

/**
 * Connections that close after their user has let go: they hold a Tcb and its buffers for as long as their peer likes, so there are
 * ORPHANS of them at most (RFC 6429 §4 leaves it to whom the resources belong; Linux: tcp_max_orphans).
 */
const orphans = memory.data(4, 4);

export function initOrphans(): void {
  store<u32>(orphans, 0);
}

/** One more, if there is room for it. */
export function joinOrphans(tcb: Tcb): bool {
  const count = load<u32>(orphans);
  if (count >= ORPHANS) return false;
  store<u32>(orphans, count + 1);
  tcb.set(Flag.Orphaned);
  return true;
}

/** The connection goes back to the free list. */
export function leaveOrphans(tcb: Tcb): void {
  if (!tcb.has(Flag.Orphaned)) return;
  tcb.clear(Flag.Orphaned);
  store<u32>(orphans, load<u32>(orphans) - 1);
}
