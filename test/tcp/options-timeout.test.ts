import { describe, expect, test } from "vitest";
import { Errno, Level, Poll, SandwireOption } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, connecting, passive, PORT } from "../support/states";
import { adopted, enable, silence, told, uto } from "../support/timeouts";
import { named, world } from "../support/world";

describe("TCP_USER_TIMEOUT", () => {
  test("data nobody acknowledges: ETIMEDOUT when the time is over, not earlier, not later", async () => {
    const w = await world();
    const made = passive(w);
    expect(w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 5000)).toBe(0);
    expect(w.board.tcp(made.fd, "TCP_USER_TIMEOUT")).toBe(5000);
    w.board.send(made.fd, text("x"));
    const { after, heard } = silence(made);
    expect(after).toBeGreaterThanOrEqual(4990);
    expect(after).toBeLessThan(5100);
    expect(heard.length).toBeGreaterThanOrEqual(4);
    expect(w.board.error(made.fd)).toBe(Errno.ETIMEDOUT);
  });

  test("longer than all retransmissions take it keeps the connection", async () => {
    const w = await world();
    const made = passive(w);
    w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 2_500_000);
    w.board.send(made.fd, text("x"));
    const { after } = silence(made);
    expect(after).toBeGreaterThanOrEqual(2_499_000);
    expect(after).toBeLessThan(2_501_000);
  });

  test("progress begins it anew", async () => {
    const w = await world();
    const made = passive(w);
    const { flow, state } = made;
    w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 3000);
    w.board.send(made.fd, pattern(100));
    for (let octet = 1; octet <= 10; octet++) {
      w.run(2000);
      flow.send({ flags: "A", ack: 1 + octet });
      w.run(5);
    }
    expect(state()).toBe("Established");
    w.run(3500);
    expect(state()).toBe("Closed");
  });

  test("a window that stays closed ends the connection too, though probes are answered (Linux)", async () => {
    const w = await world();
    const made = passive(w);
    const { flow } = made;
    w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 10_000);
    flow.ack(0);
    w.run(5);
    w.board.send(made.fd, text("wait"));
    const started = w.now;
    while (made.state() === "Established" && w.now - started < 60_000) {
      if (flow.next(1000)) flow.send({ flags: "A", ack: 1, win: 0 });
    }
    expect(w.now - started).toBeGreaterThanOrEqual(9_900);
    expect(w.now - started).toBeLessThan(11_500);
    expect(w.board.error(made.fd)).toBe(Errno.ETIMEDOUT);
  });

  test("a window that opens in between begins it anew", async () => {
    const w = await world();
    const made = passive(w);
    const { flow } = made;
    w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 5000);
    for (let round = 0; round < 4; round++) {
      flow.ack(0);
      w.run(5);
      w.board.send(made.fd, pattern(10));
      w.run(3000);
      flow.drain(0);
      flow.ack(1000);
      w.run(50);
      flow.drain(0);
      flow.ack(1000);
      w.run(50);
    }
    expect(made.state()).toBe("Established");
  });

  test("before the connection is open it bounds the SYNs", async () => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => w.board.setTcp(fd, "TCP_USER_TIMEOUT", 4000) });
    const { after } = silence(made);
    expect(after).toBeGreaterThanOrEqual(3990);
    expect(after).toBeLessThan(4100);
    expect(w.board.error(made.fd)).toBe(Errno.ETIMEDOUT);
  });

  test("keep-alive: the time counts instead of the number of probes", async () => {
    const w = await world();
    const made = passive(w);
    w.board.setSocket(made.fd, "SO_KEEPALIVE", 1);
    w.board.setTcp(made.fd, "TCP_KEEPIDLE", 10);
    w.board.setTcp(made.fd, "TCP_KEEPINTVL", 1);
    w.board.setTcp(made.fd, "TCP_KEEPCNT", 3);
    w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 20_000);
    const { after, heard } = silence(made);
    expect(after).toBeGreaterThanOrEqual(19_900);
    expect(after).toBeLessThan(21_500);
    expect(heard.length).toBeGreaterThan(9);
    expect(w.board.error(made.fd)).toBe(Errno.ETIMEDOUT);
  });

  test("an accepted socket has it from its listener; negative: EINVAL", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setTcp(listener, "TCP_USER_TIMEOUT", 1234);
    const { fd } = passive(w);
    expect(w.board.tcp(fd, "TCP_USER_TIMEOUT")).toBe(1234);
    expect(named(w.board.setTcp(fd, "TCP_USER_TIMEOUT", -1))).toBe("-EINVAL");
    expect(w.board.setTcp(fd, "TCP_USER_TIMEOUT", 0)).toBe(0);
  });
});

