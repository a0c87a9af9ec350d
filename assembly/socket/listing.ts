import { Errno, Protocol, SocketRecord, SocketRow, State } from "../abi";
import { MAX_TCBS, PAIRS, RAW_SOCKETS, SYN_QUEUE, TIME_WAITS, UDP_SOCKETS } from "../config";
import { NEVER, until } from "../clock";
import { ownerOf } from "../events";
import { Raw, isOpenRaw } from "../raw/pcb";
import { held } from "../tcp/receiver";
import { HalfOpen, isHalfOpen } from "../tcp/synqueue";
import { NONE, Tcb, tcbs } from "../tcp/tcb";
import { nextTimer } from "../tcp/timers";
import { TimeWait, findTimeWait, isWaiting } from "../tcp/timewait";
import { Pcb, isOpen } from "../udp/pcb";
import { Socket } from "./descriptor";
import { End, isOpenEnd } from "./pair_end";
import { streamQueued } from "./stream";

/** netstat: every connection, listener, half-open connection, TIME-WAIT and datagram socket as a SocketRecord. */

const HALF_OPENS: u32 = MAX_TCBS;
const WAITS: u32 = HALF_OPENS + SYN_QUEUE;
const DATAGRAMS: u32 = WAITS + TIME_WAITS;
const RAWS: u32 = DATAGRAMS + UDP_SOCKETS;
const ENDS: u32 = RAWS + RAW_SOCKETS;
const ROWS: u32 = ENDS + 2 * PAIRS;

/** Describe the row at or after `index`; returns the index to ask next, or -ENOENT when there are no more. */
export function describe(index: u32, record: usize): i32 {
  for (let i = index; i < ROWS; i++) {
    if (!exists(i)) continue;
    memory.fill(record, 0, SocketRecord.size);
    store<u32>(record, NEVER, SocketRecord.timer);
    store<u16>(record, NONE, SocketRecord.fd);
    if (i < HALF_OPENS) describeTcb(Tcb.at(i), record);
    else if (i < WAITS) describeHalfOpen(HalfOpen.at(i - HALF_OPENS), record);
    else if (i < DATAGRAMS) describeTimeWait(TimeWait.at(i - WAITS), record);
    else if (PAIRS && i >= ENDS) describeEnd(End.at(i - ENDS), record);
    else describePcb(Pcb.at(i - DATAGRAMS), record);
    if (RAW_SOCKETS && i >= RAWS && i < ENDS) rowOfRaw(Pcb.at(i - DATAGRAMS), record);
    return <i32>(i + 1);
  }
  return -Errno.ENOENT;
}

function exists(i: u32): bool {
  if (i < HALF_OPENS) return tcbs.has(i) && !isRemembered(Tcb.at(i));
  if (i < WAITS) return isHalfOpen(i - HALF_OPENS);
  if (PAIRS && i >= ENDS) return isOpenEnd(i - ENDS);
  if (RAW_SOCKETS && i >= RAWS) return isOpenRaw(i - RAWS);
  return i < DATAGRAMS ? isWaiting(i - WAITS) : isOpen(i - DATAGRAMS);
}

/** What is left of a connection in TIME-WAIT, while there is a record to stand for it. */
function isRemembered(tcb: Tcb): bool {
  if (tcb.state != State.TimeWait) return false;
  return findTimeWait(tcb.localAddress, tcb.localPort, tcb.foreignAddress, tcb.foreignPort) != NONE;
}

function endpoints(record: usize, local: u32, localPort: u32, foreign: u32, foreignPort: u32): void {
  store<u32>(record, local, SocketRecord.localAddress);
  store<u16>(record, <u16>localPort, SocketRecord.localPort);
  store<u32>(record, foreign, SocketRecord.foreignAddress);
  store<u16>(record, <u16>foreignPort, SocketRecord.foreignPort);
}

function kind(record: usize, row: SocketRow, protocol: Protocol, state: State): void {
  store<u8>(record, <u8>protocol, SocketRecord.protocol);
  store<u8>(record, <u8>state, SocketRecord.state);
  store<u8>(record, <u8>row, SocketRecord.kind);
}

function owned(record: usize, socket: u32): void {
  if (socket == NONE) return;
  store<u8>(record, <u8>ownerOf(socket), SocketRecord.owner);
  store<u16>(record, Socket.at(socket).fd, SocketRecord.fd);
}

function describeTcb(tcb: Tcb, record: usize): void {
  const over = tcb.state == State.TimeWait; // and its time, too
  kind(record, SocketRow.Tcp, Protocol.IPPROTO_TCP, over ? State.Closed : tcb.state);
  endpoints(record, tcb.localAddress, tcb.localPort, tcb.foreignAddress, tcb.foreignPort);
  owned(record, tcb.socket);
  const listening = tcb.state == State.Listen;
  store<u16>(record, listening ? tcb.accepting : 0, SocketRecord.accepting);
  store<u32>(record, listening ? <u32>tcb.accepting : held(tcb), SocketRecord.receiveQueue);
  store<u32>(record, listening ? <u32>tcb.backlog : streamQueued(tcb), SocketRecord.sendQueue);
  store<u32>(record, nextTimer(tcb), SocketRecord.timer);
  store<u32>(record, tcb.unanswered, SocketRecord.retransmits);
  store<u32>(record, tcb.cwnd, SocketRecord.cwnd);
  store<u32>(record, tcb.srtt >> 3, SocketRecord.srtt);
}

function describeHalfOpen(entry: HalfOpen, record: usize): void {
  kind(record, SocketRow.HalfOpen, Protocol.IPPROTO_TCP, State.SynReceived);
  endpoints(record, entry.localAddress, entry.localPort, entry.foreignAddress, entry.foreignPort);
  store<u32>(record, entry.retries, SocketRecord.retransmits);
}

function describeTimeWait(wait: TimeWait, record: usize): void {
  kind(record, SocketRow.TimeWait, Protocol.IPPROTO_TCP, State.TimeWait);
  endpoints(record, wait.localAddress, wait.localPort, wait.foreignAddress, wait.foreignPort);
  store<u32>(record, until(wait.expires), SocketRecord.timer);
}

function describePcb(pcb: Pcb, record: usize): void {
  kind(record, SocketRow.Udp, Protocol.IPPROTO_UDP, State.Closed);
  endpoints(record, pcb.localAddress, pcb.localPort, pcb.foreignAddress, pcb.foreignPort);
  owned(record, pcb.socket);
  store<u32>(record, pcb.queued, SocketRecord.receiveQueue);
}

/** What was written of a raw socket's Pcb, but with its protocol, which stands where others have their port, as on Linux. */
function rowOfRaw(pcb: Pcb, record: usize): void {
  const protocol = Raw.of(pcb).protocol;
  kind(record, SocketRow.Raw, protocol, State.Closed);
  store<u16>(record, <u16>protocol, SocketRecord.localPort);
}

/** The ends are numbered from 1, so that a reader sees which belong together; a foreign port of 0: the other end is closed. */
function describeEnd(end: End, record: usize): void {
  const peer = end.peer;
  const isThere = isOpenEnd(peer.index);
  kind(record, SocketRow.Pair, Protocol.IPPROTO_IP, isThere ? State.Established : State.Closed);
  endpoints(record, 0, end.index + 1, 0, isThere ? peer.index + 1 : 0);
  owned(record, end.socket);
  store<u32>(record, end.queued, SocketRecord.receiveQueue);
  store<u32>(record, peer.queued, SocketRecord.sendQueue);
}
