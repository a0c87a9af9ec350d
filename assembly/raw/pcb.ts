import { Protocol } from "../abi";
import { RAW_SOCKETS, UDP_SOCKETS } from "../config";
import { LIST_ENTRY, LIST_HEADER, List } from "../storage/list";
import { SLOTS_ENTRY, SLOTS_HEADER, Slots } from "../storage/slots";
import { Pcb } from "../udp/pcb";

/** Raw sockets: Pcbs behind those of the datagram sockets, without a port, and what only they have beside them. */

/** Bits of Raw.flags. */
export const enum RawFlag {
  /** The application writes the IP header (IP_HDRINCL). */
  HeaderIncluded = 1,
  /** ICMP errors are errors at once, and all of them (IP_RECVERR). */
  RecvErr = 2,
}

@final
@unmanaged
export class Raw {
  /** ICMP_FILTER: types that are not received, a bit each. */
  filter: u32;
  private _protocol: u8;
  private _flags: u8;

  /** Of the raw socket with that Pcb. */
  // prettier-ignore
  @inline static of(pcb: Pcb): Raw { return changetype<Raw>(raws + <usize>(pcb.index - UDP_SOCKETS) * SIZE); }
  // prettier-ignore
  @inline get protocol(): u32 { return this._protocol; }
  // prettier-ignore
  @inline has(flag: RawFlag): bool { return (this._flags & <u8>flag) != 0; }
  put(flag: RawFlag, on: bool): void {
    this._flags = on ? this._flags | (<u8>flag) : this._flags & ~(<u8>flag);
  }
  begin(protocol: u32): void {
    this.filter = 0;
    this._protocol = <u8>protocol;
    this._flags = 0;
  }
}
const SIZE: u32 = 8;
@lazy const raws = memory.data(RAW_SOCKETS ? RAW_SOCKETS * SIZE : SIZE, 4);
@lazy const pool = memory.data(SLOTS_HEADER + RAW_SOCKETS * SLOTS_ENTRY, 4);
/** Those that receive. */
@lazy const receivers = memory.data(LIST_HEADER + RAW_SOCKETS * LIST_ENTRY, 4);

export function initRaws(): void {
  Slots.at(pool).init(RAW_SOCKETS);
  List.at(receivers).init(RAW_SOCKETS);
}

/** A new raw socket of that protocol, or null when all are taken. IPPROTO_RAW only sends, with its own header. */
export function takeRaw(socket: u32, protocol: u32): Pcb | null {
  const i = Slots.at(pool).take();
  if (i < 0) return null;
  const pcb = rawPcb(i);
  pcb.reset(socket);
  const raw = Raw.of(pcb);
  raw.begin(protocol);
  if (protocol == Protocol.IPPROTO_RAW) raw.put(RawFlag.HeaderIncluded, true);
  else List.at(receivers).push(i);
  return pcb;
}

export function giveRaw(pcb: Pcb): void {
  const i = pcb.index - UDP_SOCKETS;
  List.at(receivers).remove(i);
  Slots.at(pool).give(i);
}

/** Is the raw socket number `i` in use? */
export function isOpenRaw(i: u32): bool {
  return Slots.at(pool).has(i);
}

/** There is a raw socket that receives. */
// prettier-ignore
@inline export function anyRaw(): bool { return List.at(receivers).count != 0; }

/** The first raw socket that receives, and the one behind `i`; -1 at the end. */
export function firstRaw(): i32 {
  return List.at(receivers).first();
}
export function nextRaw(i: i32): i32 {
  return List.at(receivers).next(i);
}

// prettier-ignore
@inline export function rawPcb(i: i32): Pcb { return Pcb.at(UDP_SOCKETS + <u32>i); }
