import { expect, test } from "vitest";
import { complain } from "../support/complain";
import { concat, ipv4, pattern, text, udp } from "../support/packet";
import { expectAlive } from "../support/seen";
import { fill, flight, sender } from "../support/sender";
import { inState, passive } from "../support/states";
import { world } from "../support/world";

// RFC 6633, Source Quench

test("6633-1: none is ever sent, whatever comes too fast", async () => {
  const w = await world();
  const { flow, peer } = passive(w);
  for (let i = 0; i < 400; i++) {
    flow.send({ flags: "PA", seq: 1, data: pattern(1460) });
    peer.udp({ src: 1, dst: 7, length: 1008 }, pattern(1000));
    peer.icmp({ type: 8 }, pattern(1000));
  }
  w.run(2000);
  const types = w.ladder.sightings.filter(({ from }) => from === w.board.name).map(({ packet }) => packet.icmp?.type);
  expect(types).toContain(3);
  expect(types).not.toContain(4);
});

test("6633-2, 6633-5: one in the middle of a transfer is dropped: window, threshold and state stay", async () => {
  const { w, made } = await sender();
  fill(made);
  expect(flight(made)).toHaveLength(10);
  const before = w.board.row(made.fd);
  for (let i = 0; i < 20; i++) complain(made, { type: 4, code: 0 });
  w.run(10);
  expect({ ...w.board.row(made.fd), timer: 0 }).toEqual({ ...before, timer: 0 });
  expect(w.board.drops()["IcmpSourceQuench"]).toBe(20);
  // The threshold too: slow start goes on.
  made.flow.ack();
  expect(flight(made).length).toBeGreaterThan(10);
});

test.each(["SynSent", "Established", "FinWait1", "LastAck"] as const)(
  "6633-2: in %s nothing changes and nothing is sent",
  async (state) => {
    const w = await world();
    const made = inState(w, state);
    w.expectDrop("IcmpSourceQuench", () => complain(made, { type: 4, code: 0, seq: state === "SynSent" ? 0 : 1 }));
  },
);

test("6633-3: a datagram socket hears nothing of one either", async () => {
  const w = await world();
  const fd = w.board.datagram(5000);
  const peer = w.peer();
  w.board.connect(fd, peer.ip, 6000);
  w.board.send(fd, text("x"));
  const ends = { src: w.board.ip, dst: peer.ip };
  const quote = ipv4({ ...ends, protocol: 17 }, concat(udp(ends, { src: 5000, dst: 6000 }, text("x"))));
  w.run(5);
  w.expectDrop("IcmpSourceQuench", () => peer.icmp({ type: 4 }, quote));
  expect(w.board.error(fd)).toBe(0);
});

test("6633-4: each is counted, under a name of its own", async () => {
  const w = await world();
  const made = passive(w);
  complain(made, { type: 4, code: 0 });
  complain(made, { type: 4, code: 0 });
  w.run(5);
  expect(w.board.drops()).toMatchObject({ IcmpSourceQuench: 2 });
  expectAlive(made);
});
