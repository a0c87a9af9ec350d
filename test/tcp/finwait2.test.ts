import { describe, expect, test } from "vitest";
import { Level, Shutdown, TcpOption } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

/** An orphan whose FIN is acknowledged, `seconds` being its TCP_LINGER2. */
function finWait2(w: World, seconds?: number): Connection {
  const prepare = (fd: number) => {
    if (seconds !== undefined) expect(w.board.setTcp(fd, "TCP_LINGER2", seconds)).toBe(0);
  };
  const made = passive(w, { prepare });
  w.board.close(made.fd);
  made.flow.expect({ flags: "FA", seq: 1 });
  made.flow.send({ flags: "A" });
  w.run(5);
  return made;
}

describe("FIN-WAIT-2 without a user (TCP_LINGER2)", () => {
  test.each([
    [undefined, 60_000],
    [0, 60_000],
    [1, 1000],
    [90, 90_000],
    [5000, 120_000],
  ])("TCP_LINGER2 %s: given up after %i ms, silently", async (seconds, ms) => {
    const w = await world();
    const { flow, state } = finWait2(w, seconds);
    w.run(ms - 100);
    expect(state()).toBe("FinWait2");
    w.run(200);
    expect(state()).toBe("Closed");
    expect(flow.drain(0)).toHaveLength(0);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "R", seq: 2 });
  });

  test("-1: reset as soon as its FIN is acknowledged", async () => {
    const w = await world();
    const { flow, state } = finWait2(w, -1);
    flow.expect({ flags: "RA", seq: 2, ack: 1 });
    expect(state()).toBe("Closed");
    expect(w.board.rows()).toHaveLength(1);
  });

  test("-1: reset by the close that comes in FIN-WAIT-2", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.setTcp(fd, "TCP_LINGER2", -1);
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "A" });
    w.run(60_000);
    expect(state()).toBe("FinWait2");
    board.close(fd);
    flow.expect({ flags: "RA", seq: 2, ack: 1 });
    expect(state()).toBe("Closed");
  });

  test("-1 with the peer's FIN in the same segment: reset", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.setTcp(fd, "TCP_LINGER2", -1);
    board.close(fd);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "FA" });
    expect(flow.next()?.flags).toBe(0x14);
    expect(state()).toBe("Closed");
  });

  test("the peer's FIN in time: TIME-WAIT", async () => {
    const w = await world();
    const { flow, state } = finWait2(w, 5);
    w.run(4000);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    w.run(30_000);
    expect(state()).toBe("TimeWait");
  });

  test("the time begins with the acknowledgement, or with the close if that is later", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.setTcp(fd, "TCP_LINGER2", 10);
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA" });
    flow.send({ flags: "A" });
    w.run(30_000);
    flow.data(text("still here"));
    w.run(50);
    expect(board.read(fd).data).toEqual(text("still here"));
    board.close(fd);
    w.run(9900);
    expect(state()).toBe("FinWait2");
    w.run(200);
    expect(state()).toBe("Closed");
  });

  test("can be read back, and is inherited from the listener", async () => {
    const w = await world();
    const listener = w.board.listen(80);
    const value = (fd: number) => w.board.option(fd, Level.IPPROTO_TCP, TcpOption.TCP_LINGER2);
    expect(value(listener)).toBe(60);
    w.board.setTcp(listener, "TCP_LINGER2", 7);
    w.peer().flow({ to: 80 }).handshake();
    const fd = w.accepted(w.board, listener);
    expect(value(fd)).toBe(7);
    w.board.setTcp(fd, "TCP_LINGER2", -5);
    const view = new DataView(w.board.board.memory.buffer);
    const at = w.board.calls.scratch();
    expect(w.board.calls.getsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_LINGER2, at, 4)).toBe(4);
    expect(view.getInt32(at, true)).toBe(-1);
    w.board.setTcp(fd, "TCP_LINGER2", 4000);
    expect(value(fd)).toBe(120);
  });
});

