import { describe, expect, it } from "vitest";
import {
  poll,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_LINGER,
  Socket,
  SOL_SOCKET,
} from "../../host/node/bsd/index";
import { Flag } from "../support/packet";
import { connected, datagrams, pair, pattern, rejection, sent, standing, text } from "./pair";

describe("Ending: close", () => {
  it("queued data still goes out, then FIN", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.sendAll(pattern(1500)));
    await near.close();
    let got = 0;
    for (let chunk = await p.settle(far.recv(999)); chunk.length; chunk = await p.settle(far.recv(999))) got += chunk.length;
    expect(got).toBe(1500);
  });

  it("unread data is answered with RST", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.sendAll("unread"));
    p.w.run(100);
    await far.close();
    expect(await p.settle(rejection(near.recv(9)))).toMatchObject({ code: "ECONNRESET", syscall: "recv" });
  });

  it("the socket lives as long as one of its descriptors (dup)", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    near.setTimeout(2000);
    const copy = near.dup();
    expect(copy.fd).not.toBe(near.fd);
    expect([copy.getTimeout(), copy.getSockName()]).toEqual([2000, near.getSockName()]);
    const reading = copy.recv(9);
    await near.close();
    expect(near.fd).toBe(-1);
    await p.settle(far.sendAll("still"));
    expect(text(await p.settle(reading))).toBe("still");
    await p.settle(copy.sendAll("there"));
    expect(text(await p.settle(far.recv(9)))).toBe("there");
    await copy.close();
    expect(await p.settle(far.recv(9))).toHaveLength(0);
  });

  it("calls that wait on one descriptor live on when its dup is closed, and are still served in order", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const copy = far.dup();
    const aborted = rejection(far.recv(1));
    const reading = copy.recv(1);
    const last = copy.recv(1);
    await far.close();
    expect(await aborted).toMatchObject({ code: "ECONNABORTED" });
    await p.settle(near.sendAll("ab"));
    expect([text(await p.settle(reading)), text(await p.settle(last))]).toEqual(["a", "b"]);
  });

  it("await using closes", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    {
      await using using = near;
      expect(using.fd).toBeGreaterThanOrEqual(0);
    }
    expect(await p.settle(far.recv(1))).toHaveLength(0);
  });

  it("a dup hears what happens though the first descriptor is detached", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const copy = far.dup();
    far.detach();
    const reading = copy.recv(9);
    await p.settle(near.sendAll("heard"));
    expect(text(await p.settle(reading))).toBe("heard");
  });

  it("detach leaves the descriptor open for another Socket", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const reading = rejection(near.recv(1));
    const fd = near.detach();
    expect(await reading).toMatchObject({ code: "ECONNABORTED" });
    expect(near.fd).toBe(-1);
    const again = new Socket(p.client, near.family, near.type, near.protocol, fd);
    await p.settle(again.sendAll("again"));
    expect(text(await p.settle(far.recv(9)))).toBe("again");
  });
});

describe("Ending: shutdown", () => {
  it("SHUT_WR: FIN, half-close, reading goes on; sending is EPIPE", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    near.shutdown(SHUT_WR);
    expect(await p.settle(far.recv(1))).toHaveLength(0);
    await p.settle(far.sendAll("answer"));
    expect(text(await p.settle(near.recv(9)))).toBe("answer");
    expect(await rejection(near.send("x"))).toMatchObject({ code: "EPIPE", errno: -32, syscall: "send" });
  });

  it("SHUT_RD: whoever waits for data hears of the end; sending goes on", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const reading = near.recv(9);
    near.shutdown(SHUT_RD);
    expect(await p.settle(reading)).toHaveLength(0);
    await p.settle(near.sendAll("on"));
    expect(text(await p.settle(far.recv(9)))).toBe("on");
  });

  it("acts at once, whatever the reference count", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const copy = near.dup();
    near.shutdown(SHUT_RDWR);
    expect(await p.settle(far.recv(1))).toHaveLength(0);
    expect(await rejection(copy.send("x"))).toMatchObject({ code: "EPIPE" });
    expect(await p.settle(copy.recv(1))).toHaveLength(0);
  });

  it("of a socket that is not connected: ENOTCONN", async () => {
    const p = await pair();
    expect(() => new Socket(p.client).shutdown(SHUT_WR)).toThrow("shutdown ENOTCONN");
    const { near } = await datagrams(p);
    expect(() => near.shutdown(SHUT_WR)).toThrow("shutdown ENOTCONN");
  });
});

