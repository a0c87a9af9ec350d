import { seeded } from "../../../host/node/random";
import { WINDOW } from "./ends";
import { scenario } from "./transfer";

/** Text of a segment with timestamps, octets. */
const SEGMENT = 1448;
/** What a loss leaves of the window, and what a round trip adds to it below and above where the loss was (RFC 9438 §4.3, §4.6). */
const BETA = 0.7;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
const ALPHA_BEYOND = 1;
const ROUNDS = 200_000;

/**
 * What CUBIC's law for windows allows, Mbit/s, where its curve is slower than Reno's line, as it is with so small windows: one
 * reduction for the losses of a round trip, whose repair takes another one and costs nothing else.
 */
export function lawful(loss: number): number {
  const chance = seeded(1);
  const most = WINDOW / SEGMENT;
  let window = most;
  let before = most;
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const segments = Math.floor(Math.min(window, most));
    sent += segments;
    if (isHit(segments, loss, chance)) {
      before = window;
      window = Math.max(window * BETA, 2);
      sent += Math.floor(window);
      round++;
    } else if (window < most) window += window < before ? ALPHA : ALPHA_BEYOND;
  }
  return (sent * SEGMENT * 8) / (ROUNDS * 2 * scenario.delay) / 1000;
}

/** Whether one of so many segments is lost. */
function isHit(segments: number, loss: number, chance: () => number): boolean {
  return chance() > (1 - loss) ** segments;
}
