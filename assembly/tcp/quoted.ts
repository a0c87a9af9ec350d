import { Drop, State } from "../abi";
import { quote, quoteErrno } from "../ip/quote";
import { drop } from "../stats";
import { IcmpType } from "../wire/icmp";
import { over } from "./ending";
import { Seq } from "./seq";
import { findConnection } from "./table";
import { NONE, Tcb } from "./tcb";

/**
 * An ICMP error about a segment of ours (RFC 9293 §3.9.2.2, MUST-54). It counts only if the quoted sequence number is in flight
 * (RFC 5927 §4.1). An unreachable ends a connection that is being opened, as on Linux (Deviation: MUST-56 would have codes 0, 1
 * and 5 only reported; a user waiting minutes for a known answer is worse); later every error is a hint (RFC 5927 §5.2), reported if
 * the connection times out.
 */
export function segmentQuoted(): Drop {
  const i = findConnection(quote.localAddress, quote.localPort, quote.foreignAddress, quote.foreignPort);
  if (i == NONE) return drop(Drop.IcmpQuote);
  const tcb = Tcb.at(i);
  const snd = tcb.snd;
  const seq = Seq.of(quote.seq);
  if (seq.before(snd.una) || !seq.before(snd.max)) return drop(Drop.IcmpSequence);
  const errno = <u32>quoteErrno();
  if (tcb.state == State.SynSent && quote.type == IcmpType.Unreachable) over(tcb, errno);
  else tcb.softError = <u16>errno;
  return Drop.None;
}
