import { describe, expect, test } from "vitest";
import { Flag, pattern, text } from "../support/packet";
import { active, passive } from "../support/states";
import { world } from "../support/world";

describe("3.7.4 the Nagle algorithm", () => {
  test("SHLD-7, MAY-16: a small write waits for the ACK of the one before it, and what waits is joined", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ data: text("a") });
    for (const letter of "bcd") {
      w.board.send(fd, text(letter));
      w.run(5);
    }
    flow.expectNothing(100);
    flow.ack();
    flow.expect({ seq: 2, data: text("bcd") });
  });

  test("SHLD-7: full segments do not wait, the rest does", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(2 * 1460 + 10));
    expect(flow.drain(50).map(({ len }) => len)).toEqual([1460, 1460]);
    flow.ack();
    flow.expect({ len: 10 });
  });

  test("MUST-17: TCP_NODELAY switches it off for one connection, and releases what it held", async () => {
    const w = await world();
    const one = passive(w);
    const two = passive(w, { peer: one.peer });
    for (const { fd, flow } of [one, two]) {
      w.board.send(fd, text("a"));
      flow.expect({ data: text("a") });
      w.board.send(fd, text("b"));
      flow.expectNothing(20);
    }
    expect(w.board.setTcp(one.fd, "TCP_NODELAY", 1)).toBe(0);
    one.flow.expect({ data: text("b") }, 10);
    w.board.send(one.fd, text("c"));
    one.flow.expect({ data: text("c") }, 10);
    two.flow.expectNothing(50);
  });
});

describe("3.9.1.2 SEND without a PUSH flag", () => {
  test.each([1, 100, 1459])("MUST-60: %i octets never stay behind, though nobody pushes", async (octets) => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(octets));
    flow.expect({ len: Math.min(octets, 1024) }, 5);
  });

  test("MUST-60: nor behind the Nagle algorithm when the peer is slow", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ data: text("a") });
    w.board.send(fd, text("b"));
    w.board.send(fd, text("c"));
    w.run(100);
    flow.ack();
    flow.expect({ seq: 2, data: text("bc") }, 10);
  });

  test("MUST-61: PSH is on the last segment of what is queued, not on those before", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w);
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    w.board.send(fd, pattern(4000));
    const pushed = flow.drain(50).map(({ len, flags }) => [len, (flags & Flag.P) !== 0]);
    expect(pushed).toEqual([
      [1460, false],
      [1460, false],
      [1080, true],
    ]);
    flow.ack();
    w.run(5);
    w.board.send(fd, pattern(1460));
    expect(flow.expect({ len: 1460 }).flags & Flag.P).toBe(Flag.P);
  });

  test("SHLD-27: marks of several sends collapse so that segments are full", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w);
    for (let i = 0; i < 4; i++) w.board.send(fd, pattern(730));
    const heard = flow.drain(50);
    expect(heard.map(({ len }) => len)).toEqual([1460, 1460]);
    expect(heard.map(({ flags }) => (flags & Flag.P) !== 0)).toEqual([false, true]);
  });
});
