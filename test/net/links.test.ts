import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../host/node/clock";
import { filtered, type Link } from "../../host/node/link";
import { type Faults, faulty } from "../../host/node/links/fault";
import { hub } from "../../host/node/links/hub";
import { wire } from "../../host/node/links/wire";

/** A frame of `length` octets that begins with its number. */
function numbered(number: number, length = 60): Uint8Array {
  const frame = new Uint8Array(length);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0);
}

/** What arrives at a link, as "number@ms". */
function arrivals(link: Link, clock: { now: number }): string[] {
  const seen: string[] = [];
  link.onFrame = (frame) => seen.push(`${numberOf(frame)}@${clock.now}`);
  return seen;
}

describe("wire", () => {
  it("delivers within the call of send, both ways", () => {
    const [a, b] = wire();
    const atA = arrivals(a, { now: 0 });
    const atB = arrivals(b, { now: 0 });
    a.send(numbered(1));
    b.send(numbered(2));
    expect([atA, atB]).toEqual([["2@0"], ["1@0"]]);
  });

  it("keeps the octets of a frame under way, though its memory is used again", () => {
    const clock = new VirtualClock();
    const [a, b] = wire({ clock, latency: 3 });
    const lent = numbered(7);
    const seen = arrivals(b, clock);
    a.send(lent);
    lent.fill(0);
    clock.advanceTo(10);
    expect(seen).toEqual(["7@3"]);
  });

  it("passes frames of any length on unharmed, one after another", () => {
    const clock = new VirtualClock();
    const [a, b] = wire({ clock, latency: 1 });
    const lengths: number[] = [];
    b.onFrame = (frame) => {
      lengths.push(frame.length);
      expect(frame.every((octet) => octet === frame.length % 251)).toBe(true);
    };
    const sizes = [60, 1514, 0, 9000, 60, 65535, 61];
    for (let round = 0; round < 3; round++) {
      for (const size of sizes) a.send(new Uint8Array(size).fill(size % 251));
      clock.advanceBy(2);
    }
    expect(lengths).toEqual([...sizes, ...sizes, ...sizes]);
  });
});

describe("hub", () => {
  it("repeats a frame to every other port", () => {
    const clock = new VirtualClock();
    const ports = hub(4, { clock });
    const seen = ports.map((port) => arrivals(port, clock));
    ports[2].send(numbered(1));
    expect(seen).toEqual([["1@0"], ["1@0"], [], ["1@0"]]);
  });

  it("takes the time that bandwidth and latency say: 1000 octets at 1 Mbit/s are 8 ms", () => {
    const clock = new VirtualClock();
    const [a, b] = hub(2, { clock, latency: 5, bandwidth: 1e6 });
    const [atA, atB] = [arrivals(a, clock), arrivals(b, clock)];
    for (let i = 1; i <= 3; i++) a.send(numbered(i, 1000));
    b.send(numbered(9, 1000));
    clock.advanceTo(1000);
    a.send(numbered(4, 1000));
    clock.advanceTo(2000);
    expect(atB).toEqual(["1@13", "2@21", "3@29", "4@1013"]);
    expect(atA).toEqual(["9@13"]);
  });

  it("drops the tail of a full queue and counts it", () => {
    const clock = new VirtualClock();
    const [a, b] = hub(2, { clock, bandwidth: 1e6, queue: 2 });
    const seen = arrivals(b, clock);
    for (let i = 1; i <= 5; i++) a.send(numbered(i, 1000));
    clock.advanceTo(8);
    a.send(numbered(6, 1000));
    clock.advanceTo(100);
    expect(seen).toEqual(["1@8", "2@16", "3@24", "6@32"]);
    expect([a.sent, a.lost]).toEqual([4, 2]);
  });

  it("loses what its buffer does not hold, in octets", () => {
    const clock = new VirtualClock();
    const [a, b] = hub(2, { clock, bandwidth: 1_000_000, buffer: 2000 });
    const seen = arrivals(b, clock);
    for (const [i, length] of [1000, 1000, 500, 600, 500].entries()) a.send(numbered(i, length));
    clock.advanceTo(100);
    expect(seen).toEqual(["0@8", "1@16", "2@20", "4@24"]);
    expect([a.sent, a.lost]).toEqual([4, 1]);
  });

  it("hands frames that arrive together over in one go", () => {
    const clock = new VirtualClock();
    const [a, b] = hub(2, { clock, latency: 1 });
    const seen = arrivals(b, clock);
    for (let i = 0; i < 5000; i++) a.send(numbered(i));
    expect(clock.pending).toBe(1);
    clock.advanceTo(1);
    expect(seen.length).toBe(5000);
    expect(clock.pending).toBe(0);
  });

  it("refuses nonsense", () => {
    expect(() => hub(2, { clock: new VirtualClock(), latency: -1 })).toThrow(RangeError);
    expect(() => hub(2, { clock: new VirtualClock(), bandwidth: 0 })).toThrow(RangeError);
  });
});

describe("filtered", () => {
  it("changes and loses frames, each way by its own filter", () => {
    const [a, far] = wire();
    const near = filtered(
      a,
      (frame) => (numberOf(frame) === 1 ? null : frame),
      () => numbered(8),
    );
    const [atNear, atFar] = [arrivals(near, { now: 0 }), arrivals(far, { now: 0 })];
    near.send(numbered(1));
    near.send(numbered(2));
    far.send(numbered(3));
    expect([atNear, atFar]).toEqual([["8@0"], ["2@0"]]);
  });
});

