import { describe, expect, test } from "vitest";
import { Errno, Poll, Shutdown } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, inState, passive, PORT } from "../support/states";
import { named, world } from "../support/world";

const MSL = 30_000;

describe("the board closes first", () => {
  test("FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.close(fd);
    flow.expect({ flags: "FA", seq: 1, ack: 1 });
    expect(state()).toBe("FinWait1");
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("FinWait2");
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    expect(state()).toBe("TimeWait");
    w.run(2 * MSL - 1000);
    expect(state()).toBe("TimeWait");
    w.run(2000);
    expect(state()).toBe("Closed");
    expect(w.board.rows().filter((row) => row.foreignPort === flow.port)).toHaveLength(0);
  });

  test("the peer's FIN with the ACK of ours: straight to TIME-WAIT", async () => {
    const w = await world();
    const { flow, state } = inState(w, "FinWait1");
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    expect(state()).toBe("TimeWait");
  });

  test("simultaneous close: CLOSING, then TIME-WAIT", async () => {
    const w = await world();
    const { flow, state } = inState(w, "Closing");
    flow.send({ flags: "A", ack: 2 });
    w.run(5);
    expect(state()).toBe("TimeWait");
    flow.expectNothing(1000);
  });

  test("FIN is retransmitted in CLOSING until it is acknowledged", async () => {
    const w = await world();
    const { flow, state } = inState(w, "Closing");
    flow.expect({ flags: "FA", seq: 1, ack: 2 }, 1500);
    expect(state()).toBe("Closing");
    flow.send({ flags: "A", ack: 2 });
    w.run(5);
    expect(state()).toBe("TimeWait");
  });

  test("two boards close at the same instant", async () => {
    const w = await world({ boards: 2, latency: 20 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const listener = b.listen(PORT);
    const mine = a.open(b.ip, PORT);
    const theirs = w.accepted(b, listener);
    w.run(100);
    a.close(mine);
    b.close(theirs);
    w.run(1000);
    expect(a.rows().map((row) => row.state)).toEqual([10]);
    expect(
      b
        .rows()
        .filter((row) => row.foreignPort !== 0)
        .map((row) => row.state),
    ).toEqual([10]);
    w.run(2 * MSL);
    expect(a.rows()).toEqual([]);
  });

  test("half-closed by the board: the peer's data still arrives, then its FIN", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "FinWait2");
    flow.data(text("still "));
    flow.data(text("talking"));
    w.run(600);
    expect(w.board.read(fd).data).toEqual(text("still talking"));
    expect(named(w.board.send(fd, text("no")))).toBe("-EPIPE");
    flow.drain(5);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", seq: 2 });
    expect(state()).toBe("TimeWait");
    expect(w.board.read(fd).end).toBe(0);
  });

  test("data arrives in FIN-WAIT-1 while the FIN is not acknowledged", async () => {
    const w = await world();
    const { flow, fd } = inState(w, "FinWait1");
    flow.send({ flags: "PA", ack: 1, data: text("crossing") });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("crossing"));
  });

  test("what was written before close is sent before the FIN", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const data = pattern(1500);
    expect(w.board.send(fd, data)).toBe(1500);
    w.board.close(fd);
    const heard = flow.drain(50);
    const got = heard.flatMap((segment) => [...segment.data]);
    expect(Uint8Array.from(got)).toEqual(data);
    expect(heard.at(-1).flags & 1).toBe(1);
    expect(heard.slice(0, -1).every((segment) => !(segment.flags & 1))).toBe(true);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", seq: 1502, ack: 2 });
  });

  test("an orphan in FIN-WAIT-2 is given up in a minute; one with a descriptor is not", async () => {
    const w = await world();
    const orphan = passive(w);
    w.board.close(orphan.fd);
    orphan.flow.expect({ flags: "FA" });
    orphan.flow.send({ flags: "A" });
    const kept = passive(w, { peer: orphan.peer });
    w.board.shutdown(kept.fd, Shutdown.SHUT_WR);
    kept.flow.expect({ flags: "FA" });
    kept.flow.send({ flags: "A" });
    w.run(30_000);
    expect(orphan.state()).toBe("FinWait2");
    w.run(600_000);
    expect(orphan.state()).toBe("Closed");
    expect(kept.state()).toBe("FinWait2");
  });

  test("an orphan whose FIN nobody acknowledges is given up", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    w.run(3_600_000);
    expect(state()).toBe("Closed");
  });

  test("a window of zero does not hold the FIN of an orphan for ever", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "A", win: 0 });
    w.run(5);
    w.board.send(fd, text("never"));
    w.board.close(fd);
    w.run(3_600_000);
    expect(state()).toBe("Closed");
  });
});

