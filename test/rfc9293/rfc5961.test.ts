import { describe, expect, test } from "vitest";
import { Errno } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { expectAlive } from "../support/seen";
import { inState, passive, SYNCHRONIZED } from "../support/states";
import { named, world } from "../support/world";

describe.each(SYNCHRONIZED)("3.2, 4.2 in %s", (state) => {
  test(`5961-1: a RST at RCV.NXT resets, in ${state}`, async () => {
    const w = await world();
    const made = inState(w, state);
    made.flow.send({ flags: "R" });
    made.flow.expectNothing(20);
    expect(made.state()).toBe("Closed");
  });

  test(`5961-2: elsewhere in the window it is challenged and changes nothing, in ${state}`, async () => {
    const w = await world();
    const made = inState(w, state);
    const before = w.board.connection(made.flow.port)!;
    const { nxt, rcv } = made.flow;
    for (const offset of [1, 100, 1000]) {
      made.flow.send({ flags: "R", seq: nxt + offset });
      made.flow.expect({ flags: "A", seq: rcv, ack: nxt, len: 0 });
    }
    expect({ ...w.board.connection(made.flow.port)!, timer: 0 }).toEqual({ ...before, timer: 0 });
  });

  test(`5961-3: outside the window: silence, in ${state}`, async () => {
    const w = await world();
    const made = inState(w, state);
    const { nxt } = made.flow;
    for (const seq of [nxt - 1, nxt + 70_000, nxt + 0x40000000]) {
      w.expectDrop("TcpOutOfWindow", () => made.flow.send({ flags: "R", seq }));
    }
  });

  test(`5961-4: a SYN of any number is challenged; the exact RST of a true peer then ends it, in ${state}`, async () => {
    const w = await world();
    const made = inState(w, state);
    const { nxt } = made.flow;
    for (const seq of [nxt, nxt + 500, nxt - 500]) {
      made.flow.send({ flags: "S", seq, mss: 1460 });
      const { ack } = made.flow.expect({ flags: "A", len: 0 });
      expect(ack).toBe(nxt);
      expect(made.state()).toBe(state);
    }
    made.flow.send({ flags: "R", seq: nxt });
    w.run(5);
    expect(made.state()).toBe("Closed");
  });
});

describe("3.2 in SYN-SENT", () => {
  test("5961-3: a RST counts only if its ACK covers the SYN; otherwise silence", async () => {
    const w = await world();
    const { flow, state, fd } = inState(w, "SynSent");
    for (const script of [{ flags: "R" }, { flags: "RA", ack: 0 }, { flags: "RA", ack: 2 }, { flags: "RA", ack: 5000 }]) {
      flow.send({ seq: 0, ...script });
      flow.expectNothing(20);
      expect(state()).toBe("SynSent");
    }
    flow.send({ flags: "RA", seq: 0, ack: 1 });
    w.run(5);
    expect(w.board.error(fd)).toBe(Errno.ECONNREFUSED);
  });
});

describe("5.2 data", () => {
  test.each([1, 1000, 0x40000000])("5961-5: an ACK of SND.NXT + %i: answered, dropped", async (beyond) => {
    const w = await world();
    const made = passive(w);
    made.flow.send({ flags: "PA", seq: 1, ack: 1 + beyond, data: text("forged") });
    made.flow.expect({ flags: "A", seq: 1, ack: 1 });
    expect(named(w.board.recv(made.fd) as number)).toBe("-EAGAIN");
    expectAlive(made);
  });

  test("5961-5: an ACK more than the largest window old: answered, dropped; the oldest that may be is taken", async () => {
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

describe("7 throttling", () => {
  test("5961-6: ten challenges in five seconds, then silence, then ten more", async () => {
    const w = await world();
    const { flow } = passive(w);
    for (let burst = 0; burst < 2; burst++) {
      for (let i = 0; i < 50; i++) {
        flow.send({ flags: "R", seq: 100 });
        w.run(10);
      }
      expect(flow.drain(5)).toHaveLength(10);
      w.run(5000);
    }
  });

  test("5961-6: the number is a knob", async () => {
    const w = await world({ knobs: { CONFIG_CHALLENGE_ACKS: 3 } });
    const { flow } = passive(w);
    for (let i = 0; i < 20; i++) {
      flow.send({ flags: "S", seq: 100 });
      w.run(10);
    }
    expect(flow.drain(20)).toHaveLength(3);
  });

  test("5961-7: each connection has its own budget, and answers to old text are outside of it", async () => {
    const w = await world();
    const one = passive(w);
    const two = passive(w, { peer: one.peer });
    one.flow.data(text("text"));
    w.run(100);
    for (let i = 0; i < 100; i++) one.flow.send({ flags: "R", seq: 100 });
    expect(one.flow.drain(20).length).toBeLessThanOrEqual(11);
    two.flow.send({ flags: "R", seq: 100 });
    two.flow.expect({ flags: "A", ack: 1 });
    for (let i = 0; i < 20; i++) {
      one.flow.send({ flags: "PA", seq: 1, data: text("text") });
      one.flow.expect({ flags: "A", ack: 5 }, 5);
    }
  });
});
