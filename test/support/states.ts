import { Shutdown } from "../../host/node/abi";
import type { Flow, FlowOptions } from "./flow";
import type { TcpOptionFields } from "./packet";
import type { Peer } from "./peer";
import type { Station } from "./station";
import type { World } from "./world";

/** A connection of the board with a peer. */
export interface Connection {
  world: World;
  board: Station;
  peer: Peer;
  flow: Flow;
  /** The board's descriptor. */
  fd: number;
  /** The listening descriptor, for connections the peer opened; otherwise -1. */
  listener: number;
  /** What netstat says. */
  state: () => string;
}

/** Port of the board that peers connect to. */
export const PORT = 80;
/** Ports of peers that the board connects to. */
let nextRemote = 5000;

interface Start {
  peer?: Peer;
  flow?: FlowOptions;
  mss?: number;
  wscale?: number;
  /** The peer permits SACK. */
  sack?: boolean;
  /** Called with the new socket before it connects. */
  prepare?: (fd: number) => void;
}

function connection(world: World, peer: Peer, flow: Flow, fd: number, listener: number): Connection {
  const board = world.board;
  return { world, board, peer, flow, fd, listener, state: () => board.stateOf(flow.port, flow.to || undefined) };
}

function options(start: Start): TcpOptionFields {
  return {
    mss: start.mss ?? 1460,
    ...(start.wscale === undefined ? {} : { wscale: start.wscale }),
    ...(start.sack ? { sackPermitted: true } : {}),
  };
}

/** The peer connected to the board, which accepted. */
export function passive(world: World, start: Start = {}): Connection {
  const peer = start.peer ?? world.peer();
  const listener =
    world.board.rows().find((row) => row.localPort === PORT && row.foreignPort === 0)?.fd ?? world.board.listen(PORT);
  const flow = peer.flow({ to: PORT, ...start.flow }).handshake(options(start));
  const fd = world.accepted(world.board, listener);
  start.prepare?.(fd);
  return connection(world, peer, flow, fd, listener);
}

/** The board sent its SYN. */
export function connecting(world: World, start: Start = {}): Connection {
  const peer = start.peer ?? world.peer();
  const flow = peer.flow({ port: nextRemote++, ...start.flow });
  const fd = world.board.socket();
  start.prepare?.(fd);
  world.board.connect(fd, peer.ip, flow.port);
  return connection(world, peer, flow, fd, -1);
}

/** The board connected to the peer. */
export function active(world: World, start: Start = {}): Connection {
  const made = connecting(world, start);
  made.flow.accept(options(start));
  return made;
}

function synReceived(world: World): Connection {
  const peer = world.peer();
  const listener = world.board.listen(PORT);
  const flow = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
  flow.expect({ flags: "SA", seq: 0, ack: 1 });
  return connection(world, peer, flow, -1, listener);
}

function listening(world: World): Connection {
  const listener = world.board.listen(PORT);
  const peer = world.peer();
  const flow = peer.flow({ to: PORT });
  return {
    ...connection(world, peer, flow, -1, listener),
    state: () => (world.board.connection(flow.port) ? "changed" : "Listen"),
  };
}

function synSent(world: World): Connection {
  const made = connecting(world);
  made.flow.expect({ flags: "S", seq: 0 });
  return made;
}

function finWait1(world: World): Connection {
  const made = passive(world);
  made.board.shutdown(made.fd, Shutdown.SHUT_WR);
  made.flow.expect({ flags: "FA", seq: 1, ack: 1 });
  return made;
}

function finWait2(world: World): Connection {
  const made = finWait1(world);
  made.flow.send({ flags: "A" });
  world.run(5);
  return made;
}

function closing(world: World): Connection {
  const made = finWait1(world);
  made.flow.send({ flags: "FA", ack: 1 });
  made.flow.expect({ flags: "A", seq: 2, ack: 2 });
  return made;
}

function timeWait(world: World): Connection {
  const made = finWait2(world);
  made.flow.send({ flags: "FA" });
  made.flow.expect({ flags: "A", seq: 2, ack: 2 });
  return made;
}

function closeWait(world: World): Connection {
  const made = passive(world);
  made.flow.send({ flags: "FA" });
  made.flow.expect({ flags: "A", seq: 1, ack: 2 });
  return made;
}

function lastAck(world: World): Connection {
  const made = closeWait(world);
  made.board.shutdown(made.fd, Shutdown.SHUT_WR);
  made.flow.expect({ flags: "FA", seq: 1, ack: 2 });
  return made;
}

const ways = {
  Listen: listening,
  SynSent: synSent,
  SynReceived: synReceived,
  Established: (world: World) => passive(world),
  FinWait1: finWait1,
  FinWait2: finWait2,
  CloseWait: closeWait,
  Closing: closing,
  LastAck: lastAck,
  TimeWait: timeWait,
};

export type StateName = keyof typeof ways;
export const STATES = Object.keys(ways) as StateName[];
/** RFC 9293 §3.10.7.4 treats these alike: both ends have exchanged their SYN. */
export const SYNCHRONIZED: StateName[] = ["Established", "FinWait1", "FinWait2", "CloseWait", "Closing", "LastAck"];

/** Bring a connection of the first board into a state, by the wire and the socket calls alone. */
export function inState(world: World, state: StateName): Connection {
  const made = ways[state](world);
  if (made.state() !== state) throw new Error(`wanted ${state}, netstat says ${made.state()}\n${world.story()}`);
  return made;
}
