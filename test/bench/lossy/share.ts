import { VirtualClock } from "../../../host/node/clock";
import { seeded } from "../../../host/node/random";
import type { Station } from "../../support/station";
import { send, Sink, station } from "./ends";
import { path } from "./path";
import { scenario } from "./transfer";
import { moduleOf } from "./variants";

/** Several senders at once through one bottleneck that loses nothing but what its queue does not hold. */
export interface ShareTrial {
  /** The variant of each sender. */
  variants: string[];
  /** Bits per second. */
  bandwidth: number;
  /** How long is measured, ms. */
  duration: number;
  seed: number;
  /** Take debug builds. */
  strict?: boolean;
}

export interface ShareOutcome {
  /** Mbit/s of each. */
  goodputs: number[];
  jain: number;
  /** Frames with text that the queue lost, of all. */
  lost: number;
  frames: number;
}

/** They begin at chance moments of the first second; what they reach is measured after this, ms. */
const SETTLING = 5000;
const RECEIVER = 100;
/** Each host is late by up to the time the bottleneck takes for a frame of this size. */
const FRAME_BITS = 1514 * 8;

export async function share({ variants, bandwidth, duration, seed, strict }: ShareTrial): Promise<ShareOutcome> {
  const clock = new VirtualClock();
  const chance = seeded(seed);
  let frames = 0;
  const noise = { loss: 0, reordering: 0, acks: false, overhead: FRAME_BITS / (bandwidth / 1000), seed };
  const way = path({ clock, bandwidth, ...scenario, ...noise, senders: variants.length, watch: () => void frames++ });
  const receiver = await station(await moduleOf(variants[0], strict), RECEIVER, clock, way.receiver, seed);
  const sink = new Sink(receiver);
  const stations: Station[] = [];
  for (const [i, variant] of variants.entries()) {
    const sender = await station(await moduleOf(variant, strict), i + 1, clock, way.senders[i], seed);
    clock.at(chance() * 1000, () => send(sender, receiver.ip, variant, Infinity));
    stations.push(sender);
  }
  const octets = () => stations.map(({ ip }) => sink.arrivals.get(ip)?.octets ?? 0);
  clock.advanceTo(SETTLING);
  const before = octets();
  clock.advanceBy(duration);
  const goodputs = octets().map((now, i) => ((now - before[i]) * 8) / duration / 1000);
  for (const { board } of [receiver, ...stations]) board.close();
  return { goodputs, jain: jain(goodputs), lost: way.lost.queue, frames };
}

/** Jain's index of fairness: 1 when all have the same, 1/n when one has everything. */
function jain(values: number[]): number {
  const sum = values.reduce((all, value) => all + value, 0);
  const squares = values.reduce((all, value) => all + value * value, 0);
  return (sum * sum) / (values.length * squares);
}
