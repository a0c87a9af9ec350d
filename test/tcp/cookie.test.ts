import { describe, expect, test } from "vitest";
import { Setting } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { inState, PORT, type Connection } from "../support/states";
import { world, type World, type WorldOptions } from "../support/world";

const NEVER = 0;
const ALWAYS = 2;
const ACK = 0x10;
const RST = 4;

/** A world whose board answers SYNs with cookies as told. */
async function cookies(mode: number, options: WorldOptions = {}): Promise<World> {
  const w = await world({ profile: "host", ...options });
  expect(w.board.calls.tune(Setting.Cookies, mode)).toBe(0);
  return w;
}

interface Offer {
  clock?: number;
  wscale?: number;
  sackPermitted?: boolean;
}

/** A connection that began with a cookie. */
function withCookie(w: World, { clock, ...offer }: Offer): Connection & { synAck: { at: number; tsVal: number } } {
  const listener = w.board.listen(PORT);
  const peer = w.peer();
  const flow = peer.flow({ to: PORT, iss: 0xfffffffe });
  flow.clock = clock;
  flow.send({ flags: "S", mss: 1460, ...offer });
  const { at, timestamps } = flow.expect({ flags: "SA", ack: 1 });
  expect(w.board.rows()).toHaveLength(1);
  flow.send({ flags: "A", win: 10 });
  const fd = w.accepted(w.board, listener);
  const state = () => w.board.stateOf(flow.port, PORT);
  return { world: w, board: w.board, peer, flow, fd, listener, state, synAck: { at, tsVal: timestamps?.[0] ?? 0 } };
}

describe("a SYN cookie with timestamps (RFC 4987 3.6, as Linux does it)", () => {
  test.each([
    { wscale: 7, sackPermitted: true },
    { wscale: 14, sackPermitted: false },
    { wscale: 0, sackPermitted: true },
    { sackPermitted: true },
    { sackPermitted: false },
  ])("keeps %o", async (offer) => {
    const w = await cookies(ALWAYS);
    const { flow, board, fd } = withCookie(w, { clock: 0xffffffff, ...offer });
    // The window of 10 is in units of the scale.
    board.send(fd, pattern(30_000));
    const sent = flow.drain(20);
    const most = 10 * 2 ** (offer.wscale ?? 0);
    expect(sent.reduce((sum, { len }) => sum + len, 0)).toBe(Math.min(most, 10 * 1448));
    expect(sent.every(({ timestamps }) => timestamps?.[1] === 0xffffffff)).toBe(true);
    flow.ack(60_000);
    flow.drain(20);
    flow.send({ flags: "PA", seq: flow.nxt + 10, data: text("beyond a hole") });
    const answer = flow.expect({ flags: "A" });
    expect(answer.kinds.includes(5)).toBe(offer.sackPermitted);
    expect(board.counters()).toMatchObject({ TcpCookiesOut: 1, TcpCookiesIn: 1 });
  });

  test("does not set our clock back", async () => {
    for (let wait = 0; wait < 128; wait += 9) {
      const w = await cookies(ALWAYS, { start: 1000 + wait });
      const { flow, board, fd, synAck } = withCookie(w, { clock: 1, wscale: 7, sackPermitted: true });
      board.send(fd, text("x"));
      const { at, timestamps } = flow.expect({ len: 1 });
      const behind = timestamps![0] - synAck.tsVal - (at - synAck.at);
      expect(behind).toBeGreaterThanOrEqual(0);
      expect(behind).toBeLessThan(64);
    }
  });

  test("without timestamps window scale and SACK are lost, the MSS is kept", async () => {
    const w = await cookies(ALWAYS);
    const { flow, board, fd } = withCookie(w, { wscale: 7, sackPermitted: true });
    board.send(fd, pattern(3000));
    expect(flow.drain(20).reduce((sum, { len }) => sum + len, 0)).toBe(10);
    flow.ack(60_000);
    expect(Math.max(...flow.drain(20).map(({ len }) => len))).toBe(1460);
  });

  test("whose number is another's is refused, whatever its timestamp says", async () => {
    const w = await cookies(ALWAYS);
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.clock = 77;
    flow.send({ flags: "S", mss: 1460, wscale: 7, sackPermitted: true });
    flow.expect({ flags: "SA", ack: 1 });
    flow.send({ flags: "A", ack: 2 });
    flow.expect({ flags: "R", seq: 2 });
  });
});

describe("the SYN queue is full", () => {
  test("mode 0: SYNs are dropped, an acknowledgement proves nothing", async () => {
    const w = await cookies(NEVER);
    w.board.listen(PORT);
    const peer = w.peer();
    for (let i = 0; i < 1024; i++) peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    w.run(20);
    w.expectDrop("TcpSynQueueFull", () => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }));
    expect(w.board.counters()["TcpCookiesOut"]).toBe(0);
  });
});

