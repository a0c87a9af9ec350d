import { VirtualClock } from "../../../host/node/clock";
import type { Link } from "../../../host/node/link";
import { captured, Pcap } from "../../../host/node/links/pcap";
import { send, Sink, station } from "./ends";
import { Meter } from "./meter";
import { path } from "./path";
import { refereed } from "./referee";
import { moduleOf } from "./variants";

/** One transfer in virtual time. */
export interface Trial {
  variant: string;
  /** Bits per second. */
  bandwidth: number;
  loss: number;
  reordering: number;
  /** Acknowledgements suffer too. */
  acks: boolean;
  octets: number;
  seed: number;
  /** Where to capture what the sender sends and gets. */
  pcap?: string;
  /** Take debug builds, and examine every frame of both boards. */
  strict?: boolean;
}

/** What a transfer came to. */
export interface Outcome {
  octets: number;
  /** From the first frame with text to the last octet read, ms. */
  duration: number;
  /** Frames with text: all, lost ones, and the fewest that carry the text. */
  frames: number;
  lost: number;
  needed: number;
  retransmissions: number;
  timeouts: number;
  longestSilence: number;
}

/** What every scenario of this benchmark has in common. */
export const scenario = { delay: 10, queue: 65536, lateness: 10 } as const;

/** A transfer that takes longer than this has failed, ms. */
const LIMIT = 4 * 3600_000;
/** What is on its way at the end arrives in this time. */
const AFTERMATH = 1000;

export async function transfer(trial: Trial): Promise<Outcome> {
  const { octets, variant } = trial;
  const clock = new VirtualClock();
  const meter = new Meter(clock);
  const way = path({ clock, ...scenario, ...trial, watch: (frame) => meter.saw(frame) });
  const file = trial.pcap === undefined ? undefined : Pcap.file(trial.pcap);
  const cable = file ? captured(way.senders[0], file, clock, "board") : way.senders[0];
  const watched = (link: Link, name: string): Link => (trial.strict ? refereed(link, name) : link);
  const module = await moduleOf(variant, trial.strict);
  const sender = await station(module, 1, clock, watched(cable, "the sender"), trial.seed);
  const receiver = await station(module, 2, clock, watched(way.receiver, "the receiver"), trial.seed);
  const sink = new Sink(receiver);
  send(sender, receiver.ip, variant, octets);
  const arrived = () => sink.arrivals.get(sender.ip);
  if (!clock.runUntil(() => arrived()?.octets === octets, LIMIT)) {
    throw new Error(`${JSON.stringify(trial)}: only ${arrived()?.octets ?? 0} octets came`);
  }
  const duration = (arrived()?.at ?? NaN) - meter.start;
  clock.advanceBy(AFTERMATH);
  const timeouts = sender.counters()["TcpTimeouts"];
  sender.board.close();
  receiver.board.close();
  file?.close();
  const { frames, mss, retransmissions, longestSilence } = meter;
  const lost = way.lost.chance + way.lost.queue;
  return { octets, duration, frames, lost, needed: Math.ceil(octets / mss), retransmissions, timeouts, longestSilence };
}
