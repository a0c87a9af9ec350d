import { describe, expect, test } from "vitest";
import { flagBits, pattern, text } from "../support/packet";
import { active, connecting, passive } from "../support/states";
import { world } from "../support/world";

describe("window scale (RFC 7323 2)", () => {
  test("a board with large buffers offers it, and the window of its SYN is not scaled", async () => {
    const w = await world({ profile: "host" });
    const { flow } = connecting(w);
    const syn = flow.expect({ flags: "S" });
    expect(syn.wscale).toBeDefined();
    expect(syn.win).toBeGreaterThan(30000);
    flow.send({ flags: "SA", mss: 1460, wscale: 3 });
    const ack = flow.expect({ flags: "A" });
    const scaled = ack.win << syn.wscale!;
    expect(scaled).toBeLessThanOrEqual(1 << 20);
    expect(scaled).toBeGreaterThanOrEqual(60000);
  });

  test("the SYN-ACK has it only if the SYN had", async () => {
    const w = await world({ profile: "host" });
    const listener = w.board.listen(80);
    expect(listener).toBeGreaterThanOrEqual(0);
    const peer = w.peer();
    const with_ = peer.flow({ to: 80 }).send({ flags: "S", mss: 1460, wscale: 2 });
    expect(with_.expect({ flags: "SA" }).wscale).toBeDefined();
    const without = peer.flow({ to: 80 }).send({ flags: "S", mss: 1460 });
    expect(without.expect({ flags: "SA" }).wscale).toBeUndefined();
  });

  test("without it the peer's windows are taken as they are", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 3000 } });
    w.board.send(fd, pattern(20000));
    expect(flow.drain(50).reduce((sum, segment) => sum + segment.len, 0)).toBeLessThanOrEqual(3000);
  });

  test("with it they are multiplied, except the SYN's", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { wscale: 4, flow: { win: 500 } });
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    w.board.send(fd, pattern(4000));
    // The window of the SYN-ACK is 500, unscaled: nothing more until the next segment.
    const first = flow.drain(20).reduce((sum, segment) => sum + segment.len, 0);
    expect(first).toBeLessThanOrEqual(500);
    flow.ack(500);
    const rest = flow.drain(50).reduce((sum, segment) => sum + segment.len, 0);
    expect(first + rest).toBe(4000);
  });

  test.each([15, 31, 32, 255])("a shift of %i counts as 14", async (wscale) => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { wscale, flow: { win: 0 } });
    flow.send({ flags: "A", win: 1 });
    w.run(5);
    w.board.send(fd, pattern(40000));
    const sent = flow.drain(50).reduce((sum, segment) => sum + segment.len, 0);
    expect(sent).toBeGreaterThan(8000);
    expect(sent).toBeLessThanOrEqual(1 << 14);
    expect(w.board.counters()["TcpWindowScaleClamped"]).toBe(1);
  });

  test("off a SYN it is ignored", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 1000 } });
    flow.send({ flags: "A", wscale: 10, win: 1000 });
    w.run(5);
    w.board.send(fd, pattern(20000));
    expect(flow.drain(50).reduce((sum, segment) => sum + segment.len, 0)).toBeLessThanOrEqual(1000);
  });

  test("windows above 32767 are unsigned (MUST-1)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 65535 } });
    w.board.send(fd, pattern(14600));
    expect(flow.drain(50).reduce((sum, segment) => sum + segment.len, 0)).toBe(14600);
  });
});

