import { Owner } from "./abi";
import { MAX_SOCKETS } from "./config";

/**
 * Readiness news: which sockets something happened to. One first-in first-out queue per owner, each socket in it at most once,
 * so `next_event` is O(1) whatever the number of sockets.
 *
 * The queues are rings of links: node n < MAX_SOCKETS is a socket, node MAX_SOCKETS + o the head of owner o's queue.
 */
const NODES: u32 = MAX_SOCKETS + Owner.count;
const nexts = memory.data(NODES * 2, 2);
const prevs = memory.data(NODES * 2, 2);
const owners = memory.data(MAX_SOCKETS);

// prettier-ignore
@inline function next(node: u32): u32 { return load<u16>(nexts + (<usize>node << 1)); }
// prettier-ignore
@inline function prev(node: u32): u32 { return load<u16>(prevs + (<usize>node << 1)); }

function link(before: u32, after: u32): void {
  store<u16>(nexts + ((<usize>before) << 1), <u16>after);
  store<u16>(prevs + ((<usize>after) << 1), <u16>before);
}

export function initEvents(): void {
  for (let node: u32 = 0; node < NODES; node++) link(node, node);
  memory.fill(owners, 0, MAX_SOCKETS);
}

export function ownerOf(socket: u32): Owner {
  return load<u8>(owners + socket);
}

/** Who will hear of this socket from now on; older news is forgotten. */
export function setOwner(socket: u32, owner: Owner): void {
  forget(socket);
  store<u8>(owners + socket, <u8>owner);
}

/** Something happened to the socket that its owner may want to look at. */
export function notify(socket: u32): void {
  if (next(socket) != socket) return;
  const head = MAX_SOCKETS + <u32>load<u8>(owners + socket);
  link(prev(head), socket);
  link(socket, head);
}

/** Take back all news of a socket (it was closed). */
export function forget(socket: u32): void {
  link(prev(socket), next(socket));
  link(socket, socket);
}

/** Take the next socket with news, or -1. */
export function nextSocketOf(owner: Owner): i32 {
  const head = MAX_SOCKETS + <u32>owner;
  const socket = next(head);
  if (socket == head) return -1;
  forget(socket);
  return <i32>socket;
}
