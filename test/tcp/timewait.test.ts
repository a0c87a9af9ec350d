import { describe, expect, test } from "vitest";
import { Errno, State } from "../../host/node/abi";
import { CLOCK, timeWaitClocked, timeWaitPlain } from "../support/clocked";
import { text } from "../support/packet";
import { inState, passive, PORT, type Connection } from "../support/states";
import { named, world, type World } from "../support/world";

const TWO_MSL = 60_000;

/** A connection the board opened from a fixed port and closed first. */
function closedByBoard(w: World, localPort: number, remotePort = 6000): Connection["flow"] {
  const peer = w.peer();
  const flow = peer.flow({ port: remotePort });
  const fd = w.board.socket();
  expect(w.board.setSocket(fd, "SO_REUSEADDR", 1)).toBe(0);
  expect(w.board.bind(fd, localPort)).toBe(0);
  w.board.connect(fd, peer.ip, remotePort);
  flow.accept();
  w.board.close(fd);
  flow.expect({ flags: "FA" });
  flow.send({ flags: "FA" });
  flow.expect({ flags: "A", seq: 2, ack: 2 });
  return flow;
}

describe("TIME-WAIT (RFC 9293 3.10.7.4, RFC 1337)", () => {
  test("lasts 2 MSL (MUST-13)", async () => {
    const w = await world();
    const { state } = inState(w, "TimeWait");
    w.run(TWO_MSL - 100);
    expect(state()).toBe("TimeWait");
    w.run(200);
    expect(state()).toBe("Closed");
  });

  test("a repeated FIN is acknowledged and starts the time anew", async () => {
    const w = await world();
    const { flow, state } = inState(w, "TimeWait");
    w.run(40_000);
    flow.send({ flags: "FA", seq: 1 });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    w.run(40_000);
    expect(state()).toBe("TimeWait");
    w.run(TWO_MSL - 39_000);
    expect(state()).toBe("Closed");
  });

  test("RST is ignored, the time is not shortened (RFC 1337 3 F1)", async () => {
    const w = await world();
    const { flow, state } = inState(w, "TimeWait");
    flow.send({ flags: "R", seq: 2 });
    flow.send({ flags: "RA", seq: 2, ack: 2 });
    flow.send({ flags: "R", seq: 3 });
    flow.expectNothing(20);
    expect(state()).toBe("TimeWait");
    w.run(TWO_MSL - 1000);
    expect(state()).toBe("TimeWait");
  });

  test("old data is acknowledged and discarded", async () => {
    const w = await world();
    const { flow, state } = inState(w, "TimeWait");
    flow.send({ flags: "PA", seq: 1, data: text("old") });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    expect(state()).toBe("TimeWait");
  });

  test("a SYN above what was received opens a new connection, above the old sequence numbers (MAY-2)", async () => {
    const w = await world();
    const { flow, board, fd, listener } = inState(w, "TimeWait");
    board.close(fd);
    const before = flow.irs!;
    flow.send({ flags: "S", seq: 1000, mss: 1460 });
    flow.iss += 1000;
    flow.rcv = 0;
    flow.nxt = 1;
    const synAck = flow.expect({ flags: "SA", seq: 0, ack: 1 });
    expect((synAck.raw.seq - before) | 0).toBeGreaterThan(2);
    flow.send({ flags: "A" });
    const again = w.accepted(board, listener);
    flow.data(text("new life"));
    w.run(100);
    expect(board.read(again).data).toEqual(text("new life"));
  });

  test("an old SYN does not", async () => {
    const w = await world();
    const { flow, state } = inState(w, "TimeWait");
    flow.send({ flags: "S", seq: -500, mss: 1460 });
    w.run(100);
    expect(flow.drain(5).every((segment) => !(segment.flags & 2))).toBe(true);
    expect(state()).toBe("TimeWait");
  });

  test("needs no descriptor and no buffer: many of them, and the oldest gives way", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    for (let i = 0; i < 30; i++) {
      const made = passive(w, { peer });
      w.board.close(made.fd);
      made.flow.expect({ flags: "FA" });
      made.flow.send({ flags: "FA" });
      made.flow.expect({ flags: "A" });
    }
    const rows = w.board.rows();
    expect(rows.filter((row) => row.state === 10)).toHaveLength(8);
    expect(rows).toHaveLength(9);
    expect(w.board.counters()["TcpTimeWaitRecycled"]).toBe(22);
    expect(w.board.row(listener)).toBeDefined();
  });

  test("the board may listen again on the port of its connections in TIME-WAIT with SO_REUSEADDR, not without", async () => {
    const w = await world();
    const { board, fd, listener } = inState(w, "TimeWait");
    board.close(fd);
    board.close(listener);
    const plain = board.socket();
    expect(named(board.bind(plain, PORT))).toBe("-EADDRINUSE");
    const reusing = board.socket();
    board.setSocket(reusing, "SO_REUSEADDR", 1);
    expect(board.bind(reusing, PORT)).toBe(0);
    expect(board.listenOn(reusing, 1)).toBe(0);
    w.run(TWO_MSL + 1000);
    expect(named(board.bind(plain, PORT))).toBe("-EADDRINUSE");
  });

  test("the same four-tuple cannot be opened again by the board while it lasts", async () => {
    const w = await world();
    const flow = closedByBoard(w, 7001);
    const fd = w.board.socket();
    w.board.setSocket(fd, "SO_REUSEADDR", 1);
    expect(w.board.bind(fd, 7001)).toBe(0);
    const result = w.board.connect(fd, flow.peer.ip, 6000);
    expect([-Errno.EADDRNOTAVAIL, -Errno.EADDRINUSE]).toContain(result);
    w.run(TWO_MSL + 1000);
    w.board.close(fd);
    const later = w.board.socket();
    expect(w.board.bind(later, 7001)).toBe(0);
    expect(w.board.connect(later, flow.peer.ip, 6000)).toBe(-Errno.EINPROGRESS);
  });
});

