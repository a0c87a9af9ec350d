/** As long as Node lets a timer wait, ms. */
const LONG = 0x7fffffff;

/**
 * What keeps the process alive. A board's frames and timers do not; a socket that reads, or has begun something that will end,
 * does, unless it was told not to (unref).
 */
export class Holds {
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  take(): void {
    if (this.count++ === 0) this.timer = setInterval(() => {}, LONG);
  }

  give(): void {
    if (--this.count > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** One reason to keep the process alive, there or not. */
export class Hold {
  private held = false;

  constructor(private readonly holds: Holds) {}

  set(wanted: boolean): void {
    if (wanted === this.held) return;
    this.held = wanted;
    if (wanted) this.holds.take();
    else this.holds.give();
  }
}
