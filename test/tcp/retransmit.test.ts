import { describe, expect, test } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, connecting, inState, passive } from "../support/states";
import { expectDoubling, gaps, repeats } from "../support/timing";
import { named, world } from "../support/world";

describe("SYN", () => {
  test("is repeated after 1, 2, 4 ... seconds for three minutes at least, then ETIMEDOUT (MUST-22, 23)", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    const started = w.now;
    const syns = repeats(flow, 300_000);
    expect(syns.every((syn) => syn.flags === 2 && syn.ack === 0)).toBe(true);
    expect(syns).toHaveLength(9);
    expectDoubling(gaps(syns), 1000, 120_000);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
    expect(syns.at(-1).at - started).toBeGreaterThan(120_000);
  });

  test("gives up no earlier than three minutes after the first", async () => {
    const w = await world();
    const { fd } = connecting(w);
    w.run(180_000);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(0);
  });

  test("TCP_SYNCNT bounds the repetitions", async () => {
    const w = await world();
    const { flow, fd } = connecting(w, { prepare: (socket) => expect(w.board.setTcp(socket, "TCP_SYNCNT", 2)).toBe(0) });
    expect(repeats(flow, 60_000)).toHaveLength(3);
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
  });
});

describe("SYN-ACK", () => {
  test("is repeated with doubling times, then the half-open connection is forgotten and the listener lives", async () => {
    const w = await world();
    const { flow, state, listener, peer } = inState(w, "SynReceived");
    const first = w.now;
    const again = repeats(flow, 120_000);
    expect(again).toHaveLength(5);
    expect(again.every((segment) => segment.flags === 0x12)).toBe(true);
    expect(Math.abs(again[0].at - first - 1000)).toBeLessThan(10);
    expectDoubling(gaps(again), 2000, 120_000);
    expect(state()).toBe("Closed");
    expect(named(w.board.accept(listener))).toBe("-EAGAIN");
    peer.flow({ to: 80 }).handshake();
  });
});

describe("data", () => {
  test("is repeated after the RTO, doubling, and the connection ends with ETIMEDOUT after R2 (MUST-20, SHLD-11)", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.send(fd, text("hello"));
    const heard = repeats(flow, 300_000);
    expect(heard).toHaveLength(16);
    expectDoubling(gaps(heard), 200, 120_000);
    expect(heard.at(-1).at - heard[0].at).toBeGreaterThan(100_000);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(0);
  });

  test("an answer at any time brings the connection back", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.send(fd, text("hello"));
    w.run(60_000);
    flow.drain(1);
    flow.send({ flags: "A", ack: 6 });
    w.run(200_000);
    expect(flow.inbox).toHaveLength(0);
    expect(state()).toBe("Established");
    expect(w.board.connection(flow.port)).toMatchObject({ sendQueue: 0, retransmits: 0 });
  });

  test("only the earliest segment is sent again (RFC 6298 5.4), and the timer restarts with an ACK of new data (5.3)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(5 * 1460));
    const flight = flow.drain(50);
    expect(flight.map((segment) => segment.seq)).toEqual([1, 1461, 2921, 4381, 5841]);
    const [again] = flow.drain(150);
    expect(again).toMatchObject({ seq: 1, len: 1460 });
    flow.inbox.length = 0;
  });

  test("an ACK of new data restarts the timer: nothing within an RTO of it", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(3 * 1460));
    flow.drain(20);
    w.run(130);
    flow.send({ flags: "A", ack: 1461 });
    const acked = w.now;
    const again = flow.expect({ seq: 1461 }, 2000);
    expect(again.at - acked).toBeGreaterThanOrEqual(195);
  });

  test("all acknowledged: no timer is left", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    flow.ack();
    w.run(10);
    expect(w.board.connection(flow.port)!.timer).toBe(0xffffffff);
    flow.expectNothing(3_600_000);
  });

  test("what is repeated may grow by what was written since, but never changes", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("abc"));
    flow.expect({ data: text("abc") });
    w.board.send(fd, text("def"));
    const again = flow.expect({ seq: 1 }, 1000);
    expect(again.text.startsWith("abc")).toBe(true);
    expect("abcdef".startsWith(again.text)).toBe(true);
  });

  test("a partly acknowledged segment: the rest is repeated", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(1000));
    flow.expect({ len: 1000 });
    flow.send({ flags: "A", ack: 401 });
    flow.expect({ seq: 401, data: pattern(600, 400) }, 1000);
  });
});

