import { parseIPv4 } from "../node/address";
import { Board } from "../node/board";
import type { AnyModule } from "../node/engine";
import { VirtualClock } from "../node/clock";
import { parseMac } from "../node/mac";
import { arpReply, type Datagram, decode, framed } from "./frames";
import type { Micros } from "./script";

const BOARD_MAC = "02:00:00:00:00:01";
const REMOTE_MAC = parseMac("02:00:00:00:00:02");
/** Time on the clock when a script begins, ms: not zero, so that nothing works only there. */
const START = 1000;
const SEED = 7;
/** Octets in a frame slot of the module behind the Ethernet header, less what IP and TCP headers may take. */
export const LARGEST_DATAGRAM = 1500;

export interface MachineOptions {
  module: AnyModule;
  /** "192.168.0.1", and how many bits of it are the network's. */
  localIp: string;
  prefix: number;
  /** The neighbour that leads to the remote address. */
  gateway: string;
}

/** A board in virtual time on a wire without delay: what it sends is told at once, what it is given it has at once. */
export class Machine {
  /** Called for each datagram the board sends. */
  onDatagram: (datagram: Datagram) => void = () => {};

  private constructor(
    readonly board: Board,
    private readonly clock: VirtualClock,
    private readonly mac: Uint8Array,
  ) {}

  static async create({ module, localIp, prefix, gateway }: MachineOptions): Promise<Machine> {
    const clock = new VirtualClock(START);
    const board = await Board.create({ name: "the stack", clock, module, seed: SEED, mac: BOARD_MAC });
    const machine = new Machine(board, clock, parseMac(BOARD_MAC));
    board.attach({ send: (frame) => machine.sent(frame), onFrame: () => {} });
    board.configure(`${localIp}/${prefix}`, gateway);
    machine.neighbour(gateway);
    clock.advanceBy(0);
    return machine;
  }

  /** Microseconds since the script began. */
  get now(): Micros {
    return Math.round((this.clock.now - START) * 1000);
  }

  /** Make an address known as the remote end's, so that nothing is asked for. */
  neighbour(ip: string): void {
    const { board } = this;
    const at = board.exports.scratch();
    board.u8.set(REMOTE_MAC, at);
    board.exports.arp_set(parseIPv4(ip), at);
  }

  /** Give the board a datagram. It sees it when time runs next, also when that is no longer than this instant. */
  inject(datagram: Uint8Array): void {
    const frame = framed(datagram, REMOTE_MAC, this.mac);
    if (!this.board.receive(frame)) throw new Error("the receive ring is full");
  }

  /**
   * Let time run up to `until`, with everything that happens at that instant, or until the condition holds, which is asked before each
   * step: whether it does.
   */
  run(until: Micros, condition: () => boolean): boolean {
    const limit = Math.max(0, START + until / 1000 - this.clock.now);
    return this.clock.runUntil(condition, limit);
  }

  /** See that time stops there for whoever waits. */
  alarm(at: Micros): void {
    if (Number.isFinite(at)) this.clock.at(START + at / 1000, () => {});
  }

  private sent(frame: Uint8Array): void {
    const reply = arpReply(frame, REMOTE_MAC);
    if (reply) this.board.receive(reply);
    const datagram = decode(frame);
    if (datagram) this.onDatagram(datagram);
  }

  close(): void {
    this.board.close();
  }
}
