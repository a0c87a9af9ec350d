import { expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import type { Flow } from "../support/flow";
import { PORT } from "../support/states";
import { world, type World } from "../support/world";

// RFC 4987, SYN flooding

const SYN_QUEUE = 8;

/** SYNs from addresses that never answer. */
function flood(w: World, count: number, from = 0): void {
  const peer = w.peer();
  for (let i = from; i < from + count; i++) {
    peer.segment({ src: 1024 + i, dst: PORT, seq: i * 7919, flags: "S", mss: 1460 }, { src: `10.0.0.${120 + (i % 90)}` });
    if (i % 20 === 19) w.run(2);
  }
  w.run(2);
}

/** Rows of half-open connections. */
function halfOpen(w: World): number {
  return w.board.rows().filter(({ kind }) => kind === 1).length;
}

test("4987-1, 4987-5: a flood takes no memory beyond the queue, and an honest client gets in meanwhile", async () => {
  const w = await world();
  const listener = w.board.listen(PORT);
  const size = w.board.board.memory.buffer.byteLength;
  const client = w.peer().flow({ to: PORT });
  flood(w, 500);
  client.send({ flags: "S", mss: 1460 });
  client.expect({ flags: "SA", ack: 1 }, 10);
  client.send({ flags: "A" });
  client.data(text("honest"));
  flood(w, 500, 500);
  expect(halfOpen(w)).toBeLessThanOrEqual(SYN_QUEUE);
  expect(w.board.board.memory.buffer.byteLength).toBe(size);
  const fd = w.accepted(w.board, listener);
  w.run(100);
  // The text came with the ACK that made the connection, or is sent again.
  client.send({ flags: "PA", seq: 1, data: text("honest") });
  w.run(100);
  expect(w.board.read(fd).data).toEqual(text("honest"));
});

test("4987-2: a half-open connection is an entry without buffers; its SYN-ACK is sent again; the queue empties by itself", async () => {
  const w = await world();
  w.board.listen(PORT);
  const peer = w.peer();
  const flow = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
  flow.expect({ flags: "SA" });
  flow.expect({ flags: "SA" }, 1500);
  for (let i = 1; i < SYN_QUEUE; i++) peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
  w.run(5);
  expect(halfOpen(w)).toBe(SYN_QUEUE);
  // All connections can still be had.
  for (let i = 0; i < 8; i++) expect(w.board.socket()).toBeGreaterThanOrEqual(0);
  w.run(200_000);
  expect(halfOpen(w)).toBe(0);
});

test("4987-3: cookies only when the queue is full", async () => {
  const w = await world();
  w.board.listen(PORT);
  const peer = w.peer();
  for (let i = 0; i < SYN_QUEUE; i++) peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }).expect({ flags: "SA" });
  expect(w.board.counters()["TcpCookiesOut"]).toBe(0);
  peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }).expect({ flags: "SA" });
  expect(w.board.counters()["TcpCookiesOut"]).toBe(1);
});

/** Flows beyond the queue, whose connection is in a cookie. */
async function cookies(count: number, mss = 1460): Promise<{ w: World; listener: number; flows: Flow[] }> {
  const w = await world();
  const listener = w.board.listen(PORT);
  const peer = w.peer();
  for (let i = 0; i < SYN_QUEUE; i++) peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
  const flows = Array.from({ length: count }, () => peer.flow({ to: PORT }).send({ flags: "S", mss }));
  for (const flow of flows) flow.expect({ flags: "SA", ack: 1 });
  return { w, listener, flows };
}

test.each([
  [536, 536],
  [1460, 1024],
])(
  "4987-4: the ACK of a cookie makes the connection, and brings an MSS of %i back, or the next smaller one",
  async (mss, most) => {
    const { w, listener, flows } = await cookies(1, mss);
    flows[0].send({ flags: "A" });
    const fd = w.accepted(w.board, listener);
    w.board.send(fd, pattern(2000));
    const lengths = flows[0].drain(20).map(({ len }) => len);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(most);
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(536);
  },
);

test("4987-4: a forged one makes none, nor one that is some minutes old, nor that of another client", async () => {
  const { w, flows } = await cookies(4);
  const [forged, stranger, other, late] = flows;
  forged.send({ flags: "A", ack: 2 });
  forged.expect({ flags: "R", seq: 2 });
  stranger.irs = other.irs;
  stranger.send({ flags: "A", ack: 1 });
  stranger.expect({ flags: "R" });
  w.run(300_000);
  late.drain(0);
  late.send({ flags: "A" });
  late.expect({ flags: "R" });
  expect(w.board.counters()["TcpCookiesIn"]).toBe(0);
});

test("4987-5: data on a SYN is neither acknowledged nor lost for good", async () => {
  const w = await world();
  const listener = w.board.listen(PORT);
  const flow = w
    .peer()
    .flow({ to: PORT })
    .send({ flags: "S", mss: 1460, data: text("early") });
  flow.expect({ flags: "SA", seq: 0, ack: 1 });
  flow.send({ flags: "PA", seq: 1, data: text("early") });
  const fd = w.accepted(w.board, listener);
  w.run(100);
  expect(w.board.read(fd).data).toEqual(text("early"));
});
