import { MAX_TCBS, REUSE_PORT } from "../config";
import { Purpose, siphash } from "../random";
import { Flag, Wish } from "./flags";
import { NONE, Tcb, TCB_SIZE, TCBS } from "./tcb";
import { chain, findTuple, unchain } from "./tuple";

/**
 * Connections found by their four-tuple, listeners by their port: chains of Tcbs in hash buckets. The hash is keyed, so that
 * nobody can send us connections that all fall into one bucket.
 */
const BUCKETS: u32 = MAX_TCBS < 2 ? 2 : 1 << (32 - clz<u32>(MAX_TCBS - 1));
const connections = memory.data(BUCKETS * 2, 2);
const PORT_BUCKETS: u32 = 16;
const listeners = memory.data(PORT_BUCKETS * 2, 2);
const keys = memory.data(16, 8);

export function initTable(): void {
  memory.fill(connections, 0xff, BUCKETS * 2);
  memory.fill(listeners, 0xff, PORT_BUCKETS * 2);
  store<u64>(keys, siphash(Purpose.Buckets, 0));
  store<u64>(keys, siphash(Purpose.Buckets, 1), 8);
}

/** A keyed hash of a four-tuple: multiply-add of the two halves under a secret (NH), upper bits. */
// prettier-ignore
@inline export function hashTuple(local: u32, foreign: u32, ports: u32): u32 {
  const key = load<u64>(keys);
  const sum = <u64>(foreign + <u32>key) * <u64>(ports + <u32>(key >> 32)) + <u64>local * load<u64>(keys, 8);
  return <u32>(sum >> 32) ^ <u32>(sum >> 47);
}
// prettier-ignore
@inline export function portsOf(localPort: u32, foreignPort: u32): u32 { return (localPort << 16) | foreignPort; }

// prettier-ignore
@inline function bucketOf(local: u32, foreign: u32, ports: u32): usize {
  return connections + (<usize>(hashTuple(local, foreign, ports) & (BUCKETS - 1)) << 1);
}
// prettier-ignore
@inline function portBucket(port: u32): usize { return listeners + (<usize>(port & (PORT_BUCKETS - 1)) << 1); }

/** Its index, or NONE. */
export function findConnection(local: u32, localPort: u32, foreign: u32, foreignPort: u32): u32 {
  const bucket = bucketOf(local, foreign, portsOf(localPort, foreignPort));
  return findTuple(bucket, TCBS, TCB_SIZE, local, localPort, foreign, foreignPort);
}

/** The listener on a port for a local address: one bound to that address before one bound to all. NONE if nobody listens. */
export function findListener(local: u32, port: u32): u32 {
  let wildcard = NONE;
  let i: u32 = load<u16>(portBucket(port));
  while (i != NONE) {
    const tcb = Tcb.at(i);
    if (tcb.localPort == port) {
      if (tcb.localAddress == local) return i;
      if (tcb.localAddress == 0) wildcard = i;
    }
    i = tcb.next;
  }
  return wildcard;
}

/**
 * The same for a connection from `foreign`. Of several listeners that share address and port (SO_REUSEPORT) it goes to the one whose
 * keyed hash with the four-tuple is highest: each gets an equal share, and keeps what is its own when another comes or goes.
 */
export function listenerFor(local: u32, port: u32, foreign: u32, foreignPort: u32): u32 {
  const one = findListener(local, port);
  if (!REUSE_PORT || one == NONE || !Tcb.at(one).wants(Wish.ReusePort)) return one;
  const address = Tcb.at(one).localAddress;
  let chosen = one;
  let highest: u64 = 0;
  for (let i: u32 = load<u16>(portBucket(port)); i != NONE; i = Tcb.at(i).next) {
    const tcb = Tcb.at(i);
    if (<u32>tcb.localPort != port || tcb.localAddress != address) continue;
    const share = siphash(((<u64>foreign) << 32) | local, ((<u64>Purpose.Share) << 48) | ((<u64>i) << 16) | foreignPort);
    if (share < highest) continue;
    highest = share;
    chosen = i;
  }
  return chosen;
}

export function addConnection(tcb: Tcb): void {
  add(bucketOf(tcb.localAddress, tcb.foreignAddress, portsOf(tcb.localPort, tcb.foreignPort)), tcb);
}

export function addListener(tcb: Tcb): void {
  add(portBucket(tcb.localPort), tcb);
}

function add(bucket: usize, tcb: Tcb): void {
  chain(bucket, tcb, tcb.index);
  tcb.set(Flag.Hashed);
}

export function removeConnection(tcb: Tcb): void {
  remove(bucketOf(tcb.localAddress, tcb.foreignAddress, portsOf(tcb.localPort, tcb.foreignPort)), tcb);
}

export function removeListener(tcb: Tcb): void {
  remove(portBucket(tcb.localPort), tcb);
}

function remove(bucket: usize, tcb: Tcb): void {
  unchain(bucket, TCBS, TCB_SIZE, tcb, tcb.index);
  tcb.clear(Flag.Hashed);
}
