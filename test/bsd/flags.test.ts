import { describe, expect, it } from "vitest";
import {
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_MORE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  poll,
  POLLPRI,
  SO_LINGER,
  SO_RCVLOWAT,
  SOL_SOCKET,
} from "../../host/node/bsd/index";
import { connected, datagrams, pair, pattern, rejection, sent, standing, text } from "./pair";

describe("Buffers: MSG_PEEK", () => {
  it("leaves what it reads, for every kind of socket", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.sendAll("abc"));
    expect(text(await p.settle(far.recv(2, MSG_PEEK)))).toBe("ab");
    expect(text(await p.settle(far.recv(9, MSG_PEEK)))).toBe("abc");
    expect(text(await p.settle(far.recv(9)))).toBe("abc");
    const udp = await datagrams(p);
    await p.settle(udp.near.sendTo("datagram", p.at(7)));
    expect(text(await p.settle(udp.far.recv(4, MSG_PEEK)))).toBe("data");
    expect(text(await p.settle(udp.far.recv(99)))).toBe("datagram");
  });

  it("with MSG_WAITALL waits until all of it is there", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const peeking = far.recv(6, MSG_PEEK | MSG_WAITALL);
    await p.settle(near.sendAll("abc"));
    p.w.run(1000);
    expect(await standing(peeking)).toBe("waits");
    await p.settle(near.sendAll("def"));
    expect(text(await p.settle(peeking))).toBe("abcdef");
    expect(text(await p.settle(far.recv(9)))).toBe("abcdef");
  });
});

describe("Buffers: MSG_WAITALL", () => {
  it("waits for all that was asked for, also beyond the receive buffer", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const reading = far.recv(9000, MSG_WAITALL);
    await p.settle(near.sendAll(pattern(8999)));
    p.w.run(5000);
    expect(await standing(reading)).toBe("waits");
    await p.settle(near.sendAll(pattern(10)));
    const octets = await p.settle(reading);
    expect(octets).toHaveLength(9000);
    expect(octets.subarray(0, 8999)).toEqual(pattern(8999));
    expect(await p.settle(far.recv(99))).toHaveLength(9);
  });

  it("the end of the stream, a timeout and an abort cut it short without losing octets", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const buffer = new Uint8Array(10);
    far.setTimeout(1000);
    await p.settle(near.sendAll("abc"));
    expect(await p.settle(far.recvInto(buffer, MSG_WAITALL))).toBe(3);
    expect(text(buffer.subarray(0, 3))).toBe("abc");
    const abort = new AbortController();
    const reading = far.recv(10, MSG_WAITALL, abort.signal);
    await p.settle(near.sendAll("def"));
    p.w.run(100);
    abort.abort();
    expect(text(await reading)).toBe("def");
    await p.settle(near.sendAll("ghi"));
    near.shutdown(1);
    expect(text(await p.settle(far.recv(10, MSG_WAITALL)))).toBe("ghi");
    expect(await p.settle(far.recv(10, MSG_WAITALL))).toHaveLength(0);
  });

  it("an error behind some octets is for the next call", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const reading = far.recv(10, MSG_WAITALL);
    await p.settle(near.sendAll("abc"));
    p.w.run(1000);
    near.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 0]);
    await near.close();
    expect(text(await p.settle(reading))).toBe("abc");
    expect(await p.settle(rejection(far.recv(10)))).toMatchObject({ code: "ECONNRESET" });
  });
});

describe("Buffers: SO_RCVLOWAT", () => {
  it("a waiting recv waits for so many octets, or for as many as it asks for; one that does not wait takes what there is", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    far.setSockOpt(SOL_SOCKET, SO_RCVLOWAT, 100);
    await p.settle(near.sendAll(pattern(50)));
    const reading = far.recv(1000);
    p.w.run(5000);
    expect(await standing(reading)).toBe("waits");
    await p.settle(near.sendAll(pattern(50)));
    expect(await p.settle(reading)).toHaveLength(100);
    await p.settle(near.sendAll(pattern(50)));
    p.w.run(1000);
    expect(await p.settle(far.recv(20))).toHaveLength(20);
    expect(await p.settle(far.recv(1000, MSG_DONTWAIT))).toHaveLength(30);
  });
});

