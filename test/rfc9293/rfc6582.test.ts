import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { ackSegment, advance, fill, flight, LATENCY, MSS, segments, sender } from "../support/sender";
import { passive, type Connection } from "../support/states";
import { world } from "../support/world";

// RFC 6582, NewReno: for peers without SACK

/** Ten segments in flight, more is queued. */
async function flying(): Promise<Connection> {
  const { made } = await sender({ congestion: "reno" });
  fill(made);
  expect(flight(made)).toHaveLength(10);
  return made;
}

function duplicates(made: Connection, n: number, of = 0): number[] {
  for (let i = 0; i < n; i++) ackSegment(made, of);
  return segments(flight(made));
}

test("6582-1: before any loss nothing stands in the way of the first recovery, even of the first octet", async () => {
  const made = await flying();
  expect(duplicates(made, 3)).toContain(1);
  expect(made.board.counters()["TcpFastRetransmits"]).toBe(1);
});

test("6582-2: duplicates of what was sent before the last recovery ended start none", async () => {
  const made = await flying();
  const recover = Math.max(10, ...duplicates(made, 3));
  ackSegment(made, recover);
  const heard = [...segments(flight(made)), ...duplicates(made, 5, recover)];
  expect(made.board.counters()["TcpFastRetransmits"]).toBe(1);
  // What is acknowledged after it is new: its duplicates do.
  ackSegment(made, Math.max(...heard));
  const last = advance(made, Math.max(...heard), 4);
  fill(made);
  flight(made);
  duplicates(made, 3, last);
  expect(made.board.counters()["TcpFastRetransmits"]).toBe(2);
});

test("6582-3: the ACK of all that was sent ends it: ssthresh, or the flight and one more", async () => {
  const made = await flying();
  const recover = Math.max(...duplicates(made, 9));
  ackSegment(made, recover);
  made.world.run(LATENCY + 1);
  expect(made.board.row(made.fd)!.cwnd).toBeLessThanOrEqual(5 * MSS);
  expect(made.board.row(made.fd)!.cwnd).toBeGreaterThanOrEqual(MSS);
  // Out of recovery: the next ACK opens again.
  const before = made.board.row(made.fd)!.cwnd;
  fill(made);
  const heard = flight(made);
  expect(heard.length).toBeGreaterThan(0);
  for (const { seq, len } of heard) made.flow.send({ flags: "A", ack: seq + len });
  made.world.run(LATENCY + 1);
  expect(made.board.row(made.fd)!.cwnd).toBeGreaterThan(before);
});

test("6582-4: a partial ACK repeats the next hole at once, deflates and stays", async () => {
  const made = await flying();
  duplicates(made, 8); // 1 and 5 are lost
  const before = made.board.row(made.fd)!.cwnd;
  ackSegment(made, 4);
  expect(segments(flight(made))).toContain(5);
  expect(made.board.row(made.fd)!.cwnd).toBe(before - 4 * MSS + MSS);
  ackSegment(made, 6);
  expect(segments(flight(made))).toContain(7);
  expect(made.board.counters()).toMatchObject({ TcpFastRetransmits: 1, TcpTimeouts: 0 });
});

test("6582-4: the first partial ACK starts the timer anew, the second does not", async () => {
  const made = await flying();
  const { world: w, flow } = made;
  duplicates(made, 8);
  const timer = (): number => w.now + w.board.connection(flow.port)!.timer;
  const started = timer();
  w.run(60);
  ackSegment(made, 2);
  w.run(LATENCY + 1);
  const first = timer();
  expect(first - started).toBeGreaterThan(40);
  w.run(60);
  ackSegment(made, 3);
  w.run(LATENCY + 1);
  expect(Math.abs(timer() - first)).toBeLessThanOrEqual(1);
});

test("6582-5: after a timeout duplicates of what was sent before it start nothing", async () => {
  const made = await flying();
  made.flow.expect({ seq: 1, len: MSS }, 3000);
  ackSegment(made, 1);
  flight(made);
  duplicates(made, 6, 1);
  expect(made.board.counters()["TcpFastRetransmits"]).toBe(0);
});

test("6582-6: the receiver acknowledges at once when a gap is filled, in part or whole", async () => {
  const w = await world();
  const { flow } = passive(w);
  flow.send({ flags: "PA", seq: 201, data: pattern(100) });
  flow.expect({ flags: "A", ack: 1 }, 5);
  flow.send({ flags: "PA", seq: 1, data: pattern(100) });
  flow.expect({ flags: "A", ack: 101 }, 5);
  flow.send({ flags: "PA", seq: 101, data: pattern(100) });
  flow.expect({ flags: "A", ack: 301 }, 5);
});
