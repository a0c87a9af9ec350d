import type { Peer } from "./peer";
import { PORT } from "./states";
import type { World } from "./world";

/** What a board chooses for a connection, and how far the choices differ. */

/** The board's initial sequence number for a SYN from that port now; the half-open connection is forgotten. */
export function answerTo(w: World, peer: Peer, port: number): number {
  const flow = peer.flow({ port, to: PORT }).send({ flags: "S", mss: 1460 });
  const { raw } = flow.expect({ flags: "SA" });
  flow.send({ flags: "R" });
  w.run(3);
  peer.forget(flow);
  return raw.seq;
}

/** The ephemeral port and initial sequence number of a connection the board opens. */
export function opened(w: World, peer: Peer, port: number): { port: number; seq: number } {
  const fd = w.board.open(peer.ip, port);
  const packet = peer.expect("a SYN", ({ tcp }) => tcp !== undefined && (tcp.flags & 0x12) === 2);
  w.board.close(fd);
  w.run(1);
  return { port: packet.tcp!.src, seq: packet.tcp!.seq };
}

export function distinct(values: number[]): number {
  return new Set(values).size;
}

export function differences(values: number[]): number[] {
  return values.slice(1).map((value, i) => (value - values[i]) >>> 0);
}
