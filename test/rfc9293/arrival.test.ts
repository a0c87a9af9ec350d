import { describe, expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import { expectAlive } from "../support/seen";
import { inState, passive, SYNCHRONIZED, type StateName } from "../support/states";
import { named, world } from "../support/world";

// 3.10.7, SEGMENT ARRIVES

describe("RST", () => {
  test("SHLD-2: one that carries data is accepted", async () => {
    const w = await world();
    const { flow, state } = passive(w);
    flow.send({ flags: "RA", seq: 1, data: text("because") });
    flow.expectNothing(20);
    expect(state()).toBe("Closed");
  });

  test.each(SYNCHRONIZED)("9293-u4: in %s: exact resets, in the window is challenged, outside is silence", async (state) => {
    const w = await world();
    const made = inState(w, state);
    const { flow } = made;
    const exact = flow.nxt;
    flow.send({ flags: "R", seq: exact + 10 });
    flow.expect({ flags: "A", ack: exact, len: 0 });
    flow.send({ flags: "R", seq: exact - 1 });
    flow.send({ flags: "R", seq: exact + 70_000 });
    flow.expectNothing(30);
    expect(made.state()).toBe(state);
    flow.send({ flags: "R", seq: exact });
    flow.expectNothing(30);
    expect(made.state()).toBe("Closed");
  });
});

describe("SYN", () => {
  test.each(SYNCHRONIZED)("9293-u5: in %s: a challenge ACK, whatever its number", async (state) => {
    const w = await world();
    const made = inState(w, state);
    const exact = made.flow.nxt;
    for (const seq of [exact, exact + 10, exact - 10, exact + 0x40000000]) {
      made.flow.send({ flags: "S", seq, mss: 1460 });
      made.flow.expect({ flags: "A", ack: exact, len: 0 });
    }
    expect(made.state()).toBe(state);
  });
});

describe("ACK", () => {
  test("9293-u6, MAY-12: beyond SND.NXT: answered, and its text is not taken", async () => {
    const w = await world();
    const made = passive(w);
    made.flow.send({ flags: "PA", seq: 1, ack: 2, data: text("forged") });
    made.flow.expect({ flags: "A", seq: 1, ack: 1 });
    expect(named(w.board.recv(made.fd) as number)).toBe("-EAGAIN");
    expectAlive(made);
  });

  test("9293-u6, MAY-12: older than the largest window: answered, and its text is not taken; younger: taken", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { win: 1000 } });
    for (let i = 0; i < 3; i++) {
      w.board.send(fd, pattern(900));
      flow.expect({ len: 900 });
      flow.ack();
      w.run(3);
    }
    flow.send({ flags: "PA", seq: 1, ack: 2701 - 1001, data: text("forged") });
    flow.expect({ flags: "A", seq: 2701, ack: 1 });
    expect(named(w.board.recv(fd) as number)).toBe("-EAGAIN");
    flow.send({ flags: "PA", seq: 1, ack: 2701 - 1000, data: text("late") });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("late"));
  });
});

describe("no connection", () => {
  test.each([
    ["SYN", { flags: "S", seq: 100 }, { flags: "RA", seq: 0, ack: 101 }],
    ["SYN with text", { flags: "S", seq: 100, data: pattern(10) }, { flags: "RA", seq: 0, ack: 111 }],
    ["FIN", { flags: "F", seq: 100 }, { flags: "RA", seq: 0, ack: 101 }],
    ["text", { flags: "P", seq: 100, data: pattern(7) }, { flags: "RA", seq: 0, ack: 107 }],
    ["ACK", { flags: "A", seq: 100, ack: 5 }, { flags: "R", seq: 5 }],
    ["SYN-ACK", { flags: "SA", seq: 100, ack: 5 }, { flags: "R", seq: 5 }],
    ["FIN and ACK", { flags: "FA", seq: 100, ack: 5 }, { flags: "R", seq: 5 }],
  ])("9293-u7: %s is answered by the RST its sender must believe", async (_, script, answer) => {
    const w = await world();
    const flow = w.peer().flow({ to: 81 });
    flow.irs = 0;
    flow.send(script);
    flow.expect({ ...answer, len: 0 });
    flow.expectNothing(1000);
  });

  test.each(["R", "RA"])("9293-u7: [%s] is never answered", async (flags) => {
    const w = await world();
    const flow = w.peer().flow({ to: 81 });
    flow.send({ flags, seq: 100 });
    flow.expectNothing();
  });

  test.each(["Listen", "SynSent", "SynReceived"] as StateName[])(
    "9293-u7: in %s an ACK of what was never sent gets a RST",
    async (name) => {
      const w = await world();
      const made = inState(w, name);
      made.flow.irs ??= 0;
      made.flow.send({ flags: "A", ack: 77 });
      made.flow.expect({ flags: "R", seq: 77 });
      expect(made.state()).toBe(name);
    },
  );
});
