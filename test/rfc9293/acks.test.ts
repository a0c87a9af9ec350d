import { describe, expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import { inState, passive, SYNCHRONIZED } from "../support/states";
import { world } from "../support/world";

describe("3.8.6.3 delayed acknowledgements", () => {
  test("MUST-40, SHLD-18: one small segment is acknowledged later, but in less than 500 ms", async () => {
    const w = await world();
    const { flow } = passive(w);
    const sent = w.now;
    flow.data(text("x"));
    flow.expectNothing(10);
    const { at } = flow.expect({ flags: "A", ack: 2, len: 0 }, 500);
    expect(at - sent).toBeLessThan(500);
    flow.expectNothing(5000);
  });

  test("SHLD-18: the answer of the application takes it along", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("ping"));
    w.run(5);
    w.board.send(fd, text("pong"));
    flow.expect({ ack: 5, data: text("pong") }, 10);
    flow.expectNothing(150);
  });

  test("SHLD-19: every second full segment at once, from the first on", async () => {
    const w = await world({ profile: "host" });
    const { flow } = passive(w);
    for (let i = 0; i < 12; i++) {
      flow.data(pattern(1460)).data(pattern(1460));
      flow.expect({ flags: "A", ack: 1 + (2 * i + 2) * 1460 }, 5);
    }
  });
});

describe("3.10.7.4 many segments in one poll", () => {
  test("MUST-58, MUST-59: they are all processed, then one acknowledgement covers them", async () => {
    const w = await world({ profile: "host" });
    const { flow } = passive(w);
    for (let i = 0; i < 9; i++) flow.data(pattern(1460));
    const heard = flow.drain(10);
    expect(heard.map(({ ack }) => ack)).toEqual([1 + 9 * 1460]);
  });

  test("MUST-58: data that goes out anyway takes the acknowledgement of the whole batch along", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ len: 1 });
    w.board.send(fd, text("waits for the ACK"));
    flow.rcv = 2;
    for (let i = 0; i < 6; i++) flow.data(pattern(1460));
    const heard = flow.drain(10);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ text: "waits for the ACK", ack: 1 + 6 * 1460 });
  });

  test("SHLD-31: what comes out of order is kept, and counts once the gap is filled", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const data = pattern(500);
    for (const at of [400, 200, 300, 100]) {
      flow.send({ flags: "PA", seq: 1 + at, data: data.subarray(at, at + 100) });
      flow.expect({ flags: "A", ack: 1 }, 5);
    }
    flow.send({ flags: "PA", seq: 1, data: data.subarray(0, 100) });
    flow.expect({ flags: "A", ack: 501 }, 5);
    expect(w.board.read(fd).data).toEqual(data);
  });

  test("MAY-13: a segment in the window beyond RCV.NXT is answered at once with RCV.NXT", async () => {
    const w = await world();
    const { flow } = passive(w);
    flow.send({ flags: "PA", seq: 11, data: text("later") });
    flow.expect({ flags: "A", seq: 1, ack: 1, len: 0 }, 5);
  });

  test.each(SYNCHRONIZED)("9293-u8: in %s a segment that is not acceptable gets an ACK, a RST nothing", async (state) => {
    const w = await world();
    const made = inState(w, state);
    const next = made.flow.nxt;
    made.flow.send({ flags: "PA", seq: next + 100_000, data: text("far") });
    made.flow.expect({ flags: "A", ack: next });
    made.flow.send({ flags: "R", seq: next + 100_000 });
    made.flow.expectNothing(50);
    expect(made.state()).toBe(state);
  });

  test("9293-u8: the window moves with the newest segment only (SND.WL1, SND.WL2), also with ACK = SND.UNA", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", data: text("new"), win: 300 });
    w.run(100);
    flow.drain(5);
    // An older segment, another window.
    flow.send({ flags: "PA", seq: 1, data: text("new"), win: 60000 });
    w.run(5);
    flow.drain(5);
    w.board.send(fd, pattern(3000));
    w.run(300);
    expect(flow.drain(10).every(({ seq, len }) => seq + len <= 301)).toBe(true);
    // The same number and the same ACK, a larger window.
    flow.send({ flags: "A", ack: 1, win: 3000 });
    const octets = flow.drain(50).reduce((most, { seq, len }) => Math.max(most, seq + len), 0);
    expect(octets).toBeGreaterThan(301);
  });
});
