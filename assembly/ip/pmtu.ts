import { MTU, PMTU_ENTRIES } from "../config";
import { due, now } from "../clock";
import { random } from "../random";
import { isLocal } from "./iface";
import { quote } from "./quote";

/** Path MTUs are learned and kept. */
export const PMTU: bool = PMTU_ENTRIES > 0;

/**
 * How large a datagram the way to a destination takes (RFC 1191): a small table of destinations that take less than our MTU. All
 * connections follow it by comparing one number, `pathVersion`, so nobody is searched for when it changes.
 */
@final
@unmanaged
class Path {
  destination: u32;
  /** 0: a free entry. */
  mtu: u16;
  /** When it was learned. */
  at: u32;

  @inline static of(i: u32): Path {
    return changetype<Path>(paths + <usize>i * PATH_SIZE);
  }
}
const PATH_SIZE: u32 = 12;
@lazy const paths = memory.data(PMTU ? PMTU_ENTRIES * PATH_SIZE : PATH_SIZE, 4);
/** A key for the place of a destination, the version, and how many entries are in use. */
@lazy const state = memory.data(12, 4);
const VERSION: usize = 4;
const USED: usize = 8;

/** A destination lies in one of so many entries behind its place. */
const WAYS: u32 = PMTU_ENTRIES < 4 ? PMTU_ENTRIES : 4;
/** A path may have grown after so long, ms (RFC 1191 §6.3). */
const AGE: u32 = 600000;
/** No path takes less (RFC 791 §3.1), and a claim that one takes no more is an attack (RFC 5927 §7.4). */
const LEAST: u32 = 68;
/** MTUs that are usual, from high to low (RFC 1191 §7.1). */
const PLATEAUS: u32 = 5;
@lazy const plateaus = memory.data<u16>([1492, 1006, 508, 296, 68]);

export function initPaths(): void {
  if (!PMTU) return;
  memory.fill(paths, 0, PMTU_ENTRIES * PATH_SIZE);
  store<u32>(state, random() | 1);
  store<u32>(state, 0, VERSION);
  store<u32>(state, 0, USED);
}

/** Another number after every change of any path. */
// prettier-ignore
@inline export function pathVersion(): u32 { return load<u32>(state, VERSION) & 0xffff; }

// prettier-ignore
@inline function entry(destination: u32, way: u32): Path {
  return Path.of(((((destination ^ load<u32>(state)) * 0x9e3779b1) >> 16) + way) % PMTU_ENTRIES);
}

/** The largest datagram known to get to `destination`. */
export function pathMtu(destination: u32): u32 {
  if (!PMTU || load<u32>(state, USED) == 0) return MTU;
  for (let way: u32 = 0; way < WAYS; way++) {
    const path = entry(destination, way);
    if (path.mtu != 0 && path.destination == destination) return path.mtu;
  }
  return MTU;
}

/** The way to `destination` takes no more than `mtu`; the oldest neighbour gives way. */
export function lowerPath(destination: u32, mtu: u32): void {
  if (!PMTU) return;
  let chosen = entry(destination, 0);
  for (let way: u32 = 0; way < WAYS; way++) {
    const path = entry(destination, way);
    if (path.mtu != 0 && path.destination == destination) {
      chosen = path;
      break;
    }
    if (isBetter(path, chosen)) chosen = path;
  }
  if (chosen.mtu == 0) store<u32>(state, load<u32>(state, USED) + 1, USED);
  chosen.destination = destination;
  chosen.mtu = <u16>max(mtu, LEAST);
  chosen.at = now();
  changed();
}

/** Entry `path` is a better place than `other`: free, or older. */
function isBetter(path: Path, other: Path): bool {
  if (path.mtu == 0 || other.mtu == 0) return path.mtu == 0 && other.mtu != 0;
  return i32(path.at - other.at) < 0;
}

function changed(): void {
  store<u32>(state, load<u32>(state, VERSION) + 1, VERSION);
}

/** Forget what was learned AGE ago: the next datagrams try whether the way takes more now (RFC 1191 §6.3). */
export function agePaths(): void {
  if (!PMTU || load<u32>(state, USED) == 0) return;
  for (let i: u32 = 0; i < PMTU_ENTRIES; i++) {
    const path = Path.of(i);
    if (path.mtu != 0 && due(path.at + AGE)) forget(path);
  }
}

function forget(path: Path): void {
  path.mtu = 0;
  store<u32>(state, load<u32>(state, USED) - 1, USED);
  changed();
}

/** Nothing gets to `destination`, whatever its size. */
export function forgetPath(destination: u32): void {
  if (!PMTU) return;
  for (let way: u32 = 0; way < WAYS; way++) {
    const path = entry(destination, way);
    if (path.mtu != 0 && path.destination == destination) forget(path);
  }
}

/**
 * `quote` says that a datagram was too big, the sender of which sends no larger ones than `largest`. False if that cannot be: the MTU
 * it claims is no smaller than what it quotes or than what we know, or too small for any path (RFC 5927 §7.4). Deviation: a claim
 * that holds is taken at once; whether the quoted text is stuck is not waited for.
 */
export function wasTooBig(largest: u32): bool {
  if (!PMTU) return false;
  const destination = quote.foreignAddress;
  const size = quote.total;
  const mtu = quote.mtu ? quote.mtu : plateauBelow(size);
  if (isLocal(destination) || size > largest || mtu >= size) return false;
  if ((quote.mtu != 0 && mtu <= LEAST) || mtu >= pathMtu(destination)) return false;
  lowerPath(destination, mtu);
  return true;
}

/** From an old router that does not tell (RFC 1191 §5). */
function plateauBelow(size: u32): u32 {
  let i: u32 = 0;
  while (i < PLATEAUS - 1 && <u32>load<u16>(plateaus + (i << 1)) >= size) i++;
  return load<u16>(plateaus + (i << 1));
}

/** What to try after a path that takes `mtu`, or even that not, has swallowed everything larger (RFC 4821 §7.7); 0: nothing. */
export function stepBelow(mtu: u32): u32 {
  if (mtu > 1024) return 1024;
  if (mtu > 576) return 576;
  if (mtu > 296) return 296;
  return mtu > LEAST ? LEAST : 0;
}
