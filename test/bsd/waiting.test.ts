import { describe, expect, it } from "vitest";
import { Errno, MSG_DONTWAIT, poll, POLLIN, POLLNVAL, POLLOUT, Socket } from "../../host/node/bsd/index";
import { connected, listening, pair, pattern, rejection, standing, text } from "./pair";

describe("Waiting: setBlocking, setTimeout, getTimeout", () => {
  it("a new socket is blocking: getTimeout is null, and recv waits", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    expect(near.getTimeout()).toBeNull();
    const reading = far.recv(10);
    p.w.run(3_600_000);
    expect(await standing(reading)).toBe("waits");
    await p.settle(near.sendAll("late"));
    expect(text(await p.settle(reading))).toBe("late");
  });

  it("setBlocking(false) is setTimeout(0): what would wait fails with EAGAIN, connect with EINPROGRESS, then EALREADY, then EISCONN", async () => {
    const p = await pair();
    const listener = listening(p);
    listener.setBlocking(false);
    expect(listener.getTimeout()).toBe(0);
    expect(await rejection(listener.accept())).toMatchObject({ code: "EAGAIN", errno: -11, syscall: "accept" });
    const near = new Socket(p.client);
    near.setBlocking(false);
    expect(await rejection(near.connect(p.at(80)))).toMatchObject({ code: "EINPROGRESS", syscall: "connect", port: 80 });
    expect(await near.connectEx(p.at(80))).toBe(Errno.EALREADY);
    p.w.run(100);
    expect(await near.connectEx(p.at(80))).toBe(Errno.EISCONN);
    expect(await rejection(near.recv(1))).toMatchObject({ code: "EAGAIN", syscall: "recv" });
    const [far] = await listener.accept();
    expect(far.getTimeout()).toBeNull();
    let sent = 0;
    for (;;) {
      const count = await near.send(pattern(1000)).catch((error: { code: string }) => error.code);
      if (typeof count === "string") expect(count).toBe("EAGAIN");
      if (typeof count === "string") break;
      sent += count;
    }
    expect(sent).toBeGreaterThan(1000);
    near.setBlocking(true);
    expect(near.getTimeout()).toBeNull();
  });

  it("with a timeout a call waits so long on the board's clock, then fails with ETIMEDOUT", async () => {
    const p = await pair();
    const { near, far, listener } = await connected(p);
    for (const socket of [far, listener]) socket.setTimeout(2500);
    const began = p.w.now;
    expect(await p.settle(rejection(far.recv(1)))).toMatchObject({ code: "ETIMEDOUT", errno: -110, syscall: "recv" });
    expect(p.w.now - began).toBe(2500);
    expect(await p.settle(rejection(listener.accept()))).toMatchObject({ code: "ETIMEDOUT", syscall: "accept" });
    const reading = far.recv(10);
    p.w.run(2000);
    await p.settle(near.sendAll("in time"));
    expect(text(await p.settle(reading))).toBe("in time");
  });

  it("a timeout of connect: ETIMEDOUT, of connectEx: EAGAIN as in Python; the handshake goes on", async () => {
    const p = await pair();
    listening(p);
    p.server.linkUp(false);
    const near = new Socket(p.client);
    near.setTimeout(1500);
    p.client.exports.arp_set(0x0a000002, p.client.exports.mac(0) + 32);
    expect(await p.settle(rejection(near.connect(p.at(80))))).toMatchObject({ code: "ETIMEDOUT", port: 80 });
    expect(await near.connectEx(p.at(80))).toBe(Errno.EALREADY);
    const other = new Socket(p.client);
    other.setTimeout(1500);
    expect(await p.settle(other.connectEx(p.at(80)))).toBe(Errno.EAGAIN);
  });

  it("a timeout of sendAll counts for the whole", async () => {
    const p = await pair();
    const { near } = await connected(p);
    near.setTimeout(5000);
    const began = p.w.now;
    expect(await p.settle(rejection(near.sendAll(pattern(100_000))))).toMatchObject({ code: "ETIMEDOUT", syscall: "send" });
    expect(p.w.now - began).toBe(5000);
  });

  it("blocking, send takes all of it; with a timeout, what there is room for", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const sending = near.send(pattern(10_000));
    p.w.run(1000);
    expect(await standing(sending)).toBe("waits");
    for (let got = 0; got < 10_000;) got += (await p.settle(far.recv(10_000))).length;
    expect(await p.settle(sending)).toBe(10_000);
    near.setTimeout(1000);
    const part = await p.settle(near.send(pattern(10_000)));
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(10_000);
  });

  it("a negative timeout is a RangeError", async () => {
    const p = await pair();
    const socket = new Socket(p.client);
    expect(() => socket.setTimeout(-1)).toThrow(RangeError);
    expect(() => socket.setTimeout(NaN)).toThrow(RangeError);
  });
});

