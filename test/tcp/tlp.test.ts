import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { LATENCY, MSS, sender } from "../support/sender";

test("a window update does not call off the probe of the tail (RFC 8985 §7.2)", async () => {
  const { made } = await sender({ sack: true });
  made.board.send(made.fd, pattern(2 * MSS));
  made.flow.expect({ seq: 1 });
  const { at } = made.flow.expect({ seq: 1 + MSS });
  made.flow.send({ flags: "A", ack: 1, win: 60000 });
  // Twice the round trip of 10 ms, and not the timeout's 200.
  expect(made.flow.expect({ seq: 1 + MSS }).at - at).toBeLessThan(40);
});

test("nor do writes that never end put it off beyond the timeout", async () => {
  const { made } = await sender({ sack: true });
  made.board.setTcp(made.fd, "TCP_NODELAY", 1);
  for (let i = 0; i < 60; i++) {
    made.board.send(made.fd, pattern(1));
    made.world.run(10);
  }
  expect(made.board.counters()["TcpLossProbes"] + made.board.counters()["TcpTimeouts"]).toBeGreaterThanOrEqual(1);
});

test("what the probe repeated gives no round trip (Karn, RFC 6298 §3)", async () => {
  const { made } = await sender({ sack: true });
  made.board.send(made.fd, pattern(100));
  made.flow.expect({ seq: 1 });
  made.flow.expect({ seq: 1 }, 400); // delayed acknowledgements are waited for: more than 200 ms
  made.flow.send({ flags: "A", ack: 101 });
  made.world.run(LATENCY + 1);
  // Had it been taken for a round trip of 220 ms, the next probe would come later.
  made.board.setTcp(made.fd, "TCP_NODELAY", 1);
  made.board.send(made.fd, pattern(100));
  made.flow.expect({ seq: 101 });
  made.flow.ack();
  made.world.run(LATENCY + 1);
  made.board.send(made.fd, pattern(2 * MSS));
  const { at } = made.flow.expect({ seq: 201 });
  made.flow.expect({ seq: 201 + MSS });
  expect(made.flow.expect({ seq: 201 + MSS }).at - at).toBeLessThan(40);
});
