import { passive, PORT, type Connection } from "./states";
import type { FlowOptions } from "./flow";
import type { World } from "./world";

/** Connections whose peer has a clock: timestamps are agreed on. */

/** TSval of the peer's SYN unless told. */
export const CLOCK = 5000;

/** The peer connected to the board with timestamps. */
export function passiveClocked(w: World, clock = CLOCK, flow: FlowOptions = {}): Connection {
  const peer = w.peer();
  const listener = w.board.rows().find((row) => row.localPort === PORT && row.foreignPort === 0)?.fd ?? w.board.listen(PORT);
  const made = peer.flow({ to: PORT, ...flow });
  made.clock = clock;
  made.handshake({ mss: 1460, sackPermitted: true, wscale: 7 });
  const fd = w.accepted(w.board, listener);
  return { world: w, board: w.board, peer, flow: made, fd, listener, state: () => w.board.stateOf(made.port, made.to) };
}

/** The board closed first, and both FINs are acknowledged. */
export function timeWaitClocked(w: World, clock = CLOCK, flow: FlowOptions = {}): Connection {
  const made = passiveClocked(w, clock, flow);
  end(made);
  return made;
}

/** The board closes, the peer answers with its FIN. */
export function end({ board, fd, flow }: Connection): void {
  board.close(fd);
  flow.expect({ flags: "FA" });
  flow.send({ flags: "FA" });
  flow.expect({ flags: "A", ack: flow.nxt });
}

/** The same without timestamps. */
export function timeWaitPlain(w: World, flow: FlowOptions = {}): Connection {
  const made = passive(w, { flow });
  end(made);
  return made;
}