/** `count` IPv4 frames through a faulty link: their numbers (after the Ethernet header) as they arrive, and the counts. */
function through(
  faults: Faults,
  count: number,
  seed = 1,
): { numbers: number[]; frames: Uint8Array[]; counts: Record<string, number> } {
  const clock = new VirtualClock();
  const [a, b] = wire();
  const link = faulty(a, { clock, seed, sending: faults });
  const numbers: number[] = [];
  const frames: Uint8Array[] = [];
  b.onFrame = (frame) => {
    frames.push(frame.slice());
    numbers.push(numberOf(frame.subarray(14)));
  };
  for (let i = 0; i < count; i++) {
    const frame = new Uint8Array(64);
    frame.set([8, 0], 12);
    frame.set(numbered(i, 50), 14);
    link.send(frame);
    // It was lent for the call only.
    frame.fill(0xee);
    clock.advanceBy(1);
  }
  clock.advanceBy(1000);
  return { numbers, frames, counts: { ...link.sending } };
}

describe("faulty", () => {
  const COUNT = 20_000;
  const near = (rate: number): [number, number] => [COUNT * rate * 0.85, COUNT * rate * 1.15];
  const within = (value: number, [low, high]: [number, number]): void => {
    expect(value).toBeGreaterThan(low);
    expect(value).toBeLessThan(high);
  };

  it("does nothing unless told", () => {
    expect(through({}, 100).numbers).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("loses frames at its rate", () => {
    const { numbers, counts } = through({ loss: 0.05 }, COUNT);
    within(COUNT - numbers.length, near(0.05));
    expect(counts["lost"]).toBe(COUNT - numbers.length);
  });

  it("duplicates frames at its rate", () => {
    const { numbers, counts } = through({ duplication: 0.05 }, COUNT);
    within(numbers.length - COUNT, near(0.05));
    expect(counts["duplicated"]).toBe(numbers.length - COUNT);
    expect(new Set(numbers).size).toBe(COUNT);
  });

  it("delays frames behind later ones at its rate, and loses none", () => {
    const { numbers, counts } = through({ reordering: 0.1, delay: 10 }, COUNT);
    within(counts["reordered"], near(0.1));
    within(numbers.filter((number, i) => i > 0 && number < numbers[i - 1]).length, [COUNT * 0.05, COUNT * 0.1]);
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  });

  it("inverts one bit of IPv4 datagrams at its rate, anywhere behind the Ethernet header", () => {
    const { frames, counts } = through({ corruption: 0.05 }, COUNT);
    const places = new Set<number>();
    frames.forEach((frame, i) => {
      const right = new Uint8Array(64);
      right.set([8, 0], 12);
      right.set(numbered(i, 50), 14);
      frame.forEach((octet, at) => octet !== right[at] && places.add(at));
    });
    within(counts["corrupted"], near(0.05));
    expect([Math.min(...places), Math.max(...places)]).toEqual([14, 63]);
    expect(frames.length).toBe(COUNT);
  });

  it("does the same to the same seed, and something else to another", () => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1, corruption: 0.1 };
    expect(through(faults, 500, 3)).toEqual(through(faults, 500, 3));
    expect(through(faults, 500, 3).numbers).not.toEqual(through(faults, 500, 4).numbers);
  });

  it("leaves frames alone whose octets nothing protects", () => {
    const clock = new VirtualClock();
    const [a, b] = wire();
    const link = faulty(a, { clock, sending: { corruption: 1 } });
    const seen: Uint8Array[] = [];
    b.onFrame = (frame) => seen.push(frame.slice());
    const arp = new Uint8Array(60).fill(5);
    arp.set([8, 6], 12);
    for (let i = 0; i < 50; i++) link.send(arp);
    expect(seen.every((frame) => Buffer.compare(frame, arp) === 0)).toBe(true);
    expect(link.sending.corrupted).toBe(0);
  });

  it("spares frames without using up chance", () => {
    const clock = new VirtualClock();
    const survivors = (spared: number): string[] => {
      const [a, b] = wire();
      const link = faulty(a, { clock, seed: 3, sending: { loss: 0.5 }, spares: (frame) => frame.length === 99 });
      const seen = arrivals(b, clock);
      for (let i = 0; i < 40; i++) {
        link.send(numbered(i));
        for (let j = 0; j < spared; j++) link.send(numbered(1000, 99));
      }
      expect(link.sending.frames).toBe(40);
      return seen;
    };
    const without = survivors(0);
    const beside = survivors(2);
    expect(without.length).toBeLessThan(40);
    expect(beside.filter((seen) => !seen.startsWith("1000"))).toEqual(without);
    expect(beside.length).toBe(without.length + 80);
  });

  it("draws for each direction on its own", () => {
    const clock = new VirtualClock();
    const [a, b] = wire();
    const link = faulty(a, { clock, seed: 5, sending: { loss: 0.5 }, receiving: { loss: 0.5 } });
    const [atLink, atB] = [arrivals(link, clock), arrivals(b, clock)];
    for (let i = 0; i < 100; i++) {
      link.send(numbered(i));
      b.send(numbered(i));
    }
    expect(atLink.length).toBeGreaterThan(20);
    expect(atLink).not.toEqual(atB);
  });

  it("has its own faults for each direction, and none in flight once closed", () => {
    const clock = new VirtualClock();
    const [a, b] = wire();
    const link = faulty(a, { clock, sending: { loss: 1 }, receiving: { reordering: 1, delay: 5 } });
    const [atLink, atB] = [arrivals(link, clock), arrivals(b, clock)];
    link.send(numbered(1));
    b.send(numbered(2));
    clock.advanceBy(10);
    b.send(numbered(3));
    link.close?.();
    clock.advanceBy(10);
    expect(atB).toEqual([]);
    expect(atLink.map((seen) => seen.split("@")[0])).toEqual(["2"]);
    expect(() => faulty(a, { clock, sending: { loss: 5 } })).toThrow(RangeError);
  });
});
