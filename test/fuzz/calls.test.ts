import { describe, expect, test } from "vitest";
import { Level, MessageFlag, SandwireOption, SocketOption, SocketType, TcpOption } from "../../host/node/abi";
import { pattern } from "../support/packet";
import { socketPair } from "../support/pairs";
import { Random } from "../support/random";
import type { Station } from "../support/station";
import { world, type World } from "../support/world";

const STEPS = 3000;
const FIRST_PORT = 8001;
const PORTS = 4;
/** One more than the boards have, and -1. */
const DESCRIPTORS = 18;
const OPTIONS = [...Object.values(SocketOption), ...Object.values(TcpOption)].filter((value) => typeof value === "number");
const PAUSES = [1, 5, 50, 300, 2000, 30_000];
const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);

type Call = (board: Station, fd: number, random: Random, w: World) => unknown;

/** What a program can ask for, the usual more often than the rest. */
const CALLS: Call[] = [
  (board) => board.socket(),
  (board) => board.socket(),
  (board) => board.socket(SocketType.SOCK_SEQPACKET),
  (board, _fd, random) => board.socket(SocketType.SOCK_RAW, random.pick([253, 255])),
  (board, fd, random) => board.sendTo(fd, oddDatagram(random), "127.0.0.1", 0),
  (board, fd, random) => board.setOption(fd, random.pick([Level.IPPROTO_IP, Level.SOL_RAW]), random.below(15), random.below(2)),
  (board, _fd, random) =>
    socketPair(board, random.pick([SocketType.SOCK_STREAM, SocketType.SOCK_DGRAM, SocketType.SOCK_SEQPACKET])),
  (board, fd, random) => board.bind(fd, FIRST_PORT + random.below(PORTS)),
  (board, fd, random) => board.listenOn(fd, random.below(5) - 1),
  (board, fd) => board.accept(fd),
  (board, fd) => board.accept(fd),
  connectSomewhere,
  connectSomewhere,
  (board, fd, random) => board.send(fd, pattern(random.below(3000))),
  (board, fd, random) => board.send(fd, pattern(random.below(3000))),
  (board, fd, random) => board.send(fd, pattern(random.below(3000))),
  (board, fd, random) => board.recv(fd, random.below(3000)),
  (board, fd, random) => board.recv(fd, random.below(3000), random.chance(0.2) ? MessageFlag.MSG_PEEK : 0),
  (board, fd, random) => board.send(fd, pattern(random.below(100)), random.pick([MessageFlag.MSG_OOB, MessageFlag.MSG_MORE])),
  (board, fd, random) => board.recv(fd, random.below(2), MessageFlag.MSG_OOB | random.pick([0, MessageFlag.MSG_PEEK])),
  (board, fd, random) =>
    board.ioctl(fd, random.pick(["FIONREAD", "SIOCOUTQ", "SIOCOUTQNSD", "SIOCATMARK", "SIOCURGENT"] as const)),
  (board, fd, random) => board.setOption(fd, Level.SOL_SANDWIRE, SandwireOption.USER_TIMEOUT_OPTION, random.below(1000)),
  (board, fd, random) => board.shutdown(fd, random.below(4)),
  (board, fd, random) => random.chance(0.3) && board.close(fd),
  (board, fd, random) => random.chance(0.1) && board.dup(fd),
  setSomething,
  touchSpans,
  (_board, _fd, random, w) => w.run(random.pick(PAUSES)),
];

/** Octets that may pass for an IP header, for raw sockets. */
function oddDatagram(random: Random): Uint8Array {
  const data = random.bytes(random.below(80));
  data.set([0x40 | random.below(16)].slice(0, data.length));
  data.set([10, 0, 0, 1, 127, 0, 0, 1].slice(0, Math.max(0, data.length - 12)), Math.min(12, data.length));
  return data;
}

function connectSomewhere(board: Station, fd: number, random: Random, w: World): number {
  const ip = random.chance(0.1) ? "127.0.0.1" : random.pick(w.stations).ip;
  return board.connect(fd, ip, FIRST_PORT + random.below(PORTS));
}

function setSomething(board: Station, fd: number, random: Random): number {
  const level = random.chance(0.5) ? Level.SOL_SOCKET : Level.IPPROTO_TCP;
  return board.setOption(fd, level, random.pick(OPTIONS), random.below(random.chance(0.3) ? 70_000 : 3), random.below(3));
}

function touchSpans(board: Station, fd: number, random: Random): void {
  board.ready(fd);
  board.calls.recv_ready(fd);
  board.calls.recv_release(fd, random.below(100));
  board.calls.send_room(fd);
  board.calls.send_commit(fd, random.below(100));
}

describe("calls in any order on two boards with a bad cable between them", () => {
  test.each(SEEDS)("break no invariant and leave nothing behind, seed %i", async (seed) => {
    const random = new Random(seed);
    const profile = random.pick(["default", "tiny"] as const);
    const w = await world({ boards: 2, seed, profile, faults: { loss: 0.1, duplication: 0.1, reordering: 0.1 } });
    for (let step = 0; step < STEPS; step++) {
      random.pick(CALLS)(random.pick(w.stations), random.below(DESCRIPTORS) - 1, random, w);
    }
    for (const board of w.stations) {
      for (let fd = 0; fd < 2 * DESCRIPTORS; fd++) board.close(fd);
    }
    w.run(3_600_000);
    expect(w.stations.map((board) => board.rows())).toEqual([[], []]);
  });
});
