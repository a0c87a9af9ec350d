import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { sentSegments } from "../support/seen";
import { active, connecting, PORT } from "../support/states";
import { world } from "../support/world";

// 3.7.1 maximum segment size, 3.9.1.2 SEND

test.each([
  [100, 100],
  [536, 536],
  [1000, 1000],
  [1460, 1460],
])("MUST-14, MUST-16: the peer says %i: segments have %i octets", async (mss, most) => {
  const w = await world({ profile: "host" });
  const { flow, fd } = active(w, { mss });
  w.board.send(fd, pattern(3 * most));
  expect(flow.drain(20).map(({ len }) => len)).toEqual([most, most, most]);
});

test.each([1461, 9000, 65535])("MUST-16: the peer says %i: what IP can send is the bound", async (mss) => {
  const w = await world({ profile: "host" });
  const { flow, fd } = active(w, { mss });
  w.board.send(fd, pattern(4380));
  expect(flow.drain(20).map(({ len }) => len)).toEqual([1460, 1460, 1460]);
  expect(Math.max(...sentSegments(w).map(({ ip }) => ip.totalLength))).toBe(1500);
});

test("MUST-14, MAY-3: the option is in every SYN and SYN-ACK", async () => {
  const w = await world({ profile: "host" });
  const { flow } = connecting(w);
  expect(flow.expect({ flags: "S" }).mss).toBe(1460);
  expect(flow.expect({ flags: "S" }, 2000).mss).toBe(1460);
  w.board.listen(PORT);
  const other = w.peer().flow({ to: PORT });
  expect(other.send({ flags: "S", mss: 600 }).expect({ flags: "SA" }).mss).toBe(1460);
  const plain = w.peer().flow({ to: PORT });
  expect(plain.send({ flags: "S" }).expect({ flags: "SA" }).mss).toBe(1460);
});

test.each(["active", "passive"])("MUST-15: no option from the peer, %s open: 536 octets", async (how) => {
  const w = await world({ profile: "host" });
  if (how === "active") {
    const { flow, fd } = connecting(w);
    flow.accept({});
    w.board.send(fd, pattern(1608));
    expect(flow.drain(20).map(({ len }) => len)).toEqual([536, 536, 536]);
    return;
  }
  const listener = w.board.listen(PORT);
  const flow = w.peer().flow({ to: PORT }).handshake({});
  w.board.send(w.accepted(w.board, listener), pattern(1608));
  expect(flow.drain(20).map(({ len }) => len)).toEqual([536, 536, 536]);
});

test.each([
  [1500, 1460],
  [1006, 966],
  [576, 536],
])("MUST-67, SHLD-5: an interface with an MTU of %i announces %i, what IP can receive less 40", async (mtu, mss) => {
  const w = await world({ knobs: { CONFIG_MTU: mtu } });
  const { flow } = connecting(w);
  expect(flow.expect({ flags: "S" }).mss).toBe(mss);
  const data = pattern(mss);
  flow.send({ flags: "SA", mss: 1460 });
  flow.expect({ flags: "A" });
  flow.data(data);
  w.run(500);
  expect(w.board.connection(flow.port)!.receiveQueue).toBe(mss);
});

test("SHLD-6: the one interface has one MTU: every SYN of it announces the same", async () => {
  const w = await world();
  const seen = new Set<number | undefined>();
  for (let i = 0; i < 4; i++) seen.add(connecting(w).flow.expect({ flags: "S" }).mss);
  w.board.listen(PORT);
  seen.add(w.peer().flow({ to: PORT }).send({ flags: "S" }).expect({ flags: "SA" }).mss);
  expect([...seen]).toEqual([1460]);
});

test("SHLD-28: many small writes leave as segments of full size", async () => {
  const w = await world({ profile: "host" });
  const { flow, fd } = active(w);
  for (let i = 0; i < 1460; i++) w.board.send(fd, pattern(3));
  expect(flow.drain(50).map(({ len }) => len)).toEqual([1460, 1460, 1460]);
});
