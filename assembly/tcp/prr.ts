import { Mending, Repair, pipe } from "./repair";
import { Tcb } from "./tcb";

/** Proportional rate reduction (RFC 9937 §6): how much may leave in recovery for what has arrived. All counts are octets. */

/** Recovery begins with the present acknowledgement; ssthresh is set, what is lost is marked. */
export function beginPrr(tcb: Tcb, repair: Repair): void {
  repair.prrDelivered = 0;
  repair.prrOut = 0;
  // What was outstanding and not delivered before this acknowledgement.
  repair.recoverFs = max<u32>(tcb.snd.nxt.since(tcb.snd.una) - repair.sacked + repair.delivered, 1);
}

/**
 * An acknowledgement in recovery; `moved`: it is for new data. Sets cwnd to what is in the network and what may join it now. Also when
 * the timer finds more lost, and nothing has arrived: what counts as lost has left the network, but must not be replaced at once.
 */
export function prr(tcb: Tcb, repair: Repair, moved: bool): void {
  if (repair.delivered == 0 && !repair.has(Mending.NewlyLost)) return;
  const mss = <u32>tcb.mss;
  const flying = pipe(tcb);
  const ssthresh = tcb.ssthresh;
  repair.prrDelivered += repair.delivered;
  let count: i32 = 0;
  if (flying > ssthresh) {
    const share = (<u64>repair.prrDelivered * ssthresh + repair.recoverFs - 1) / repair.recoverFs;
    count = <i32>(<u32>share - repair.prrOut);
  } else {
    count = max(<i32>(repair.prrDelivered - repair.prrOut), <i32>repair.delivered);
    if (moved && !repair.has(Mending.NewlyLost)) count += <i32>mss; // "safeACK"
    count = min(count, <i32>(ssthresh - flying));
  }
  if (repair.prrOut == 0) count = max(count, <i32>mss); // the fast retransmit
  tcb.cwnd = max(flying + <u32>max(count, 0), mss);
}