describe("Buffers: MSG_DONTWAIT, MSG_NOSIGNAL, MSG_EOR", () => {
  it("MSG_DONTWAIT never waits: EAGAIN, or a part", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    expect(await rejection(far.recv(1, MSG_DONTWAIT))).toMatchObject({ code: "EAGAIN", syscall: "recv" });
    expect(await near.send(pattern(100_000), MSG_DONTWAIT)).toBeLessThan(100_000);
    expect(await rejection(near.send("x", MSG_DONTWAIT))).toMatchObject({ code: "EAGAIN", syscall: "send" });
    p.w.run(1000);
    expect((await far.recv(100_000, MSG_DONTWAIT | MSG_WAITALL)).length).toBeGreaterThan(0);
  });

  it("MSG_NOSIGNAL is accepted, and so is MSG_EOR where there are no records", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.sendAll("abc", MSG_NOSIGNAL | MSG_EOR));
    expect(text(await p.settle(far.recv(9, MSG_NOSIGNAL)))).toBe("abc");
    const udp = await datagrams(p);
    expect(await p.settle(udp.near.sendTo("x", p.at(7), MSG_NOSIGNAL))).toBe(1);
  });
});

describe("Buffers: MSG_TRUNC", () => {
  it("gives the length of a datagram of which only a part fitted; the rest is lost", async () => {
    const p = await pair();
    const { near, far } = await datagrams(p);
    const buffer = new Uint8Array(4);
    await p.settle(near.sendTo("0123456789", p.at(7)));
    expect(await p.settle(far.recvInto(buffer, MSG_TRUNC))).toBe(10);
    expect(text(buffer)).toBe("0123");
    await p.settle(near.sendTo("0123456789", p.at(7)));
    expect(await p.settle(far.recvInto(buffer))).toBe(4);
    await p.settle(near.sendTo("next", p.at(7)));
    expect(text(await p.settle(far.recv(10)))).toBe("next");
  });
});

describe("Buffers: MSG_MORE", () => {
  it("holds a small segment back until the next send without it", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const before = sent(p, "board1");
    await near.send("head ", MSG_MORE);
    p.w.run(100);
    expect(sent(p, "board1").length).toBe(before.length);
    await near.send("body");
    expect(text(await p.settle(far.recv(100)))).toBe("head body");
    expect(sent(p, "board1").map(({ data }) => text(data))).toContain("head body");
  });
});

describe("Buffers: MSG_OOB", () => {
  it("makes the last octet urgent; it is read ahead of the others with MSG_OOB, which never waits", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    expect(await rejection(far.recv(1, MSG_OOB))).toMatchObject({ code: "EINVAL", syscall: "recv" });
    const polling = poll([{ socket: far, events: POLLPRI }]);
    expect(await p.settle(near.send("normal!", MSG_OOB))).toBe(7);
    expect((await p.settle(polling))[0]?.revents).toBe(POLLPRI);
    expect(text(await p.settle(far.recv(1, MSG_OOB)))).toBe("!");
    expect(text(await p.settle(far.recv(99)))).toBe("normal");
  });

  it("is read though others wait for what is not urgent", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const reading = far.recv(9);
    await near.send("!", MSG_OOB);
    await p.settle(poll([{ socket: far, events: POLLPRI }]));
    expect(text(await far.recv(1, MSG_OOB))).toBe("!");
    expect(await standing(reading)).toBe("waits");
    await near.send("normal");
    expect(text(await p.settle(reading))).toBe("normal");
  });

  it("of more than the buffer holds, still only the last octet", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const sending = near.sendAll(`${"x".repeat(6000)}!`, MSG_OOB);
    const heard = await p.settle(far.recv(6000, MSG_WAITALL));
    await p.settle(sending);
    p.w.run(1000);
    expect([text(heard).replaceAll("x", ""), text(await far.recv(1, MSG_OOB))]).toEqual(["", "!"]);
  });
});
