import { expect, test } from "vitest";
import { ackSegment, fill, flight, LATENCY, MSS, sender } from "../support/sender";
import type { Connection } from "../support/states";

/** Text of a segment with timestamps. */
const STAMPED = MSS - 12;
const cwnd = ({ board, fd }: Connection): number => board.row(fd)!.cwnd;

/** Acknowledge segments up to n, all of which arrived when the peer had seen `echo`. */
function answer({ flow, world: w }: Connection, n: number, echo: number): void {
  flow.send({ flags: "A", ack: 1 + n * STAMPED, timestamps: [flow.stamp()![0], echo] });
  w.run(LATENCY + 1);
}

/** Ten segments are out; three duplicates bring the first one back. */
async function recovered(): Promise<{ made: Connection; before: number; early: number }> {
  const { made } = await sender({ stamps: 5000, congestion: "reno" });
  fill(made);
  flight(made);
  const found = { made, before: cwnd(made), early: made.flow.echo };
  for (let i = 0; i < 3; i++) ackSegment(made, 0);
  expect(flight(made).map(({ seq }) => seq)).toContain(1);
  expect(cwnd(made)).toBeLessThan(found.before);
  return found;
}

// Eifel detection without SACK (RFC 3522, RFC 4015).
test("a fast retransmission that was not needed is taken back", async () => {
  const { made, before, early } = await recovered();
  answer(made, 1, early);
  expect(cwnd(made)).toBeGreaterThanOrEqual(before);
  expect(made.board.counters()).toMatchObject({ TcpSpuriousRecoveries: 1 });
  for (const { seq } of flight(made)) expect(seq).toBeGreaterThan(9 * STAMPED);
});

test("one that was needed is not, even if a later answer is older", async () => {
  const { made, before, early } = await recovered();
  answer(made, 1, made.flow.echo);
  answer(made, 2, early);
  expect(cwnd(made)).toBeLessThan(before);
  expect(made.board.counters()).toMatchObject({ TcpSpuriousRecoveries: 0 });
});

test("a timeout that came too early is taken back, and nothing else is sent again", async () => {
  const { made } = await sender({ stamps: 5000 });
  fill(made);
  flight(made);
  const before = cwnd(made);
  const early = made.flow.echo;
  made.flow.expect({ seq: 1 }, 2000);
  made.flow.drain(5);
  answer(made, 10, early);
  expect(cwnd(made)).toBeGreaterThanOrEqual(before);
  expect(made.board.counters()).toMatchObject({ TcpSpuriousTimeouts: 1 });
  for (const { seq } of flight(made)) expect(seq).toBeGreaterThan(9 * STAMPED);
});