describe("Ending: writing after RST", () => {
  it("is ECONNRESET once, then EPIPE, raised as errors", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    far.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 0]);
    await far.close();
    p.w.run(100);
    expect(await rejection(near.send("x"))).toMatchObject({ code: "ECONNRESET", errno: -104, syscall: "send" });
    expect(await rejection(near.send("x"))).toMatchObject({ code: "EPIPE", syscall: "send" });
    expect(await rejection(near.sendAll("x"))).toMatchObject({ code: "EPIPE", syscall: "send" });
    expect(await near.recv(1)).toHaveLength(0);
  });
});

describe("Ending: what poll says", () => {
  it("POLLIN and POLLRDHUP at the peer's FIN, POLLHUP when both directions have ended", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const entry = { socket: near, events: POLLIN | POLLRDHUP };
    far.shutdown(SHUT_WR);
    expect(await p.settle(poll([entry]))).toEqual([{ ...entry, revents: POLLIN | POLLRDHUP }]);
    near.shutdown(SHUT_WR);
    expect((await p.settle(poll([entry])))[0]?.revents).toBe(POLLIN | POLLRDHUP | POLLHUP);
  });

  it("POLLERR and POLLHUP after RST, asked for or not", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const polling = poll([{ socket: near, events: 0 }]);
    far.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 0]);
    await far.close();
    expect((await p.settle(polling))[0]?.revents).toBe(POLLERR | POLLHUP);
  });

  it("POLLOUT when there is room again", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    near.setBlocking(false);
    await near.send(pattern(100_000));
    p.w.run(1000);
    const full = near.send(pattern(100_000)).then(() => near.send(pattern(100_000)));
    expect(await rejection(full)).toMatchObject({ code: "EAGAIN" });
    const polling = poll([{ socket: near, events: POLLOUT }]);
    p.w.run(1000);
    expect(await standing(polling)).toBe("waits");
    for (let i = 0; i < 2; i++) await p.settle(far.recv(100_000));
    expect((await p.settle(polling))[0]?.revents).toBe(POLLOUT);
  });
});

describe("Ending: SO_LINGER", () => {
  it("on with 0: close resets the connection", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    near.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 0]);
    await near.close();
    expect(await p.settle(rejection(far.recv(1)))).toMatchObject({ code: "ECONNRESET" });
    expect(sent(p, "board1").filter(({ flags }) => flags & Flag.R)).toHaveLength(1);
  });

  it("on with some seconds: close waits until the peer has acknowledged all of it", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    near.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 30]);
    await p.settle(near.sendAll(pattern(4000)));
    const closing = near.close();
    expect(near.fd).toBe(-1);
    p.w.run(5000);
    expect(await standing(closing)).toBe("waits");
    while ((await p.settle(far.recv(9999))).length > 0);
    await p.settle(closing);
    expect(p.w.now).toBeLessThan(30_000);
  });

  it("EAGAIN when they pass; what is left is still sent", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    near.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 3]);
    await p.settle(near.sendAll(pattern(4000)));
    const began = p.w.now;
    expect(await p.settle(rejection(near.close()))).toMatchObject({ code: "EAGAIN", syscall: "close" });
    expect(p.w.now - began).toBe(3000);
    let got = 0;
    for (let chunk = await p.settle(far.recv(9999)); chunk.length; chunk = await p.settle(far.recv(9999))) got += chunk.length;
    expect(got).toBe(4000);
  });

  it("does not make a non-blocking socket wait, nor one whose dup is open, nor one whose peer resets", async () => {
    const p = await pair();
    const { near, far, listener } = await connected(p);
    near.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 30]);
    await p.settle(near.sendAll(pattern(4000)));
    const copy = near.dup();
    await near.close();
    copy.setBlocking(false);
    await copy.close();
    await far.close();
    const other = new Socket(p.client);
    await p.settle(other.connect(p.at(80)));
    const [peer] = await p.settle(listener.accept());
    other.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 30]);
    await p.settle(other.sendAll(pattern(4000)));
    const closing = other.close();
    p.w.run(100);
    await peer.close();
    await p.settle(closing, 1000);
  });
});
