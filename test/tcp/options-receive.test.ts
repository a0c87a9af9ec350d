import { describe, expect, test } from "vitest";
import { Level, Poll, SocketOption } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, passive, PORT } from "../support/states";
import { named, world } from "../support/world";

describe("acknowledgements", () => {
  test("every second full segment at once, also the first two of a connection", async () => {
    const w = await world({ profile: "host" });
    const { flow } = passive(w);
    flow.data(pattern(1460)).data(pattern(1460, 1460));
    expect(flow.expect({ flags: "A", ack: 2921 }, 5).len).toBe(0);
    flow.data(pattern(1460, 2920));
    flow.expectNothing(30);
    flow.data(pattern(1460, 4380));
    flow.expect({ flags: "A", ack: 5841 }, 5);
  });

  test("TCP_QUICKACK: what waits now, and every segment from now on", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("a"));
    flow.expectNothing(20);
    expect(w.board.setTcp(fd, "TCP_QUICKACK", 1)).toBe(0);
    flow.expect({ flags: "A", ack: 2 }, 5);
    flow.data(text("b"));
    flow.expect({ flags: "A", ack: 3 }, 5);
    expect(w.board.tcp(fd, "TCP_QUICKACK")).toBe(1);
    w.board.setTcp(fd, "TCP_QUICKACK", 0);
    flow.data(text("c"));
    flow.expectNothing(30);
    flow.expect({ flags: "A", ack: 4 }, 50);
  });
});

describe("TCP_WINDOW_CLAMP", () => {
  test("bounds the window, and opens it again when the user reads", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { prepare: (socket) => expect(w.board.setTcp(socket, "TCP_WINDOW_CLAMP", 4000)).toBe(0) });
    expect(w.board.tcp(fd, "TCP_WINDOW_CLAMP")).toBe(4000);
    flow.data(pattern(1460)).data(pattern(1460, 1460));
    const shown = flow.expect({ flags: "A", ack: 2921 }, 5);
    expect(shown.win).toBeLessThanOrEqual(4000);
    flow.data(pattern(1000, 2920));
    w.run(60);
    flow.drain(0);
    for (let read = 0; read < 3920;) {
      const part = w.board.recv(fd, 500);
      expect(part).not.toBeTypeOf("number");
      read += (part as Uint8Array).length;
    }
    w.run(60);
    expect(flow.drain(10).every(({ win }) => win <= 4000)).toBe(true);
    for (let i = 0; i < 20; i++) {
      flow.data(pattern(1460, 3920 + 1460 * i));
      w.run(60);
      expect(w.board.recv(fd)).toEqual(pattern(1460, 3920 + 1460 * i));
      w.run(5);
      for (const { win } of flow.drain(0)) {
        expect(win).toBeLessThanOrEqual(4000);
        expect(win).toBeGreaterThanOrEqual(1460);
      }
    }
  });

  test("the SYN says so", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.socket();
    const peer = w.peer();
    const flow = peer.flow({ port: 5900 });
    w.board.setTcp(fd, "TCP_WINDOW_CLAMP", 5000);
    w.board.connect(fd, peer.ip, 5900);
    expect(flow.expect({ flags: "S" }).win).toBe(5000);
  });

  test("at least 1152; 0 only before there is a connection", async () => {
    const w = await world();
    const { fd } = passive(w);
    w.board.setTcp(fd, "TCP_WINDOW_CLAMP", 1);
    expect(w.board.tcp(fd, "TCP_WINDOW_CLAMP")).toBe(1152);
    expect(named(w.board.setTcp(fd, "TCP_WINDOW_CLAMP", 0))).toBe("-EINVAL");
    const fresh = w.board.socket();
    w.board.setTcp(fresh, "TCP_WINDOW_CLAMP", 3000);
    expect(w.board.setTcp(fresh, "TCP_WINDOW_CLAMP", 0)).toBe(0);
    expect(w.board.tcp(fresh, "TCP_WINDOW_CLAMP")).toBe(0);
  });

  test("a window that was announced is not pulled back (SHLD-14)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.setTcp(fd, "TCP_WINDOW_CLAMP", 2000);
    let edge = 1 + 65535;
    for (let i = 0; i < 60; i++) {
      flow.data(pattern(1460));
      w.run(50);
      w.board.recv(fd);
      for (const { ack, win } of flow.drain(0)) {
        expect(ack + win).toBeGreaterThanOrEqual(edge);
        edge = ack + win;
      }
    }
    expect(edge).toBeLessThanOrEqual(1 + 60 * 1460 + 2000);
  });
});

