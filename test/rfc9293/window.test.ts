import { describe, expect, test } from "vitest";
import { Flag, pattern, text } from "../support/packet";
import { expectAlive } from "../support/seen";
import { active, passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

/** The board has that much in flight to a peer that then takes its window back. */
async function shrunk(flight: number, window: number): Promise<{ w: World; made: Connection }> {
  const w = await world({ profile: "host" });
  const made = active(w, { flow: { win: flight } });
  w.board.send(made.fd, pattern(4 * flight));
  expect(made.flow.drain(50).reduce((sum, { len }) => sum + len, 0)).toBe(flight);
  made.flow.send({ flags: "A", ack: 1, win: window });
  w.run(3);
  return { w, made };
}

/** The peer's window is closed and something waits. */
async function closed(): Promise<{ w: World; made: Connection }> {
  const w = await world();
  const made = passive(w);
  made.flow.ack(0);
  w.run(5);
  w.board.send(made.fd, text("waiting"));
  return { w, made };
}

describe("3.8.6 a window that shrinks", () => {
  test("MUST-34, SHLD-15: a negative usable window: nothing new is sent, and all arrives once it opens", async () => {
    const { w, made } = await shrunk(5840, 1000);
    const { flow } = made;
    for (const { seq, len } of flow.drain(3000)) expect(seq + len).toBeLessThanOrEqual(1 + 5840);
    expect(made.state()).toBe("Established");
    for (let round = 0; round < 60 && flow.rcv <= 4 * 5840; round++) {
      flow.send({ flags: "A", win: 20_000 });
      w.run(50);
      flow.drain(20);
    }
    expect(flow.rcv).toBe(1 + 4 * 5840);
  });

  test("MUST-35: shrunk to zero: probes, as for any closed window", async () => {
    const { made } = await shrunk(5840, 0);
    const { flow } = made;
    for (let i = 0; i < 12; i++) {
      const probe = flow.next(130_000);
      expect(probe, `probe ${i}`).toBeDefined();
      expect(probe!.seq).toBe(1);
      flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(made.state()).toBe("Established");
  });

  test("SHLD-16: what lies inside the new window is sent again as usual", async () => {
    const { made } = await shrunk(5840, 1460);
    expect(made.flow.expect({}, 1000)).toMatchObject({ seq: 1, len: 1460 });
  });

  test("SHLD-17: that nothing beyond the new edge is acknowledged does not end the connection", async () => {
    const { w, made } = await shrunk(5840, 1460);
    for (let i = 0; i < 300; i++) {
      w.run(5000);
      made.flow.drain(0);
      made.flow.send({ flags: "A", ack: 1461, win: 0 });
    }
    expect(made.state()).toBe("Established");
  });

  test("MAY-7: what lies beyond the edge may be sent again too, but is not while the window is closed", async () => {
    const { w, made } = await shrunk(5840, 0);
    for (let i = 0; i < 20; i++) {
      w.run(2000);
      for (const { seq, len } of made.flow.drain(0)) expect(seq + len).toBeLessThanOrEqual(1 + 1460);
      made.flow.send({ flags: "A", ack: 1, win: 0 });
    }
  });

  test("SHLD-14, MAY-8: our own right edge never moves left, also when nobody reads for hours", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    let edge = 0;
    for (let i = 0; i < 100; i++) {
      flow.data(pattern(1 + ((i * 37) % 300)));
      if (i % 3 === 0) w.board.recv(fd, (i * 53) % 500);
      w.run(50);
      for (const segment of flow.drain(0)) {
        expect(segment.ack + segment.win).toBeGreaterThanOrEqual(edge);
        edge = segment.ack + segment.win;
        flow.nxt = segment.ack;
      }
    }
    // Fill it, and ask for two hours.
    while (flow.nxt < edge) flow.data(pattern(Math.min(500, edge - flow.nxt)));
    w.run(100);
    flow.drain(10);
    for (let i = 0; i < 100; i++) {
      w.run(72_000);
      flow.send({ flags: "A", seq: edge, data: text("?") });
      flow.expect({ flags: "A", ack: edge, win: 0 });
    }
  });
});

describe("3.8.6.1 zero-window probing", () => {
  test("MUST-36, SHLD-29, SHLD-30: the first probe after one timeout, then after twice the time each", async () => {
    const { w, made } = await closed();
    const started = w.now;
    const times = [started];
    for (let i = 0; i < 9; i++) {
      const probe = made.flow.expect({}, 130_000);
      expect(probe.len).toBeLessThanOrEqual(1);
      times.push(probe.at);
      made.flow.send({ flags: "A", ack: 1, win: 0 });
    }
    const pauses = times.slice(1).map((at, i) => at - times[i]);
    expect(pauses[0]).toBeGreaterThanOrEqual(190);
    expect(pauses[0]).toBeLessThan(1100);
    pauses.slice(1).forEach((pause, i) => expect(pause / pauses[i], pauses.join(" ")).toBeCloseTo(2, 0));
  });

  test("MUST-36: a probe finds the window open when the update was lost", async () => {
    const { made } = await closed();
    const probe = made.flow.expect({}, 2000);
    made.flow.send({ flags: "A", ack: 1 + probe.len, win: 1000 });
    const rest = made.flow.drain(50).map((segment) => segment.text);
    expect((probe.len ? probe.text : "") + rest.join("")).toBe("waiting");
  });

  test("MUST-37: as long as probes are answered the connection stays, for a day", async () => {
    const { w, made } = await closed();
    const until = w.now + 24 * 3_600_000;
    while (w.now < until) {
      if (!made.flow.next(130_000)) throw new Error("no probe");
      made.flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(made.state()).toBe("Established");
    made.flow.send({ flags: "A", ack: 1, win: 1000 });
    expect(
      made.flow
        .drain(50)
        .map((segment) => segment.text)
        .join(""),
    ).toContain("aiting");
  });
});

describe("3.8.6.2 silly windows", () => {
  test("MUST-38: a small part of the window is not used while more is queued", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 7300 } });
    w.board.send(fd, pattern(7300));
    flow.drain(20);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(8000));
    flow.ack(200);
    flow.expectNothing(90);
    // The override timeout, 0.1 to 1 second.
    expect(flow.expect({ seq: 7301 }, 1100).len).toBeLessThanOrEqual(200);
  });

  test("MUST-38: half of the largest window is enough", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 1000 } });
    w.board.send(fd, pattern(1000));
    flow.drain(20);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(3000, 1000));
    flow.ack(500);
    flow.expect({ seq: 1001, len: 500 }, 10);
  });

  test("MUST-39: nor in the answer to a probe: the window stays closed until it is worth opening", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024));
    w.run(100);
    expect(flow.drain(50).at(-1)).toMatchObject({ win: 0 });
    for (let octets = 0; octets < 1000; octets += 100) {
      w.board.recv(fd, 100);
      w.run(5);
      flow.data(text("?")); // there is room for it
      expect(flow.expect({ flags: "A", ack: flow.nxt }, 500).win).toBe(0);
    }
  });

  test("MUST-39: a reader of single octets opens the window by a segment or half the buffer, never by little", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024));
    w.run(100);
    expect(flow.drain(50).at(-1)).toMatchObject({ win: 0 });
    for (let i = 0; i < 1000; i++) {
      w.board.recv(fd, 1);
      w.run(1);
    }
    flow.expectNothing(1000);
    w.board.recv(fd, 100);
    expect(flow.expect({ flags: "A", ack: 2049 }).win).toBeGreaterThanOrEqual(1024);
  });
});

