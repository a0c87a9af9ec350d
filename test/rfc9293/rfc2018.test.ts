import { describe, expect, test } from "vitest";
import { Flag, pattern } from "../support/packet";
import type { Heard } from "../support/flow";
import { expectAlive, sentSegments } from "../support/seen";
import { fill, flight, sackSegments, segments, sender } from "../support/sender";
import { active, connecting, passive, PORT, type Connection } from "../support/states";
import { world, type World } from "../support/world";

/** A peer that permits SACK. */
async function permitted(stamps?: number): Promise<{ w: World; made: Connection }> {
  const w = await world({ profile: "host" });
  return { w, made: passive(w, { sack: true, ...(stamps === undefined ? {} : { flow: { stamps } }) }) };
}

/** Send 100 octets of the pattern that begin behind octet n * 100; hear the answer. */
function hundred({ flow }: Connection, n: number): Heard {
  flow.send({ flags: "PA", seq: 1 + n * 100, data: pattern(100, n * 100) });
  return flow.expect({ flags: "A" }, 5);
}

/** The block of these hundreds. */
function block(from: number, to: number): [number, number] {
  return [1 + from * 100, 1 + to * 100];
}

describe("the receiver", () => {
  test("2018-1: permitted in our SYN and, if the SYN had it, in the SYN-ACK; nowhere else", async () => {
    const w = await world({ profile: "host" });
    expect(connecting(w).flow.expect({ flags: "S" }).kinds).toContain(4);
    w.board.listen(PORT);
    const peer = w.peer();
    expect(peer.flow({ to: PORT }).send({ flags: "S", sackPermitted: true }).expect({ flags: "SA" }).kinds).toContain(4);
    expect(peer.flow({ to: PORT }).send({ flags: "S" }).expect({ flags: "SA" }).kinds).not.toContain(4);
    const made = passive(w, { peer, sack: true });
    hundred(made, 1);
    made.flow.send({ flags: "PA", data: pattern(100) });
    w.run(100);
    w.board.read(made.fd);
    made.flow.nxt = 201;
    expectAlive(made);
    for (const { tcp } of sentSegments(w)) if (!(tcp.flags & Flag.S)) expect(tcp.kinds).not.toContain(4);
  });

  test("2018-1: no SACK for a peer that did not permit it", async () => {
    const w = await world({ profile: "host" });
    const made = passive(w);
    expect(hundred(made, 1).sack).toEqual([]);
    expect(hundred(made, 3).sack).toEqual([]);
    const opened = active(w);
    opened.flow.send({ flags: "PA", seq: 101, data: pattern(100) });
    expect(opened.flow.expect({ flags: "A", ack: 1 }, 5).sack).toEqual([]);
  });

  test.each([
    [undefined, 4],
    [1000, 3],
  ])("2018-2: with a clock of %s: %i blocks at most; edges one past the last octet; blocks stand apart", async (stamps, most) => {
    const { made } = await permitted(stamps);
    let last: Heard | undefined;
    for (const n of [2, 4, 6, 8, 10, 12]) {
      last = hundred(made, n);
      expect(last.kinds).toContain(5);
    }
    expect(last!.sack).toHaveLength(most);
    expect(last!.options.length).toBeLessThanOrEqual(40);
    for (const [left, right] of last!.sack) expect(right - left).toBe(100);
    // Neighbours are one block.
    expect(hundred(made, 11).sack[0]).toEqual(block(10, 13));
  });

  test("2018-3: every ACK has them while something is held, also those for other reasons; none afterwards", async () => {
    const { w, made } = await permitted();
    const { flow } = made;
    hundred(made, 2);
    // A segment in order that fills nothing, text of ours, an answer to nonsense.
    flow.send({ flags: "PA", seq: 1, data: pattern(100) });
    expect(flow.expect({ flags: "A", ack: 101 }, 500).sack).toEqual([block(2, 3)]);
    flow.nxt = 101;
    w.board.send(made.fd, pattern(10));
    expect(flow.expect({ len: 10 }).sack).toEqual([block(2, 3)]);
    flow.ack();
    flow.send({ flags: "R", seq: 150 });
    expect(flow.expect({ flags: "A", ack: 101 }).sack).toEqual([block(2, 3)]);
    flow.send({ flags: "PA", seq: 101, data: pattern(100) });
    expect(flow.expect({ flags: "A", ack: 301 }, 5).sack).toEqual([]);
  });

  test("2018-4: the block of the segment that came now is the first, then the others, newest first", async () => {
    const { made } = await permitted();
    expect(hundred(made, 2).sack).toEqual([block(2, 3)]);
    expect(hundred(made, 6).sack).toEqual([block(6, 7), block(2, 3)]);
    expect(hundred(made, 4).sack).toEqual([block(4, 5), block(6, 7), block(2, 3)]);
    expect(hundred(made, 3).sack).toEqual([block(2, 5), block(6, 7)]);
    expect(hundred(made, 7).sack).toEqual([block(6, 8), block(2, 5)]);
  });

  test("2018-4: unless it moved the cumulative ACK", async () => {
    const { made } = await permitted();
    hundred(made, 2);
    hundred(made, 4);
    const { flow } = made;
    flow.send({ flags: "PA", seq: 1, data: pattern(200) });
    expect(flow.expect({ flags: "A", ack: 301 }, 5).sack).toEqual([block(4, 5)]);
  });

  test("2018-5: nothing is reported that is not kept: what has no room is neither held nor told", async () => {
    const w = await world();
    const made = passive(w, { sack: true });
    const { flow } = made;
    flow.data(pattern(1024));
    flow.expect({ flags: "A" });
    // The buffer holds 2048: 1024 are read by nobody.
    flow.send({ flags: "PA", seq: 1025 + 900, data: pattern(200) });
    const answer = flow.expect({ flags: "A", ack: 1025 }, 50);
    for (const [, right] of answer.sack) expect(right).toBeLessThanOrEqual(2049);
    flow.send({ flags: "PA", seq: 1025 + 500, data: pattern(200) });
    expect(flow.expect({ flags: "A", ack: 1025 }, 50).sack[0]).toEqual([1525, 1725]);
    flow.send({ flags: "PA", seq: 1025, data: pattern(500) });
    flow.expect({ flags: "A", ack: 1725 }, 50);
    expect(w.board.read(made.fd).data).toHaveLength(1724);
  });
});

