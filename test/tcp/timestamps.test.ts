import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { passive } from "../support/states";
import { world } from "../support/world";

test("a timestamp does not count before the acknowledgement beside it is believed", async () => {
  const w = await world();
  const { flow, fd } = passive(w, { flow: { stamps: 1000 } });
  const [now] = flow.stamp()!;
  // Blind: the number fits, the acknowledgement is of what was never sent.
  flow.send({ flags: "A", seq: 1, ack: 50_000, timestamps: [(now + 0x40000000) >>> 0, 0] });
  w.run(20);
  flow.data(pattern(10));
  w.run(60);
  expect(w.board.read(fd).data).toEqual(pattern(10));
});

test("a SYN without timestamps is challenged where they were agreed on (RFC 5961 §4.2)", async () => {
  const w = await world();
  const { flow } = passive(w, { flow: { stamps: 1000 } });
  flow.send({ flags: "S", seq: 5000, timestamps: undefined });
  flow.expect({ flags: "A", seq: 1, ack: 1 });
});
