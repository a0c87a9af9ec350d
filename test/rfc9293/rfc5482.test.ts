import { expect, test } from "vitest";
import { Errno } from "../../host/node/abi";
import { text } from "../support/packet";
import { active, connecting, passive, type Connection } from "../support/states";
import { adopted, enable, silence, told, uto } from "../support/timeouts";
import { world, type World } from "../support/world";

// RFC 5482, the user timeout option

/** A connection that advertises 300 seconds. */
async function enabled(): Promise<{ w: World; made: Connection }> {
  const w = await world();
  const made = passive(w);
  expect(enable(made, 300)).toBe(0);
  w.run(5);
  made.flow.drain(0);
  return { w, made };
}

/** The peer advertises. */
function hear(w: World, { flow }: Connection, field: number): void {
  flow.send({ flags: "PA", data: text("x"), ...uto(field) });
  w.run(5);
}

test.each([
  [300, 300],
  [32_767, 32_767],
  [32_768, 0x8000 | 547],
  [60 * 32_767, 0x8000 | 32_767],
])("5482-1: %i s are told as %i: seconds, or minutes with the G bit", async (seconds, field) => {
  const w = await world();
  const made = active(w, { prepare: (fd) => enable({ board: w.board, fd }, seconds) });
  expect(told(made)[0]).toBe(field);
});

test.each([0, 0x8000])("5482-1: zero (%i) is never honoured, and never sent", async (zero) => {
  const { w, made } = await enabled();
  hear(w, made, zero);
  expect(adopted(made)).toBe(0);
  enable(made, 0);
  const before = told(made).length;
  w.board.send(made.fd, text("x"));
  w.run(5);
  expect(told(made).slice(before)).toEqual([undefined]);
});

test("5482-2: who does not use it ignores it in silence, on a SYN and off it", async () => {
  const w = await world();
  const made = passive(w);
  const { flow, fd } = made;
  hear(w, made, 400);
  w.run(100);
  expect(w.board.read(fd).data).toEqual(text("x"));
  expect(adopted(made)).toBe(0);
  flow.peer.flow({ to: flow.to }).handshake(uto(400));
  expect(told(made).every((field) => field === undefined)).toBe(true);
});

test("5482-3: what the application has set no option changes; the application hears of a change", async () => {
  const { w, made } = await enabled();
  w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 8000);
  hear(w, made, 500);
  expect(adopted(made)).toBe(8000);
  w.board.setTcp(made.fd, "TCP_USER_TIMEOUT", 0);
  w.board.events.length = 0;
  hear(w, made, 600);
  expect(adopted(made)).toBe(600_000);
  expect(w.board.events).toContain(made.fd);
});

test.each([
  [200, 300_000],
  [500, 500_000],
  [0x8000 | 20, 1_200_000],
  [0x8000 | 32_767, 7_200_000],
])("5482-4: 300 s of ours, %i of theirs: the longer one, within limits: %i ms", async (theirs, expected) => {
  const { w, made } = await enabled();
  hear(w, made, theirs);
  expect(adopted(made)).toBe(expected);
});

test("5482-4: not below 100 s, whatever both say, and it is what ends the connection", async () => {
  const w = await world();
  const made = passive(w);
  enable(made, 2);
  hear(w, made, 5);
  expect(adopted(made)).toBe(100_000);
  made.flow.drain(50);
  w.board.send(made.fd, text("y"));
  const { after } = silence(made);
  expect(after).toBeGreaterThanOrEqual(99_900);
  expect(after).toBeLessThan(102_000);
  expect(w.board.error(made.fd)).toBe(Errno.ETIMEDOUT);
});

test("5482-5: it is in the SYN, in the first segment behind it, and after a change", async () => {
  const w = await world();
  const made = active(w, { prepare: (fd) => enable({ board: w.board, fd }, 300) });
  for (const octet of "abc") {
    w.board.send(made.fd, text(octet));
    made.flow.expect({ len: 1 });
    made.flow.ack();
    w.run(5);
  }
  expect(told(made)).toEqual([300, 300, undefined, undefined, undefined]);
  enable(made, 400);
  w.board.send(made.fd, text("d"));
  w.run(5);
  expect(told(made)).toContain(400);
});

test("5482-5: in other than the synchronized states the usual times hold: a SYN's are counted", async () => {
  const w = await world();
  const made = connecting(w, { prepare: (fd) => enable({ board: w.board, fd }, 10) });
  w.run(180_000);
  expect(made.state()).toBe("SynSent");
});

test("5482-6: keep-alive begins later than the adopted timeout", async () => {
  const { w, made } = await enabled();
  hear(w, made, 500);
  made.flow.drain(50);
  w.board.setSocket(made.fd, "SO_KEEPALIVE", 1);
  w.board.setTcp(made.fd, "TCP_KEEPIDLE", 10);
  made.flow.expectNothing(499_000);
  made.flow.expect({ seq: 0, len: 0 }, 5000);
});
