import { expect, test } from "vitest";
import { Errno } from "../../host/node/abi";
import { text } from "../support/packet";
import { passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

// 3.8.4 keep-alive

const HOUR = 3_600_000;

/** Probes after 10 s of silence, then every 5 s, three of them. */
function quick(w: World, { fd }: Connection): void {
  w.board.setTcp(fd, "TCP_KEEPIDLE", 10);
  w.board.setTcp(fd, "TCP_KEEPINTVL", 5);
  w.board.setTcp(fd, "TCP_KEEPCNT", 3);
  w.board.setSocket(fd, "SO_KEEPALIVE", 1);
}

test("MUST-24, MUST-27, MAY-5: probes can be had and not had, connection by connection, after a time of choice", async () => {
  const w = await world();
  const one = passive(w);
  const two = passive(w, { peer: one.peer });
  quick(w, one);
  quick(w, two);
  w.board.setTcp(two.fd, "TCP_KEEPIDLE", 100);
  const started = w.now;
  expect(Math.abs(one.flow.expect({ seq: 0 }, 20_000).at - started - 10_000)).toBeLessThan(100);
  w.board.setSocket(one.fd, "SO_KEEPALIVE", 0);
  expect(Math.abs(two.flow.expect({ seq: 0 }, 100_000).at - started - 100_000)).toBeLessThan(100);
  one.flow.expectNothing(HOUR);
});

test("MUST-25: none unless asked for", async () => {
  const w = await world();
  const { flow, state } = passive(w);
  flow.expectNothing(24 * HOUR);
  expect(state()).toBe("Established");
});

test("MUST-26: none while something was received in the interval", async () => {
  const w = await world();
  const made = passive(w);
  quick(w, made);
  for (let i = 0; i < 6; i++) {
    w.run(9000);
    made.flow.data(text("x"));
    made.flow.expect({ flags: "A", seq: 1, ack: i + 2 }, 500);
  }
  made.flow.expectNothing(9000);
  made.flow.expect({ seq: 0 }, 2000);
});

test("MUST-26: none while something sent is not acknowledged", async () => {
  const w = await world();
  const made = passive(w);
  quick(w, made);
  w.board.send(made.fd, text("x"));
  const heard = made.flow.drain(20_000);
  expect(heard.length).toBeGreaterThan(5);
  expect(heard.every(({ seq, len }) => seq === 1 && len === 1)).toBe(true);
});

test("MUST-28: after two hours unless told otherwise", async () => {
  const w = await world();
  const { flow, fd } = passive(w);
  w.board.setSocket(fd, "SO_KEEPALIVE", 1);
  flow.expectNothing(2 * HOUR - 1000);
  flow.expect({ flags: "A", seq: 0, ack: 1 }, 2000);
});

test("MUST-29: a probe that is not answered is no dead connection, nor are two; an answer begins anew", async () => {
  const w = await world();
  const made = passive(w);
  quick(w, made);
  for (let i = 0; i < 5; i++) {
    made.flow.expect({ seq: 0 }, 11_000);
    made.flow.expect({ seq: 0 }, 6000);
    expect(made.state()).toBe("Established");
    made.flow.ack();
  }
  for (let i = 0; i < 3; i++) made.flow.expect({ seq: 0 }, 11_000);
  w.run(6000);
  expect(made.state()).toBe("Closed");
  expect(w.board.error(made.fd)).toBe(Errno.ETIMEDOUT);
});

test("SHLD-12: a probe has no data and no garbage octet, and one that comes with an octet is answered", async () => {
  const w = await world();
  const made = passive(w);
  quick(w, made);
  made.flow.expect({ flags: "A", seq: 0, ack: 1, len: 0 }, 11_000);
  made.flow.send({ flags: "A", seq: 0, data: text("?") });
  made.flow.expect({ flags: "A", seq: 1, ack: 1 });
  expect(w.board.read(made.fd).data).toHaveLength(0);
});
