import { describe, expect, test } from "vitest";
import { Shutdown } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { connecting, passive } from "../support/states";
import { named, world } from "../support/world";

describe("ioctl(2)", () => {
  test("FIONREAD: what can be read", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(0);
    flow.data(pattern(300));
    w.run(5);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(300);
    w.board.recv(fd, 100);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(200);
    flow.send({ flags: "FA" });
    w.run(5);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(200);
  });

  test("FIONREAD with urgent data: up to the mark, nothing at it; all of it when inline", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PAU", data: text("abXcd"), urgent: 3 });
    w.run(5);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(2);
    w.board.recv(fd, 2);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(0);
    w.board.setSocket(fd, "SO_OOBINLINE", 1);
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(3);
  });

  test("SIOCOUTQ: not acknowledged, SIOCOUTQNSD: not sent; a FIN counts one", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { win: 100 } });
    w.board.send(fd, pattern(300));
    w.run(5);
    expect([w.board.ioctl(fd, "SIOCOUTQ"), w.board.ioctl(fd, "SIOCOUTQNSD")]).toEqual([300, 200]);
    w.board.shutdown(fd, Shutdown.SHUT_WR);
    w.run(5);
    expect([w.board.ioctl(fd, "SIOCOUTQ"), w.board.ioctl(fd, "SIOCOUTQNSD")]).toEqual([301, 201]);
    flow.drain(5);
    flow.ack(1000);
    flow.drain(50);
    flow.ack();
    w.run(5);
    expect([w.board.ioctl(fd, "SIOCOUTQ"), w.board.ioctl(fd, "SIOCOUTQNSD")]).toEqual([0, 0]);
  });

  test("before the handshake is done nothing is queued, says Linux", async () => {
    const w = await world();
    const { fd } = connecting(w);
    w.board.send(fd, text("early"));
    expect([w.board.ioctl(fd, "SIOCOUTQ"), w.board.ioctl(fd, "FIONREAD")]).toEqual([0, 0]);
  });

  test("errors: a listener, an unknown request, no descriptor", async () => {
    const w = await world();
    const { fd, listener } = passive(w);
    for (const request of ["FIONREAD", "SIOCOUTQ", "SIOCOUTQNSD"] as const) {
      expect(named(w.board.ioctl(listener, request))).toBe("-EINVAL");
    }
    expect(named(w.board.calls.ioctl(fd, 0x1234))).toBe("-ENOTTY");
    expect(named(w.board.calls.ioctl(99, 0x541b))).toBe("-EBADF");
  });

  test("of a datagram socket: the length of the next one", async () => {
    const w = await world({ boards: 2 });
    const [near, far] = w.stations;
    const fd = far.datagram(7000);
    expect(far.ioctl(fd, "FIONREAD")).toBe(0);
    const out = near.datagram(7001);
    near.sendTo(out, text("hello"), far.ip, 7000); // so that ARP is done with
    w.run(20);
    far.recv(fd);
    near.sendTo(out, pattern(12), far.ip, 7000);
    near.sendTo(out, pattern(34), far.ip, 7000);
    w.run(20);
    expect(far.ioctl(fd, "FIONREAD")).toBe(12);
    far.recv(fd);
    expect(far.ioctl(fd, "FIONREAD")).toBe(34);
    expect(far.ioctl(fd, "SIOCOUTQ")).toBe(0);
    expect(named(far.ioctl(fd, "SIOCATMARK"))).toBe("-ENOTTY");
  });
});
