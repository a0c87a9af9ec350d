import { describe, expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import { active, connecting, passive, PORT } from "../support/states";
import { world } from "../support/world";

describe("the cable", () => {
  test("is pulled out and put back: the connection goes on", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.board.linkUp(false);
    w.board.send(fd, text("meanwhile"));
    w.run(20_000);
    expect(flow.inbox).toHaveLength(0);
    w.board.board.linkUp(true);
    const heard = flow.expect({ seq: 1 }, 60_000);
    expect(heard.text).toBe("meanwhile");
    flow.ack();
    flow.data(text("back"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("back"));
    expect(state()).toBe("Established");
  });

  test("is pulled out for good: the writer learns of it", async () => {
    const w = await world();
    const { fd, state } = passive(w);
    w.board.board.linkUp(false);
    w.board.send(fd, text("nobody"));
    w.run(3_600_000);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(110);
  });

  test("a connect while the link is down succeeds when it comes up", async () => {
    const w = await world();
    w.board.board.linkUp(false);
    const { flow, state } = connecting(w);
    w.run(2500);
    w.board.board.linkUp(true);
    flow.expect({ flags: "S" }, 10_000);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A" });
    expect(state()).toBe("Established");
  });
});

describe("a neighbour that is not known yet", () => {
  test("the SYN goes out the moment its address is known, not a second later", async () => {
    const w = await world();
    const peer = w.peer({ introduced: false });
    const started = w.now;
    const { flow } = connecting(w, { peer });
    const syn = flow.expect({ flags: "S" });
    expect(syn.at - started).toBeLessThan(10);
  });

  test("a board that knows nobody answers a connection (its SYN tells no address it trusts)", async () => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer({ introduced: false });
    peer.flow({ to: PORT }).handshake();
  });
});

describe("the receive ring", () => {
  test("too small for a burst: what was missed is sent again, nothing is lost for good", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const { board } = w.board;
    const before = board.counters()["rxMissed"];
    // Behind the board's back: a burst that fills the ring within one instant.
    const frames = w.ladder.sightings.length;
    for (let i = 0; i < 12; i++) flow.data(pattern(100, 100 * i));
    const burst = w.ladder.sightings.slice(frames).map(({ packet }) => packet.frame);
    let missed = 0;
    for (const frame of burst) if (!board.receive(frame)) missed++;
    expect(missed).toBeGreaterThan(0);
    expect(board.counters()["rxMissed"] - before).toBe(missed);
    w.run(50);
    expect(w.board.read(fd).data).toEqual(pattern(1200));
  });
});

describe("time (H77)", () => {
  test("that stands still: a million polls at one instant do nothing", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    const sent = w.sent();
    for (let i = 0; i < 100_000; i++) w.board.calls.poll(w.now);
    w.run(1);
    expect(w.sent()).toBe(sent);
  });

  test("poll never asks to be called again at once when it has nothing to do", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    const wait = w.board.calls.poll(w.now);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(1000);
  });

  test.each([0x7fffffff, 0x80000000, 0x80000001, 0xffffffff])(
    "that jumps by %i: no trap, no storm, and the board serves on",
    async (jump) => {
      const w = await world();
      const { flow, fd } = passive(w);
      w.board.send(fd, text("x"));
      flow.expect({ len: 1 });
      w.board.calls.poll((w.now + jump) >>> 0);
      w.board.calls.poll(w.now >>> 0);
      const before = w.sent(w.board.name);
      w.run(60_000);
      expect(w.sent(w.board.name) - before).toBeLessThan(50);
      const peer = w.peer();
      peer.icmp({ type: 8, rest: 1 });
      peer.expect("an echo", ({ icmp }) => icmp?.type === 0, 2000);
    },
  );

  test("that wraps: connections, timers and TIME-WAIT pass over it", async () => {
    const w = await world({ start: 0x100000000 - 5000 });
    const { flow, fd } = active(w);
    for (let i = 0; i < 30; i++) {
      w.board.send(fd, text("x"));
      flow.expect({ len: 1 }, 500);
      flow.ack();
      w.run(300);
    }
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "FA" });
    w.run(59_000);
    expect(w.board.rows()).toHaveLength(1);
    w.run(2000);
    expect(w.board.rows()).toEqual([]);
  });

  test("after 30 idle days an old connection still works", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.run(30 * 86_400_000);
    w.board.send(fd, text("good morning"));
    expect(flow.expect({ seq: 1 }, 5000).text).toBe("good morning");
    flow.ack();
    flow.data(text("hello"));
    flow.expect({ ack: 6 }, 1000);
    expect(w.board.read(fd).data).toEqual(text("hello"));
  });
});

describe.each(["tiny", "default", "host"] as const)("the %s profile", (profile) => {
  test.each([true, false])("debug build: %s - opens, talks and closes both ways", async (debug) => {
    const w = await world({ profile, debug });
    const one = passive(w);
    const two = active(w, { peer: one.peer });
    for (const { flow, fd } of [one, two]) {
      flow.data(text("question"));
      w.run(5);
      expect(w.board.read(fd).data).toEqual(text("question"));
      w.board.send(fd, text("answer"));
      expect(flow.expect({ ack: 9 }).text).toBe("answer");
      flow.ack();
    }
    w.board.close(one.fd);
    one.flow.expect({ flags: "FA" });
    one.flow.send({ flags: "FA" });
    two.flow.send({ flags: "FA" });
    w.run(50);
    two.flow.drain(0);
    w.board.close(two.fd);
    two.flow.expect({ flags: "FA" });
    two.flow.send({ flags: "A" });
    w.run(120_000);
    expect(w.board.rows()).toHaveLength(1);
  });
});

describe("a MAC that sums", () => {
  test.each([1, 2, 3, 4, 7])("capabilities %i: the same conversation", async (capabilities) => {
    const w = await world({ boards: 2, capabilities, faults: { loss: 0.05, corruption: 0.05 }, seed: 3 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const listener = b.listen(PORT);
    const fd = a.open(b.ip, PORT);
    const other = w.accepted(b, listener, 60_000);
    let got = 0;
    let sent = 0;
    const data = pattern(10_000);
    while (got < data.length) {
      sent += Math.max(0, a.send(fd, data.subarray(sent)));
      const part = b.read(other).data;
      expect(part).toEqual(data.subarray(got, got + part.length));
      got += part.length;
      w.run(10);
      if (w.now > 600_000) throw new Error(`only ${got} octets\n${w.story()}`);
    }
  });
});