describe("SO_RCVLOWAT", () => {
  test("POLLIN only from so many octets on; a read takes what there is; the end is readable", async () => {
    const w = await world();
    const { flow, fd, board } = passive(w);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVLOWAT)).toBe(1);
    expect(board.setSocket(fd, "SO_RCVLOWAT", 10)).toBe(0);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVLOWAT)).toBe(10);
    flow.data(pattern(9));
    w.run(5);
    expect(board.ready(fd) & Poll.POLLIN).toBe(0);
    flow.data(pattern(1));
    w.run(5);
    expect(board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
    expect(board.recv(fd, 5)).toHaveLength(5);
    expect(board.ready(fd) & Poll.POLLIN).toBe(0);
    expect(board.recv(fd, 50)).toHaveLength(5);
    flow.send({ flags: "FA" });
    w.run(5);
    expect(board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
  });

  test("more than the buffer can hold does not lock the reader out", async () => {
    const w = await world();
    const { flow, fd, board } = passive(w);
    board.setSocket(fd, "SO_RCVLOWAT", 100_000);
    flow.data(pattern(1024));
    w.run(5);
    expect(board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
  });
});

describe("TCP_DEFER_ACCEPT", () => {
  test("the listener hears of a connection when its text comes", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    expect(w.board.setTcp(listener, "TCP_DEFER_ACCEPT", 5)).toBe(0);
    const flow = w.peer().flow({ to: PORT }).handshake();
    w.run(600);
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    expect(w.board.ready(listener) & Poll.POLLIN).toBe(0);
    expect(w.board.stateOf(flow.port)).toBe("SynReceived");
    flow.data(text("hello"));
    w.run(5);
    const fd = w.accepted(w.board, listener);
    expect(w.board.recv(fd)).toEqual(text("hello"));
    w.board.send(fd, text("x"));
    flow.drain(10);
    expect(w.board.row(fd)!.cwnd).toBeGreaterThan(2000);
  });

  test("a peer that says nothing gets the SYN-ACK once more when the time is over, and its ACK connects it", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setTcp(listener, "TCP_DEFER_ACCEPT", 5);
    expect(w.board.tcp(listener, "TCP_DEFER_ACCEPT")).toBe(7); // 1 + 2 + 4, as Linux counts
    const flow = w.peer().flow({ to: PORT }).handshake();
    const started = w.now;
    const again = flow.expect({ flags: "SA" }, 20_000);
    expect(again.at - started).toBeGreaterThan(5000);
    expect(again.at - started).toBeLessThan(8000);
    flow.send({ flags: "A", seq: 1, ack: 1 });
    w.run(5);
    expect(named(w.board.accept(listener))).not.toBe("-EAGAIN");
  });

  test("a peer that never answers is forgotten in the usual time", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setTcp(listener, "TCP_DEFER_ACCEPT", 5);
    const flow = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    expect(flow.drain(40_000).filter(({ flags }) => flags & 2)).toHaveLength(6);
    w.run(70_000);
    expect(w.board.stateOf(flow.port)).toBe("Closed");
  });

  test("a FIN connects at once; 0 takes the option back", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setTcp(listener, "TCP_DEFER_ACCEPT", 5);
    const peer = w.peer();
    const flow = peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    flow.send({ flags: "FA" });
    w.run(5);
    expect(named(w.board.accept(listener))).not.toBe("-EAGAIN");
    w.board.setTcp(listener, "TCP_DEFER_ACCEPT", 0);
    peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(named(w.board.accept(listener))).not.toBe("-EAGAIN");
  });
});
