import { describe, expect, test } from "vitest";
import { answerTo, differences, distinct, opened } from "../support/numbers";
import { PORT } from "../support/states";
import { world } from "../support/world";

describe("initial sequence numbers (RFC 6528)", () => {
  test("on one four-tuple they follow the clock of 4 microseconds (MUST-8)", async () => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    const first = answerTo(w, peer, 5555);
    const at = w.now;
    w.run(100_000);
    const second = answerTo(w, peer, 5555);
    const ticks = (w.now - at) * 250;
    expect(Math.abs(((second - first) >>> 0) - ticks)).toBeLessThan(250 * 20);
  });

  test("neighbouring four-tuples have nothing in common", async () => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    const numbers = Array.from({ length: 200 }, (_, i) => answerTo(w, peer, 10000 + i));
    expect(distinct(numbers)).toBe(200);
    const steps = differences(numbers);
    expect(distinct(steps)).toBeGreaterThan(195);
    // Each of the 32 bits is set about half of the time.
    for (let bit = 0; bit < 32; bit++) {
      const set = steps.filter((step) => (step >>> bit) & 1).length;
      expect(set, `bit ${bit}`).toBeGreaterThan(60);
      expect(set, `bit ${bit}`).toBeLessThan(140);
    }
  });

  test("another seed, other numbers (MUST-9); the same seed, the same", async () => {
    const numbers: number[] = [];
    for (const seed of [1, 2, 3, 1]) {
      const w = await world({ seed });
      w.board.listen(PORT);
      numbers.push(answerTo(w, w.peer(), 5555));
    }
    expect(distinct(numbers)).toBe(3);
    expect(numbers[3]).toBe(numbers[0]);
  });

  test("active opens too", async () => {
    const w = await world();
    const peer = w.peer();
    const numbers = Array.from({ length: 50 }, (_, i) => opened(w, peer, 4000 + i).seq);
    expect(distinct(differences(numbers))).toBeGreaterThan(45);
  });
});

describe("ephemeral ports (RFC 6056)", () => {
  test("come from a large range, without a pattern over many peers' ports", async () => {
    const w = await world();
    const peer = w.peer();
    const ports = Array.from({ length: 300 }, (_, i) => opened(w, peer, 1000 + i).port);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024);
    expect(distinct(ports)).toBeGreaterThan(250);
    expect(Math.max(...ports) - Math.min(...ports)).toBeGreaterThan(15000);
    const steps = differences(ports);
    const most = Math.max(...steps.map((step) => steps.filter((other) => other === step).length));
    expect(most).toBeLessThan(20);
  });

  test("differ from boot to boot", async () => {
    const ports: number[] = [];
    for (const seed of [11, 12, 13, 14]) {
      const w = await world({ seed });
      ports.push(opened(w, w.peer(), 4000).port);
    }
    expect(distinct(ports)).toBeGreaterThanOrEqual(3);
  });

  test("are never one that listens", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const first = opened(w, peer, 4000).port;
    for (let port = first - 20; port < first + 20; port++) {
      if (port >= 1024 && port <= 65535) w.board.listen(port, 1);
    }
    const next = Array.from({ length: 30 }, () => opened(w, peer, 4000).port);
    expect(next.filter((port) => Math.abs(port - first) < 20 && port !== first - 20)).toEqual([]);
  });

  test("are not used twice at the same time towards one peer", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const ports: number[] = [];
    for (let i = 0; i < 500; i++) {
      w.board.open(peer.ip, 4000);
      ports.push(peer.expect("a SYN", ({ tcp }) => tcp?.flags === 2).tcp!.src);
    }
    expect(distinct(ports)).toBe(500);
  });
});

describe("the IP identification", () => {
  test("tells nothing: do not fragment, and no counter (RFC 6864)", async () => {
    const w = await world();
    const peer = w.peer();
    w.board.listen(PORT);
    for (let i = 0; i < 5; i++) answerTo(w, peer, 9000 + i);
    const sent = w.ladder.sightings.filter(({ from, packet }) => from === "board1" && packet.ip);
    expect(sent.every(({ packet }) => packet.ip!.fragment === 0x4000 && packet.ip!.id === 0)).toBe(true);
  });
});
