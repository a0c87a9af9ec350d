import { describe, expect, test } from "vitest";
import { Errno } from "../../host/node/abi";
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
