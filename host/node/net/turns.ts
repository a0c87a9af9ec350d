/**
 * Callbacks, each in a turn of the event loop of its own, so that `process.nextTick` and promises run in between, as after a
 * callback of libuv's. What is `fed` comes before what was `told`, whichever was first: libuv serves what requests have left to do
 * before it looks what has arrived.
 */
export class Turns {
  private readonly fed: (() => void)[] = [];
  private readonly told: (() => void)[] = [];

  /** What a request still has to do. */
  feed(run: () => void): void {
    this.fed.push(run);
    setImmediate(this.next);
  }

  /** What has come from outside, or is the consequence of it. */
  tell(run: () => void): void {
    this.told.push(run);
    setImmediate(this.next);
  }

  private readonly next = (): void => {
    (this.fed.shift() ?? this.told.shift())?.();
  };
}
