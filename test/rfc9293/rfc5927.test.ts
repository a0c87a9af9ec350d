import { expect, test } from "vitest";
import { Poll } from "../../host/node/abi";
import { complain } from "../support/complain";
import { text } from "../support/packet";
import { differences, distinct, opened } from "../support/numbers";
import { expectAlive } from "../support/seen";
import { inState, passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

// RFC 5927, ICMP attacks

function flying(w: World): Connection {
  const made = passive(w);
  w.board.send(made.fd, text("in flight"));
  made.flow.expect({ len: 9 });
  return made;
}

test.each([-1, -1000, 9, 5000, 0x40000000, -0x40000000])(
  "5927-1: a quoted number of SND.UNA + %i was not in flight: dropped",
  async (beyond) => {
    const w = await world();
    const made = flying(w);
    for (const code of [1, 3, 4]) w.expectDrop("IcmpSequence", () => complain(made, { code, seq: 1 + beyond, rest: 600 }));
  },
);

test.each([0, 8])("5927-1: one of SND.UNA + %i was: it counts, as the reason if the connection fails", async (inside) => {
  const w = await world();
  const made = flying(w);
  complain(made, { code: 1, seq: 1 + inside });
  w.run(1_500_000);
  expect(w.board.error(made.fd)).toBe(113);
});

test("5927-1: in SYN-SENT only the SYN's own number counts", async () => {
  const w = await world();
  const made = inState(w, "SynSent");
  for (const seq of [-1, 1, 5]) w.expectDrop("IcmpSequence", () => complain(made, { code: 3, seq }));
  complain(made, { code: 3, seq: 0 });
  w.run(5);
  expect(made.state()).toBe("Closed");
});

test.each([2, 3, 4])("5927-2: unreachable code %i never ends an open connection, nor touches another", async (code) => {
  const w = await world();
  const made = flying(w);
  const other = passive(w, { peer: made.peer });
  for (let i = 0; i < 10; i++) complain(made, { code, rest: 1000 });
  w.run(50);
  for (const { state, fd } of [made, other]) {
    expect(state()).toBe("Established");
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(0);
  }
  made.flow.ack();
  expectAlive(made);
  expectAlive(other);
});

test("5927-3: Source Quench is ignored", async () => {
  const w = await world();
  const made = flying(w);
  w.expectDrop("IcmpSourceQuench", () => complain(made, { type: 4, code: 0 }));
});

test("5927-5: the ports cannot be guessed", async () => {
  const w = await world();
  const peer = w.peer();
  const ports = Array.from({ length: 50 }, (_, i) => opened(w, peer, 4000 + i).port);
  expect(distinct(ports)).toBeGreaterThan(45);
  expect(distinct(differences(ports))).toBeGreaterThan(45);
});
