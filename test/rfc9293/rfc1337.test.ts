import { expect, test } from "vitest";
import { inState } from "../support/states";
import { world } from "../support/world";

// RFC 1337, TIME-WAIT assassination

test.each([
  ["R", 2],
  ["RA", 2],
  ["R", 3],
  ["R", 1],
])("1337-1: a RST in TIME-WAIT is ignored ([%s] %i): the RFC's F1 is chosen, not RFC 9293's CLOSED", async (flags, seq) => {
  const w = await world();
  const { flow, state } = inState(w, "TimeWait");
  flow.send({ flags, seq });
  flow.expectNothing(50);
  expect(state()).toBe("TimeWait");
  w.run(59_000);
  expect(state()).toBe("TimeWait");
  w.run(2000);
  expect(state()).toBe("Closed");
});

test("1337-1: old data in TIME-WAIT is answered by where we are, and the answer's RST does not kill it", async () => {
  const w = await world();
  const { flow, state } = inState(w, "TimeWait");
  flow.send({ flags: "PA", seq: -100, data: new Uint8Array(50) });
  const { seq, ack } = flow.expect({ flags: "A" });
  expect([seq, ack]).toEqual([2, 2]);
  flow.send({ flags: "R", seq: ack });
  w.run(50);
  expect(state()).toBe("TimeWait");
});
