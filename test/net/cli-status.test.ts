import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SocketInfo } from "../../host/node/inspect";
import { StatusLine } from "../../host/node/status";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A terminal that remembers what was written. */
function terminal(columns: number): { columns: number; written: string; write(text: string): void } {
  return {
    columns,
    written: "",
    write(text) {
      this.written += text;
    },
  };
}

function board(octets: { in: number }, established: number): { counters(): Record<string, number>; sockets(): SocketInfo[] } {
  return {
    counters: () => ({ FramesIn: 3, FramesOut: 4, OctetsIn: octets.in, OctetsOut: 0 }),
    sockets: () => Array.from({ length: established }, () => ({ state: "Established" }) as SocketInfo),
  };
}

const counts = { forwarded: 0, active: 8, waiting: 5, failed: 0, octets: 0 };

test("shows connections, who waits, frames and the rate of the last half second, and redraws in place", () => {
  const screen = terminal(100);
  const octets = { in: 0 };
  const line = new StatusLine(screen, board(octets, 1), { state: counts });
  octets.in = 600_000;
  vi.advanceTimersByTime(500);
  expect(screen.written).toBe("\r\x1b[Kup 0 s · 1 connection, 5 waiting · 3 frames in, 4 out · 1.2 MB/s");
  screen.written = "";
  vi.advanceTimersByTime(500);
  expect(screen.written).toBe("\r\x1b[Kup 1 s · 1 connection, 5 waiting · 3 frames in, 4 out · 0 B/s");
  line.close();
});

test("other lines go above it, and nothing is drawn once it is closed", () => {
  const screen = terminal(100);
  const line = new StatusLine(screen, board({ in: 0 }, 2), undefined);
  vi.advanceTimersByTime(500);
  screen.written = "";
  line.print("a frame");
  expect(screen.written).toBe("\r\x1b[Ka frame\nup 0 s · 2 connections · 3 frames in, 4 out · 0 B/s");
  line.close();
  expect(screen.written.endsWith("\r\x1b[K")).toBe(true);
  screen.written = "";
  vi.advanceTimersByTime(5000);
  expect(screen.written).toBe("");
});

test.each([
  [20, 19],
  [0, 51],
])("never wraps: %i columns", (columns, length) => {
  const screen = terminal(columns);
  const line = new StatusLine(screen, board({ in: 0 }, 2), undefined);
  vi.advanceTimersByTime(500);
  expect(screen.written.slice(4)).toHaveLength(length);
  line.close();
});
