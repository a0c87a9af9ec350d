import { expect, test } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { complain } from "../support/complain";
import { text } from "../support/packet";
import { expectAlive } from "../support/seen";
import { inState, passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

// 3.9.2.2, ICMP messages

/** A connection with nine octets in flight. */
function flying(w: World, start: Parameters<typeof passive>[1] = {}): Connection {
  const made = passive(w, start);
  w.board.send(made.fd, text("in flight"));
  made.flow.expect({ len: 9 });
  return made;
}

test("MUST-54: an error reaches the connection it quotes and no other", async () => {
  const w = await world();
  const one = inState(w, "SynSent");
  const two = inState(w, "SynSent");
  complain(one, { code: 3, seq: 0 });
  w.run(5);
  expect([one.state(), two.state()]).toEqual(["Closed", "SynSent"]);
  expect(w.board.error(one.fd)).toBe(Errno.ECONNREFUSED);
  expect(w.board.error(two.fd)).toBe(0);
});

test("MUST-54: an error about no connection of ours is dropped", async () => {
  const w = await world();
  const made = flying(w);
  made.flow.to = 4321;
  w.expectDrop("IcmpQuote", () => complain(made, { code: 3 }));
});

test("MUST-55: Source Quench is dropped in silence, the congestion window stays", async () => {
  const w = await world();
  const made = flying(w);
  const { cwnd } = w.board.row(made.fd)!;
  w.expectDrop("IcmpSourceQuench", () => complain(made, { type: 4, code: 0 }));
  expect(w.board.row(made.fd)!.cwnd).toBe(cwnd);
});

test.each([
  [3, 0],
  [3, 1],
  [3, 5],
  [11, 0],
  [11, 1],
  [12, 0],
])("MUST-56: type %i code %i never ends an open connection, however often it comes", async (type, code) => {
  const w = await world();
  const made = flying(w);
  for (let i = 0; i < 20; i++) complain(made, { type, code });
  w.run(50);
  expect(made.state()).toBe("Established");
  expect(w.board.ready(made.fd) & Poll.POLLERR).toBe(0);
  made.flow.ack();
  expectAlive(made);
});

test.each([
  [11, 0],
  [11, 1],
  [12, 0],
])("MUST-56: nor does type %i code %i one that is being opened", async (type, code) => {
  const w = await world();
  const made = inState(w, "SynSent");
  complain(made, { type, code, seq: 0 });
  w.run(5);
  expect(made.state()).toBe("SynSent");
  made.flow.send({ flags: "SA", mss: 1460 });
  made.flow.expect({ flags: "A" });
});

test.each([
  [0, Errno.ENETUNREACH],
  [1, Errno.EHOSTUNREACH],
  [5, Errno.EOPNOTSUPP],
])("MUST-56: deviation: unreachable code %i ends one that is being opened, at once and with its reason", async (code, errno) => {
  const w = await world();
  const made = inState(w, "SynSent");
  complain(made, { code, seq: 0 });
  w.run(5);
  expect(made.state()).toBe("Closed");
  expect(w.board.error(made.fd)).toBe(errno);
});

test.each([2, 3])("SHLD-26: unreachable code %i ends a connection that is being opened", async (code) => {
  const w = await world();
  const made = inState(w, "SynSent");
  complain(made, { code, seq: 0 });
  w.run(5);
  expect(made.state()).toBe("Closed");
});

test("9293-u1: of an ICMP error and of too many retransmissions the user hears: the error comes with the end", async () => {
  const w = await world();
  const made = flying(w);
  complain(made, { code: 1 });
  w.board.events.length = 0;
  w.run(1_500_000);
  expect(made.state()).toBe("Closed");
  expect(w.board.events).toContain(made.fd);
  expect(w.board.error(made.fd)).toBe(Errno.EHOSTUNREACH);
});

test.each([
  [3, 1, Errno.EHOSTUNREACH],
  [11, 0, Errno.EHOSTUNREACH],
  [12, 0, Errno.EPROTO],
])(
  "MUST-47, SHLD-25, SHLD-20, 9293-u1: with IP_RECVERR a soft error (%i, %i) is told at once; without it is not",
  async (type, code, errno) => {
    const w = await world();
    const made = flying(w);
    complain(made, { type, code });
    w.run(5);
    expect(w.board.ready(made.fd) & Poll.POLLERR).toBe(0);
    expect(w.board.setIp(made.fd, "IP_RECVERR", 1)).toBe(0);
    w.board.events.length = 0;
    complain(made, { type, code });
    w.run(5);
    expect(w.board.events).toContain(made.fd);
    expect(w.board.error(made.fd)).toBe(errno);
    expect(made.state()).toBe("Established");
    expect(w.board.setIp(made.fd, "IP_RECVERR", 0)).toBe(0);
    complain(made, { type, code });
    w.run(5);
    expect(w.board.error(made.fd)).toBe(0);
    made.flow.ack();
    expectAlive(made);
  },
);
