import { describe, expect, test } from "vitest";
import { flagBits, pattern, text } from "../support/packet";
import { active, inState, passive } from "../support/states";
import { world } from "../support/world";

describe("delayed acknowledgement (RFC 9293 3.8.6.3)", () => {
  test("one small segment: not at once, but in less than 500 ms (MUST-40)", async () => {
    const w = await world();
    const { flow } = passive(w);
    const sent = w.now;
    flow.data(text("x"));
    flow.expectNothing(10);
    const ack = flow.expect({ flags: "A", seq: 1, ack: 2, len: 0 }, 500);
    expect(ack.at - sent).toBeLessThan(500);
    expect(w.board.counters()["TcpDelayedAcks"]).toBe(1);
    flow.expectNothing(2000);
  });

  test("every second full segment: at once (SHLD-19)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    let acks = 0;
    for (let i = 0; i < 20; i++) {
      flow.data(pattern(1460));
      w.run(4);
      acks += flow.drain(0).length;
      w.board.read(fd);
    }
    expect(acks).toBeGreaterThanOrEqual(10);
    expect(acks).toBeLessThanOrEqual(13);
  });

  test("the answer of the application takes the acknowledgement along", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("ping"));
    w.run(5);
    w.board.send(fd, w.board.read(fd).data);
    flow.expect({ flags: "A", seq: 1, ack: 5, data: text("ping") }, 10);
    flow.expectNothing(150);
  });

  test("many segments in one poll: one acknowledgement for what was there (MUST-58, MUST-59)", async () => {
    const w = await world({ profile: "host" });
    const { flow } = passive(w);
    for (let i = 0; i < 8; i++) flow.data(pattern(1460));
    const heard = flow.drain(5);
    expect(heard.length).toBeLessThanOrEqual(4);
    expect(heard.at(-1).ack).toBe(1 + 8 * 1460);
  });

  test("out of order: at once, each time; filling the gap: at once (RFC 5681 4.2)", async () => {
    const w = await world();
    const { flow } = passive(w);
    flow.send({ flags: "PA", seq: 101, data: pattern(100) });
    flow.expect({ flags: "A", ack: 1 }, 5);
    flow.send({ flags: "PA", seq: 201, data: pattern(100) });
    flow.expect({ flags: "A", ack: 1 }, 5);
    flow.send({ flags: "PA", seq: 1, data: pattern(100) });
    flow.expect({ flags: "A", ack: 301 }, 5);
    flow.expectNothing(600);
  });

  test("out of order, many in one poll: one acknowledgement for each, so that the peer can count to three (RFC 5681 4.2)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    for (let i = 1; i <= 6; i++) flow.send({ flags: "PA", seq: 1 + i * 1460, data: pattern(1460) });
    w.board.send(fd, text("text is no duplicate acknowledgement"));
    const heard = flow.drain(5).filter((segment) => segment.len === 0);
    expect(heard.map((segment) => segment.ack)).toEqual(Array(6).fill(1));
    flow.send({ flags: "PA", seq: 1, data: pattern(1460) });
    flow.expect({ flags: "A", ack: 1 + 7 * 1460, len: 0 }, 5);
    flow.expectNothing(100);
  });

  test("filling a part of the gap: at once too", async () => {
    const w = await world();
    const { flow } = passive(w);
    flow.send({ flags: "PA", seq: 301, data: pattern(100) });
    flow.expect({ flags: "A", ack: 1 }, 5);
    flow.send({ flags: "PA", seq: 1, data: pattern(100) });
    flow.expect({ flags: "A", ack: 101 }, 5);
  });

  test("a duplicate: at once", async () => {
    const w = await world();
    const { flow } = passive(w);
    flow.data(text("abc"));
    w.run(100);
    flow.drain(5);
    flow.send({ flags: "PA", seq: 1, data: text("abc") });
    flow.expect({ flags: "A", ack: 4 }, 5);
  });

  test("a FIN: at once", async () => {
    const w = await world();
    const { flow } = passive(w);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", ack: 2 }, 5);
  });

  test("an acknowledgement is never acknowledged", async () => {
    const w = await world();
    const { flow } = passive(w);
    for (let i = 0; i < 5; i++) flow.send({ flags: "A" });
    flow.expectNothing(2000);
  });

  test.each(["Established", "FinWait1", "FinWait2"] as const)("in %s data is acknowledged", async (state) => {
    const w = await world();
    const { flow } = inState(w, state);
    flow.send({ flags: "PA", data: text("data") });
    flow.expect({ flags: "A", ack: 5 }, 500);
  });
});

describe("the Nagle algorithm (RFC 9293 3.7.4)", () => {
  test("a second small write waits for the acknowledgement of the first, and they are joined", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ data: text("a") });
    w.board.send(fd, text("b"));
    w.run(3);
    w.board.send(fd, text("c"));
    flow.expectNothing(100);
    flow.ack();
    flow.expect({ seq: 2, data: text("bc") });
  });

  test("TCP_NODELAY sends each at once (MUST-17), also what was held back", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ data: text("a") });
    w.board.send(fd, text("b"));
    flow.expectNothing(20);
    expect(w.board.setTcp(fd, "TCP_NODELAY", 1)).toBe(0);
    flow.expect({ data: text("b") }, 20);
    w.board.send(fd, text("c"));
    flow.expect({ data: text("c") }, 20);
  });

  test("full segments do not wait; the rest does", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(1460 * 3 + 100));
    expect(flow.drain(50).map((segment) => segment.len)).toEqual([1460, 1460, 1460]);
    flow.ack();
    flow.expect({ len: 100 });
  });

  test("a FIN takes what waits along", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ data: text("a") });
    w.board.send(fd, text("b"));
    w.board.shutdown(fd, 1);
    const last = flow.expect({ flags: "FA", seq: 2 });
    expect(last.text).toBe("b");
  });

  test("many writes before one poll make full segments (SHLD-28)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    for (let i = 0; i < 1460; i++) w.board.send(fd, text("zz"));
    expect(flow.drain(50).map((segment) => segment.len)).toEqual([1460, 1460]);
  });
});

describe("PSH", () => {
  test("is set on the last segment of what was written (MUST-61)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w);
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    w.board.send(fd, pattern(4000));
    const heard = flow.drain(50);
    expect(heard.map((segment) => segment.len)).toEqual([1460, 1460, 1080]);
    expect(heard.at(-1).flags & flagBits("P")).toBe(flagBits("P"));
  });
});
