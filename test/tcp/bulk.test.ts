import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { sameBytes } from "../support/flow";
import { PORT } from "../support/states";
import type { Station } from "../support/station";
import { world, type World } from "../support/world";

/** One direction of a transfer, checked octet by octet as it arrives. */
class Stream {
  private sent = 0;
  received = 0;
  private resume = 0;

  constructor(
    private readonly w: World,
    private readonly from: { station: Station; fd: number },
    private readonly to: { station: Station; fd: number },
    private readonly total: number,
    private readonly salt: number,
    /** Read only now and then, and then everything: windows close and open. */
    private readonly slow: boolean,
  ) {}

  pump(): boolean {
    while (this.sent < this.total) {
      const part = pattern(Math.min(8192, this.total - this.sent), this.sent + this.salt);
      const n = this.from.station.send(this.from.fd, part);
      if (n <= 0) break;
      this.sent += n;
      if (this.sent === this.total) this.from.station.shutdown(this.from.fd, 1);
    }
    if (this.slow && this.w.now < this.resume) return false;
    const { data, end } = this.to.station.read(this.to.fd);
    if (data.length) {
      const right = sameBytes(data, pattern(data.length, this.received + this.salt));
      expect(right, `octets ${this.received} to ${this.received + data.length}`).toBe(true);
      this.received += data.length;
      this.resume = this.w.now + 400;
    }
    if (end === 0) expect(this.received).toBe(this.total);
    return this.received === this.total;
  }
}

const faults = { loss: 0.05, duplication: 0.05, reordering: 0.1, corruption: 0.01 };

describe("bulk data over a bad wire: 5 % lost, 5 % twice, 10 % out of order, 1 % damaged", () => {
  test.each([
    ["tiny", 1, 20_000, false],
    ["tiny", 2, 10_000, true],
    ["default", 3, 60_000, false],
    ["default", 4, 30_000, true],
    ["default", 5, 60_000, false],
    ["host", 6, 600_000, false],
    ["host", 7, 300_000, true],
    ["host", 8, 600_000, false],
  ] as const)("%s, seed %i: %i octets each way, slow reader: %s", async (profile, seed, total, slow) => {
    const w = await world({ boards: 2, profile, seed, latency: 3, faults });
    const [a, b] = [w.stations[0], w.stations[1]];
    const listener = b.listen(PORT);
    const fd = a.open(b.ip, PORT);
    const other = w.accepted(b, listener, 120_000);
    const near = { station: a, fd };
    const far = { station: b, fd: other };
    const forth = new Stream(w, near, far, total, 0, slow);
    const back = new Stream(w, far, near, total, 100, slow);
    // Work is done when something happened, or at least every 50 ms.
    const deadline = w.now + 7_200_000;
    while (!(Number(forth.pump()) & Number(back.pump()))) {
      const events = a.events.length + b.events.length;
      w.until(() => a.events.length + b.events.length > events, 50);
      if (w.now > deadline) throw new Error(`only ${forth.received} and ${back.received} octets\n${w.story()}`);
    }
    a.close(fd);
    b.close(other);
    w.run(600_000);
    expect(a.rows()).toEqual([]);
    expect(b.rows()).toHaveLength(1);
  });
});
