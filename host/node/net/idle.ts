import type { Clock, Timer } from "../clock";

/** Says when nothing has happened for a while, by the board's clock. Never keeps the process alive. */
export class IdleTimer {
  private timer: Timer | undefined;
  private limit = 0;
  private last = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onIdle: () => void,
  ) {}

  /** Watch from now on for `limit` ms of silence; 0 watches no more. */
  set(limit: number): void {
    this.stop();
    this.limit = limit;
    this.touch();
  }

  /** Something has happened. */
  touch(): void {
    if (this.limit === 0) return;
    this.last = this.clock.now;
    if (!this.timer) this.arm();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.limit = 0;
  }

  private arm(): void {
    this.timer = this.clock.at(this.last + this.limit, this.fire);
    this.timer.unref?.();
  }

  /** The timer is not moved for each octet: when it fires it looks how long the silence really was. */
  private readonly fire = (): void => {
    this.timer = undefined;
    if (this.last + this.limit > this.clock.now) this.arm();
    else this.onIdle();
  };
}
