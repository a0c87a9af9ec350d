import * as wire from "./packet";
import type { Peer } from "./peer";

export const MORE_FRAGMENTS = 0x2000;

/** A piece of an IP payload, with the 16 bits of flags and fragment offset that go with it. */
export interface Piece {
  fragment: number;
  data: Uint8Array;
}

/** Octets from..to-1 of `payload`; `more` unless it is the end. */
export function piece(payload: Uint8Array, from: number, to = payload.length, more = to < payload.length): Piece {
  return { fragment: (more ? MORE_FRAGMENTS : 0) | (from >> 3), data: payload.subarray(from, to) };
}

/** The payload in pieces that begin at 0 and at `cuts`, multiples of 8. */
export function pieces(payload: Uint8Array, ...cuts: number[]): Piece[] {
  return [0, ...cuts].map((from, i) => piece(payload, from, cuts[i] ?? payload.length));
}

/** The payload in pieces of `size` octets, a multiple of 8. */
export function slices(payload: Uint8Array, size: number): Piece[] {
  const cuts = Array.from({ length: Math.ceil(payload.length / size) - 1 }, (_, i) => (i + 1) * size);
  return pieces(payload, ...cuts);
}

export type Header = Partial<wire.IpFields> & { protocol: number };

/** Send one piece. */
export function sendPiece(peer: Peer, header: Header, { fragment, data }: Piece): void {
  peer.ip4({ id: 0x1234, ...header, fragment }, data);
}

/** What fragments with one source, destination, protocol and identification are together, if they are whole and do not overlap. */
export function whole(fragments: wire.IpPacket[]): Uint8Array | undefined {
  const sorted = fragments.toSorted((a, b) => (a.fragment & 0x1fff) - (b.fragment & 0x1fff));
  let at = 0;
  for (const [i, { fragment, payload }] of sorted.entries()) {
    const last = i === sorted.length - 1;
    if ((fragment & 0x1fff) * 8 !== at || ((fragment & MORE_FRAGMENTS) === 0) !== last) return undefined;
    if (!last && payload.length % 8 !== 0) return undefined;
    at += payload.length;
  }
  return wire.concat(...sorted.map(({ payload }) => payload));
}
