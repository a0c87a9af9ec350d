import type { Clock } from "../../../host/node/clock";
import type { Link } from "../../../host/node/link";
import { faulty } from "../../../host/node/links/fault";
import { hub } from "../../../host/node/links/hub";
import { seeded } from "../../../host/node/random";
import { isSegment, textLength } from "./segment";

/** The way from senders of text to their receiver: losses first, then a bottleneck with its queue, then the delay. */
export interface PathOptions {
  clock: Clock;
  /** Bits per second, each way. */
  bandwidth: number;
  /** Milliseconds, one way. */
  delay: number;
  /** Octets that may wait at the bottleneck; what comes then is lost. */
  queue: number;
  /** Of frames with text, each on its own. */
  loss: number;
  /** Of frames with text: these arrive up to `lateness` ms late. */
  reordering: number;
  lateness: number;
  /** Acknowledgements are lost and late at the same rates; unless set, only frames with text are. */
  acks: boolean;
  seed: number;
  /** How many senders share the bottleneck (default 1). */
  senders?: number;
  /**
   * Each sender takes up to this long for a frame, ms (default 0). Several hosts that are exactly alike in virtual time fall into step with the
   * queue, so that always the same ones lose (Floyd and Jacobson, "On Traffic Phase Effects", 1992); hosts of this world do not.
   */
  overhead?: number;
  /** Sees every frame with text as it is sent, before anything happens to it. */
  watch?: (frame: Uint8Array) => void;
}

export interface Path {
  readonly senders: Link[];
  readonly receiver: Link;
  /** Frames with text lost by chance, and by the full queue. */
  readonly lost: { chance: number; queue: number };
  readonly reordered: number;
}

/**
 * The chance a frame has follows from the seed and its ordinal among the frames with text, so that every sender meets the same
 * weather. A handshake is never hit.
 */
export function path(options: PathOptions): Path {
  const { clock, bandwidth, delay, queue, loss, reordering, lateness, acks, seed } = options;
  const [near, far] = hub(2, { clock, bandwidth, latency: delay, buffer: queue });
  const faults = { loss, reordering, delay: lateness };
  const spares = acks ? (frame: Uint8Array) => !isSegment(frame) : (frame: Uint8Array) => textLength(frame) === 0;
  const trunk = faulty(near, { clock, seed, spares, sending: faults, receiving: acks ? faults : {} });
  return {
    senders: joined(trunk, options),
    receiver: far,
    get lost() {
      return { chance: trunk.sending.lost, queue: near.lost };
    },
    get reordered() {
      return trunk.sending.reordered;
    },
  };
}

/** Links that all lead into `trunk`; what comes out of it comes out of each. */
function joined(trunk: Link, { senders = 1, watch = () => {}, overhead = 0, clock, seed }: PathOptions): Link[] {
  const send = (frame: Uint8Array): void => {
    if (textLength(frame) > 0) watch(frame);
    trunk.send(frame);
  };
  const links = Array.from({ length: senders }, (_, i): Link => {
    const slow = overhead > 0 ? hesitant(clock, overhead, seeded(seed * 256 + i), send) : send;
    return { send: slow, onFrame: () => {} };
  });
  trunk.onFrame = (frame) => {
    for (const link of links) link.onFrame(frame);
  };
  return links;
}

/** A host that takes up to `overhead` ms for a frame, and never lets one overtake another. */
function hesitant(clock: Clock, overhead: number, chance: () => number, send: (frame: Uint8Array) => void) {
  let free = 0;
  return (frame: Uint8Array): void => {
    const copy = frame.slice();
    free = Math.max(free, clock.now + chance() * overhead);
    clock.at(free, () => send(copy));
  };
}