describe("zero window", () => {
  test("probes: the first after an RTO, then with doubling times, of one octet at most (MUST-36, SHLD-29, SHLD-30)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("waiting"));
    const started = w.now;
    const times: number[] = [];
    for (let i = 0; i < 8; i++) {
      const probe = flow.expect({}, 200_000);
      expect(probe.len).toBeLessThanOrEqual(1);
      expect([0, 1]).toContain(probe.seq);
      times.push(probe.at);
      flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(times[0] - started).toBeGreaterThanOrEqual(190);
    expect(times[0] - started).toBeLessThan(1500);
    for (let i = 2; i < times.length; i++) {
      const ratio = (times[i] - times[i - 1]) / (times[i - 1] - times[i - 2]);
      expect(ratio, times.join(" ")).toBeGreaterThan(1.8);
      expect(ratio, times.join(" ")).toBeLessThan(2.2);
    }
    expect(w.board.counters()["TcpPersistProbes"]).toBe(8);
  });

  test("never gives up while probes are answered (MUST-37); ends once the window opens", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("waiting"));
    const until = w.now + 6 * 3_600_000;
    let longest = 0;
    let last = w.now;
    while (w.now < until) {
      const probe = flow.next(400_000);
      if (!probe) throw new Error(`no probe for 400 s\n${w.story()}`);
      longest = Math.max(longest, probe.at - last);
      last = probe.at;
      flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(longest).toBeLessThanOrEqual(121_000);
    expect(state()).toBe("Established");
    flow.send({ flags: "A", ack: 1, win: 1000 });
    const heard = flow.drain(50).map((segment) => segment.text);
    expect(heard.join("")).toContain("waiting");
  });

  test("a window that opens lets data flow at once", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(1000));
    flow.expectNothing(100);
    flow.ack(5000);
    const { at } = flow.expect({ seq: 1, len: 1000 });
    expect(w.now - at).toBeLessThan(5);
  });

  test("the octet of an accepted probe is not sent again", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("abcdef"));
    const probe = flow.expect({}, 2000);
    if (probe.len === 1) {
      flow.send({ flags: "A", ack: 2, win: 5000 });
      flow.expect({ seq: 2, data: text("bcdef") });
    } else {
      flow.send({ flags: "A", ack: 1, win: 5000 });
      flow.expect({ seq: 1, data: text("abcdef") });
    }
  });

  test("a FIN waits for the window too, and gets through", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("abc"));
    w.board.shutdown(fd, 1);
    w.run(3000);
    flow.drain(1);
    flow.ack(100);
    w.run(2000);
    const heard = flow.drain(400);
    expect(heard.some((segment) => segment.flags & flagBits("F"))).toBe(true);
  });

  test("the board's own window closes when nobody reads and opens when somebody does", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.run(100);
    expect(flow.drain(50).at(-1)).toMatchObject({ ack: 2049, win: 0 });
    flow.send({ flags: "PA", seq: 2049, data: text("!") });
    flow.expect({ flags: "A", ack: 2049, win: 0 });
    const { data } = w.board.read(fd);
    expect(data).toEqual(pattern(2048));
    const update = flow.expect({ flags: "A", ack: 2049 });
    expect(update.win).toBe(2048);
    flow.send({ flags: "PA", seq: 2049, data: text("!") });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("!"));
  });

  test("a probe of one octet is answered and its octet not taken", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.run(100);
    flow.drain(50);
    for (let i = 0; i < 20; i++) {
      flow.send({ flags: "A", seq: 2049, data: text("z") });
      flow.expect({ flags: "A", seq: 1, ack: 2049, win: 0 });
    }
    expect(w.board.read(fd).data).toHaveLength(2048);
  });
});

