import { expect } from "vitest";
import type { Flow, Heard } from "./flow";

/** Times between what is heard. */
export function gaps(heard: Heard[]): number[] {
  return heard.slice(1).map((segment, i) => segment.at - heard[i].at);
}

/** Hear until nothing comes for `quiet` ms; each must look like the first. */
export function repeats(flow: Flow, quiet: number): Heard[] {
  const heard = flow.drain(quiet);
  for (const segment of heard) {
    expect(segment.seq).toBe(heard[0].seq);
    expect(segment.data).toEqual(heard[0].data);
  }
  return heard;
}

/** Each time is twice the one before it, up to `most`; 1 % or 4 ms may be missing or too much. */
export function expectDoubling(times: number[], first: number, most: number): void {
  times.forEach((time, i) => {
    const expected = Math.min(first * 2 ** i, most);
    expect(Math.abs(time - expected), `gap ${i} of ${times.join(", ")}`).toBeLessThanOrEqual(Math.max(4, expected * 0.01));
  });
}