describe("3.4 with a closed window of ours", () => {
  /** The receive buffer is full. */
  async function full(): Promise<{ w: World; made: Connection }> {
    const w = await world();
    const made = passive(w);
    made.flow.data(pattern(1024)).data(pattern(1024));
    w.run(100);
    expect(made.flow.drain(50).at(-1)).toMatchObject({ ack: 2049, win: 0 });
    return { w, made };
  }

  test("MUST-66: a RST at RCV.NXT resets", async () => {
    const { w, made } = await full();
    made.flow.send({ flags: "R", seq: 2048 });
    w.run(5);
    expect(made.state()).toBe("Established");
    made.flow.send({ flags: "R", seq: 2049 });
    w.run(5);
    expect(made.state()).toBe("Closed");
  });

  test("MUST-66: the ACK of a segment that finds no room counts", async () => {
    const { w, made } = await full();
    w.board.send(made.fd, text("ours"));
    made.flow.expect({ len: 4 });
    made.flow.send({ flags: "PA", ack: 5, data: text("no room") });
    w.run(5);
    expect(w.board.connection(made.flow.port)).toMatchObject({ sendQueue: 0 });
    expect(made.flow.expect({}).flags & Flag.A).toBe(Flag.A);
    expect(w.board.read(made.fd).data).toHaveLength(2048);
    made.flow.nxt = 2049;
    made.flow.drain(50);
    made.flow.rcv = 5;
    expectAlive(made);
  });
});
