/** A frame under way, copied, since frames are only lent. */
export interface Traveller {
  frame: Uint8Array;
  /** When its first bit is sent, and when it is received, in ms. */
  starts: number;
  arrives: number;
}

const ROOM = 2048;

/** Frames under way in order of arrival. Their memory is used again and again, so that a frame costs one copy. */
export class Transit {
  private readonly free: Traveller[] = [];
  private waiting: Traveller[] = [];
  private oldest = 0;

  get length(): number {
    return this.waiting.length - this.oldest;
  }

  /** The one that arrives next, if there is one. */
  get first(): Traveller | undefined {
    return this.waiting[this.oldest];
  }

  push(frame: Uint8Array, starts: number, arrives: number): void {
    const traveller = this.free.pop() ?? { frame: new Uint8Array(Math.max(ROOM, frame.length)), starts, arrives };
    if (traveller.frame.length !== frame.length) traveller.frame = room(traveller.frame, frame.length);
    traveller.frame.set(frame);
    traveller.starts = starts;
    traveller.arrives = arrives;
    this.waiting.push(traveller);
  }

  /** Hand the next one over, lent for the call, and forget it. */
  shift(deliver: (frame: Uint8Array) => void): void {
    const traveller = this.waiting[this.oldest++];
    deliver(traveller.frame);
    this.free.push(traveller);
    this.compact();
  }

  /** How many have not begun to be sent at `now`, and their octets. */
  queued(now: number): { frames: number; octets: number } {
    let frames = 0;
    let octets = 0;
    for (let i = this.waiting.length - 1; i >= this.oldest && this.waiting[i].starts > now; i--) {
      frames++;
      octets += this.waiting[i].frame.length;
    }
    return { frames, octets };
  }

  /** Close the gap that has opened at the beginning, seldom enough to cost nothing. */
  private compact(): void {
    if (this.oldest === this.waiting.length) this.waiting.length = 0;
    else if (this.oldest < 1024 || this.oldest * 2 < this.waiting.length) return;
    else this.waiting = this.waiting.slice(this.oldest);
    this.oldest = 0;
  }
}

/** `length` octets in the memory of `frame`, or in new memory when that is too small. */
function room(frame: Uint8Array, length: number): Uint8Array {
  const { buffer } = frame;
  return buffer.byteLength >= length ? new Uint8Array(buffer, 0, length) : new Uint8Array(length);
}