describe("the sender", () => {
  test("2018-5, 2018-6: a peer that throws away what it held gets everything again", async () => {
    const { w, made } = await sender({ sack: true, congestion: "reno" });
    w.board.send(made.fd, pattern(10 * 1460));
    expect(flight(made)).toHaveLength(10);
    sackSegments(made, 0, [2, 10]);
    expect(segments(flight(made))).toContain(1);
    // It acknowledges the first and nothing else: the segments it had held are gone.
    const got = new Set([1]);
    let last = 1;
    for (let i = 0; i < 200 && last < 10; i++) {
      sackSegments(made, last);
      w.run(50);
      for (const heard of made.flow.drain(0)) if (heard.len === 1460) got.add((heard.seq - 1) / 1460 + 1);
      while (got.has(last + 1)) last++;
    }
    expect(last).toBe(10);
    expect(w.now).toBeLessThan(60_000);
  });

  test("2018-6: after a timeout the segment at the left edge is sent again though it was reported", async () => {
    const { w, made } = await sender({ sack: true, congestion: "reno" });
    w.board.send(made.fd, pattern(4 * 1460));
    expect(flight(made)).toHaveLength(4);
    sackSegments(made, 0, [2, 4]);
    w.run(11);
    sackSegments(made, 1);
    made.flow.drain(11);
    const before = w.board.counters()["TcpTimeouts"];
    w.waitFor("a timeout", () => w.board.counters()["TcpTimeouts"] > before, 5000);
    expect(segments(made.flow.drain(20))).toContain(2);
  });

  test("2018-1: what the peer reports without having permitted it is not looked at", async () => {
    const { w, made } = await sender({ congestion: "reno" });
    fill(made);
    flight(made);
    sackSegments(made, 0, [2, 9]);
    expect(segments(flight(made))).not.toContain(1);
    expect(w.board.counters()["TcpSackRecoveries"]).toBe(0);
  });
});
