import { describe, expect, test } from "vitest";
import { Errno, MessageFlag, Poll, Shutdown } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, connecting, passive } from "../support/states";
import { named, world } from "../support/world";

const { MSG_MORE, MSG_OOB } = MessageFlag;

describe("TCP_CORK", () => {
  test("only full segments leave; taking it back sends the rest", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { mss: 500 });
    expect(w.board.setTcp(fd, "TCP_CORK", 1)).toBe(0);
    expect(w.board.tcp(fd, "TCP_CORK")).toBe(1);
    w.board.send(fd, pattern(300));
    flow.expectNothing(50);
    w.board.send(fd, pattern(300, 300));
    flow.expect({ seq: 1, len: 500 });
    flow.ack();
    flow.expectNothing(50);
    w.board.setTcp(fd, "TCP_CORK", 0);
    flow.expect({ flags: "PA", seq: 501, len: 100 });
  });

  test("holds back for 200 ms at most, each time", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setTcp(fd, "TCP_CORK", 1);
    for (let round = 0; round < 3; round++) {
      const written = w.now;
      w.board.send(fd, text("abc"));
      const { at } = flow.expect({ seq: 1 + 3 * round, len: 3 }, 300);
      expect(at - written).toBeGreaterThanOrEqual(200);
      expect(at - written).toBeLessThan(210);
      flow.ack();
      w.run(20);
    }
    expect(w.board.counters()["TcpPersistProbes"]).toBe(0);
    expect(w.board.counters()["TcpRetransmits"]).toBe(0);
  });

  test("what was released is retransmitted in the usual time", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setTcp(fd, "TCP_CORK", 1);
    w.board.send(fd, text("abc"));
    const first = flow.expect({ seq: 1 }, 300).at;
    const again = flow.expect({ seq: 1 }, 3000).at;
    expect(again - first).toBeGreaterThanOrEqual(200);
    expect(again - first).toBeLessThan(1100);
  });

  test("a full segment sent while another waits has its own timeout", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { mss: 500 });
    w.board.setTcp(fd, "TCP_CORK", 1);
    w.board.send(fd, pattern(100));
    w.run(150);
    w.board.send(fd, pattern(450, 100));
    const first = flow.expect({ seq: 1, len: 500 }).at;
    const again = flow.expect({ seq: 1, len: 500 }, 3000).at;
    expect(again - first).toBeGreaterThanOrEqual(190);
  });

  test("stronger than TCP_NODELAY, which pushes once; urgent data and a FIN do not wait", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setTcp(fd, "TCP_CORK", 1);
    w.board.send(fd, text("a"));
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    flow.expect({ seq: 1, len: 1 });
    flow.ack();
    w.board.send(fd, text("b"));
    flow.expectNothing(50);
    w.board.send(fd, text("c"), MSG_OOB);
    flow.expect({ seq: 2, len: 2 });
    flow.ack();
    w.run(5);
    w.board.send(fd, text("d"));
    flow.expectNothing(50);
    w.board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", seq: 4, len: 1 });
  });

  test("a closed window is probed as ever", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.setTcp(fd, "TCP_CORK", 1);
    w.board.send(fd, text("abc"));
    flow.expect({ len: 1 }, 1500);
    expect(w.board.counters()["TcpPersistProbes"]).toBe(1);
    flow.ack(1000);
    expect(flow.drain(400).at(-1)).toMatchObject({ seq: 2, len: 2 });
  });

  test("set before connect, it holds for what is queued before the handshake", async () => {
    const w = await world();
    const { flow, fd } = connecting(w, { prepare: (socket) => w.board.setTcp(socket, "TCP_CORK", 1) });
    w.board.send(fd, text("early"));
    flow.accept();
    flow.expectNothing(100);
    flow.expect({ seq: 1, len: 5 }, 300);
  });
});

describe("MSG_MORE", () => {
  test("waits for the next piece, which need not fill a segment", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("head "), MSG_MORE);
    flow.expectNothing(50);
    w.board.send(fd, text("body"));
    flow.expect({ flags: "PA", seq: 1, data: text("head body") });
  });

  test("for 200 ms at most", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const written = w.now;
    w.board.send(fd, text("head"), MSG_MORE);
    const { at } = flow.expect({ seq: 1, len: 4 }, 300);
    expect(at - written).toBeGreaterThanOrEqual(200);
    expect(at - written).toBeLessThan(210);
  });

  test("full segments leave at once", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { mss: 500 });
    w.board.send(fd, pattern(700), MSG_MORE);
    flow.expect({ seq: 1, len: 500 });
    flow.expectNothing(50);
  });
});

describe("TCP_NOTSENT_LOWAT", () => {
  test("bounds what is queued beyond what was sent; POLLOUT and an event when half of it has left", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 3000 }, mss: 1000 });
    expect(w.board.setTcp(fd, "TCP_NOTSENT_LOWAT", 2000)).toBe(0);
    expect(w.board.tcp(fd, "TCP_NOTSENT_LOWAT")).toBe(2000);
    expect(w.board.send(fd, pattern(10_000))).toBe(2000);
    expect(named(w.board.send(fd, text("x")))).toBe("-EAGAIN");
    w.board.events.length = 0;
    flow.drain(20);
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
    expect(w.board.send(fd, pattern(10_000))).toBe(2000);
    flow.drain(20); // 3000 sent, 1000 wait for the window
    expect(w.board.ioctl(fd, "SIOCOUTQNSD")).toBe(1000);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(0);
    expect(w.board.calls.send_room(fd)).toBe(1000);
    expect(w.board.send(fd, pattern(5000))).toBe(1000);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(0);
    w.board.events.length = 0;
    flow.ack(3000);
    w.run(20);
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
  });

  test("0 takes it back", async () => {
    const w = await world();
    const { fd } = passive(w);
    w.board.setTcp(fd, "TCP_NOTSENT_LOWAT", 100);
    expect(w.board.send(fd, pattern(1000))).toBe(100);
    w.board.setTcp(fd, "TCP_NOTSENT_LOWAT", 0);
    expect(w.board.send(fd, pattern(1000))).toBe(1000);
  });
});

describe("send and recv in SYN-SENT", () => {
  test("what was queued follows the handshake; a read waits", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    expect(w.board.send(fd, text("early"))).toBe(5);
    expect(w.board.recv(fd)).toBe(-Errno.EAGAIN);
    flow.expect({ flags: "S", len: 0 });
    flow.send({ flags: "SA", mss: 1460 });
    const heard = flow.drain(20);
    expect(heard.at(-1)).toMatchObject({ seq: 1, len: 5 });
    flow.ack();
    flow.data(text("answer"));
    w.run(5);
    expect(w.board.recv(fd)).toEqual(text("answer"));
  });

  test("a refused connection: the reader hears why", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    w.board.send(fd, text("early"));
    flow.expect({ flags: "S" });
    flow.send({ flags: "RA", ack: 1 });
    w.run(5);
    expect(named(w.board.recv(fd))).toBe("-ECONNREFUSED");
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
  });
});
