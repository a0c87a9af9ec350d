import { SINGLE_HOMED } from "../config";

/**
 * What was found out about the addresses of the datagram sent last, and of the one received last: the next ones are most likely between
 * the same two. Whoever changes an address, a route or a cable calls `forgetFamiliar`.
 */
@final
@unmanaged
class Familiar {
  /** 0: nothing is known. */
  sentTo: u32;
  sentFrom: u32;
  /** The neighbour it went to, and the interface. */
  hop: u32;
  iface: u32;
  /** 0: nothing is known. Otherwise the source is sound, and the destination an address of the interface. */
  receivedFrom: u32;
  receivedFor: u32;
  receivedBy: u32;
}
@lazy export const familiar = changetype<Familiar>(memory.data(28, 4));

export function forgetFamiliar(): void {
  if (SINGLE_HOMED) return;
  familiar.sentTo = 0;
  familiar.receivedFrom = 0;
}

/** Neither is 0. */
export function rememberWay(src: u32, dst: u32, hop: u32, i: u32): void {
  familiar.sentFrom = src;
  familiar.sentTo = dst;
  familiar.hop = hop;
  familiar.iface = i;
}

export function rememberArrival(src: u32, dst: u32, i: u32): void {
  familiar.receivedFrom = src;
  familiar.receivedFor = dst;
  familiar.receivedBy = i;
}

/** Such a datagram has come before, and was for one host: us. */
// prettier-ignore
@inline export function isFamiliarArrival(src: u32, dst: u32, i: u32): bool {
  return src != 0 && familiar.receivedFrom == src && familiar.receivedFor == dst && familiar.receivedBy == i;
}