describe("TIME-WAIT with timestamps (RFC 7323)", () => {
  test("a repeated FIN is acknowledged with timestamps, echoing the last TSval", async () => {
    const w = await world();
    const { flow } = timeWaitClocked(w);
    const first = flow.echo;
    w.run(3000);
    flow.clock = CLOCK + 77;
    flow.send({ flags: "FA", seq: 1 });
    const { timestamps } = flow.expect({ flags: "A", seq: 2, ack: 2 });
    expect(timestamps![1]).toBe(CLOCK + 77);
    expect(timestamps![0] - first).toBeGreaterThanOrEqual(3000);
  });

  test.each([-1, -100000, -0x7fffffff])("a FIN of a TSval %i away is answered, and not believed (7323-8)", async (behind) => {
    const w = await world();
    const { flow, state } = timeWaitClocked(w);
    w.run(59_000);
    flow.clock = (CLOCK + behind) >>> 0;
    flow.send({ flags: "FA", seq: 1 });
    expect(flow.expect({ flags: "A", seq: 2, ack: 2 }).timestamps![1]).toBe(CLOCK);
    w.run(2000);
    expect(state()).toBe("Closed");
  });

  test("a FIN without timestamps is dropped (7323-4)", async () => {
    const w = await world();
    const { flow, state } = timeWaitClocked(w);
    flow.clock = undefined;
    w.expectDrop("TcpNoTimestamp", () => flow.send({ flags: "FA", seq: 1 }));
    expect(state()).toBe("TimeWait");
  });

  test("a clock from outside of the sequence space is not believed: it would keep the next connection out", async () => {
    const w = await world();
    const { flow, state } = timeWaitClocked(w);
    const answers = flow.rcv;
    for (const seq of [-1_000_000, -5]) {
      flow.clock = CLOCK + 1_000_000;
      flow.send({ flags: "A", seq: flow.nxt + seq });
    }
    w.run(50);
    flow.drain(0);
    flow.clock = CLOCK + 77;
    flow.send({ flags: "FA", seq: 1 });
    w.run(5);
    expect(flow.expect({ flags: "A", seq: answers, ack: 2 }).timestamps![1]).toBe(CLOCK + 77);
    expect(state()).toBe("TimeWait");
  });

  test("old segments are answered twice a second at most (RFC 5961 7)", async () => {
    const w = await world();
    const { flow } = timeWaitClocked(w);
    flow.clock = CLOCK - 1;
    for (let i = 0; i < 40; i++) {
      flow.send({ flags: "PA", seq: 1, data: text("old") });
      w.run(50);
    }
    expect(flow.drain(0).length).toBeLessThanOrEqual(5);
  });
});

