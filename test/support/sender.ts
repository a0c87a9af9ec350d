import { CongestionControl } from "../../host/node/abi";
import { pattern, type TcpOptionFields } from "./packet";
import type { Heard } from "./flow";
import { active, type Connection } from "./states";
import { world, type World, type WorldOptions } from "./world";

/** A board that sends much, in segments of MSS octets that have numbers from 1 on. */
export const MSS = 1460;
/** Each way: some round trips fit into the shortest timeout. */
export const LATENCY = 5;

interface Sender {
  w: World;
  made: Connection;
}

interface SenderOptions {
  mss?: number;
  /** The peer permits SACK. */
  sack?: boolean;
  /** The first number of the peer's clock: both sides use timestamps. */
  stamps?: number;
  /** What the module has by default unless told. */
  congestion?: "reno" | "cubic";
}

/** A connection of a board with large buffers whose peer announces a large window. */
export async function sender(options: SenderOptions = {}, more: WorldOptions = {}): Promise<Sender> {
  const { mss = MSS, sack = false, stamps, congestion } = options;
  const settings = congestion ? { Congestion: CongestionControl[congestion === "reno" ? "Reno" : "Cubic"] } : {};
  const w = await world({ profile: "host", latency: LATENCY, settings, ...more });
  const flow = { win: 65535, ...(stamps === undefined ? {} : { stamps }) };
  const made = active(w, { mss, wscale: 7, sack, flow });
  // The window of the SYN-ACK was not scaled: this one is, and from now on it does not change.
  made.flow.ack();
  made.flow.expectNothing(100);
  return { w, made };
}

/** Write as much as the board takes. */
export function fill({ board, fd }: Connection): number {
  let total = 0;
  for (let sent = board.send(fd, pattern(60000)); sent > 0; sent = board.send(fd, pattern(60000))) total += sent;
  return total;
}

/** What arrives in one round trip. */
export function flight({ flow, world: w }: Connection): Heard[] {
  w.run(2 * (w.options.latency ?? LATENCY) + 1);
  const heard: Heard[] = [];
  while (flow.inbox.length) heard.push(flow.expect({}));
  return heard;
}

/** Their numbers. */
export function segments(heard: Heard[]): number[] {
  return heard.map((segment) => (segment.seq - 1) / MSS + 1);
}

/** Acknowledge up to and including segment n. */
export function ackSegment({ flow }: Connection, n: number, options: TcpOptionFields = {}): void {
  flow.send({ flags: "A", ack: 1 + n * MSS, ...options });
}

/** Acknowledge segment by segment until the congestion window is that large; afterwards nothing is queued or in flight. */
export function grow(made: Connection, octets: number): void {
  const { board, fd, flow, world: w } = made;
  board.setTcp(fd, "TCP_NODELAY", 1);
  for (let round = 0; round < 100 && board.row(fd)!.cwnd < octets; round++) {
    board.send(fd, pattern(60000));
    for (const { seq, len } of flow.drain(20)) flow.send({ flags: "A", ack: seq + len });
    w.run(LATENCY);
  }
  for (let round = 0; round < 100 && board.row(fd)!.sendQueue > 0; round++) {
    flow.drain(20);
    flow.ack();
    w.run(LATENCY);
  }
  flow.drain(20);
}

/** Acknowledge segment by segment what comes in that many round trips, from segment `last` on; the last one acknowledged. */
export function advance(made: Connection, last: number, rounds: number): number {
  for (let round = 0; round < rounds; round++) {
    fill(made);
    for (const n of segments(flight(made))) if (n === last + 1) ackSegment(made, ++last);
  }
  made.world.run(LATENCY + 1);
  return last;
}

/** Acknowledge up to and including segment n, and tell of ranges of segments beyond it that have arrived: first and last of each. */
export function sackSegments({ flow }: Connection, n: number, ...ranges: [number, number][]): void {
  const sack = ranges.map(([first, last]): [number, number] => [1 + (first - 1) * MSS, 1 + last * MSS]);
  flow.send({ flags: "A", ack: 1 + n * MSS, ...(sack.length ? { sack } : {}) });
}