describe("SYN-RECEIVED", () => {
  test("the SYN-ACK is repeated a bounded number of times, each after twice the pause", async () => {
    const w = await world();
    const { flow, state } = inState(w, "SynReceived");
    const times: number[] = [];
    for (let heard = flow.next(200_000); heard; heard = flow.next(200_000)) times.push(heard.at);
    expect(times).toHaveLength(5);
    const pauses = times.slice(1).map((at, i) => at - times[i]);
    for (const [i, pause] of pauses.entries()) expect(pause).toBeCloseTo(2000 * 2 ** i, -2);
    expect(state()).toBe("Closed");
  });

  test("the third ACK finds the accept queue full: the SYN-ACK goes on being repeated, and completes later", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 1);
    const peer = w.peer();
    const flows = [peer.flow({ to: PORT }), peer.flow({ to: PORT })];
    for (const flow of flows) flow.send({ flags: "S", mss: 1460 }).expect({ flags: "SA" });
    for (const flow of flows) flow.send({ flags: "A", seq: 1 });
    w.run(5);
    const late = flows[1];
    late.expect({ flags: "SA", seq: 0, ack: 1 }, 1500);
    w.accepted(w.board, listener);
    late.send({ flags: "A", seq: 1 });
    w.accepted(w.board, listener);
    w.expectDrop(
      "TcpAcceptQueueFull",
      () => {
        peer.flow({ to: PORT }).handshake();
        peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
      },
      { silent: false },
    );
  });

  test("answers carry timestamps, and what cannot be taken is answered twice a second at most (RFC 5961 7)", async () => {
    const w = await world();
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT, iss: 0xffffff00 });
    flow.clock = 100;
    flow.send({ flags: "S", mss: 1460, wscale: 2, sackPermitted: true });
    flow.expect({ flags: "SA", ack: 1 });
    for (let i = 0; i < 30; i++) {
      flow.send({ flags: "R", seq: 100 });
      flow.send({ flags: "A", seq: 100_000 });
      w.run(20);
    }
    const heard = flow.drain(0).filter(({ flags }) => flags === ACK);
    expect(heard).toHaveLength(2);
    expect(heard.map(({ seq, ack, timestamps }) => [seq, ack, timestamps![1]])).toEqual([
      [1, 1, 100],
      [1, 1, 100],
    ]);
    flow.clock = 99;
    w.run(600);
    flow.drain(0); // the SYN-ACK again
    w.expectDrop("TcpPaws", () => flow.send({ flags: "A", seq: 1 }), { silent: false });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
    flow.clock = 101;
    flow.send({ flags: "A", seq: 1 });
    w.run(5);
    expect(w.board.stateOf(flow.port, PORT)).toBe("Established");
  });

  test.each([0, 2, -1, 0x40000000])("an ACK of ISS + %i is answered with a RST that has its number", async (ack) => {
    const w = await world();
    const { flow, state } = inState(w, "SynReceived");
    flow.send({ flags: "A", ack });
    flow.expect({ flags: "R", seq: ack });
    expect(state()).toBe("SynReceived");
  });

  test("a SYN that comes again has its newer timestamp echoed (RFC 7323 4.3)", async () => {
    const w = await world();
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.clock = 0xfffffff0;
    flow.send({ flags: "S", mss: 1460 }).expect({ flags: "SA" });
    flow.clock = 20;
    flow.send({ flags: "S", seq: 0, mss: 1460 });
    expect(flow.expect({ flags: "SA" }).timestamps![1]).toBe(20);
    flow.send({ flags: "A", seq: 1 });
    w.run(5);
    expect(w.board.stateOf(flow.port, PORT)).toBe("Established");
  });
});

describe("a window of zero in the SYN", () => {
  test("of the peer's SYN-ACK: the next ACK opens it, and data goes at once", async () => {
    const w = await world();
    const peer = w.peer();
    const flow = peer.flow({ port: 5900 });
    const fd = w.board.open(peer.ip, 5900);
    flow.expect({ flags: "S" });
    flow.send({ flags: "SA", mss: 1460, win: 0 });
    flow.expect({ flags: "A" });
    w.board.send(fd, text("waits"));
    flow.expectNothing(100);
    flow.send({ flags: "A", win: 5000 });
    flow.expect({ seq: 1, data: text("waits") }, 5);
  });

  test("of the peer's SYN: the third ACK opens it", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.send({ flags: "S", mss: 1460, win: 0 }).expect({ flags: "SA" });
    flow.send({ flags: "A", win: 100 });
    const fd = w.accepted(w.board, listener);
    w.board.send(fd, text("goes"));
    flow.expect({ seq: 1, data: text("goes") }, 5);
  });
});

describe("our SYN", () => {
  test("is repeated for three minutes and more (MUST-23)", async () => {
    const w = await world();
    const peer = w.peer();
    const flow = peer.flow({ port: 5901 });
    w.board.open(peer.ip, 5901);
    const first = flow.expect({ flags: "S" }).at;
    w.run(180_000);
    expect(w.board.stateOf(5901)).toBe("SynSent");
    expect(flow.drain(0).at(-1).at - first).toBeGreaterThan(60_000);
    w.run(600_000);
    expect(w.board.stateOf(5901)).toBe("Closed");
  });

  test("is repeated as often as TCP_SYNCNT says", async () => {
    const w = await world();
    const peer = w.peer();
    const flow = peer.flow({ port: 5902 });
    const fd = w.board.socket();
    w.board.setTcp(fd, "TCP_SYNCNT", 2);
    w.board.connect(fd, peer.ip, 5902);
    w.run(60_000);
    expect(flow.drain(0)).toHaveLength(3);
    expect(w.board.stateOf(5902)).toBe("Closed");
  });
});

describe("data on a SYN that gets a cookie", () => {
  test("is not acknowledged, and taken when it comes again (RFC 4987 3.5)", async () => {
    const w = await cookies(ALWAYS);
    const listener = w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.send({ flags: "S", mss: 1460, data: text("early") });
    expect(flow.expect({ flags: "SA", ack: 1 }).flags & RST).toBe(0);
    flow.send({ flags: "PA", seq: 1, data: text("early") });
    const fd = w.accepted(w.board, listener);
    w.run(50);
    expect(w.board.read(fd).data).toEqual(text("early"));
  });
});