describe("every order of two FINs", () => {
  /** Octets the board has in flight when it closes; the FIN follows them. */
  test.each([0, 100])("FIN-WAIT-1 retransmits its FIN, also behind %i octets, around the wrap", async (octets) => {
    const w = await world();
    const { flow, board, fd, state } = passive(w, { flow: { iss: 0xffffffff } });
    if (octets) board.send(fd, pattern(octets));
    board.close(fd);
    const all = flow.drain(20);
    expect(all.reduce((sum, { len }) => sum + len, 0)).toBe(octets);
    for (let i = 0; i < 3; i++) {
      const heard = flow.next(5000)!;
      expect([heard.seq, heard.seq + heard.len]).toContain(octets ? 1 : 1 + octets);
    }
    expect(state()).toBe("FinWait1");
    flow.send({ flags: "A", ack: 2 + octets });
    w.run(5);
    expect(state()).toBe("FinWait2");
    flow.drain(0);
    flow.expectNothing(5000);
  });

  test("CLOSING: the peer's repeated FIN is acknowledged, ours repeated, TIME-WAIT once it is acknowledged", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", seq: 1 });
    flow.send({ flags: "FA", ack: 1 });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    flow.send({ flags: "FA", seq: 1, ack: 1 });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    flow.expect({ flags: "FA", seq: 1, ack: 2 }, 1500);
    flow.expect({ flags: "FA", seq: 1, ack: 2 }, 3000);
    expect(state()).toBe("Closing");
    flow.send({ flags: "FA", seq: 1, ack: 2 }); // below the window: answered, its ACK is not looked at (RFC 9293 3.10.7.4, first)
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    flow.send({ flags: "A", ack: 2 });
    w.run(5);
    expect(state()).toBe("TimeWait");
  });

  test("the ACK of our FIN comes with data and FIN, in FIN-WAIT-1: straight to TIME-WAIT, the data is read", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", seq: 1 });
    flow.send({ flags: "FPA", data: text("last words") });
    flow.expect({ flags: "A", seq: 2, ack: 12 });
    expect(state()).toBe("TimeWait");
    expect(board.read(fd)).toEqual({ data: text("last words"), end: 0 });
  });

  test("a FIN that does not acknowledge ours, then the data before it: CLOSING once the hole is filled", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", seq: 1 });
    flow.send({ flags: "FA", seq: 6, ack: 1 });
    flow.expect({ flags: "A", seq: 2, ack: 1 });
    expect(state()).toBe("FinWait1");
    flow.send({ flags: "PA", seq: 1, ack: 1, data: text("12345") });
    flow.expect({ flags: "A", seq: 2, ack: 7 });
    expect(state()).toBe("Closing");
    expect(board.read(fd)).toEqual({ data: text("12345"), end: 0 });
  });

  test("LAST-ACK: the peer's repeated FIN is acknowledged, ours repeated until it is", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", ack: 2 });
    board.close(fd);
    flow.expect({ flags: "FA", seq: 1, ack: 2 });
    flow.send({ flags: "FA", seq: 1, ack: 1 });
    flow.expect({ flags: "A", seq: 2, ack: 2 });
    flow.expect({ flags: "FA", seq: 1, ack: 2 }, 1500);
    flow.expect({ flags: "FA", seq: 1, ack: 2 }, 3000);
    expect(state()).toBe("LastAck");
    flow.send({ flags: "A", ack: 2 });
    w.run(5);
    expect(state()).toBe("Closed");
  });

  test("half-closed with data both ways", async () => {
    const w = await world();
    const { flow, board, fd, state } = passive(w);
    board.send(fd, text("question"));
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.drain(20);
    flow.ack();
    for (let i = 0; i < 20; i++) {
      flow.data(pattern(1000));
      w.run(50);
      expect(board.read(fd).data).toEqual(pattern(1000));
    }
    expect(state()).toBe("FinWait2");
    flow.drain(5);
    flow.send({ flags: "FA" });
    flow.expect({ flags: "A", ack: 20_002 });
    expect(state()).toBe("TimeWait");
  });
});
