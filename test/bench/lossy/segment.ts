/** What the measurements need to know of a frame, read where it lies. */

const ETHERNET = 14;
const IPV4 = 0x0800;
const TCP = 6;
const SYN = 2;

/** Where the TCP header of a frame begins; 0 when there is none. */
function tcpAt(frame: Uint8Array): number {
  if (frame.length < ETHERNET + 40 || ((frame[12] << 8) | frame[13]) !== IPV4 || frame[ETHERNET + 9] !== TCP) return 0;
  return ETHERNET + (frame[ETHERNET] & 15) * 4;
}

/** Octets of TCP text in a frame; 0 for everything else. */
export function textLength(frame: Uint8Array): number {
  const at = tcpAt(frame);
  if (at === 0) return 0;
  const total = (frame[ETHERNET + 2] << 8) | frame[ETHERNET + 3];
  return total - (at - ETHERNET) - (frame[at + 12] >> 4) * 4;
}

/** Whether a frame is a TCP segment of an open connection: one without SYN. */
export function isSegment(frame: Uint8Array): boolean {
  const at = tcpAt(frame);
  return at !== 0 && (frame[at + 13] & SYN) === 0;
}

export function sequence(frame: Uint8Array): number {
  return word(frame, tcpAt(frame) + 4);
}

function word(frame: Uint8Array, at: number): number {
  return ((frame[at] << 24) | (frame[at + 1] << 16) | (frame[at + 2] << 8) | frame[at + 3]) >>> 0;
}
