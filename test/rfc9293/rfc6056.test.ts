import { expect, test } from "vitest";
import { Errno } from "../../host/node/abi";
import { differences, distinct, opened } from "../support/numbers";
import { world } from "../support/world";

// RFC 6056, ephemeral ports

/** How often the most frequent one occurs. */
function commonest(values: number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(...counts.values());
}

test("6056-1: they come from all of 1024 to 65535 and cannot be foretold", async () => {
  const w = await world();
  const peer = w.peer();
  const ports = Array.from({ length: 400 }, (_, i) => opened(w, peer, 1000 + i).port);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024);
  expect(Math.min(...ports)).toBeLessThan(1024 + 2500);
  expect(Math.max(...ports)).toBeGreaterThan(65535 - 2500);
  expect(commonest(differences(ports))).toBeLessThan(20);
});

test("6056-2: never one that listens", async () => {
  const w = await world({ profile: "host" });
  const peer = w.peer();
  const next = opened(w, peer, 4000).port + 1;
  for (let port = next; port < next + 20; port++) w.board.listen(port, 1);
  const ports = Array.from({ length: 30 }, () => opened(w, peer, 4000).port);
  expect(ports.filter((port) => port >= next && port < next + 20)).toEqual([]);
});

test("6056-3: towards one peer a port does not come again soon", async () => {
  const w = await world();
  const peer = w.peer();
  expect(distinct(Array.from({ length: 500 }, () => opened(w, peer, 4000).port))).toBe(500);
});

test("6056-4: the four-tuple is unused; when a port of choice is not, the answer is an error", async () => {
  const w = await world();
  const peer = w.peer();
  const first = w.board.socket();
  w.board.setSocket(first, "SO_REUSEADDR", 1);
  w.board.bind(first, 7001);
  w.board.connect(first, peer.ip, 4000);
  const second = w.board.socket();
  w.board.setSocket(second, "SO_REUSEADDR", 1);
  w.board.bind(second, 7001);
  expect([-Errno.EADDRNOTAVAIL, -Errno.EADDRINUSE]).toContain(w.board.connect(second, peer.ip, 4000));
  expect(w.board.connect(second, peer.ip, 4001)).toBe(-Errno.EINPROGRESS);
});

test("6056-5: beside a long row of taken ports the next one is no likelier than any other", async () => {
  const w = await world({ profile: "host" });
  const peer = w.peer();
  for (let port = 20_000; port < 20_200; port++) w.board.listen(port, 1);
  const ports = Array.from({ length: 400 }, (_, i) => opened(w, peer, 1000 + i).port);
  expect(ports.filter((port) => port === 20_200).length).toBeLessThanOrEqual(1);
});

test("6056-6: a thousand connects to many ports show no constant step; nobody can count those to others", async () => {
  const w = await world();
  const [one, other] = [w.peer(), w.peer()];
  const ports = Array.from({ length: 1000 }, (_, i) => opened(w, one, 2000 + i).port);
  expect(commonest(differences(ports))).toBeLessThan(40);
  // With one counter for all, the steps towards `other` would be what `one` was asked in between; with a table most are 1.
  const steps: number[] = [];
  let last = opened(w, other, 4000).port;
  for (let i = 0; i < 40; i++) {
    for (let n = 0; n < 5; n++) opened(w, one, 5000 + n);
    const next = opened(w, other, 4000).port;
    steps.push((next - last + 64512) % 64512);
    last = next;
  }
  expect(steps.filter((step) => step === 6).length).toBeLessThan(20);
});