describe("Waiting: several callers, AbortSignal, closing", () => {
  it("several calls that wait on one socket are served in the order they came", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const order: string[] = [];
    const reads = [1, 2, 3].map((n) => far.recv(2).then((octets) => order.push(`${n}${text(octets)}`)));
    await p.settle(near.sendAll("aabbcc"));
    await p.settle(Promise.all(reads));
    expect(order).toEqual(["1aa", "2bb", "3cc"]);
  });

  it("several writers do not mix their octets", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const sending = ["a", "b", "c"].map((letter) => near.sendAll(letter.repeat(5000)));
    let heard = "";
    while (heard.length < 15_000) heard += text(await p.settle(far.recv(4000)));
    await p.settle(Promise.all(sending));
    expect(heard).toBe("a".repeat(5000) + "b".repeat(5000) + "c".repeat(5000));
  });

  it("an AbortSignal ends the wait with its reason; the next in line goes on", async () => {
    const p = await pair();
    const { near, far, listener } = await connected(p);
    const abort = new AbortController();
    const calls = [far.recv(9, 0, abort.signal), listener.accept(abort.signal), near.sendAll(pattern(100_000), 0, abort.signal)];
    const next = far.recv(9999);
    const reason = new Error("no more");
    abort.abort(reason);
    expect(await Promise.all(calls.map(rejection))).toEqual([reason, reason, reason]);
    expect((await p.settle(next)).length).toBeGreaterThan(0);
    expect(await rejection(far.recv(1, 0, AbortSignal.abort(reason)))).toBe(reason);
  });

  it("send that has sent a part answers with it when it is aborted", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const abort = new AbortController();
    const sending = near.send(pattern(10_000), 0, abort.signal);
    p.w.run(1000);
    abort.abort();
    const sent = await sending;
    await near.close();
    let got = 0;
    for (let data = await p.settle(far.recv(9999)); data.length; data = await p.settle(far.recv(9999))) got += data.length;
    expect([got, got < 10_000]).toEqual([sent, true]);
  });

  it("an AbortSignal ends the wait of connect; the handshake goes on", async () => {
    const p = await pair();
    const listener = listening(p);
    const near = new Socket(p.client);
    const abort = new AbortController();
    const connecting = near.connect(p.at(80), abort.signal);
    abort.abort();
    expect(await rejection(connecting)).toHaveProperty("name", "AbortError");
    expect((await p.settle(listener.accept()))[1]).toEqual(near.getSockName());
  });

  it("closing wakes whoever waits with ECONNABORTED", async () => {
    const p = await pair();
    const { near, far, listener } = await connected(p);
    const calls = [far.recv(9), far.recv(9), far.sendAll(pattern(100_000)), listener.accept()];
    const fresh = new Socket(p.client);
    p.server.linkUp(false);
    calls.push(fresh.connect(p.at(80)));
    await Promise.all([far.close(), listener.close(), fresh.close()]);
    const codes = (await Promise.all(calls.map(rejection))).map((error) => (error as { code: string }).code);
    expect(codes).toEqual(Array(5).fill("ECONNABORTED"));
    expect(near.fd).toBeGreaterThanOrEqual(0);
  });

  it("MSG_DONTWAIT makes one call non-blocking", async () => {
    const p = await pair();
    const { far } = await connected(p);
    expect(await rejection(far.recv(1, MSG_DONTWAIT))).toMatchObject({ code: "EAGAIN" });
  });
});

describe("Waiting: poll over many descriptors", () => {
  it("answers which are ready, in the order of the entries, and waits for the first", async () => {
    const p = await pair();
    const { near, far, listener } = await connected(p);
    const entries = [
      { socket: listener, events: POLLIN },
      { socket: far, events: POLLIN },
    ];
    expect(await poll(entries, 0)).toEqual([]);
    const polling = poll(entries);
    p.w.run(10_000);
    expect(await standing(polling)).toBe("waits");
    await p.settle(near.sendAll("x"));
    expect(await p.settle(polling)).toEqual([{ socket: far, events: POLLIN, revents: POLLIN }]);
    expect(await poll([{ socket: near, events: POLLOUT }, ...entries])).toHaveLength(2);
  });

  it("a timeout answers with nothing, a closed socket with POLLNVAL, an abort rejects", async () => {
    const p = await pair();
    const { far } = await connected(p);
    const entries = [{ socket: far, events: POLLIN }];
    const began = p.w.now;
    expect(await p.settle(poll(entries, 700))).toEqual([]);
    expect(p.w.now - began).toBe(700);
    const abort = new AbortController();
    const aborted = poll(entries, null, abort.signal);
    abort.abort();
    expect(await rejection(aborted)).toHaveProperty("name", "AbortError");
    const polling = poll(entries);
    await far.close();
    expect(await polling).toEqual([{ socket: far, events: POLLIN, revents: POLLNVAL }]);
  });
});
