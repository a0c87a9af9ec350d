import { MAX_TCBS, SYN_QUEUE } from "../config";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";
import { Seq } from "./seq";
import { hashTuple, portsOf } from "./table";
import { chain, findTuple, Tuple, unchain } from "./tuple";
import { NONE } from "./tcb";
import { schedule, unschedule } from "./timers";

/**
 * Half-open connections: SYN-RECEIVED in 48 bytes instead of a Tcb with buffers (RFC 4987 §3.5, "SYN cache"). Nobody is pushed out:
 * when all entries are taken, SYNs are answered with cookies.
 */
@final
@unmanaged
export class HalfOpen extends Tuple {
  /** Lower half of the time we last answered something that was neither its SYN nor its ACK. */
  answeredAt: u16;
  iss: Seq;
  irs: Seq;
  /** When the SYN came: the first round trip sample, if our SYN-ACK was not repeated. */
  at: u32;
  /** TSval of its SYN; what our timestamps add to the clock. */
  tsRecent: u32;
  timestampOffset: u32;
  /** The MSS the peer announced, 0 for none. */
  mss: u16;
  /** The buffers its connection will have, as powers of two. */
  receiveOrder: u8;
  sendOrder: u8;
  /** What its SYN offered and we take: a mask of Agreed; its shift count. */
  agreed: u8;
  scale: u8;
  retries: u8;
  /** SYN-ACKs that have left. */
  sent: u8;
  listener: u16;
  /** Its third step came without text, and waits for some (TCP_DEFER_ACCEPT). */
  deferred: bool;

  @inline static at(i: u32): HalfOpen {
    return changetype<HalfOpen>(table + <usize>i * HALF_OPEN_SIZE);
  }
  @inline get index(): u32 {
    return <u32>((changetype<usize>(this) - table) / HALF_OPEN_SIZE);
  }
}

const HALF_OPEN_SIZE: u32 = (<u32>offsetof<HalfOpen>() + 3) & ~3;
const BUCKETS: u32 = SYN_QUEUE < 2 ? 2 : 1 << (32 - clz<u32>(SYN_QUEUE - 1));
/** One more than the queue has: the entry of a connection that comes with a cookie exists only while it is completed. */
const table = memory.data((SYN_QUEUE + 1) * HALF_OPEN_SIZE, 4);
const buckets = memory.data(BUCKETS * 2, 2);
const free = changetype<Slots>(memory.data(SLOTS_HEADER + SYN_QUEUE * SLOTS_ENTRY, 4));

export function initSynQueue(): void {
  free.init(SYN_QUEUE);
  memory.fill(buckets, 0xff, BUCKETS * 2);
}

// prettier-ignore
@inline function bucketOf(local: u32, localPort: u32, foreign: u32, foreignPort: u32): usize {
  return buckets + (<usize>(hashTuple(local, foreign, portsOf(localPort, foreignPort)) & (BUCKETS - 1)) << 1);
}

/** Its index, or NONE. */
export function findHalfOpen(local: u32, localPort: u32, foreign: u32, foreignPort: u32): u32 {
  if (free.used() == 0) return NONE;
  return findTuple(
    bucketOf(local, localPort, foreign, foreignPort),
    table,
    HALF_OPEN_SIZE,
    local,
    localPort,
    foreign,
    foreignPort,
  );
}

export function synQueueFull(): bool {
  return free.used() == SYN_QUEUE;
}

/** The entry outside of the queue. */
export function spareHalfOpen(): HalfOpen {
  return HalfOpen.at(SYN_QUEUE);
}

/** It has a place in the queue: it did not come with a cookie. */
function isQueued(entry: HalfOpen): bool {
  return entry.index < SYN_QUEUE;
}

export function nameHalfOpen(entry: HalfOpen, local: u32, localPort: u32, foreign: u32, foreignPort: u32): void {
  entry.localAddress = local;
  entry.localPort = <u16>localPort;
  entry.foreignAddress = foreign;
  entry.foreignPort = <u16>foreignPort;
  entry.retries = 0;
  entry.sent = 0;
  entry.deferred = false;
}

/** A new entry for this four-tuple; there must be room. */
export function addHalfOpen(local: u32, localPort: u32, foreign: u32, foreignPort: u32): HalfOpen {
  const i = free.take();
  const entry = HalfOpen.at(i);
  nameHalfOpen(entry, local, localPort, foreign, foreignPort);
  const bucket = bucketOf(local, localPort, foreign, foreignPort);
  chain(bucket, entry, i);
  return entry;
}

export function removeHalfOpen(entry: HalfOpen): void {
  if (!isQueued(entry)) return;
  const i = entry.index;
  unchain(
    bucketOf(entry.localAddress, entry.localPort, entry.foreignAddress, entry.foreignPort),
    table,
    HALF_OPEN_SIZE,
    entry,
    i,
  );
  free.give(i);
  unschedule(MAX_TCBS + i);
}

/** Let `synAckDue` look at the entry at that time. */
export function wakeHalfOpen(entry: HalfOpen, at: u32): void {
  schedule(MAX_TCBS + entry.index, at);
}

/** A listener has been closed: its half-open connections go with it. */
export function removeHalfOpenOf(listener: u32): void {
  for (let i: u32 = 0; i < SYN_QUEUE; i++) {
    if (free.has(i) && HalfOpen.at(i).listener == listener) removeHalfOpen(HalfOpen.at(i));
  }
}

/** Half-open connections of all listeners. */
export function halfOpens(): u32 {
  return free.used();
}

/** True if an entry in use has this index (for netstat). */
export function isHalfOpen(i: u32): bool {
  return free.has(i);
}
