import { FRAGMENTATION, GROUPS, MAX_PCBS, REUSE_PORT, TTL, UDP_SOCKETS } from "../config";
import { Queue } from "../storage/queue";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";

/** Bits of Pcb.flags. */
export const enum UdpFlag {
  ReuseAddress = 1,
  Broadcast = 2,
  /** The address, the port was chosen by the application: a disconnect does not take it away. */
  AddressBound = 4,
  PortBound = 8,
  Connected = 0x10,
  ReadShut = 0x20,
  WriteShut = 0x40,
  /** The path MTU is not looked at (IP_PMTUDISC_PROBE). */
  PathProbe = 0x80,
}

/** Bits of Pcb.wishes, which only builds with what they are about look at. */
export const enum UdpWish {
  ReusePort = 1,
  /** IP_PMTUDISC_DO, IP_PMTUDISC_DONT. */
  NeverFragment = 2,
  AnyMayFragment = 4,
  /** What it sends to a group is not for members on this host. */
  NoLoop = 8,
}
/** There are wishes. */
const WISHES: bool = FRAGMENTATION || REUSE_PORT || GROUPS > 0;

/** A group is not reached beyond the first router unless asked for (RFC 1112 §6.1). */
const GROUP_TTL: u32 = 1;
/** The end of a chain. */
export const NO_PCB: u32 = 0xffff;

/** One datagram socket, or raw socket; its queue is what it has received. */
@final
@unmanaged
export class Pcb extends Queue {
  /** 0: any of ours. */
  localAddress: u32;
  /** 0: not connected. */
  foreignAddress: u32;
  /** 0: unbound. */
  private _localPort: u16;
  private _foreignPort: u16;
  /** Index of the socket whose owner is told. */
  private _socket: u16;
  /** The next one whose local port falls into the same bucket. */
  private _next: u16;
  private _flags: u8;
  private _ttl: u8;
  private _tos: u8;
  /** An errno the application has not heard of; 0: none. */
  private _error: u8;
  private _wishes: u8;
  /** Of what it sends to groups: the TTL, and the address it comes from; 0: as the routes say. */
  private _groupTtl: u8;
  groupSource: u32;

  // prettier-ignore
  @inline static at(i: u32): Pcb { return changetype<Pcb>(pcbs + <usize>i * SIZE); }
  // prettier-ignore
  @inline get index(): u32 { return <u32>(changetype<usize>(this) - pcbs) / SIZE; }
  // prettier-ignore
  @inline get localPort(): u32 { return this._localPort; }
  // prettier-ignore
  @inline get foreignPort(): u32 { return this._foreignPort; }
  set foreignPort(v: u32) {
    this._foreignPort = <u16>v;
  }
  // prettier-ignore
  @inline get socket(): u32 { return this._socket; }
  // prettier-ignore
  @inline get ttl(): u32 { return this._ttl; }
  set ttl(v: u32) {
    this._ttl = <u8>v;
  }
  // prettier-ignore
  @inline get tos(): u32 { return this._tos; }
  set tos(v: u32) {
    this._tos = <u8>v;
  }
  // prettier-ignore
  @inline get error(): u32 { return this._error; }
  set error(v: u32) {
    this._error = <u8>v;
  }

  // prettier-ignore
  @inline has(flag: UdpFlag): bool { return (this._flags & <u8>flag) != 0; }
  set(flag: UdpFlag, on: bool): void {
    this._flags = on ? this._flags | (<u8>flag) : this._flags & ~(<u8>flag);
  }

  // prettier-ignore
  @inline get groupTtl(): u32 { return GROUPS > 0 ? <u32>this._groupTtl : GROUP_TTL; }
  set groupTtl(v: u32) {
    this._groupTtl = <u8>v;
  }
  // prettier-ignore
  @inline wants(wish: UdpWish): bool { return WISHES && (this._wishes & <u8>wish) != 0; }
  wish(which: UdpWish, on: bool): void {
    if (WISHES) this._wishes = on ? this._wishes | (<u8>which) : this._wishes & ~(<u8>which);
  }

  /** As new, for `socket`. */
  reset(socket: u32): void {
    memory.fill(changetype<usize>(this), 0, SIZE);
    this._socket = <u16>socket;
    this.ttl = TTL;
    if (GROUPS > 0) this.groupTtl = GROUP_TTL;
  }

  /** Index of the next one in the chain of its bucket, or NO_PCB. */
  // prettier-ignore
  @inline get next(): u32 { return this._next; }

  /** Take the local port `port` and its place in the hash; 0 gives both back. */
  listAs(port: u32): void {
    if (this._localPort != 0) this.unlist();
    this._localPort = <u16>port;
    if (port == 0) return;
    const bucket = bucketOf(port);
    this._next = load<u16>(bucket);
    store<u16>(bucket, <u16>this.index);
  }

  private unlist(): void {
    let link = bucketOf(this._localPort);
    while (load<u16>(link) != this.index) link = changetype<usize>(Pcb.at(load<u16>(link))) + offsetof<Pcb>("_next");
    store<u16>(link, this._next);
  }
}
const SIZE: u32 = WISHES ? 48 : 40;
const pcbs = memory.data(MAX_PCBS * SIZE, 4);
const buckets = memory.data(UDP_SOCKETS * 2, 2);
const pool = memory.data(SLOTS_HEADER + UDP_SOCKETS * SLOTS_ENTRY, 4);

// prettier-ignore
@inline function bucketOf(port: u32): usize { return buckets + ((port % UDP_SOCKETS) << 1); }

export function initPcbs(): void {
  memory.fill(pcbs, 0, MAX_PCBS * SIZE);
  memory.fill(buckets, 0xff, UDP_SOCKETS * 2);
  Slots.at(pool).init(UDP_SOCKETS);
}

/** A new datagram socket's record, or null when all are taken. */
export function takePcb(socket: u32): Pcb | null {
  const i = Slots.at(pool).take();
  if (i < 0) return null;
  const pcb = Pcb.at(<u32>i);
  pcb.reset(socket);
  return pcb;
}

export function givePcb(pcb: Pcb): void {
  pcb.listAs(0);
  Slots.at(pool).give(pcb.index);
}

/** Is the record of this index in use? */
export function isOpen(i: u32): bool {
  return Slots.at(pool).has(i);
}

/** Index of the first pcb in the bucket of `port`, or NO_PCB: walk on with `next`, and compare the ports. */
export function bucketFirst(port: u32): u32 {
  return load<u16>(bucketOf(port));
}
