import { concat, ipv4, pattern, tcp } from "./packet";
import type { Connection } from "./states";

/** What an ICMP error says. */
export interface Complaint {
  /** Destination unreachable unless told. */
  type?: number;
  code: number;
  /** Sequence number quoted, relative to the board's initial one; SND.UNA of a fresh connection unless told. */
  seq?: number;
  rest?: number;
  /** Octets the quoted datagram had. */
  total?: number;
  /** Octets quoted. */
  length?: number;
}

/** An ICMP error of a router about a segment of the board. */
export function complain(
  { flow, board, peer }: Connection,
  { type = 3, code, seq = 1, rest = 0, length = 28, total }: Complaint,
): void {
  const ends = { src: board.ip, dst: peer.ip };
  const segment = tcp(ends, { src: flow.to, dst: flow.port, seq: (flow.irs! + seq) >>> 0, ack: flow.iss, flags: "A" });
  const quote = ipv4(
    { ...ends, protocol: 6, ...(total === undefined ? {} : { totalLength: total }) },
    concat(segment, pattern(20)),
  ).subarray(0, length);
  peer.icmp({ type, code, rest }, quote);
}
