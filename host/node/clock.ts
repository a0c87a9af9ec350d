/** Time for everything on the host's side of the border. */
export interface Clock {
  /** Milliseconds since any start, with a fraction where there is one. Modules see it as whole u32 milliseconds. */
  readonly now: number;
  /** Unix time in milliseconds at which `now` was zero; 0 for a time of our own making. */
  readonly epoch: number;
  /** Run something at a time, or as soon as possible when that has passed; what is due at the same time runs in order of calls. */
  at(when: number, run: () => void): Timer;
  /** Run something at this instant, after what is running now and what is due now. */
  soon(run: () => void): void;
}

/** A piece of work that waits for its time. */
export interface Timer {
  /** Forget it. Without effect when it has run. */
  cancel(): void;
  /** Do not keep the process alive for it; where a clock has no such power, it is left out. */
  unref?(): void;
}

/** Events that may happen at one instant of virtual time before we say that time stands still. */
const LIVELOCK = 20_000_000;

/** Turns of the event loop without work in virtual time after which nothing is left that could bring some. */
const PATIENCE = 16;

/** Time that moves only when somebody says so. Starts at `now` and runs no faster than the work that is due in it. */
export class VirtualClock implements Clock {
  readonly epoch = 0;
  private readonly due: VirtualTimer[] = [];
  private instant: (() => void)[] = [];
  private taken = 0;
  private order = 0;
  private atOnce = 0;

  /** @param now start, in ms; near 2^32 the u32 time of the modules wraps early */
  constructor(public now = 0) {}

  at(when: number, run: () => void): Timer {
    const timer = new VirtualTimer(this.due, Math.max(when, this.now), this.order++, run);
    timer.index = this.due.push(timer) - 1;
    timer.rise();
    return timer;
  }

  soon(run: () => void): void {
    this.instant.push(run);
  }

  /** The time of the next piece of work, or undefined when there is none. */
  get next(): number | undefined {
    return this.instant.length ? this.now : this.due[0]?.when;
  }

  /** Pieces of work that wait. */
  get pending(): number {
    return this.due.length + this.instant.length - this.taken;
  }

  /** Run everything that is due up to and including `until`, in order; afterwards that is the time. */
  advanceTo(until: number): void {
    while (this.step(until));
    this.moveTo(Math.max(until, this.now));
  }

  /** Run everything that is due in the next `ms` milliseconds. */
  advanceBy(ms: number): void {
    this.advanceTo(this.now + ms);
  }

  /**
   * Run what is due until a condition holds, which is asked before every piece of work: true. False when `limit` ms have passed
   * or nothing is left that could make it true; the time is then `limit` ms later.
   */
  runUntil(condition: () => boolean, limit: number): boolean {
    const until = this.now + limit;
    while (!condition()) {
      if (this.step(until)) continue;
      this.moveTo(until);
      return condition();
    }
    return true;
  }

  /** Run what is due until nothing is left, or until `limit` ms have passed: false. The time stays at the last piece of work. */
  runUntilIdle(limit: number): boolean {
    const until = this.now + limit;
    while (this.step(until));
    return this.pending === 0;
  }

  /**
   * Let virtual time run until a promise settles, with time in between for what waits for other promises, and pass on its
   * outcome. Throws an Error when it has not settled after `limit` ms of virtual time, or when nothing is left that could.
   */
  async settle<T>(promise: Promise<T>, limit: number): Promise<T> {
    const until = this.now + limit;
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    for (let idle = 0; idle < PATIENCE; idle = this.step(until) ? 0 : idle + 1) {
      await turn();
      if (settled) return promise;
    }
    throw new Error(`nothing settled within ${limit} ms of virtual time`);
  }

  /** Run the next piece of work if it is due by `until`. */
  private step(until: number): boolean {
    const first = this.due[0];
    if (first && first.when <= (this.instant.length ? this.now : until)) return this.expire(first);
    if (!this.instant.length || this.now > until) return false;
    this.check();
    const run = this.instant[this.taken++];
    if (this.taken === this.instant.length) {
      this.instant.length = 0;
      this.taken = 0;
    }
    run();
    return true;
  }

  private expire(timer: VirtualTimer): boolean {
    timer.cancel();
    this.moveTo(timer.when);
    this.check();
    timer.run();
    return true;
  }

  private moveTo(time: number): void {
    if (time > this.now) this.atOnce = 0;
    this.now = time;
  }

  private check(): void {
    if (++this.atOnce > LIVELOCK)
      throw new Error(`virtual time stands still at ${this.now} ms: ${LIVELOCK} events at one instant`);
  }
}

/** One entry of a binary heap; knows its place, so that it can leave it. */
class VirtualTimer implements Timer {
  index = 0;
  constructor(
    private readonly heap: VirtualTimer[],
    readonly when: number,
    private readonly order: number,
    readonly run: () => void,
  ) {}

  cancel(): void {
    if (this.index < 0) return;
    const last = this.heap.pop();
    if (last && last !== this) {
      last.place(this.index);
      last.sink();
      last.rise();
    }
    this.index = -1;
  }

  rise(): void {
    while (this.index > 0) {
      const parent = this.heap[(this.index - 1) >> 1];
      if (!this.before(parent)) return;
      this.swap(parent);
    }
  }

  private sink(): void {
    for (;;) {
      const left = this.heap[2 * this.index + 1];
      const right = this.heap[2 * this.index + 2];
      const child = right?.before(left) ? right : left;
      if (!child?.before(this)) return;
      this.swap(child);
    }
  }

  private before(other: VirtualTimer): boolean {
    return this.when < other.when || (this.when === other.when && this.order < other.order);
  }

  private swap(other: VirtualTimer): void {
    const { index } = this;
    this.place(other.index);
    other.place(index);
  }

  private place(index: number): void {
    this.index = index;
    this.heap[index] = this;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Microtasks that may follow each other before the event loop gets its turn. */
const BURST = 64;

/** The time of the day: milliseconds since this process began, and the event loop's timers. */
export class RealClock implements Clock {
  readonly epoch = performance.timeOrigin;
  private burst = 0;

  get now(): number {
    return performance.now();
  }

  at(when: number, run: () => void): Timer {
    const wait = when - this.now;
    if (wait <= 0) {
      const immediate = setImmediate(run);
      return { cancel: () => clearImmediate(immediate), unref: () => void immediate.unref() };
    }
    const timeout = setTimeout(run, Math.min(Math.ceil(wait), 0x7fffffff));
    return { cancel: () => clearTimeout(timeout), unref: () => void timeout.unref() };
  }

  /** A microtask; but after many in a row files, sockets and timers get their turn first. */
  soon(run: () => void): void {
    if (this.burst === 0) setImmediate(() => void (this.burst = 0));
    if (++this.burst <= BURST) queueMicrotask(run);
    else setImmediate(run);
  }
}
