import { Counter } from "../abi";
import { TIME_WAITS } from "../config";
import { msl, timestampsOffered } from "../settings";
import { NEVER, due, now, until } from "../clock";
import { count } from "../stats";
import { LIST_HEADER, LIST_ENTRY, List } from "../storage/list";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";
import { Seq } from "./seq";
import { hashTuple, portsOf } from "./table";
import { chain, findTuple, Tuple, unchain } from "./tuple";
import { Agreed } from "./flags";
import { Tcb } from "./tcb";

/** TIME-WAIT as records of 40 bytes without buffers (RFC 9293 §3.6.1, MUST-13). All wait equally long, so a queue is enough. */
@final
@unmanaged
export class TimeWait extends Tuple {
  wnd: u16;
  sndNxt: Seq;
  rcvNxt: Seq;
  expires: u32;
  /** When we last answered something that was not a FIN. */
  answeredAt: u32;
  /** TS.Recent, if timestamps were agreed on. */
  tsRecent: u32;
  ttl: u8;
  tos: u8;
  timestamps: bool;

  @inline static at(i: u32): TimeWait {
    return changetype<TimeWait>(table + <usize>i * TIME_WAIT_SIZE);
  }
  @inline get index(): u32 {
    return <u32>((changetype<usize>(this) - table) / TIME_WAIT_SIZE);
  }
}

/** The slowest clock of timestamps, ms (RFC 7323 §5.4). */
const PEER_TICK: u32 = 1000;
const TIME_WAIT_SIZE: u32 = (<u32>offsetof<TimeWait>() + 3) & ~3;
const BUCKETS: u32 = TIME_WAITS < 2 ? 2 : 1 << (32 - clz<u32>(TIME_WAITS - 1));
const table = memory.data(TIME_WAITS * TIME_WAIT_SIZE, 4);
const buckets = memory.data(BUCKETS * 2, 2);
const free = changetype<Slots>(memory.data(SLOTS_HEADER + TIME_WAITS * SLOTS_ENTRY, 4));
/** Oldest first. */
const waiting = changetype<List>(memory.data(LIST_HEADER + TIME_WAITS * LIST_ENTRY, 4));

export function initTimeWait(): void {
  free.init(TIME_WAITS);
  waiting.init(TIME_WAITS);
  memory.fill(buckets, 0xff, BUCKETS * 2);
}

// prettier-ignore
@inline function bucketOf(local: u32, localPort: u32, foreign: u32, foreignPort: u32): usize {
  return buckets + (<usize>(hashTuple(local, foreign, portsOf(localPort, foreignPort)) & (BUCKETS - 1)) << 1);
}

/** The connection has ended properly: remember it for 2 MSL. When all records are taken, the oldest gives way. */
export function remember(tcb: Tcb, wnd: u32): void {
  if (free.used() == TIME_WAITS) {
    count(Counter.TcpTimeWaitRecycled);
    forget(TimeWait.at(waiting.first()));
  }
  const i = free.take();
  const record = TimeWait.at(i);
  record.localAddress = tcb.localAddress;
  record.foreignAddress = tcb.foreignAddress;
  record.localPort = tcb.localPort;
  record.foreignPort = tcb.foreignPort;
  record.sndNxt = tcb.snd.max;
  record.rcvNxt = tcb.rcv.nxt;
  record.wnd = <u16>wnd;
  record.ttl = tcb.ttl;
  record.tos = tcb.tos;
  record.tsRecent = tcb.tsRecent;
  record.timestamps = tcb.uses(Agreed.Timestamps);
  record.expires = now() + 2 * msl();
  record.answeredAt = now() - 2 * msl();
  const bucket = bucketOf(record.localAddress, record.localPort, record.foreignAddress, record.foreignPort);
  chain(bucket, record, i);
  waiting.push(i);
  count(Counter.TcpTimeWaits);
}

/** Its index, or NONE. */
export function findTimeWait(local: u32, localPort: u32, foreign: u32, foreignPort: u32): u32 {
  return findTuple(
    bucketOf(local, localPort, foreign, foreignPort),
    table,
    TIME_WAIT_SIZE,
    local,
    localPort,
    foreign,
    foreignPort,
  );
}

/** The peer's FIN came again: another 2 MSL. */
export function restart(record: TimeWait): void {
  const i = record.index;
  waiting.remove(i);
  waiting.push(i);
  record.expires = now() + 2 * msl();
}

/** The lowest initial sequence number of a new connection of this four-tuple: beyond any window of the old one, as in Linux. */
export function aboveOld(record: TimeWait): Seq {
  return record.sndNxt.plus(0x10000);
}

/**
 * May we open the four-tuple anew ourselves? With timestamps, once the clock of the peer must have gone on: then PAWS keeps old
 * segments out of the new connection (RFC 6191 §3, RFC 7323 appendix B).
 */
export function mayOpenAnew(record: TimeWait): bool {
  return record.timestamps && timestampsOffered() && msl() * 2 - until(record.expires) >= PEER_TICK;
}

export function forget(record: TimeWait): void {
  const i = record.index;
  unchain(
    bucketOf(record.localAddress, record.localPort, record.foreignAddress, record.foreignPort),
    table,
    TIME_WAIT_SIZE,
    record,
    i,
  );
  waiting.remove(i);
  free.give(i);
}

/** Let go of what has waited long enough, `budget` at most. */
export function expireTimeWaits(budget: u32): void {
  while (budget-- > 0 && waiting.count > 0) {
    const oldest = TimeWait.at(waiting.first());
    if (!due(oldest.expires)) return;
    forget(oldest);
  }
}

/** Milliseconds until the oldest has waited long enough. */
export function timeWaitDeadline(): u32 {
  return waiting.count == 0 ? NEVER : until(TimeWait.at(waiting.first()).expires);
}

/** True if a record in use has this index (for netstat). */
export function isWaiting(i: u32): bool {
  return waiting.has(i);
}

/** True if a port is still held by a connection in TIME-WAIT (for bind). */
export function portWaits(address: u32, port: u32): bool {
  for (let i: u32 = 0; i < TIME_WAITS; i++) {
    if (!waiting.has(i)) continue;
    const record = TimeWait.at(i);
    if (record.localPort == port && (address == 0 || record.localAddress == address)) return true;
  }
  return false;
}
