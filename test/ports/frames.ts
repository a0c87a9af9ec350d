import type { Random } from "../support/random";
import * as wire from "../support/packet";

/** The port's address, and a station on its cable. */
export const OURS = { mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
export const PEER = { mac: "02:00:00:00:00:02", ip: "10.0.0.2" };
const ENDS = { src: PEER.ip, dst: OURS.ip };

/** A frame to the port that no checksum is in: `length` octets, which say which one it is. */
export function plain(length: number, mark: number): Uint8Array {
  const payload = Uint8Array.from({ length: length - 14 }, (_, i) => (mark * 31 + i * 7) & 255);
  return wire.ethernet({ src: PEER.mac, dst: OURS.mac, type: 0x88b5, pad: false }, payload);
}

/** What a test of checksums is about. */
export interface Sample {
  name: string;
  frame: Uint8Array;
  /** A port with RX_CSUM is to mark it; null: it may. */
  right: boolean | null;
}

interface Shape {
  protocol: number;
  payload: Uint8Array;
  ip?: Partial<wire.IpFields>;
  pad?: boolean;
}

function datagram({ protocol, payload, ip, pad }: Shape): Uint8Array {
  return wire.ethernet({ src: PEER.mac, dst: OURS.mac, pad: pad ?? true }, wire.ipv4({ ...ENDS, protocol, ...ip }, payload));
}

const segment = (data: Uint8Array, rest: Partial<wire.TcpFields> = {}): Uint8Array =>
  wire.tcp(ENDS, { src: 1025, dst: 80, seq: 1, ack: 2, flags: "A", data, ...rest });
const message = (data: Uint8Array, rest: Partial<wire.UdpFields> = {}): Uint8Array =>
  wire.udp(ENDS, { src: 53, dst: 1025, ...rest }, data);

/** The frame with one bit of octet `at` turned over. */
function flipped(frame: Uint8Array, at: number): Uint8Array {
  const copy = frame.slice();
  copy[at] ^= 1;
  return copy;
}

/** Every case the checksum of a received frame can be, with data of that length. */
export function samples(data: Uint8Array): Sample[] {
  const tcp = datagram({ protocol: 6, payload: segment(data) });
  const udp = datagram({ protocol: 17, payload: message(data) });
  const icmp = datagram({ protocol: 1, payload: wire.icmp({ type: 8, rest: 1 }, data) });
  const last = 14 + 20 + 20 + data.length - 1;
  const options = { options: Uint8Array.of(1, 1, 1, 1) };
  return [
    { name: "TCP", frame: tcp, right: true },
    { name: "UDP", frame: udp, right: true },
    { name: "ICMP", frame: icmp, right: null },
    { name: "TCP, IP options", frame: datagram({ protocol: 6, payload: segment(data), ip: options }), right: null },
    { name: "TCP, TCP options", frame: datagram({ protocol: 6, payload: segment(data, { mss: 1460 }) }), right: true },
    { name: "TCP, a bit of data", frame: flipped(tcp, last), right: false },
    { name: "TCP, a bit of its header", frame: flipped(tcp, 38), right: false },
    { name: "TCP, a bit of an address", frame: flipped(tcp, 27), right: false },
    { name: "TCP, a bit of the IP checksum", frame: flipped(tcp, 24), right: false },
    { name: "TCP, checksum off by one", frame: flipped(tcp, 51), right: false },
    { name: "UDP, a bit of data", frame: flipped(udp, 14 + 20 + 8 + data.length - 1), right: false },
    { name: "UDP without a checksum", frame: datagram({ protocol: 17, payload: message(data, { checksum: 0 }) }), right: false },
    { name: "ICMP, wrong", frame: flipped(icmp, 36), right: false },
    { name: "a fragment", frame: datagram({ protocol: 17, payload: message(data), ip: { fragment: 0x2000 } }), right: false },
    { name: "a later fragment", frame: datagram({ protocol: 17, payload: message(data), ip: { fragment: 8 } }), right: false },
    { name: "a protocol without a checksum", frame: datagram({ protocol: 99, payload: data }), right: false },
    { name: "no IP", frame: plain(60 + data.length, 1), right: false },
  ];
}

/** Any frame: whole ones, broken ones, noise; right and wrong. */
export function anything(random: Random): Uint8Array {
  if (random.chance(0.2)) return plain(14 + random.below(1640), random.below(256));
  const data = random.bytes(random.pick([1, 2, 3, 18, 100, 1459, 1460, 1 + random.below(1460)]));
  const { frame } = random.pick(samples(data));
  const hurt = random.chance(0.2) ? flipped(frame, random.below(frame.length)) : frame;
  return random.chance(0.1) ? hurt.slice(0, 14 + random.below(hurt.length - 13)) : hurt;
}
