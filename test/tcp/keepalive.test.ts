import { describe, expect, test } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { text } from "../support/packet";
import { active, passive, PORT } from "../support/states";
import { world } from "../support/world";

const HOUR = 3_600_000;

describe("keep-alive (RFC 9293 3.8.4)", () => {
  test("is off unless asked for (MUST-25)", async () => {
    const w = await world();
    const { flow, state } = passive(w);
    flow.expectNothing(24 * HOUR);
    expect(state()).toBe("Established");
  });

  test("the first probe comes after two hours of silence (MUST-28), without data (SHLD-12), and is repeated", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.setSocket(fd, "SO_KEEPALIVE", 1)).toBe(0);
    const started = w.now;
    const probe = flow.expect({ flags: "A", ack: 1, len: 0 }, 3 * HOUR);
    expect(probe.seq).toBe(0);
    expect(Math.abs(probe.at - started - 2 * HOUR)).toBeLessThan(2000);
    flow.send({ flags: "A" });
    const answered = w.now;
    const next = flow.expect({ seq: 0 }, 3 * HOUR);
    expect(Math.abs(next.at - answered - 2 * HOUR)).toBeLessThan(2000);
    expect(w.board.counters()["TcpKeepAlives"]).toBe(2);
  });

  test("one lost probe is not the end (MUST-29); as many as TCP_KEEPCNT are: ETIMEDOUT", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
    w.board.setTcp(fd, "TCP_KEEPINTVL", 5);
    w.board.setTcp(fd, "TCP_KEEPCNT", 3);
    const started = w.now;
    const probes = flow.drain(12_000).filter((segment) => !(segment.flags & 4));
    expect(probes).toHaveLength(3);
    expect(Math.abs(probes[0].at - started - 10_000)).toBeLessThan(100);
    expect(Math.abs(probes[1].at - probes[0].at - 5000)).toBeLessThan(100);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
  });

  test("a socket that ended so and connects again has all its probes again", async () => {
    const w = await world();
    const { fd, peer } = active(w);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
    w.board.setTcp(fd, "TCP_KEEPINTVL", 5);
    w.board.setTcp(fd, "TCP_KEEPCNT", 2);
    w.run(30_000);
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
    const flow = peer.flow({ port: 6100 });
    expect(w.board.connect(fd, peer.ip, 6100)).toBe(-Errno.EINPROGRESS);
    flow.accept();
    const probe = flow.expect({ len: 0 }, 12_000);
    expect([probe.seq, probe.flags & 4]).toEqual([0, 0]);
  });

  test("the owner hears of the end, the peer gets a RST", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
    w.board.setTcp(fd, "TCP_KEEPINTVL", 5);
    w.board.setTcp(fd, "TCP_KEEPCNT", 2);
    w.run(19_000);
    w.board.events.length = 0;
    flow.drain(1);
    w.run(3000);
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & (Poll.POLLERR | Poll.POLLHUP)).toBe(Poll.POLLERR | Poll.POLLHUP);
    const reset = flow.expect({ seq: 1 });
    expect(reset.flags & 4).toBe(4);
  });

  test("asked for before the connection is open, by the socket or its listener", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setSocket(listener, "SO_KEEPALIVE", 1);
    w.board.setTcp(listener, "TCP_KEEPIDLE", 30);
    const heir = passive(w);
    const opener = active(w, {
      peer: heir.peer,
      prepare: (fd) => {
        w.board.setSocket(fd, "SO_KEEPALIVE", 1);
        w.board.setTcp(fd, "TCP_KEEPIDLE", 30);
      },
    });
    const started = w.now;
    for (const { flow } of [heir, opener]) {
      const probe = flow.expect({ seq: 0, len: 0 }, 40_000);
      expect(Math.abs(probe.at - started - 30_000)).toBeLessThan(1000);
    }
  });

  test("an answer begins the count anew", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
    w.board.setTcp(fd, "TCP_KEEPINTVL", 5);
    w.board.setTcp(fd, "TCP_KEEPCNT", 3);
    for (let i = 0; i < 10; i++) {
      flow.expect({ seq: 0 }, 20_000);
      flow.expect({ seq: 0 }, 20_000);
      flow.send({ flags: "A" });
    }
    expect(state()).toBe("Established");
  });

  test("data of the peer puts the probe off (MUST-26)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
    for (let i = 0; i < 5; i++) {
      w.run(8000);
      flow.data(text("x"));
      flow.expect({ flags: "A", seq: 1, ack: i + 2 }, 500);
    }
    flow.expectNothing(9000);
    flow.expect({ seq: 0 }, 2000);
  });

  test("no probe while data is not acknowledged (MUST-26)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 2);
    w.board.send(fd, text("x"));
    const heard = flow.drain(30_000).filter((segment) => segment.at < 60_000);
    expect(heard.every((segment) => segment.seq === 1 && segment.len === 1)).toBe(true);
  });

  test("can be set late and taken back (MUST-24)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
    w.board.setSocket(fd, "SO_KEEPALIVE", 1);
    w.run(5000);
    w.board.setSocket(fd, "SO_KEEPALIVE", 0);
    flow.expectNothing(HOUR);
  });

  test("a peer's keep-alive is answered, with or without a garbage octet", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "A", seq: 0 });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
    flow.send({ flags: "A", seq: 0, data: text("?") });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
    expect(w.board.read(fd).data).toHaveLength(0);
  });
});
