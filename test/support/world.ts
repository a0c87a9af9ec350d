import { expect, onTestFailed, onTestFinished } from "vitest";
import { Setting } from "../../host/node/abi";
import { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import { around, type Link } from "../../host/node/link";
import { faulty, type Faults } from "../../host/node/links/fault";
import { hub, type HubPort } from "../../host/node/links/hub";
import { writeEvidence } from "./evidence";
import { Ladder } from "./ladder";
import { moduleFor, type ModuleChoice } from "./modules";
import { Peer, type PeerOptions, type Runner } from "./peer";
import { errnoName, mustWork, Station } from "./station";

export interface WorldOptions extends ModuleChoice {
  /** How many boards (default 1); they are 10.0.0.1/24, 10.0.0.2/24 ... */
  boards?: number;
  /** Everything random follows from it, the same way each time. */
  seed?: number;
  /** Milliseconds each way (default 1). */
  latency?: number;
  /** Bits per second. */
  bandwidth?: number;
  /** What happens to frames that boards send. */
  faults?: Faults;
  /** Settings that differ from the profile's knobs; a profile that can be tuned (host). */
  settings?: Partial<Record<keyof typeof Setting, number>>;
  /** Start the applications of the firmware. */
  serve?: boolean;
  /** Capability bits of the MAC. */
  capabilities?: number;
  /** Default gateway of the boards. */
  gateway?: string;
  /** Time on the clock at the start, ms. */
  start?: number;
  /** Frames by boards that a correct sender would not send are errors (default true). */
  referee?: boolean;
}

/** Ports of the hub kept for peers. */
const PEERS = 8;
const LIMIT = 60_000;

/** Boards and peers on a hub in virtual time. */
export class World implements Runner {
  readonly clock: VirtualClock;
  readonly ladder = new Ladder();
  readonly stations: Station[] = [];
  readonly seed: number;
  private readonly ports: HubPort[];
  private peers = 0;
  private readonly refereed: boolean;
  /** Octets in the memory of each module, which never change. */
  private readonly sizes = new Map<Station, number>();

  constructor(readonly options: WorldOptions) {
    this.clock = new VirtualClock(options.start ?? 0);
    this.seed = options.seed ?? 1;
    this.refereed = options.referee ?? true;
    const { latency = 1, bandwidth } = options;
    this.ports = hub((options.boards ?? 1) + PEERS, { clock: this.clock, latency, ...(bandwidth ? { bandwidth } : {}) });
  }

  get now(): number {
    return this.clock.now;
  }

  /** The first board. */
  get board(): Station {
    return this.stations[0];
  }

  async addBoards(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.addBoard(i);
  }

  private async addBoard(i: number): Promise<void> {
    const { options } = this;
    const mac = `02:00:00:00:00:${(i + 1).toString(16).padStart(2, "0")}`;
    const ip = `10.0.0.${i + 1}`;
    const board = await Board.create({
      name: `board${i + 1}`,
      module: await moduleFor(options),
      clock: this.clock,
      seed: Uint32Array.from(seedWords(this.seed, i)),
      mac,
      address: `${ip}/24`,
      serve: options.serve ?? false,
      capabilities: options.capabilities ?? 0,
      ...(options.gateway ? { gateway: options.gateway } : {}),
    });
    for (const [name, value] of Object.entries(options.settings ?? {})) {
      mustWork(name, board.exports.tune(Setting[name as keyof typeof Setting], value));
    }
    const station = new Station(`board${i + 1}`, ip, mac, board);
    this.stations.push(station);
    this.sizes.set(station, board.memory.buffer.byteLength);
    this.ladder.station(station.name, mac);
    const port: Link = this.ports[i];
    const link = options.faults ? faulty(port, { clock: this.clock, seed: this.seed * 77 + i, sending: options.faults }) : port;
    board.attach(this.watched(link, station.name, true));
  }

  /** A link whose sender is watched: by the ladder, and boards by the referee. */
  private watched(link: Link, name: string, isBoard: boolean): Link {
    return around(
      link,
      (frame, pass) => {
        const { packet } = this.ladder.saw(this.now, name, frame);
        if (isBoard && this.refereed && packet.problems.length) {
          throw new Error(`${name} sent a bad frame: ${packet.problems.join(", ")}\n${this.story()}`);
        }
        pass(frame);
      },
      (frame, pass) => pass(frame),
    );
  }

  /** A scripted endpoint, 10.0.0.100 and on, that knows the first board's address, as the board knows its. */
  peer(options: Partial<PeerOptions> & { introduced?: boolean } = {}): Peer {
    const n = this.peers++;
    const name = options.name ?? `peer${n + 1}`;
    const mac = options.mac ?? `02:00:00:00:01:${n.toString(16).padStart(2, "0")}`;
    const ip = options.ip ?? `10.0.0.${100 + n}`;
    this.ladder.station(name, mac);
    const link = this.watched(this.ports[this.stations.length + n], name, false);
    const peer = new Peer(link, this, { ...options, name, mac, ip });
    peer.toMac = this.board.mac;
    peer.toIp = this.board.ip;
    if (options.introduced ?? true) this.introduce(peer);
    return peer;
  }

  /** The board learns the peer's address from a request for its own. */
  private introduce(peer: Peer): void {
    peer.arp({ op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp: peer.toIp }, { dst: peer.toMac });
    this.run(5);
  }

  /** Let that much time pass. */
  run(ms: number): void {
    this.clock.advanceBy(ms);
    this.checkSizes();
  }

  until(condition: () => boolean, limit: number): boolean {
    return this.clock.runUntil(condition, limit);
  }

  /** Let time pass until the condition holds; an Error after `limit` ms. */
  waitFor(what: string, condition: () => boolean, limit = LIMIT): void {
    if (!this.until(condition, limit)) throw new Error(`after ${limit} ms still not: ${what}\n${this.story()}`);
  }

  /** The next connection of a listening socket. */
  accepted(station: Station, listener: number, limit = 1000): number {
    let fd = -1;
    this.waitFor("accept", () => (fd = station.accept(listener)) >= 0, limit);
    return fd;
  }

  /** Frames sent so far by that station, or by all. */
  sent(name?: string): number {
    return this.ladder.sightings.filter((sighting) => name === undefined || sighting.from === name).length;
  }

  story(): string {
    return this.ladder.draw(24);
  }

  private checkSizes(): void {
    for (const [station, size] of this.sizes) {
      if (station.board.memory.buffer.byteLength !== size) throw new Error(`${station.name}: memory has grown`);
    }
  }

  /**
   * What `act` makes happen is discarded by the first board for exactly that reason: its drop counter rises by `times`, no
   * other does, nothing is sent and no row of netstat changes.
   */
  expectDrop(why: string, act: () => void, { times = 1, silent = true, ms = 20 } = {}): void {
    const { board } = this;
    const before = { drops: board.drops(), rows: steady(board), sent: this.sent(board.name) };
    act();
    this.run(ms);
    expect(difference(before.drops, board.drops()), this.story()).toEqual({ [why]: times });
    if (!silent) return;
    expect(this.sent(board.name) - before.sent, `frames sent\n${this.story()}`).toBe(0);
    expect(steady(board)).toEqual(before.rows);
  }

  close(): void {
    for (const station of this.stations) station.board.close();
  }
}

/** The 128 bits of chance board `index` of a world starts with. */
export function seedWords(seed: number, index = 0): [number, number, number, number] {
  return [seed, index, 0x5eed, 0xb0a2d];
}

/** Rows of netstat without what time alone changes. */
function steady(station: Station): object[] {
  return station.rows().map(({ timer: _, ...row }) => row);
}

export function difference(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const changed: Record<string, number> = {};
  for (const [name, value] of Object.entries(after)) {
    const by = value - (before[name] ?? 0);
    if (by !== 0) changed[name] = by;
  }
  return changed;
}

/** Build a world inside a test; when the test fails, what happened is left under build/failed/. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const made = new World(options);
  onTestFailed(() => writeEvidence(made, expect.getState().currentTestName ?? "unnamed"));
  onTestFinished(() => made.close());
  await made.addBoards(options.boards ?? 1);
  made.run(5);
  return made;
}

/** A negative result by name, so that a failing comparison can be read. */
export function named(result: number | Uint8Array): string | number | Uint8Array {
  return typeof result === "number" && result < 0 ? errnoName(result) : result;
}
