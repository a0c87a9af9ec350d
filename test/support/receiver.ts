import { expect } from "vitest";
import { Shutdown } from "../../host/node/abi";
import { Flag, pattern, type TcpSegment } from "./packet";
import { Random } from "./random";
import type { Connection } from "./states";

/** What happens to a segment on its way, as probabilities; what is late is so by at most `delay` ms. */
export interface Wire {
  loss: number;
  ackLoss: number;
  duplicate: number;
  late: number;
  delay: number;
}

export const PERFECT: Wire = { loss: 0, ackLoss: 0, duplicate: 0, late: 0, delay: 0 };

interface Arrival {
  at: number;
  seq: number;
  data: Uint8Array;
  fin: boolean;
  stamp: number | undefined;
}

type Range = [number, number];

/** Longest delay of an acknowledgement, ms. */
const DELAYED = 40;

/**
 * A model receiver at the end of an unreliable wire: it holds what comes out of order, acknowledges every second segment in order
 * and every other one at once, with SACK, D-SACK and timestamps by the book where they were agreed on. Numbers are relative.
 */
export class Receiver {
  readonly text: number[] = [];
  finished = false;
  /** Segments with text or FIN that the board sent, those of them that were lost here, and the longest silence before one, ms. */
  sent = 0;
  lost = 0;
  silence = 0;
  private next = 1;
  private held: Range[] = [];
  private readonly octets = new Map<number, number>();
  private recent: Range[] = [];
  private twice: Range | undefined;
  private finAt = -1;
  private tsRecent = 0;
  private acked = 1;
  private owed = -1;
  private heardAt: number;
  private readonly coming: Arrival[] = [];

  constructor(
    readonly made: Connection,
    readonly random: Random,
    readonly wire: Wire,
    readonly options: { sack: boolean; window: () => number },
  ) {
    this.heardAt = made.world.now;
    this.tsRecent = made.flow.echo;
  }

  /** Everything before `next` has arrived, says the test; the board is told so. */
  resume(next: number): void {
    this.next = next;
    this.acknowledge();
  }

  /** One millisecond passes. */
  step(): void {
    const { flow, world } = this.made;
    world.run(1);
    for (const { segment } of flow.inbox.splice(0)) this.leaves(segment);
    const due = this.coming.filter(({ at }) => at <= world.now);
    for (const arrival of due) {
      this.coming.splice(this.coming.indexOf(arrival), 1);
      this.arrives(arrival);
    }
    if (this.owed >= 0 && world.now >= this.owed) this.acknowledge();
  }

  private leaves(segment: TcpSegment): void {
    const { flow, world } = this.made;
    const fin = (segment.flags & Flag.F) !== 0;
    if (segment.data.length === 0 && !fin) return;
    this.sent++;
    this.silence = Math.max(this.silence, world.now - this.heardAt);
    this.heardAt = world.now;
    if (this.random.chance(this.wire.loss)) return void this.lost++;
    const copies = this.random.chance(this.wire.duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const late = this.random.chance(this.wire.late) ? 1 + this.random.below(this.wire.delay) : 0;
      const seq = (segment.seq - flow.irs!) | 0;
      this.coming.push({ at: world.now + late, seq, data: segment.data.slice(), fin, stamp: segment.timestamps?.[0] });
    }
  }

  private arrives({ seq, data, fin, stamp }: Arrival): void {
    const end = seq + data.length;
    if (stamp !== undefined && seq <= this.acked && ((stamp - this.tsRecent) | 0) >= 0) this.tsRecent = stamp;
    if (fin) this.finAt = end;
    const inOrder = seq === this.next && this.held.length === 0;
    this.noteTwice(seq, end);
    for (let i = 0; i < data.length; i++) {
      const known = this.octets.get(seq + i);
      if (known !== undefined && known !== data[i]) throw new Error(`octet ${seq + i} is ${data[i]}, and was ${known}`);
      this.octets.set(seq + i, data[i]);
    }
    if (end > this.next && data.length) this.hold(Math.max(seq, this.next), end);
    this.moveOn();
    if (inOrder && !fin && this.owed < 0 && !this.twice) this.owed = this.made.world.now + DELAYED;
    else this.acknowledge();
  }

  private noteTwice(seq: number, end: number): void {
    if (end <= seq) return;
    if (seq < this.next) this.twice = [seq, Math.min(end, this.next)];
    const met = this.held.find(([from, to]) => to > seq && from < end);
    if (!this.twice && met) this.twice = [Math.max(met[0], seq), Math.min(met[1], end)];
  }

  private hold(from: number, to: number): void {
    const touching = this.held.filter(([a, b]) => b >= from && a <= to);
    const merged: Range = [Math.min(from, ...touching.map(([a]) => a)), Math.max(to, ...touching.map(([, b]) => b))];
    this.held = [...this.held.filter((range) => !touching.includes(range)), merged].sort(([a], [b]) => a - b);
    this.recent = [merged, ...this.recent.filter((range) => !touching.includes(range))];
  }

  private moveOn(): void {
    const [first] = this.held;
    if (first && first[0] <= this.next) {
      for (; this.next < first[1]; this.next++) this.text.push(this.octets.get(this.next)!);
      this.held.shift();
      this.recent = this.recent.filter((range) => range !== first);
    }
    if (this.finAt === this.next) {
      this.next++;
      this.finished = true;
    }
  }

  acknowledge(): void {
    const { flow } = this.made;
    this.owed = -1;
    this.acked = this.next;
    const blocks = [...(this.twice ? [this.twice] : []), ...this.recent].slice(0, flow.stamps === undefined ? 4 : 3);
    this.twice = undefined;
    if (this.random.chance(this.wire.ackLoss)) return;
    flow.send({
      flags: "A",
      ack: this.next,
      win: this.options.window(),
      ...(flow.stamps === undefined ? {} : { timestamps: [flow.stamp()![0], this.tsRecent] }),
      ...(this.options.sack && blocks.length ? { sack: blocks } : {}),
    });
  }
}

interface Delivery {
  seed: number;
  octets: number;
  sack: boolean;
  wire: Wire;
  window?: () => number;
}

/** The board sends so much and a FIN; all of it arrives as it was sent, in an hour at most. */
export function deliver(made: Connection, { seed, octets, sack, wire, window = () => 65535 }: Delivery): Receiver {
  const { board, fd, world: w } = made;
  const receiver = new Receiver(made, new Random(seed), wire, { sack, window });
  const data = pattern(octets);
  const limit = w.now + 3_600_000;
  let written = 0;
  while (!receiver.finished && w.now < limit) {
    if (written < data.length) written += Math.max(0, board.send(fd, data.subarray(written)));
    else if (written++ === data.length) board.shutdown(fd, Shutdown.SHUT_WR);
    receiver.step();
  }
  expect(receiver.finished, w.story()).toBe(true);
  expect(Buffer.compare(Buffer.from(receiver.text), Buffer.from(data))).toBe(0);
  return receiver;
}
