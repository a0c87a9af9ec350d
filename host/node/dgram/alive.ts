import type { Clock } from "../clock";

/** The longest a timer of Node can wait, ms. */
const LONGEST = 0x7fffffff;

/** Keeps the process running while it is held, as an open socket of Node's does. In virtual time there is nothing to wait for. */
export class Alive {
  private timer: NodeJS.Timeout | undefined;
  private referenced = true;

  constructor(private readonly clock: Clock) {}

  hold(): void {
    if (this.timer || this.clock.epoch === 0) return;
    this.timer = setInterval(() => undefined, LONGEST);
    if (!this.referenced) this.timer.unref();
  }

  release(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Whether holding it counts. */
  reference(counts: boolean): void {
    this.referenced = counts;
    if (counts) this.timer?.ref();
    else this.timer?.unref();
  }
}
