import { expect, test } from "vitest";
import { inState, passive } from "../support/states";
import { world, type World } from "../support/world";

// RFC 6191: TIME-WAIT ends early for a SYN that is certainly newer

/** A number shortly before the wrap. */
const T = 0xfffffff0;

/** A connection that the board closed first waits; the peer's clock stood at `old` (undefined: it had none). Then a SYN comes. */
async function syn(old: number | undefined, now: { clock?: number; seq: number }): Promise<"accepted" | "waits"> {
  const w = await world();
  const again = await waiting(w, old);
  const { flow } = again;
  flow.clock = now.clock;
  if (now.clock === undefined) flow.stamps = undefined;
  const at = flow.nxt + now.seq;
  flow.drain(10);
  flow.send({ flags: "S", seq: at, mss: 1460 });
  const answer = flow.next(50);
  if (!answer) {
    expect(again.state()).toBe("TimeWait");
    return "waits";
  }
  expect(answer.flags).toBe(0x12);
  expect((answer.raw.ack - flow.iss - at) >>> 0).toBe(1);
  return "accepted";
}

async function waiting(w: World, clock: number | undefined): Promise<ReturnType<typeof passive>> {
  const made = passive(w, clock === undefined ? {} : { flow: { stamps: (clock - 1000) >>> 0 } });
  made.flow.clock = clock;
  w.board.close(made.fd);
  made.flow.expect({ flags: "FA" });
  made.flow.send({ flags: "FA" });
  made.flow.expect({ flags: "A", seq: 2, ack: 2 });
  expect(made.state()).toBe("TimeWait");
  return made;
}

test.each([
  ["6191-1: a later timestamp: accepted", T, { clock: T + 1, seq: 100 }, "accepted"],
  ["6191-1: also beyond the wrap, and whatever the number", T, { clock: 20, seq: -50_000 }, "accepted"],
  ["6191-1: an earlier one: it waits", T, { clock: T - 1, seq: 100_000 }, "waits"],
  ["6191-2: the same timestamp, a number above the last: accepted", T, { clock: T, seq: 0 }, "accepted"],
  ["6191-2: the same timestamp, the FIN's number: it waits", T, { clock: T, seq: -1 }, "waits"],
  ["6191-3: timestamps no longer, a number above: accepted", T, { seq: 0 }, "accepted"],
  ["6191-3: timestamps no longer, no number above: it waits", T, { seq: -1 }, "waits"],
  ["6191-4: timestamps for the first time: accepted, whatever the number", undefined, { clock: 5, seq: -50_000 }, "accepted"],
  ["6191-4: none before and none now, a number above: accepted", undefined, { seq: 0 }, "accepted"],
  ["6191-4: none before and none now, no number above: it waits", undefined, { seq: -1 }, "waits"],
] as const)("%s", async (_, old, now, outcome) => {
  expect(await syn(old, now)).toBe(outcome);
});

test("SHLD-4: timestamps shorten TIME-WAIT: the same two ends talk again at once, with any number", async () => {
  const w = await world();
  const { flow, state } = await waiting(w, 5_000_000);
  flow.clock = 5_000_100;
  flow.iss -= 100_000;
  flow.nxt = 0;
  flow.rcv = 0;
  flow.handshake();
  w.run(5);
  expect(state()).toBe("Established");
});

test("SHLD-4: without them nothing shortens it for an old number", async () => {
  const w = await world();
  const { flow, state } = inState(w, "TimeWait");
  for (let i = 0; i < 20; i++) {
    flow.send({ flags: "S", seq: -1000 * i - 1, mss: 1460 });
    w.run(2000);
  }
  expect(state()).toBe("TimeWait");
});
