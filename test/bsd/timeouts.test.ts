import { describe, expect, it } from "vitest";
import { Errno, MSG_WAITALL, SO_RCVTIMEO, SO_SNDTIMEO, Socket, SOL_SOCKET, timeval } from "../../host/node/bsd/index";
import { connected, datagrams, listening, pair, pattern, rejection, text } from "./pair";

describe("Waiting: SO_RCVTIMEO and SO_SNDTIMEO of blocking calls", () => {
  it("recv, recvFrom and accept fail with EAGAIN after SO_RCVTIMEO", async () => {
    const p = await pair();
    const { far, listener } = await connected(p);
    const udp = await datagrams(p);
    const calls = [
      [far, () => far.recv(1)],
      [listener, () => listener.accept()],
      [udp.far, () => udp.far.recvFrom(1)],
    ] as const;
    for (const [socket, call] of calls) {
      socket.setSockOpt(SOL_SOCKET, SO_RCVTIMEO, timeval(1250));
      expect([...new Uint32Array(socket.getSockOpt(SOL_SOCKET, SO_RCVTIMEO, 8).buffer)]).toEqual([1, 250_000]);
      const began = p.w.now;
      expect(await p.settle(rejection(call()))).toMatchObject({ code: "EAGAIN", errno: -11 });
      expect(p.w.now - began).toBe(1250);
    }
  });

  it("send fails with EAGAIN after SO_SNDTIMEO, or answers what it has sent until then", async () => {
    const p = await pair();
    const { near } = await connected(p);
    near.setSockOpt(SOL_SOCKET, SO_SNDTIMEO, timeval(2000));
    const began = p.w.now;
    const sent = await p.settle(near.send(pattern(100_000)));
    expect(p.w.now - began).toBe(2000);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(100_000);
    expect(await p.settle(rejection(near.send("x")))).toMatchObject({ code: "EAGAIN", syscall: "send" });
    expect(await p.settle(rejection(near.sendAll("x")))).toMatchObject({ code: "EAGAIN", syscall: "send" });
  });

  it("connect fails with EINPROGRESS after SO_SNDTIMEO, and goes on", async () => {
    const p = await pair();
    const listener = listening(p);
    const near = new Socket(p.client);
    near.setSockOpt(SOL_SOCKET, SO_SNDTIMEO, timeval(500));
    p.server.linkUp(false);
    p.client.exports.arp_set(0x0a000002, p.server.exports.mac(0) + 32);
    expect(await p.settle(near.connectEx(p.at(80)))).toBe(Errno.EINPROGRESS);
    expect(await rejection(near.connect(p.at(80)))).toMatchObject({ code: "EALREADY", port: 80 });
    expect(listener.getTimeout()).toBeNull();
  });

  it("recv with MSG_WAITALL answers what has come until then", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    far.setSockOpt(SOL_SOCKET, SO_RCVTIMEO, timeval(1000));
    await p.settle(near.sendAll("abc"));
    expect(text(await p.settle(far.recv(10, MSG_WAITALL)))).toBe("abc");
    expect(await p.settle(rejection(far.recv(10, MSG_WAITALL)))).toMatchObject({ code: "EAGAIN" });
  });

  it("setTimeout goes before them; an accepted socket waits as its listener does", async () => {
    const p = await pair();
    const listener = listening(p);
    listener.setSockOpt(SOL_SOCKET, SO_RCVTIMEO, timeval(700));
    const near = new Socket(p.client);
    await p.settle(near.connect(p.at(80)));
    const [far] = await p.settle(listener.accept());
    expect(await p.settle(rejection(far.recv(1)))).toMatchObject({ code: "EAGAIN" });
    far.setTimeout(100);
    expect(await p.settle(rejection(far.recv(1)))).toMatchObject({ code: "ETIMEDOUT" });
  });
});
