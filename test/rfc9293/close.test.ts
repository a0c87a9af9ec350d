import { describe, expect, test } from "vitest";
import { Errno, Shutdown } from "../../host/node/abi";
import { text } from "../support/packet";
import { inState, passive } from "../support/states";
import { named, world } from "../support/world";

const TWO_MSL = 60_000;

describe("3.6 closing a connection", () => {
  test("MUST-12: the reader learns whether the peer closed (end of data) or aborted (ECONNRESET)", async () => {
    const w = await world();
    const closed = passive(w);
    const aborted = passive(w, { peer: closed.peer });
    for (const { flow } of [closed, aborted]) flow.data(text("last words"));
    w.run(100);
    closed.flow.send({ flags: "FA" });
    aborted.flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.read(closed.fd)).toEqual({ data: text("last words"), end: 0 });
    expect(named(w.board.read(aborted.fd).end)).toBe("-ECONNRESET");
    expect(w.board.error(closed.fd)).toBe(0);
  });

  test("MUST-12: the writer learns it too", async () => {
    const w = await world();
    const closed = passive(w);
    const aborted = passive(w, { peer: closed.peer });
    closed.flow.send({ flags: "FA" });
    aborted.flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.send(closed.fd, text("still open"))).toBe(10);
    expect(w.board.error(aborted.fd)).toBe(Errno.ECONNRESET);
    expect(named(w.board.send(aborted.fd, text("x")))).toBe("-EPIPE");
  });

  test("MUST-13: whoever closes first waits twice the MSL in TIME-WAIT, then is gone", async () => {
    const w = await world();
    const { state } = inState(w, "TimeWait");
    w.run(TWO_MSL - 50);
    expect(state()).toBe("TimeWait");
    w.run(100);
    expect(state()).toBe("Closed");
  });

  test("MUST-13: a FIN that comes again is acknowledged and starts the wait anew", async () => {
    const w = await world();
    const { flow, state } = inState(w, "TimeWait");
    w.run(TWO_MSL - 1000);
    flow.send({ flags: "FA", seq: 1 });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    w.run(TWO_MSL - 1000);
    expect(state()).toBe("TimeWait");
    w.run(2000);
    expect(state()).toBe("Closed");
  });

  test("MUST-13: also when both close at once", async () => {
    const w = await world();
    const { flow, state } = inState(w, "Closing");
    flow.send({ flags: "A", ack: 2 });
    w.run(TWO_MSL - 100);
    expect(state()).toBe("TimeWait");
  });

  test("MAY-1: after close nothing can be read; a shutdown of sending only leaves reading", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA" });
    flow.ack();
    flow.data(text("more"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("more"));
    w.board.close(fd);
    expect(named(w.board.recv(fd) as number)).toBe("-EBADF");
  });

  test("SHLD-3: close with unread data sends a RST", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.data(text("unread"));
    flow.expect({ flags: "A", ack: 7 });
    w.board.close(fd);
    flow.expect({ flags: "RA", seq: 1, ack: 7 });
    expect(state()).toBe("Closed");
  });

  test("SHLD-3: data that comes after close is answered by a RST", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    flow.ack();
    w.run(5);
    flow.data(text("too late"));
    expect(flow.expect({}).flags & 4).toBe(4);
    expect(state()).toBe("Closed");
  });

  test("MAY-2: a new SYN above the old numbers reopens, with an ISN above the old ones; an old SYN does not", async () => {
    const w = await world();
    const { flow, board, fd, listener, state } = inState(w, "TimeWait");
    board.close(fd);
    flow.send({ flags: "S", seq: -5000, mss: 1460 });
    w.run(50);
    expect(flow.drain(5).every(({ flags }) => !(flags & 2))).toBe(true);
    expect(state()).toBe("TimeWait");
    const before = flow.irs!;
    flow.send({ flags: "S", seq: 1000, mss: 1460 });
    flow.iss += 1000;
    flow.nxt = 1;
    flow.rcv = 0;
    const { raw } = flow.expect({ flags: "SA", seq: 0, ack: 1 });
    expect((raw.seq - before) | 0).toBeGreaterThan(2);
    flow.send({ flags: "A" });
    w.accepted(board, listener);
  });
});