describe("silly windows", () => {
  test("the receiver does not announce little room (MUST-39)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.run(100);
    flow.drain(50);
    for (let i = 0; i < 900; i++) {
      w.board.recv(fd, 1);
      w.run(1);
    }
    flow.expectNothing(1000);
    w.board.recv(fd, 200);
    const update = flow.expect({ flags: "A", ack: 2049 });
    expect(update.win).toBeGreaterThanOrEqual(1024);
  });

  test("but tells at once of room for two segments, also in an open window", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    for (let i = 0; i < 4; i++) flow.data(pattern(1460));
    w.run(100);
    const before = flow.drain(5).at(-1);
    // One octet of the buffer was never announced: a window has 16 bits.
    w.board.recv(fd, 2918);
    flow.expectNothing(100);
    w.board.recv(fd, 2);
    const update = flow.expect({ flags: "A", ack: 5841 }, 5);
    expect(update.win).toBeGreaterThan(before.win);
  });

  test("the right edge of the window never moves left (SHLD-14)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    let edge = 0;
    for (let i = 0; i < 200; i++) {
      flow.data(pattern(1 + ((i * 37) % 300)));
      if (i % 3 === 0) w.board.recv(fd, (i * 53) % 700);
      w.run(7);
      for (const segment of flow.drain(0)) {
        expect(segment.ack + segment.win).toBeGreaterThanOrEqual(edge);
        edge = segment.ack + segment.win;
        // What did not fit is sent again.
        flow.nxt = segment.ack;
      }
      w.board.read(fd);
    }
  });

  test("the sender does not use a little window at once while more is queued (MUST-38)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 7300 } });
    w.board.send(fd, pattern(7300));
    flow.drain(20);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(8000));
    flow.ack(100);
    flow.expectNothing(90);
    // The override timeout: 0.1 to 1 second (RFC 9293 3.8.6.2.1), or the persist timer.
    const forced = flow.expect({ seq: 7301 }, 1500);
    expect(forced.len).toBeLessThanOrEqual(100);
  });

  test("it uses half of the largest window seen", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 1000 } });
    w.board.send(fd, pattern(1000));
    flow.drain(20);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(3000, 1000));
    flow.ack(500);
    flow.expect({ seq: 1001, len: 500 });
  });
});

describe("a window that shrinks (MUST-34, SHLD-15)", () => {
  test("nothing new is sent beyond the new edge, what lies inside is repeated, and the connection lives", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd, state } = active(w, { flow: { win: 10000 } });
    w.board.send(fd, pattern(20000));
    const sent = flow.drain(50).reduce((sum, segment) => sum + segment.len, 0);
    expect(sent).toBeLessThanOrEqual(10000);
    flow.send({ flags: "A", ack: 1461, win: 2000 });
    const later = flow.drain(1500);
    for (const segment of later) expect(segment.seq + segment.len).toBeLessThanOrEqual(Math.max(1461 + 2000, sent + 1));
    expect(later.some((segment) => segment.seq === 1461)).toBe(true);
    expect(later.every((segment) => segment.seq < sent + 1)).toBe(true);
    expect(state()).toBe("Established");
    flow.send({ flags: "A", ack: sent + 1, win: 20000 });
    flow.rcv = sent + 1;
    for (let round = 0; round < 30; round++) {
      flow.drain(10);
      flow.ack(20000);
    }
    expect(flow.rcv).toBe(20001);
  });

  test("shrunk to nothing: probes, not silence (MUST-35)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd, state } = active(w, { flow: { win: 5000 } });
    w.board.send(fd, pattern(20000));
    flow.drain(50);
    flow.send({ flags: "A", ack: 1, win: 0 });
    let heard = 0;
    for (let i = 0; i < 30; i++) {
      const segment = flow.next(200_000);
      if (segment) heard++;
      flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(heard).toBe(30);
    expect(state()).toBe("Established");
  });

  test("an old segment does not change the window (SND.WL1, SND.WL2)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", data: text("new"), win: 100 });
    w.run(100);
    flow.drain(5);
    flow.send({ flags: "PA", seq: 1, data: text("new"), win: 60000 });
    w.run(5);
    w.board.send(fd, pattern(2000));
    expect(flow.drain(20).reduce((sum, segment) => sum + segment.len, 0)).toBeLessThanOrEqual(100);
  });

  test("windows of one and zero by turns do not make the board hurry", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(2000));
    const before = w.sent(w.board.name);
    for (let i = 0; i < 200; i++) {
      flow.ack(i % 2);
      w.run(10);
      flow.drain(0);
    }
    expect(w.sent(w.board.name) - before).toBeLessThan(110);
    expect(state()).toBe("Established");
  });
});
