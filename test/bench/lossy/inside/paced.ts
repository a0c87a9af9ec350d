import koffi from "koffi";
import { VirtualClock } from "../../../../host/node/clock";

/** Sleeps that many microseconds in a thread. Node's own timers know whole milliseconds only. */
const usleep = koffi.load(null).func("int usleep(unsigned int microseconds)");
/** Wake up this much before something is due, and do not sleep longer than that: frames from outside may bring something new. Both ms. */
const EARLY = 0.2;
const LONGEST = 2;

/** Later than this is late, ms. */
const LATE = 1;

/**
 * A virtual clock that follows the real time closely: the timers of the event loop are too coarse for a link whose frames are
 * an eighth of a millisecond apart. Says how close that was.
 */
export class PacedClock {
  readonly clock = new VirtualClock(performance.now());
  /** Frames that moved, those that did so late, and the latest, ms. */
  moved = 0;
  late = 0;
  latest = 0;
  /** All delays together, ms. */
  delay = 0;
  private running = true;
  private looked = performance.now();

  constructor() {
    const turn = (): void => {
      this.follow();
      if (!this.running) return;
      const wait = Math.min((this.clock.next ?? Infinity) - performance.now(), LONGEST) - EARLY;
      if (wait > 0) usleep.async(Math.ceil(wait * 1000), turn);
      else setImmediate(turn);
    };
    setImmediate(turn);
  }

  /** Catch up with the real time. */
  follow(): void {
    const now = performance.now();
    this.clock.advanceTo(now);
    this.looked = now;
  }

  /** A frame comes from outside: it has waited since we last looked, at most. */
  entered(): void {
    this.note(performance.now() - this.looked);
    this.follow();
  }

  /** A frame goes out, and should have gone at the clock's time. */
  left(): void {
    this.note(performance.now() - this.clock.now);
  }

  private note(delay: number): void {
    this.moved++;
    this.delay += delay;
    if (delay >= LATE) this.late++;
    this.latest = Math.max(this.latest, delay);
  }

  stop(): void {
    this.running = false;
  }
}
