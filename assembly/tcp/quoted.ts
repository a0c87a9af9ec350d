import { Drop, State } from "../abi";
import { PMTU, wasTooBig } from "../ip/pmtu";
import { quote, quoteErrno } from "../ip/quote";
import { drop } from "../stats";
import { IcmpType, Unreachable } from "../wire/icmp";
import { over } from "./ending";
import { largestSent } from "./path";
import { Seq } from "./seq";
import { findConnection } from "./table";
import { Wish } from "./flags";
import { NONE, Tcb } from "./tcb";

/**
 * An ICMP error about a segment of ours (RFC 9293 §3.9.2.2, MUST-54). It counts only if the quoted sequence number is in flight
 * (RFC 5927 §4.1). An unreachable ends a connection that is being opened, as on Linux (Deviation: MUST-56 would have codes 0, 1
 * and 5 only reported; a user waiting minutes for a known answer is worse); later every error is a hint (RFC 5927 §5.2), reported if
 * the connection times out, or at once to a user who asked for that (IP_RECVERR). Half-open connections do not hear of it.
 */
export function segmentQuoted(): Drop {
  const i = findConnection(quote.localAddress, quote.localPort, quote.foreignAddress, quote.foreignPort);
  if (i == NONE) return drop(Drop.IcmpQuote);
  const tcb = Tcb.at(i);
  const snd = tcb.snd;
  const seq = Seq.of(quote.seq);
  if (seq.before(snd.una) || !seq.before(snd.max)) return drop(Drop.IcmpSequence);
  const unreachable = quote.type == IcmpType.Unreachable;
  if (unreachable && quote.code == Unreachable.FragmentationNeeded) return tooBig(tcb);
  const errno = <u32>quoteErrno();
  if (!unreachable) hint(tcb, errno);
  else tellUnreachable(tcb, errno);
  return Drop.None;
}

/** Its segments do not get there. True if that ends it. */
export function tellUnreachable(tcb: Tcb, errno: u32): bool {
  const opening = tcb.state == State.SynSent;
  if (opening) over(tcb, errno);
  else hint(tcb, errno);
  return opening;
}

/** The way takes less than we thought; `output` sees to what is in flight. */
function tooBig(tcb: Tcb): Drop {
  if (!PMTU || !wasTooBig(largestSent(tcb))) return drop(Drop.IcmpMtu);
  tcb.mark();
  return Drop.None;
}

function hint(tcb: Tcb, errno: u32): void {
  tcb.softError = <u16>errno;
  if (!tcb.wants(Wish.RecvErr)) return;
  tcb.error = <u16>errno;
  tcb.tell();
}
