import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { ackSegment, fill, flight, MSS, segments, sender } from "../support/sender";
import type { Connection } from "../support/states";

// RFC 3042, limited transmit

/** Ten segments in flight, more is queued. */
async function flying(): Promise<Connection> {
  const { made } = await sender({ congestion: "reno" });
  fill(made);
  expect(flight(made)).toHaveLength(10);
  return made;
}

test("3042-1, 3042-2: each of the first two duplicates releases a new segment; the window does not change", async () => {
  const made = await flying();
  for (const n of [11, 12]) {
    ackSegment(made, 0);
    expect(segments(flight(made))).toEqual([n]);
    expect(made.board.row(made.fd)!.cwnd).toBe(10 * MSS);
  }
});

test("3042-1: not beyond the window of the receiver", async () => {
  const { made } = await sender({ congestion: "reno" });
  made.flow.win = Math.floor((10 * MSS) / 128);
  made.flow.ack();
  made.world.run(10);
  fill(made);
  const highest = Math.max(...flight(made).map(({ seq, len }) => seq + len));
  made.flow.send({ flags: "A", ack: 1 });
  made.flow.send({ flags: "A", ack: 1 });
  expect(flight(made).every(({ seq, len }) => seq + len <= Math.max(highest, 1 + made.flow.win * 128))).toBe(true);
});

test("3042-3: with SACK a duplicate that reports nothing new releases nothing", async () => {
  const { made } = await sender({ congestion: "reno", sack: true }, { latency: 50 });
  fill(made);
  expect(flight(made)).toHaveLength(10);
  for (let i = 0; i < 5; i++) made.flow.send({ flags: "A", ack: 1 });
  expect(segments(flight(made)).filter((n) => n > 10)).toEqual([]);
  made.flow.send({ flags: "A", ack: 1, sack: [[1 + MSS, 1 + 2 * MSS]] });
  expect(segments(flight(made))).toContain(11);
});

test("3042-4: what they released is not part of the flight that is halved", async () => {
  const made = await flying();
  for (let i = 0; i < 3; i++) {
    ackSegment(made, 0);
    flight(made);
  }
  // Five, half of the ten, and three; with the two it would be six and three.
  expect(made.board.row(made.fd)!.cwnd).toBe(8 * MSS);
});

test("3042-5: three segments, the first of them lost, new data waiting: no timeout", async () => {
  const { made } = await sender({ congestion: "reno" });
  made.board.send(made.fd, pattern(3 * MSS));
  expect(flight(made)).toHaveLength(3);
  fill(made);
  flight(made);
  for (let i = 0; i < 3; i++) ackSegment(made, 0);
  expect(segments(flight(made))).toContain(1);
  expect(made.board.counters()["TcpTimeouts"]).toBe(0);
});
