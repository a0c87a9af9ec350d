import type { Clock } from "../clock";
import { around, type Link, type Passage } from "../link";
import { seeded } from "../random";

/** What goes wrong in one direction, each as a probability from 0 to 1 that holds for every frame on its own. */
export interface Faults {
  /** The frame never arrives. */
  loss?: number;
  /** The frame arrives twice. */
  duplication?: number;
  /** The frame arrives up to `delay` ms late, behind frames that were sent after it. */
  reordering?: number;
  /** One bit of an IPv4 datagram is inverted; the Ethernet header and other protocols are left alone, since nothing but the
   * frame check sequence protects them and no frame that fails it gets this far. */
  corruption?: number;
  /** Milliseconds (default 10). */
  delay?: number;
}

export interface FaultOptions {
  sending?: Faults;
  receiving?: Faults;
  /** Frames that nothing happens to. They are not counted and use up no chance: the others' victims stay the same ones without them. */
  spares?: (frame: Uint8Array) => boolean;
}

/** How often it happened. */
export interface FaultCounts {
  frames: number;
  lost: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
}

export interface FaultyLink extends Link {
  readonly sending: FaultCounts;
  readonly receiving: FaultCounts;
}

/** A link that loses, duplicates, reorders and corrupts frames; the same ones for the same seed. */
export function faulty(inner: Link, options: FaultOptions & { clock: Clock; seed?: number }): FaultyLink {
  const { clock, seed = 1, spares = () => false } = options;
  const sending = new Lane(options.sending ?? {}, clock, seeded(seed), spares);
  const receiving = new Lane(options.receiving ?? {}, clock, seeded(~seed), spares);
  const close = (): void => void (sending.closed = receiving.closed = true);
  const link = around(inner, sending.pass, receiving.pass, close);
  return Object.assign(link, { sending: sending.counts, receiving: receiving.counts });
}

const ETHERNET = 14;

class Lane {
  readonly counts: FaultCounts = { frames: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
  closed = false;
  private readonly faults: Required<Faults>;

  constructor(
    faults: Faults,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly spares: (frame: Uint8Array) => boolean,
  ) {
    this.faults = { loss: 0, duplication: 0, reordering: 0, corruption: 0, delay: 10, ...faults };
    for (const [name, rate] of Object.entries(this.faults)) {
      if (!(rate >= 0 && (rate <= 1 || name === "delay"))) throw new RangeError(`${name} of ${rate}: a probability is 0 to 1`);
    }
  }

  readonly pass: Passage = (frame, pass) => {
    const { counts, faults, random } = this;
    if (this.spares(frame)) return pass(frame);
    counts.frames++;
    // Five draws for every frame, whatever becomes of it: raising one rate leaves the others' victims as they were.
    const [lose, corrupt, duplicate, reorder, late] = [random(), random(), random(), random(), random()];
    if (lose < faults.loss) return void counts.lost++;
    const kept = corrupt < faults.corruption ? this.corrupted(frame, corrupt / faults.corruption) : frame;
    if (duplicate < faults.duplication) {
      counts.duplicated++;
      pass(kept);
    }
    if (reorder < faults.reordering) this.hold(kept, late, pass);
    else pass(kept);
  };

  /** Let a frame go later; frames are only lent, so it is a copy that goes. */
  private hold(frame: Uint8Array, late: number, pass: (frame: Uint8Array) => void): void {
    this.counts.reordered++;
    const copy = frame.slice();
    this.clock.at(this.clock.now + late * this.faults.delay, () => {
      if (!this.closed) pass(copy);
    });
  }

  /** @param where from 0 up to 1: the place of the bit */
  private corrupted(frame: Uint8Array, where: number): Uint8Array {
    const ipv4 = frame.length > ETHERNET && frame[12] === 8 && frame[13] === 0;
    if (!ipv4) return frame;
    this.counts.corrupted++;
    const copy = frame.slice();
    const bit = Math.floor(where * (copy.length - ETHERNET) * 8);
    copy[ETHERNET + (bit >> 3)] ^= 1 << (bit & 7);
    return copy;
  }
}
