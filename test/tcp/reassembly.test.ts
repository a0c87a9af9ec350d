import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Poll } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { passive } from "../support/states";
import { world } from "../support/world";

const WINDOW = 2048;
const RANGES = 4;

/** What a receiver must have: octets by place, the first to come stays. Holds at most RANGES runs that are out of order. */
class Oracle {
  private readonly held = new Map<number, number>();
  next = 0;

  /** False if the receiver may have refused it for want of a range. */
  add(at: number, data: Uint8Array): boolean {
    const before = new Map(this.held);
    data.forEach((octet, i) => {
      const place = at + i;
      if (place >= this.next && !this.held.has(place)) this.held.set(place, octet);
    });
    if (at > this.next && this.runs() > RANGES) {
      this.held.clear();
      before.forEach((octet, place) => this.held.set(place, octet));
      return false;
    }
    while (this.held.has(this.next)) this.next++;
    return true;
  }

  private runs(): number {
    return [...this.held.keys()].filter((place) => place > this.next && !this.held.has(place - 1)).length;
  }

  stream(): Uint8Array {
    return Uint8Array.from({ length: this.next }, (_, i) => this.held.get(i)!);
  }
}

describe("segments out of order (SHLD-31)", () => {
  test("are held, and delivered in order when the gap is filled", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const data = pattern(1000);
    for (const i of [4, 2, 3, 1, 0]) flow.send({ flags: "PA", seq: 1 + 200 * i, data: data.subarray(200 * i, 200 * i + 200) });
    w.run(5);
    expect(w.board.read(fd).data).toEqual(data);
    expect(flow.drain(5).at(-1).ack).toBe(1001);
    expect(w.board.counters()["TcpOutOfOrder"]).toBe(4);
  });

  test("nothing is delivered before its turn, and RCV.NXT never passes what was received", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", seq: 11, data: pattern(10, 10) });
    w.run(5);
    expect(w.board.read(fd).data).toHaveLength(0);
    expect(flow.drain(5).at(-1).ack).toBe(1);
  });

  test("more gaps than can be remembered: bounded, and in-order data still gets in (H72)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    for (let at = 2000; at > 1; at -= 2) flow.send({ flags: "PA", seq: 1 + at, data: Uint8Array.of(at % 251) });
    w.run(20);
    expect(w.board.drops()["TcpRangesFull"]).toBeGreaterThan(900);
    flow.drain(5);
    flow.send({ flags: "PA", seq: 1, data: pattern(1024) });
    flow.send({ flags: "PA", seq: 1025, data: pattern(1024, 1024) });
    w.run(5);
    expect(w.board.read(fd).data).toEqual(pattern(2048));
    expect(state()).toBe("Established");
  });

  test("a thousand segments that never fill the hole cost no memory and no time afterwards", async () => {
    const w = await world();
    const { flow, state } = passive(w);
    for (let i = 0; i < 1000; i++) flow.send({ flags: "PA", seq: 3 + ((i * 2) % 1900), data: text("z") });
    w.run(100);
    flow.send({ flags: "R", seq: 1 });
    w.run(5);
    expect(state()).toBe("Closed");
  });

  test("a FIN inside an overlap is seen once", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "FPA", seq: 6, data: text("world") });
    flow.send({ flags: "FPA", seq: 3, data: text("llo" + "world").subarray(0, 8) });
    flow.send({ flags: "PA", seq: 1, data: text("he") });
    w.run(50);
    expect(w.board.read(fd)).toEqual({ data: text("helloworld"), end: 0 });
    expect(state()).toBe("CloseWait");
    expect(flow.drain(50).at(-1).ack).toBe(12);
  });
});

describe("against a model: what came first stays", () => {
  /** Segments inside the window with contents of their own, so that an overlap shows whose octet won. */
  const segment = fc.record({
    at: fc.nat(WINDOW - 1),
    length: fc.integer({ min: 1, max: 300 }),
    fill: fc.integer({ min: 1, max: 255 }),
  });

  test.each([1, 2, 3])("any order and overlap, seed %i", async (seed) => {
    const w = await world();
    const { flow, fd } = passive(w);
    const fresh = w.board.board.snapshot();
    const { nxt, rcv } = flow;
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 12 }), (segments) => {
        w.board.board.restore(fresh);
        flow.inbox.length = 0;
        flow.nxt = nxt;
        flow.rcv = rcv;
        const oracle = new Oracle();
        for (const { at, length, fill } of segments) {
          const data = new Uint8Array(Math.min(length, WINDOW - at)).fill(fill);
          oracle.add(at, data);
          flow.send({ flags: "PA", seq: 1 + at, data });
          w.run(2);
        }
        w.run(50);
        const acks = flow.drain(0);
        expect(acks.at(-1)?.ack ?? 1).toBe(1 + oracle.next);
        expect(w.board.read(fd).data).toEqual(oracle.stream());
      }),
      { numRuns: 60, seed },
    );
  });

  test("filling every hole at the end gives the whole stream", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const fresh = w.board.board.snapshot();
    const data = pattern(WINDOW);
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 3, maxLength: 12 }),
        (early, cuts) => {
          w.board.board.restore(fresh);
          for (const { at, length } of early) flow.send({ flags: "PA", seq: 1 + at, data: data.subarray(at, at + length) });
          let at = 0;
          for (const cut of [...cuts, WINDOW]) {
            flow.send({ flags: "PA", seq: 1 + at, data: data.subarray(at, at + Math.min(cut, 1400)) });
            at = Math.min(WINDOW, at + Math.min(cut, 1400));
          }
          flow.send({ flags: "PA", seq: 1 + at, data: data.subarray(at) });
          flow.send({ flags: "PA", seq: 1 + Math.max(0, WINDOW - 700), data: data.subarray(WINDOW - 700) });
          w.run(50);
          flow.drain(0);
          const got = w.board.read(fd).data;
          expect(got).toEqual(data.subarray(0, got.length));
          expect(got.length).toBeGreaterThanOrEqual(at);
        },
      ),
      { numRuns: 60, seed: 9 },
    );
  });
});

test("a FIN that lies within text that is held ends the stream there", async () => {
  const w = await world();
  const { board, fd, flow } = passive(w);
  flow.send({ flags: "A", seq: 11, data: pattern(20) });
  flow.send({ flags: "FA", seq: 16, data: pattern(4) }); // at 20: inside of 11..30
  flow.send({ flags: "A", seq: 1, data: pattern(10) });
  w.run(5);
  expect(board.ready(fd) & Poll.POLLRDHUP).toBe(Poll.POLLRDHUP);
  expect((board.recv(fd, 100) as Uint8Array).length).toBe(19);
  expect((board.recv(fd, 100) as Uint8Array).length).toBe(0);
});

test("text that is held right behind the FIN is forgotten with it", async () => {
  const w = await world();
  const { board, flow, fd } = passive(w);
  flow.send({ flags: "A", seq: 5, data: text("liar's") }); // one octet behind the FIN that is to come
  flow.send({ flags: "FA", seq: 1, data: text("end") });
  w.run(50);
  expect([board.recv(fd), board.recv(fd)]).toEqual([text("end"), new Uint8Array(0)]);
  expect(flow.drain().at(-1)).toMatchObject({ ack: 5, sack: [] });
});
