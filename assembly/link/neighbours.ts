import { ARP_AGE, ARP_ENTRIES, ARP_ERRORS, INTERFACES } from "../config";
import { now } from "../clock";
import { random } from "../random";
import { copyMac } from "../wire/ethernet";
import { Interface } from "./interface";

/** What is known of a neighbour. */
export const enum Neighbour {
  Free,
  /** Asked, not answered yet. */
  Asked,
  /** Answered; valid for ARP_AGE. */
  Known,
  /** Set by the host; never changes by what the network says. */
  Static,
}

/** One neighbour of the cache (RFC 1122 §2.3.2.1). */
@final
@unmanaged
export class Entry {
  ip: u32;
  private macHigh: u32;
  private macLow: u16;
  private _state: u8;
  private _uses: u8;
  /** Time of the last datagram sent by way of it, or of its making. */
  usedAt: u32;
  /** Time of the last request for it. */
  askedAt: u32;
  /** Time of the last word that it is as we think; of one that is asked: of the last time nobody answered. */
  confirmedAt: u32;
  // prettier-ignore
  @inline static at(i: u32): Entry { return changetype<Entry>(entries + <usize>i * SIZE); }
  // prettier-ignore
  @inline get mac(): usize { return changetype<usize>(this) + offsetof<Entry>("macHigh"); }
  // prettier-ignore
  @inline get state(): Neighbour { return INTERFACES == 1 ? this._state : this._state & STATE; }
  set state(v: Neighbour) {
    this._state = INTERFACES == 1 ? <u8>v : (this._state & ~(<u8>STATE)) | (<u8>v);
  }
  /** The interface it is beside. */
  // prettier-ignore
  @inline get iface(): u32 { return INTERFACES == 1 ? 0 : <u32>this._state >> INTERFACE_SHIFT; }
  /** Become the entry of another neighbour. */
  // prettier-ignore
  @inline name(i: u32, ip: u32): void {
    this.ip = ip;
    if (INTERFACES > 1) this._state = <u8>(i << INTERFACE_SHIFT);
  }
  /** A datagram was sent by way of it; such an entry does not give way to newcomers nobody asked for. */
  // prettier-ignore
  @inline get used(): bool { return this._uses != 0; }
  set used(v: bool) {
    this._uses = <u8>v;
  }
  /** Of one that is asked: how many requests have gone since it was given up last. */
  // prettier-ignore
  @inline get tries(): u32 { return this._uses; }
  set tries(v: u32) {
    this._uses = <u8>v;
  }
  /** Age of what we know, ms; unsigned, so that only a minute in 49 days is judged wrongly. */
  // prettier-ignore
  @inline get age(): u32 { return now() - this.confirmedAt; }
  // prettier-ignore
  @inline get valid(): bool { return this.state == Neighbour.Static || (this.state == Neighbour.Known && this.age < ARP_AGE); }
  /** Valid and not to be asked again yet. */
  // prettier-ignore
  @inline get fresh(): bool { return this.state == Neighbour.Static || (this.state == Neighbour.Known && this.age < REFRESH); }
}
/** The state shares its octet with the number of the interface. */
const STATE: u32 = 15;
const INTERFACE_SHIFT: u32 = 4;
const SIZE: u32 = 24;
const entries = memory.data(ARP_ENTRIES * SIZE, 4);

/** The cache is set-associative: an address has WAYS places, chosen by a secret hash so that nobody can aim at one set. */
const WAYS: u32 = ARP_ENTRIES < 8 ? ARP_ENTRIES : 8;
const SETS: u32 = ARP_ENTRIES / WAYS;
/** Unanswered addresses fill at most half a set, or a scan of dead ones would push the living out. */
const ASKED_MAX: u32 = WAYS / 2;
/** A known neighbour in use is asked again when three quarters of its age have gone. */
const REFRESH: u32 = ARP_AGE - ARP_AGE / 4;
/** How long a neighbour in doubt is believed, ms. */
const DOUBT: u32 = ARP_AGE / 4 < 2000 ? ARP_AGE / 4 : 2000;
/** Between two requests for one address, ms (RFC 1122 §2.3.2.1: at most one a second). */
export const ASK_INTERVAL: u32 = 1000;

/** Requests for one address before what waits for it is given up (RFC 1122 §2.3.2.1). */
export const TRIES: u32 = 3;
/** How long it is remembered that nobody answered, ms: until a SYN sent while it was being asked has been due again. */
const REMEMBERED: u32 = TRIES * ASK_INTERVAL;
/** Requests further apart than this do not count together, ms: SYNs that took turns in one hold are closer. */
const APART: u32 = 5000;

const key = memory.data(4, 4);

export function initNeighbours(): void {
  memory.fill(entries, 0, ARP_ENTRIES * SIZE);
  store<u32>(key, random() | 1);
}

