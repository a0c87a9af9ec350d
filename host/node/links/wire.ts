import type { Link } from "../link";
import { hub, type HubOptions } from "./hub";

/**
 * Two ends of a cable. Without options frames arrive within the call of `send`; with them the cable has the latency, bandwidth
 * and queue of a hub of two ports.
 */
export function wire(options?: HubOptions): [Link, Link] {
  if (options) {
    const [a, b] = hub(2, options);
    return [a, b];
  }
  const ends: [Link, Link] = [
    { send: (frame) => ends[1].onFrame(frame), onFrame: () => {} },
    { send: (frame) => ends[0].onFrame(frame), onFrame: () => {} },
  ];
  return ends;
}