describe("FIN", () => {
  test("is repeated like data", async () => {
    const w = await world();
    const { flow, state } = inState(w, "FinWait1");
    const heard = repeats(flow, 300_000);
    expect(heard).toHaveLength(15);
    expectDoubling(gaps(heard), 400, 120_000);
    expect(state()).toBe("Closed");
  });

  test("its ACK is an ACK of the data before it too", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.send(fd, text("end"));
    w.board.close(fd);
    flow.drain(20);
    flow.send({ flags: "A", ack: 5 });
    w.run(5);
    expect(state()).toBe("FinWait2");
    flow.expectNothing(5000);
  });
});

describe("the retransmission timeout (RFC 6298)", () => {
  /** Connect with a SYN-ACK that takes `rtt` ms; the frame times of the hub are part of it. */
  async function connected(rtt: number) {
    const w = await world();
    const made = connecting(w);
    made.flow.expect({ flags: "S" });
    w.run(rtt - 2);
    made.flow.send({ flags: "SA", mss: 1460 });
    made.flow.expect({ flags: "A" });
    return { w, ...made };
  }

  test("first sample R: SRTT = R, RTO = R + 4 * R/2 (2.2)", async () => {
    const { w, flow, fd } = await connected(400);
    expect(Math.abs(w.board.connection(flow.port)!.srtt - 400)).toBeLessThanOrEqual(5);
    w.board.send(fd, text("x"));
    const heard = repeats(flow, 2000);
    expect(Math.abs(gaps(heard)[0] - 1200)).toBeLessThanOrEqual(25);
  });

  test("later samples: RTTVAR with the old SRTT, then SRTT (2.3)", async () => {
    const { w, flow, fd } = await connected(400);
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    w.run(598);
    flow.ack();
    w.run(5);
    // RTTVAR = 3/4 * 200 + 1/4 * |400 - 600| = 200, SRTT = 7/8 * 400 + 1/8 * 600 = 425, RTO = 425 + 4 * 200.
    expect(Math.abs(w.board.connection(flow.port)!.srtt - 425)).toBeLessThanOrEqual(5);
    w.board.send(fd, text("y"));
    expect(Math.abs(gaps(repeats(flow, 2000))[0] - 1225)).toBeLessThanOrEqual(30);
  });

  test("Karn: what was sent twice gives no sample (3)", async () => {
    const { w, flow, fd } = await connected(400);
    w.board.send(fd, text("x"));
    w.run(3000);
    const before = w.board.connection(flow.port)!.srtt;
    expect(flow.drain(1).length).toBeGreaterThan(1);
    flow.ack();
    w.run(5);
    expect(w.board.connection(flow.port)!.srtt).toBe(before);
  });

  test("the timeout stays backed off until there is a sample (5)", async () => {
    const { w, flow, fd } = await connected(400);
    w.board.send(fd, text("x"));
    w.run(3000);
    flow.drain(1);
    flow.ack();
    w.run(5);
    w.board.send(fd, text("y"));
    const heard = repeats(flow, 4000);
    expect(gaps(heard)[0]).toBeGreaterThanOrEqual(2300);
  });

  test("a SYN that was repeated: three seconds when data starts (5.7), one segment at first (RFC 5681 3.1)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = connecting(w);
    flow.expect({ flags: "S" });
    flow.expect({ flags: "S" }, 1100);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A" });
    w.board.send(fd, pattern(5 * 1460));
    const flight = flow.drain(100);
    expect(flight.map((segment) => segment.len)).toEqual([1460]);
    const again = flow.expect({ seq: 1 }, 5000);
    expect(Math.abs(again.at - flight[0].at - 3000)).toBeLessThanOrEqual(10);
  });

  test("never below the floor, however quick the peer is (2.4)", async () => {
    const w = await world({ latency: 0 });
    const { flow, fd } = active(w);
    for (let i = 0; i < 50; i++) {
      w.board.send(fd, text("x"));
      flow.expect({ len: 1 });
      flow.ack();
      w.run(1);
    }
    w.board.send(fd, text("y"));
    expect(gaps(repeats(flow, 250))[0]).toBeGreaterThanOrEqual(199);
  });

  test("never above the ceiling of two minutes (2.5)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    expect(Math.max(...gaps(repeats(flow, 300_000)))).toBeLessThanOrEqual(121_000);
  });

  test("the clock may wrap between a segment and its repetition", async () => {
    const w = await world({ start: 0xffffffff - 300 });
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    const heard = repeats(flow, 3000);
    expect(heard.length).toBeGreaterThan(3);
    expectDoubling(gaps(heard), 200, 120_000);
  });
});