describe("the user timeout option (RFC 5482)", () => {
  test("is not sent and not heeded unless asked for (5482-2)", async () => {
    const w = await world();
    const made = passive(w);
    made.flow.send({ flags: "PA", data: text("x"), ...uto(300) });
    w.run(100);
    expect(told(made).filter((field) => field !== undefined)).toEqual([]);
    expect(adopted(made)).toBe(0);
    expect(w.board.recv(made.fd)).toEqual(text("x"));
  });

  test("goes with the SYN, with the first segment behind it, and with a change (5482-5)", async () => {
    const w = await world();
    const made = active(w, { prepare: (fd) => expect(enable({ board: w.board, fd }, 300)).toBe(0) });
    w.board.send(made.fd, text("a"));
    made.flow.expect({ seq: 1, len: 1 });
    expect(told(made)).toEqual([300, 300, undefined]);
    made.flow.ack();
    w.run(5);
    expect(enable(made, 40_000)).toBe(0);
    w.run(5);
    expect(told(made).at(-1)).toBe(0x8000 | 667);
    expect(w.board.option(made.fd, Level.SOL_SANDWIRE, SandwireOption.USER_TIMEOUT_OPTION)).toBe(667 * 60);
  });

  test("a listener's SYN-ACK has it, its connections too", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    enable({ board: w.board, fd: listener }, 200);
    const made = passive(w);
    w.board.send(made.fd, text("a"));
    made.flow.expect({ seq: 1, len: 1 });
    expect(told(made)).toEqual([200, 200]);
  });

  test("a segment that has it still fits the peer's MSS, with timestamps and SACK blocks", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.socket();
    const peer = w.peer();
    const flow = peer.flow({ port: 5901 });
    enable({ board: w.board, fd }, 300);
    w.board.connect(fd, peer.ip, 5901);
    flow.expect({ flags: "S" });
    w.board.send(fd, pattern(4000));
    flow.send({ flags: "SA", mss: 1460, sackPermitted: true, timestamps: [1, 0] });
    for (const { len, options } of flow.drain(20)) {
      expect(len + options.length).toBeLessThanOrEqual(1460);
      expect(options.length).toBeLessThanOrEqual(40);
    }
  });

  test.each([
    ["ours, if that is longer", 300, 200, 300_000],
    ["theirs, if that is longer", 300, 500, 500_000],
    ["in minutes", 300, 0x8000 | 10, 600_000],
    ["not below 100 s", 1, 5, 100_000],
    ["not above two hours", 300, 0x8000 | 32767, 7_200_000],
  ])("what the peer advertises is adopted: %s (5482-4)", async (_, ours, theirs, expected) => {
    const w = await world();
    const made = passive(w);
    enable(made, ours);
    w.run(5);
    w.board.events.length = 0;
    made.flow.send({ flags: "PA", data: text("x"), ...uto(theirs) });
    w.run(5);
    expect(adopted(made)).toBe(expected);
    expect(w.board.events).toContain(made.fd);
  });

  test("zero is never honoured, nor sent (5482-1)", async () => {
    const w = await world();
    const made = passive(w);
    enable(made, 300);
    for (const zero of [0, 0x8000]) made.flow.send({ flags: "PA", data: text("x"), ...uto(zero) });
    w.run(5);
    expect(adopted(made)).toBe(0);
    const before = told(made).length;
    enable(made, 0);
    w.board.send(made.fd, text("y"));
    w.run(5);
    expect(told(made).slice(before)).toEqual([undefined]);
  });

  test("a timeout the application has set is not changed (5482-3)", async () => {
    const w = await world();
    const made = passive(w);
    enable(made, 300);
    w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 7000);
    made.flow.send({ flags: "PA", data: text("x"), ...uto(500) });
    w.run(5);
    expect(adopted(made)).toBe(7000);
  });

  test("on a SYN-ACK it is adopted with the connection", async () => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => enable({ board: w.board, fd }, 150) });
    made.flow.expect({ flags: "S" });
    made.flow.send({ flags: "SA", mss: 1460, ...uto(250) });
    w.run(5);
    expect(adopted(made)).toBe(250_000);
  });

  test("it ends the connection when it is over, and keep-alive waits longer than it (5482-6)", async () => {
    const w = await world();
    const made = passive(w);
    const { flow, board, fd } = made;
    enable(made, 120);
    flow.send({ flags: "PA", data: text("x"), ...uto(110) });
    w.run(50);
    flow.drain(50);
    board.recv(fd);
    board.setSocket(fd, "SO_KEEPALIVE", 1);
    board.setTcp(fd, "TCP_KEEPIDLE", 10);
    flow.expectNothing(115_000);
    flow.expect({ seq: 0, len: 0 }, 10_000);
    flow.send({ flags: "A" });
    w.run(5);
    board.send(fd, text("y"));
    const { after } = silence(made);
    expect(after).toBeGreaterThanOrEqual(119_900);
    expect(after).toBeLessThan(121_500);
    expect(board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
  });

  test("a length that cannot be, a time that cannot be said", async () => {
    const w = await world();
    const made = passive(w);
    w.expectDrop("TcpOptionLength", () => made.flow.send({ flags: "A", raw: [28, 3, 1, 0] }));
    expect(named(enable(made, 32767 * 60 + 1))).toBe("-EINVAL");
    expect(named(w.board.setOption(made.fd, Level.SOL_SANDWIRE, 99, 1))).toBe("-ENOPROTOOPT");
  });

  test("a build without it ignores the option (knob USER_TIMEOUT_OPTION)", async () => {
    const w = await world({ knobs: { CONFIG_USER_TIMEOUT_OPTION: 0 } });
    const made = passive(w);
    expect(named(enable(made, 300))).toBe("-ENOPROTOOPT");
    made.flow.send({ flags: "PA", data: text("x"), ...uto(300) });
    w.run(50);
    expect(w.board.recv(made.fd)).toEqual(text("x"));
    expect(adopted(made)).toBe(0);
  });
});
