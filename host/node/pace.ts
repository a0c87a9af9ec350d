import type { Clock, Timer } from "./clock";

/** When a module is polled: as soon as somebody asks, and at the deadline it has named. */
export class Pace {
  /** When the module wants to be polled; Infinity for never. */
  deadline = Infinity;
  private requested = false;
  private stopped = false;
  private refed = true;
  private timer: Timer | null = null;
  /** When the timer fires: never later than the deadline. */
  private armed = Infinity;

  /** @param poll called when it is time */
  constructor(
    private readonly clock: Clock,
    private readonly poll: () => void,
  ) {}

  /** Ask for a poll at this instant, after what runs now. Many calls, one poll. */
  wake(): void {
    if (this.requested || this.stopped) return;
    this.requested = true;
    this.clock.soon(this.answer);
  }

  /** What was asked for is being done. */
  begin(): void {
    this.requested = false;
  }

  /** See that the timer fires in time. A deadline that moved to a later time is looked at when the earlier one has come. */
  arm(): void {
    if (this.deadline >= this.armed || this.stopped || this.requested) return;
    this.timer?.cancel();
    this.armed = this.deadline;
    this.timer = this.clock.at(this.deadline, this.fire);
    if (!this.refed) this.timer.unref?.();
  }

  /** Deadlines no longer keep the process alive. */
  unref(): void {
    this.refed = false;
    this.timer?.unref?.();
  }

  /** No polls any more. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.timer = null;
  }

  private readonly answer = (): void => {
    if (this.requested) this.poll();
  };

  private readonly fire = (): void => {
    this.timer = null;
    this.armed = Infinity;
    if (this.deadline > this.clock.now) this.arm();
    else this.poll();
  };
}