describe("the peer closes first", () => {
  test("CLOSE-WAIT, LAST-ACK, CLOSED; the end of the stream is read once data is", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.data(text("bye"));
    flow.send({ flags: "FA" });
    w.run(5);
    expect(state()).toBe("CloseWait");
    expect(w.board.ready(fd) & (Poll.POLLIN | Poll.POLLRDHUP)).toBe(Poll.POLLIN | Poll.POLLRDHUP);
    expect(w.board.read(fd)).toEqual({ data: text("bye"), end: 0 });
    expect(w.board.read(fd).end).toBe(0);
    flow.drain(50);
    w.board.close(fd);
    flow.expect({ flags: "FA", seq: 1, ack: 5 });
    expect(state()).toBe("LastAck");
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("Closed");
    flow.expectNothing(120_000);
  });

  test("half-closed by the peer: the board goes on sending", async () => {
    const w = await world();
    const { flow, fd, state } = inState(w, "CloseWait");
    w.board.send(fd, text("more"));
    flow.expect({ flags: "A", seq: 1, data: text("more") });
    flow.ack();
    w.run(5);
    expect(state()).toBe("CloseWait");
    w.board.close(fd);
    flow.expect({ flags: "FA", seq: 5 });
  });

  test("data and FIN in one segment", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "FPA", data: text("last") });
    flow.expect({ flags: "A", ack: 6 });
    expect(w.board.read(fd)).toEqual({ data: text("last"), end: 0 });
  });

  test("a FIN before its turn waits for the data before it", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.send({ flags: "FA", seq: 5 });
    flow.expect({ flags: "A", ack: 1 });
    expect(state()).toBe("Established");
    expect(w.board.read(fd).end).toBe(-Errno.EAGAIN);
    flow.send({ flags: "PA", seq: 1, data: text("four") });
    w.run(5);
    const more = flow.drain(600);
    const ack = more.at(-1)?.ack;
    expect([5, 6]).toContain(ack);
    if (ack === 5) {
      flow.send({ flags: "FA", seq: 5 });
      flow.expect({ flags: "A", ack: 6 });
    }
    expect(state()).toBe("CloseWait");
    expect(w.board.read(fd)).toEqual({ data: text("four"), end: 0 });
  });

  test("a repeated FIN is acknowledged again and changes nothing", async () => {
    const w = await world();
    const { flow, state } = inState(w, "CloseWait");
    flow.send({ flags: "FA", seq: 1 });
    flow.expect({ flags: "A", seq: 1, ack: 2 });
    flow.send({ flags: "FA", seq: 2 });
    w.run(50);
    expect(state()).toBe("CloseWait");
  });

  test("data behind the FIN is not delivered", async () => {
    const w = await world();
    const { flow, fd } = inState(w, "CloseWait");
    flow.send({ flags: "PA", seq: 2, data: text("ghost") });
    w.run(100);
    expect(w.board.read(fd)).toEqual({ data: text(""), end: 0 });
    expect(flow.drain(5).every((segment) => segment.ack <= 2)).toBe(true);
  });

  test("LAST-ACK retransmits its FIN", async () => {
    const w = await world();
    const { flow, state } = inState(w, "LastAck");
    flow.expect({ flags: "FA", seq: 1, ack: 2 }, 1500);
    flow.send({ flags: "A" });
    w.run(5);
    expect(state()).toBe("Closed");
  });
});

describe("closing by force", () => {
  test("close with unread data resets (SHLD-3)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    flow.data(text("unread"));
    w.run(100);
    flow.drain(5);
    w.board.close(fd);
    const reset = flow.expect({ seq: 1 });
    expect(reset.flags & 4).toBe(4);
    expect(state()).toBe("Closed");
  });

  test("data that arrives after close resets (SHLD-3)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.close(fd);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "A" });
    flow.data(text("too late"));
    const reset = flow.expect({});
    expect(reset.flags & 4).toBe(4);
    expect(state()).toBe("Closed");
  });

  test("SO_LINGER of zero seconds: close resets, whatever is queued", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    expect(w.board.setSocket(fd, "SO_LINGER", 1, 0)).toBe(0);
    w.board.send(fd, text("gone"));
    w.board.close(fd);
    const heard = flow.drain(50);
    expect(heard.at(-1).flags & 4).toBe(4);
    expect(state()).toBe("Closed");
  });

  test("close in SYN-SENT forgets the connection; a late SYN-ACK is reset", async () => {
    const w = await world();
    const { flow, fd } = inState(w, "SynSent");
    w.board.close(fd);
    flow.expectNothing(5000);
    flow.send({ flags: "SA" });
    flow.expect({ flags: "R", seq: 1 });
  });

  test("closing a listener resets what waits in its queues and frees the port", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    const done = peer.flow({ to: PORT }).handshake();
    const half = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    half.expect({ flags: "SA" });
    w.board.close(listener);
    const reset = done.expect({});
    expect(reset.flags & 4).toBe(4);
    w.run(100);
    half.inbox.length = 0;
    half.send({ flags: "A" });
    half.expect({ flags: "R", seq: 1 });
    expect(w.board.rows()).toEqual([]);
    w.board.listen(PORT);
  });

  test("all descriptors, connections and buffers come back after 500 connections closed in all ways", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    for (let i = 0; i < 500; i++) {
      const flow = peer.flow({ to: PORT }).handshake();
      const fd = w.accepted(w.board, listener);
      if (i % 4 === 0) flow.send({ flags: "R" });
      if (i % 4 === 1) w.board.setSocket(fd, "SO_LINGER", 1, 0);
      if (i % 4 === 2) {
        flow.send({ flags: "FA" });
        w.run(3);
      }
      w.board.close(fd);
      w.run(3);
      flow.drain(2);
      if (i % 4 === 2) flow.send({ flags: "A" });
      if (i % 4 === 3) flow.send({ flags: "FA" });
      w.run(3);
      peer.forget(flow);
    }
    peer.inbox.length = 0;
    w.run(600_000);
    expect(w.board.rows()).toHaveLength(1);
    for (let i = 0; i < 8; i++) expect(active(w, { peer }).state()).toBe("Established");
  });
});
