import type { Clock } from "../clock";
import type { Link } from "../link";
import { Transit } from "./transit";

/** How a hub is made. */
export interface HubOptions {
  /** What measures latency and bandwidth. */
  clock: Clock;
  /** Milliseconds from the last bit sent to the frame received (default 0). */
  latency?: number;
  /** Bits per second each port can send; unlimited unless told. */
  bandwidth?: number;
  /** Frames that may wait to be sent at a port besides the one being sent, later ones are lost; unlimited unless told. */
  queue?: number;
  /** The same in octets. */
  buffer?: number;
}

/** A port of a hub, and what happened at it. */
export interface HubPort extends Link {
  /** Frames sent and not lost. */
  readonly sent: number;
  /** Frames lost because the queue was full. */
  readonly lost: number;
}

/**
 * A hub: what one port sends, every other port receives. Ports send independently of each other (full duplex). Without latency
 * and bandwidth a frame arrives within the call of `send`.
 */
export function hub(ports: number, options: HubOptions): HubPort[] {
  const all: Port[] = [];
  for (let i = 0; i < ports; i++) all.push(new Port(options));
  for (const port of all) port.others.push(...all.filter((other) => other !== port));
  return all;
}

class Port implements HubPort {
  onFrame: (frame: Uint8Array) => void = () => {};
  readonly others: Port[] = [];
  sent = 0;
  lost = 0;
  private readonly clock: Clock;
  private readonly latency: number;
  private readonly bitsPerMs: number;
  private readonly limit: number;
  private readonly buffer: number;
  private readonly transit = new Transit();
  private waking = false;
  /** When the last bit of the last frame will have been sent. */
  private busyUntil = 0;

  constructor({ clock, latency = 0, bandwidth = Infinity, queue = Infinity, buffer = Infinity }: HubOptions) {
    if (!(latency >= 0)) throw new RangeError(`a latency of ${latency} ms`);
    if (!(bandwidth > 0)) throw new RangeError(`a bandwidth of ${bandwidth} bit/s`);
    this.clock = clock;
    this.latency = latency;
    this.bitsPerMs = bandwidth / 1000;
    this.limit = queue;
    this.buffer = buffer;
  }

  send(frame: Uint8Array): void {
    if (this.latency === 0 && this.bitsPerMs === Infinity) return this.deliver(frame);
    const now = this.clock.now;
    const starts = Math.max(now, this.busyUntil);
    if (starts > now && this.isFull(now, frame.length)) {
      this.lost++;
      return;
    }
    this.busyUntil = starts + (frame.length * 8) / this.bitsPerMs;
    this.transit.push(frame, starts, this.busyUntil + this.latency);
    if (!this.waking) this.wake();
  }

  private isFull(now: number, length: number): boolean {
    if (this.limit === Infinity && this.buffer === Infinity) return false;
    const { frames, octets } = this.transit.queued(now);
    return frames >= this.limit || octets + length > this.buffer;
  }

  private wake(): void {
    const { first } = this.transit;
    this.waking = first !== undefined;
    if (!first) return;
    this.clock.at(first.arrives, this.arrive);
  }

  /** Everything that has arrived, in one go: boards see it in one poll. */
  private readonly arrive = (): void => {
    const now = this.clock.now;
    for (let { first } = this.transit; first && first.arrives <= now; { first } = this.transit) this.transit.shift(this.deliver);
    this.wake();
  };

  private readonly deliver = (frame: Uint8Array): void => {
    this.sent++;
    for (const other of this.others) other.onFrame(frame);
  };
}