/** What a SYN for a four-tuple in TIME-WAIT brings. `seq` is relative to what the old connection would have received next. */
async function reopened(old: number | undefined, syn: { clock?: number; seq: number }): Promise<string> {
  const w = await world();
  // The old sequence numbers end just before the wrap, the new ones begin beyond it.
  const flowOptions = { iss: 0xfffffff0 };
  const { flow, state } = old === undefined ? timeWaitPlain(w, flowOptions) : timeWaitClocked(w, old, flowOptions);
  const last = flow.irs! + flow.rcv;
  flow.clock = syn.clock;
  const at = flow.nxt + syn.seq;
  flow.rcv = 0;
  flow.send({ flags: "S", seq: at, mss: 1460 });
  w.run(50);
  if (!flow.inbox.length) return state() === "TimeWait" ? "dropped" : `lost in ${state()}`;
  const answer = flow.expect({ flags: "SA" });
  flow.iss += at;
  expect((answer.raw.ack - flow.iss) >>> 0).toBe(1);
  expect((answer.raw.seq - last) | 0).toBeGreaterThan(0);
  expect(answer.timestamps?.[1]).toBe(syn.clock);
  flow.nxt = 1;
  flow.send({ flags: "A" });
  w.run(5);
  return state();
}

describe("TIME-WAIT ends early for a SYN that is newer (RFC 6191 2)", () => {
  const T = 0xffffff00;
  test.each([
    ["6191-1 a later TSval, a later number", T, { clock: T + 1, seq: 1000 }, "Established"],
    ["6191-1 a later TSval beyond the wrap, an earlier number", T, { clock: 5, seq: -0x10000 }, "Established"],
    ["6191-2 the same TSval, a later number", T, { clock: T, seq: 0 }, "Established"],
    ["6191-2 the same TSval, the FIN's number", T, { clock: T, seq: -1 }, "dropped"],
    ["6191-2 the same TSval, an earlier number", T, { clock: T, seq: -1000 }, "dropped"],
    ["6191-1 an earlier TSval, whatever the number", T, { clock: T - 1, seq: 1000 }, "dropped"],
    ["6191-3 timestamps no longer, a later number", T, { seq: 0 }, "Established"],
    ["6191-3 timestamps no longer, an earlier number", T, { seq: -1 }, "dropped"],
    ["6191-4 timestamps now, an earlier number", undefined, { clock: 1, seq: -1000 }, "Established"],
    ["6191-4 no timestamps, a later number", undefined, { seq: 0 }, "Established"],
    ["6191-4 no timestamps, an earlier number", undefined, { seq: -1 }, "dropped"],
  ])("%s", async (_, old, syn, outcome) => {
    expect(await reopened(old, syn)).toBe(outcome);
  });
});

describe("the board opens a four-tuple in TIME-WAIT anew (RFC 6191 3)", () => {
  /** The board connected from port 7001, closed first, and tries again after `pause` ms. */
  async function again(clock: number | undefined, pause: number): Promise<number> {
    const w = await world();
    const peer = w.peer();
    const flow = peer.flow({ port: 6000 });
    flow.clock = clock;
    const connect = () => {
      const fd = w.board.socket();
      w.board.setSocket(fd, "SO_REUSEADDR", 1);
      expect(w.board.bind(fd, 7001)).toBe(0);
      w.run(1);
      return { fd, result: w.board.connect(fd, peer.ip, 6000) };
    };
    const first = connect();
    flow.accept({ mss: 1460 });
    w.board.close(first.fd);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    const old = flow.irs!;
    w.run(pause);
    const { result } = connect();
    if (result !== -Errno.EINPROGRESS) return result;
    flow.rcv = 0;
    flow.nxt = 0;
    flow.iss += 100_000;
    if (flow.clock !== undefined) flow.clock += pause;
    expect((flow.expect({ flags: "S" }).raw.seq - old) | 0).toBeGreaterThan(0x10000);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
    expect(w.board.stateOf(6000, 7001)).toBe("Established");
    expect(w.board.rows().filter((row) => row.state === State.TimeWait)).toHaveLength(0);
    return result;
  }

  test("with timestamps, after a second", async () => {
    expect(await again(CLOCK, 1100)).toBe(-Errno.EINPROGRESS);
  });

  test("not sooner, and not without timestamps", async () => {
    expect(named(await again(CLOCK, 500))).toBe("-EADDRNOTAVAIL");
    expect(named(await again(undefined, 5000))).toBe("-EADDRNOTAVAIL");
  });
});
