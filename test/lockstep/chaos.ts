import { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import { faulty } from "../../host/node/links/fault";
import { wire } from "../../host/node/links/wire";
import { type Profile } from "../../host/node/module";
import { connect } from "../../host/node/socket";
import { pattern } from "../support/packet";
import { Random } from "../support/random";
import { moduleOf, recorderOf, v8 } from "./sessions";

type Call = (...args: number[]) => number;

/** Those whose arguments say where in memory something lies, and which argument that is. */
const POINTERS: Record<string, number[]> = {
  accept: [1],
  addresses: [1],
  arp_set: [1],
  bind: [1],
  connect: [1],
  getpeername: [1],
  getsockname: [1],
  getsockopt: [3],
  recv: [1],
  recvfrom: [1, 4],
  routes: [1],
  send: [1],
  sendto: [1, 4],
  setsockopt: [3],
  socketpair: [3],
  sockets: [1],
};
/** Those that would end everything, those that the board itself calls, and those that take descriptors from the applications inside. */
const LEFT_OUT = ["init", "poll", "mac", "ifconfig", "address_remove", "shutdown", "close", "dup", "accept"];
const VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 53, 80, 253, 255, 7000, 0xffffffff, 0x7fffffff, 0x0a000001];

/**
 * Calls of every function with arguments of all kinds, and frames of all kinds, on a board that serves others at the same time: recorded.
 */
export async function recordedChaos(profile: Profile, seed: number, rounds: number): Promise<Buffer> {
  const { module } = moduleOf(profile);
  const kept = recorderOf(profile);
  const random = new Random(seed);
  const arities = aritiesOf(v8(profile).instance.exports);
  const clock = new VirtualClock(0xffff_0000);
  const [left, right] = wire({ clock, latency: 3 });
  const board = await Board.create({ clock, module, seed, address: "10.0.0.2/24", serve: true, recorder: kept.recorder });
  const peer = await Board.create({ clock, module, seed: seed + 1, address: "10.0.0.1/24" });
  board.attach(faulty(left, { clock, seed, sending: { loss: 0.05 }, receiving: { loss: 0.05, corruption: 0.1 } }));
  peer.attach(right);
  for (const port of [7, 80, 9]) visit(peer, port).catch(() => undefined);
  for (let round = 0; round < rounds; round++) {
    if (random.chance(0.2)) board.receive(oddFrame(board, random));
    else oddCall(board, random, arities);
    if (random.chance(0.3)) await clock.settle(rest(clock, random.pick([1, 5, 50, 300, 2000])), 10_000);
  }
  kept.recorder.end();
  for (const each of [board, peer]) each.close();
  return kept.octets();
}

/** The functions to call, and how many arguments they take. */
function aritiesOf(exports: object): Map<string, number> {
  const named = Object.entries(exports).filter(([name]) => !LEFT_OUT.includes(name));
  return new Map(
    named.flatMap(([name, call]: [string, unknown]) => (typeof call === "function" ? [[name, call.length] as const] : [])),
  );
}

const rest = (clock: VirtualClock, ms: number): Promise<void> => new Promise((resolve) => void clock.at(clock.now + ms, resolve));

/** Somebody who wants something of the board, over and over, as far as that goes. */
async function visit(peer: Board, port: number): Promise<void> {
  const socket = await connect(peer, { host: "10.0.0.2", port });
  for (let i = 0; i < 50; i++) {
    await socket.write(port === 80 ? "GET /stats.json HTTP/1.1\r\nHost: x\r\n\r\n" : pattern(700));
    await socket.read();
  }
}

function oddCall({ exports, u8 }: Board, random: Random, arities: ReadonlyMap<string, number>): void {
  const calls = exports as unknown as Record<string, Call>;
  const name = random.pick([...arities.keys()]);
  const at = exports.scratch();
  if (random.chance(0.5)) u8.set(random.bytes(64), at);
  if (random.chance(0.5)) u8.set([2, 0, random.below(2) * 7, 0, 10, 0, 0, random.below(4)], at);
  const args = Array.from({ length: arities.get(name) ?? 0 }, () => (random.chance(0.6) ? random.below(8) : random.pick(VALUES)));
  for (const index of POINTERS[name] ?? []) args[index] = at;
  // Lengths stay inside the scratch region.
  if (["send", "recv", "sendto", "recvfrom"].includes(name)) args[2] = random.below(200);
  if (["setsockopt", "getsockopt"].includes(name)) args[4] = random.below(64);
  calls[name](...args);
}

/** ARP and IPv4 of a kind. */
function oddFrame(board: Board, random: Random): Uint8Array {
  const frame = random.bytes(14 + random.below(120));
  frame.set(Uint8Array.from(board.mac.split(":"), (octet) => parseInt(octet, 16)));
  frame.set([2, 0, 0, 0, 0, random.below(5), 8, random.pick([0, 0, 0, 6])], 6);
  if (random.chance(0.7)) frame.set([0x45, 0, 0, frame.length - 14].slice(0, frame.length - 14), 14);
  return frame;
}
