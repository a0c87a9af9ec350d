import { Errno, Ioctl, State } from "../abi";
import { Flag } from "../tcp/flags";
import { Tcb } from "../tcp/tcb";
import { atMark, heldToMark, urgentLeft } from "../tcp/urgent";
import { datagramNext } from "./datagram";
import { Kind, socketAt } from "./descriptor";
import { pairAsk } from "./pair";
import { seqpacketNext } from "./seqpacket";

/**
 * ioctl(2): a question about a socket, a number of Ioctl. The answer is the result of the call, for nothing is asked whose answer could
 * be negative; -EINVAL for a listener (as Linux), -ENOTTY for a question that makes no sense here.
 */
export function ioctl(fd: i32, request: u32): i32 {
  const socket = socketAt(fd);
  if (!socket) return -Errno.EBADF;
  if (socket.isPair) return pairAsk(socket.pcb, request);
  return socket.kind == Kind.Stream ? askStream(Tcb.at(socket.pcb), request) : askDatagram(socket.pcb, request);
}

function askDatagram(pcb: u32, request: u32): i32 {
  if (request == Ioctl.FIONREAD) return <i32>datagramNext(pcb);
  return request == Ioctl.SIOCOUTQ ? 0 : -Errno.ENOTTY; // a datagram leaves at once or not at all
}

function askStream(tcb: Tcb, request: u32): i32 {
  switch (request) {
    case Ioctl.SIOCATMARK:
      return <i32>atMark(tcb);
    case Ioctl.SIOCURGENT:
      return <i32>urgentLeft(tcb);
    case Ioctl.FIONREAD:
      return tcb.state == State.Listen ? -Errno.EINVAL : <i32>readNext(tcb);
    case Ioctl.SIOCOUTQ:
      return tcb.state == State.Listen ? -Errno.EINVAL : <i32>unacknowledged(tcb);
    case Ioctl.SIOCOUTQNSD:
      return tcb.state == State.Listen ? -Errno.EINVAL : <i32>unsent(tcb);
    default:
      return -Errno.ENOTTY;
  }
}

function readNext(tcb: Tcb): u32 {
  return tcb.records ? seqpacketNext(tcb) : heldToMark(tcb);
}

/** Nothing is queued before the handshake is done, says Linux. */
function unacknowledged(tcb: Tcb): u32 {
  return tcb.has(Flag.WasEstablished) ? queuedEnd(tcb) - tcb.snd.una.bits : 0;
}

function unsent(tcb: Tcb): u32 {
  return tcb.has(Flag.WasEstablished) ? queuedEnd(tcb) - tcb.snd.max.bits : 0;
}

/** One past all that is queued, the FIN included. */
function queuedEnd(tcb: Tcb): u32 {
  return tcb.snd.end.bits + <u32>tcb.has(Flag.FinQueued);
}
