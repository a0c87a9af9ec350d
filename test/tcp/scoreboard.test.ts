import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { passive } from "../support/states";
import { world } from "../support/world";

const MSS = 200;

test("a peer that reports single octets takes no records from other connections", async () => {
  const w = await world({ latency: 5 });
  const liar = passive(w, { mss: MSS, sack: true });
  const other = passive(w, { mss: MSS, sack: true });
  liar.board.setTcp(liar.fd, "TCP_NODELAY", 1);
  w.board.send(liar.fd, pattern(10 * MSS));
  w.run(6);
  for (let at = 3; at < 400; at += 12) {
    const sack = [0, 4, 8].map((i): [number, number] => [at + i, at + i + 1]);
    liar.flow.send({ flags: "A", ack: 1, sack });
  }
  w.run(6);
  w.board.send(other.fd, pattern(10 * MSS));
  const { at } = other.flow.expect({ seq: 1 });
  for (let i = 1; i < 10; i++) other.flow.expect({ seq: 1 + i * MSS });
  other.flow.send({ flags: "A", ack: 1, sack: [[1 + 2 * MSS, 1 + 10 * MSS]] });
  expect(other.flow.expect({ seq: 1 }).at - at).toBeLessThan(50);
  expect(other.flow.expect({ seq: 1 + MSS }).at - at).toBeLessThan(50);
});
