import { describe, expect, test } from "vitest";
import { fill, flight, MSS, sackSegments, segments, sender } from "../support/sender";
import type { Connection } from "../support/states";
import type { World } from "../support/world";

// RFC 6675: loss recovery by counting, in modules without RACK

const knobs = { CONFIG_RACK: 0 };

interface Made {
  w: World;
  made: Connection;
}

/** Ten segments in flight, more queued. */
async function flying(): Promise<Made> {
  const { w, made } = await sender({ sack: true, congestion: "reno" }, { knobs });
  fill(made);
  expect(segments(flight(made))).toHaveLength(10);
  return { w, made };
}

function sent({ made }: Made): number[] {
  return segments(flight(made));
}

describe("4 what is lost, and what to send", () => {
  test("6675-1: lost is what has three runs above it, not two", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [3, 3]);
    sackSegments(run.made, 0, [3, 3], [5, 5]);
    expect(sent(run)).not.toContain(1);
    sackSegments(run.made, 0, [7, 7], [5, 5], [3, 3]);
    expect(sent(run)).toEqual(expect.arrayContaining([1]));
  });

  test("6675-1: or more than two segments' worth of octets", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [2, 3]);
    expect(sent(run)).not.toContain(1);
    sackSegments(run.made, 0, [2, 4]);
    expect(sent(run)).toContain(1);
  });

  test("6675-2: what is held or lost is not in the network, what was sent again is: new text follows accordingly", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [2, 4]);
    let all = sent(run);
    expect(all).toContain(1);
    // Each further report lets out what the halved window has room for; never more than five beside what is held.
    for (let n = 5; n <= 10; n++) {
      sackSegments(run.made, 0, [2, n]);
      all = [...all, ...sent(run)];
      const highest = Math.max(10, ...all);
      const flying = highest - (n - 1); // segment 1 is in the network again
      expect(flying).toBeLessThanOrEqual(Math.max(5, 10 - (n - 1) + 1));
    }
    expect(all.filter((n) => n === 1)).toHaveLength(1);
    expect(all.some((n) => n > 10)).toBe(true);
  });

  test("6675-3: lost text goes first, then new", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [2, 2], [4, 4], [6, 10]);
    const order = sent(run);
    for (let n = 0; n < 8 && !order.some((segment) => segment > 10); n++) {
      sackSegments(run.made, n === 0 ? 2 : 4, [6, 10]);
      order.push(...sent(run));
    }
    const holes = order.filter((n) => n <= 5);
    expect(holes.slice(0, 3)).toEqual([1, 3, 5]);
    expect(order.findIndex((n) => n > 10)).toBeGreaterThan(order.indexOf(3));
  });
});

describe("5 recovery", () => {
  test("6675-4: it begins with the loss: half of the flight, the first hole at once", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [2, 4]);
    expect(sent(run)[0]).toBe(1);
    expect(run.w.board.info(run.made.fd).sndSsthresh).toBe(5);
    expect(run.w.board.counters()["TcpFastRetransmits"]).toBe(1);
  });

  test("6675-4: or with the third duplicate", async () => {
    const run = await flying();
    for (const n of [10, 9, 8]) {
      expect(run.w.board.counters()["TcpFastRetransmits"]).toBe(0);
      sackSegments(run.made, 0, [n, 10]);
      run.w.run(6);
    }
    expect(run.w.board.counters()["TcpFastRetransmits"]).toBe(1);
  });

  test("6675-5: it lasts until all that was sent before it is acknowledged; then the window is ssthresh", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [2, 4]);
    sent(run);
    sackSegments(run.made, 8);
    run.w.run(6);
    sackSegments(run.made, 9);
    run.w.run(6);
    // Another hole in the same window: no second reduction.
    expect(run.w.board.info(run.made.fd).sndSsthresh).toBe(5);
    const top = Math.max(10, ...sent(run));
    sackSegments(run.made, top);
    run.w.run(6);
    // That ACK may open it by one again.
    expect([5, 6]).toContain(run.w.board.info(run.made.fd).sndCwnd);
  });

  test("6675-6: a timeout in recovery ends it; nothing begins another before all that was sent is acknowledged", async () => {
    const run = await flying();
    sackSegments(run.made, 0, [2, 4]);
    const top = Math.max(10, ...sent(run));
    run.w.waitFor("a timeout", () => run.w.board.counters()["TcpTimeouts"] === 1, 5000);
    expect(run.w.board.row(run.made.fd)!.cwnd).toBe(MSS);
    run.made.flow.drain(20);
    for (let n = 6; n <= top; n++) {
      sackSegments(run.made, 0, [2, 4], [6, n]);
      run.w.run(11);
    }
    expect(run.w.board.counters()["TcpFastRetransmits"]).toBe(1);
  });

  test("6675-7: an ACK of new text sets the count of duplicates back", async () => {
    const { w, made } = await flying();
    // A few octets more of segment 5 each time: neither three runs nor two segments' worth.
    const report = (n: number, octets: number): void => {
      made.flow.send({ flags: "A", ack: 1 + n * MSS, sack: [[1 + 4 * MSS, 1 + 4 * MSS + octets]] });
      w.run(6);
    };
    for (const octets of [100, 200]) report(0, octets);
    report(1, 200);
    for (const octets of [300, 400]) report(1, octets);
    expect(w.board.counters()["TcpFastRetransmits"]).toBe(0);
    report(1, 500);
    expect(w.board.counters()["TcpFastRetransmits"]).toBe(1);
  });
});