/** Forget what the network said at interface `i` (the cable was pulled); static entries stay. */
export function forgetNeighbours(i: u32): void {
  for (let n: u32 = 0; n < ARP_ENTRIES; n++) {
    const entry = Entry.at(n);
    if (entry.iface == i && entry.state != Neighbour.Static) entry.state = Neighbour.Free;
  }
}

function setOf(ip: u32): u32 {
  return (((ip * load<u32>(key)) >> 16) % SETS) * WAYS;
}

/** The entry of an address beside interface `i`, or null. */
export function findNeighbour(i: u32, ip: u32): Entry | null {
  const first = setOf(ip);
  for (let n = first; n < first + WAYS; n++) {
    const entry = Entry.at(n);
    if (entry.ip == ip && entry.iface == i && entry.state != Neighbour.Free) return entry;
  }
  return null;
}

/** The way to everywhere, whose entry stays. */
// prettier-ignore
@inline function isGateway(i: u32, ip: u32): bool { return Interface.at(i).gateway == ip; }

/**
 * How readily an entry gives way; 0: not at all. Static ones, the gateway and those asked less than a second ago stay; an entry
 * in use gives way only when we want to send to the newcomer.
 */
function readiness(entry: Entry, asking: bool): u32 {
  if (entry.state == Neighbour.Free) return 5;
  if (entry.state == Neighbour.Static || isGateway(entry.iface, entry.ip)) return 0;
  if (entry.state == Neighbour.Asked) return now() - entry.askedAt >= ASK_INTERVAL ? 4 : 0;
  if (!entry.valid) return 3;
  if (!entry.used) return 2;
  return asking ? 1 : 0;
}

/** The place an address that has none should take, or null when all are taken by those that matter more. */
function placeFor(i: u32, ip: u32, asking: bool): Entry | null {
  const first = setOf(ip);
  let asked: u32 = 0;
  for (let n = first; n < first + WAYS; n++) if (Entry.at(n).state == Neighbour.Asked) asked++;
  const onlyAsked = asking && asked >= ASKED_MAX && !isGateway(i, ip);
  let best: Entry | null = null;
  let most: u32 = 0;
  for (let n = first; n < first + WAYS; n++) {
    const entry = Entry.at(n);
    if (onlyAsked && entry.state != Neighbour.Asked) continue;
    const its = readiness(entry, asking);
    if (its == 0 || its < most) continue;
    if (best && its == most && i32(entry.usedAt - best.usedAt) >= 0) continue;
    best = entry;
    most = its;
  }
  return best;
}

/** Make an entry for an address that has none (`asking`: because we want to send to it), or null when there is no room. */
export function makeNeighbour(i: u32, ip: u32, asking: bool): Entry | null {
  const entry = placeFor(i, ip, asking);
  if (!entry) return null;
  entry.name(i, ip);
  entry.usedAt = now();
  entry.askedAt = now() - APART;
  beginAsking(entry);
  return entry;
}

function beginAsking(entry: Entry): void {
  entry.state = Neighbour.Asked;
  entry.tries = 0;
  if (ARP_ERRORS) entry.confirmedAt = now() - REMEMBERED;
}

/** It is to be asked: true if now is the time for a request, and not all of them have gone. */
export function mayAsk(entry: Entry): bool {
  if (!ARP_ERRORS) entry.state = Neighbour.Asked;
  else if (entry.state != Neighbour.Asked) beginAsking(entry);
  const silence = now() - entry.askedAt;
  if (!ARP_ERRORS) return silence >= ASK_INTERVAL;
  if (silence >= APART) entry.tries = 0;
  return silence >= ASK_INTERVAL && entry.tries < TRIES;
}

/** The last request has had its time. If so it is remembered, and the next datagram begins anew. */
export function wasInVain(entry: Entry): bool {
  const silence = now() - entry.askedAt;
  if (entry.state != Neighbour.Asked || entry.tries < TRIES || silence < ASK_INTERVAL || silence >= APART) return false;
  entry.tries = 0;
  entry.confirmedAt = now();
  return true;
}

/** Nobody answered for `ip` lately, and nobody has since. */
export function isSilent(i: u32, ip: u32): bool {
  const entry = findNeighbour(i, ip);
  return entry != null && entry.state == Neighbour.Asked && entry.age < REMEMBERED;
}

/** The neighbour has told its MAC address. */
export function confirmNeighbour(entry: Entry, mac: usize): void {
  copyMac(entry.mac, mac);
  entry.state = Neighbour.Known;
  entry.confirmedAt = now();
}

/** Somebody says that its address is another: ask it at its next use, and believe it for a short while only. */
export function doubtNeighbour(entry: Entry): void {
  if (entry.age < ARP_AGE - DOUBT) entry.confirmedAt = now() - (ARP_AGE - DOUBT);
}

/** True while an answer to a request of ours may come. */
export function isAsked(entry: Entry): bool {
  return entry.state != Neighbour.Static && now() - entry.askedAt < 2 * ASK_INTERVAL;
}
