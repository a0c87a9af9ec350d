import { Errno, State } from "../abi";
import { CONNECTIONS, MAX_TCBS, REUSE_PORT, SOMAXCONN } from "../config";
import { ownerOf } from "../events";
import { Purpose, random, siphash } from "../random";
import { openActively } from "./handshake";
import { initialSequence } from "./isn";
import { Seq } from "./seq";
import { addListener, findConnection, findListener } from "./table";
import { BOUND, Flag, Wish } from "./flags";
import { NONE, Tcb, tcbs } from "./tcb";
import { TimeWait, aboveOld, findTimeWait, forget, mayOpenAnew, portWaits } from "./timewait";

/** Local ports: who may have which (bind), and the choice of an ephemeral one (RFC 6056). */

const FIRST_PORT: u32 = 1024;
/** What allows a port that others have. */
const REUSE: u32 = Wish.ReuseAddress | (REUSE_PORT ? Wish.ReusePort : 0);
const PORTS: u32 = 0x10000 - FIRST_PORT;
/** RFC 6056 §3.3.4, algorithm 4: a table of counters, so that one peer cannot count our connections to another. */
const COUNTERS: u32 = CONNECTIONS <= 8 ? 4 : 16;
const counters = memory.data(COUNTERS * 4, 4);

export function initPorts(): void {
  for (let i: u32 = 0; i < COUNTERS; i++) store<u32>(counters + (i << 2), random());
}

/** BSD's bind: 0 or an errno. Port 0 picks one that nobody has. */
export function bindTcb(tcb: Tcb, address: u32, port: u32): u32 {
  const chosen = port == 0 ? unusedPort(tcb, address) : mayBind(tcb, address, port, tcb.wishes) ? port : 0;
  if (chosen == 0) return Errno.EADDRINUSE;
  tcb.localAddress = address;
  tcb.localPort = <u16>chosen;
  tcb.wishes |= <u16>(address ? BOUND : Wish.PortBound);
  return 0;
}

function unusedPort(tcb: Tcb, address: u32): u32 {
  const offset = random();
  for (let n: u32 = 0; n < PORTS; n++) {
    const port = FIRST_PORT + (((offset % PORTS) + n) % PORTS);
    if (mayBind(tcb, address, port, 0)) return port;
  }
  return 0;
}

/** No other socket has the port on an overlapping address, or what both wish allows it. */
function mayBind(tcb: Tcb, address: u32, port: u32, wishes: u32): bool {
  for (let i: u32 = 0; i < MAX_TCBS; i++) {
    const other = Tcb.at(i);
    if (<u32>other.localPort != port || other == tcb || !tcbs.has(i)) continue;
    if (address && other.localAddress && other.localAddress != address) continue;
    if (isOver(other)) continue;
    if (!mayShare(tcb, other, address, wishes)) return false;
  }
  return (wishes & REUSE) != 0 || !portWaits(address, port);
}

/** Its connection has ended, and nobody has bound it who still holds it; in TIME-WAIT its record is asked, not what is left of it. */
function isOver(tcb: Tcb): bool {
  if (tcb.state != State.Closed && tcb.state != State.TimeWait) return false;
  return !tcb.wants(Wish.PortBound) || <u32>tcb.socket == NONE;
}

/**
 * SO_REUSEADDR: not where the other listens on the very same address. Deviation: Linux also refuses one address beside a listener on all;
 * BSD and the textbooks allow it, for the more specific one wins. SO_REUSEPORT: sockets of one owner.
 */
function mayShare(tcb: Tcb, other: Tcb, address: u32, wishes: u32): bool {
  const both = wishes & other.wishes;
  if (both & Wish.ReuseAddress && (other.state != State.Listen || other.localAddress != address)) return true;
  return (
    REUSE_PORT && (both & Wish.ReusePort) != 0 && (<u32>other.socket == NONE || ownerOf(tcb.socket) == ownerOf(other.socket))
  );
}

/** BSD's listen: 0 or an errno. Once more on a listener only changes the backlog. */
export function listenOn(tcb: Tcb, backlog: i32): u32 {
  const bound = min<u32>(backlog < 1 ? 1 : backlog, SOMAXCONN);
  if (tcb.state == State.Listen) {
    tcb.backlog = <u16>bound;
    return 0;
  }
  if (tcb.state != State.Closed || tcb.has(Flag.Active) || tcb.has(Flag.WasEstablished)) return Errno.EINVAL;
  if (tcb.localPort == 0) {
    const error = bindTcb(tcb, 0, 0);
    if (error) return error;
  }
  if (isTaken(tcb)) return Errno.EADDRINUSE;
  tcb.backlog = <u16>bound;
  tcb.enter(State.Listen);
  addListener(tcb);
  return 0;
}

/** Somebody else listens there, and will not share. */
function isTaken(tcb: Tcb): bool {
  const i = findListener(tcb.localAddress, tcb.localPort);
  if (i == NONE || Tcb.at(i).localAddress != tcb.localAddress) return false;
  return !mayShare(tcb, Tcb.at(i), tcb.localAddress, tcb.wishes);
}

/** BSD's connect, the four-tuple's local address being known: 0 or an errno. */
export function connectTcb(tcb: Tcb, address: u32, port: u32): u32 {
  tcb.foreignAddress = address;
  tcb.foreignPort = <u16>port;
  if (!tcb.wants(Wish.PortBound)) {
    const chosen = ephemeral(tcb.localAddress, address, port);
    if (chosen == 0) return Errno.EADDRNOTAVAIL;
    tcb.localPort = <u16>chosen;
  } else if (findConnection(tcb.localAddress, tcb.localPort, address, port) != NONE) return Errno.EADDRNOTAVAIL;
  const iss = initialSequence(tcb.localAddress, tcb.localPort, address, port);
  const old = findTimeWait(tcb.localAddress, tcb.localPort, address, port);
  return old == NONE ? openActively(tcb, iss) : openAnew(tcb, TimeWait.at(old), iss);
}

/** The four-tuple the user wants is in TIME-WAIT. */
function openAnew(tcb: Tcb, old: TimeWait, iss: Seq): u32 {
  if (!mayOpenAnew(old)) return Errno.EADDRNOTAVAIL;
  const above = aboveOld(old);
  const error = openActively(tcb, iss.after(above) ? iss : above);
  if (error == 0) forget(old);
  return error;
}

/** A port that makes the four-tuple new and that nobody listens on; 0 if there is none. */
function ephemeral(local: u32, foreign: u32, foreignPort: u32): u32 {
  const tuple = ((<u64>local) << 32) | foreign;
  const offset = <u32>siphash(tuple, ((<u64>Purpose.PortOffset) << 32) | foreignPort);
  const which = <u32>siphash(tuple, ((<u64>Purpose.PortCounter) << 32) | foreignPort) % COUNTERS;
  const counter = counters + ((<usize>which) << 2);
  for (let n: u32 = 0; n < PORTS; n++) {
    const count = load<u32>(counter);
    store<u32>(counter, count + 1);
    const port = FIRST_PORT + <u32>((<u64>offset + count) % PORTS);
    if (findListener(local, port) == NONE && isFree(local, port, foreign, foreignPort)) return port;
  }
  return 0;
}

function isFree(local: u32, port: u32, foreign: u32, foreignPort: u32): bool {
  return findConnection(local, port, foreign, foreignPort) == NONE && findTimeWait(local, port, foreign, foreignPort) == NONE;
}
