import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { passive } from "../support/states";
import { world } from "../support/world";

test("a range that four newer ones pushed out of memory is reported again when they are gone (RFC 2018 §4)", async () => {
  const w = await world({ profile: "host" });
  const { flow } = passive(w, { sack: true });
  const part = (n: number): void => void flow.send({ flags: "A", seq: 1 + 10 * n, data: pattern(10, 10 * n) });
  for (const n of [20, 1, 3, 5, 7]) {
    part(n);
    flow.expect({ ack: 1 });
  }
  for (const n of [0, 2, 4]) {
    part(n);
    flow.expect({});
  }
  part(6);
  expect(flow.expect({ ack: 81 }).sack).toEqual([[201, 211]]);
});
