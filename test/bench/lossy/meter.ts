import { sequence, textLength } from "./segment";

/** A time without a frame that is worth mentioning, ms: more than a few round trips, less than any retransmission timeout. */
const SILENCE = 150;

/** Counts the frames with text of one connection. */
export class Meter {
  frames = 0;
  /** Frames with nothing but text that had been sent before. */
  retransmissions = 0;
  /** Largest text in one frame. */
  mss = 0;
  /** When the first one was sent. */
  start = 0;
  silences = 0;
  longestSilence = 0;
  private last = 0;
  private next = 0;

  constructor(private readonly clock: { readonly now: number }) {}

  saw(frame: Uint8Array): void {
    const now = this.clock.now;
    const length = textLength(frame);
    const end = (sequence(frame) + length) | 0;
    if (this.frames++ === 0) this.begin(now, end);
    else if (((end - this.next) | 0) > 0) this.next = end;
    else this.retransmissions++;
    this.mss = Math.max(this.mss, length);
    const silence = now - this.last;
    if (silence > SILENCE) this.silences++;
    this.longestSilence = Math.max(this.longestSilence, silence);
    this.last = now;
  }

  private begin(now: number, end: number): void {
    this.start = this.last = now;
    this.next = end;
  }
}
