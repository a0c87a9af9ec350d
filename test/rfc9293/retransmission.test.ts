import { describe, expect, test } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { ackSegment, fill, flight, MSS, sender } from "../support/sender";
import { connecting, inState, passive } from "../support/states";
import { expectDoubling, gaps, repeats } from "../support/timing";
import { world } from "../support/world";

describe("3.8.1, 3.8.2 retransmission timeout and congestion control", () => {
  test("MUST-18: the timeout follows the measured round trips (RFC 6298)", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    flow.expect({ flags: "S" });
    w.run(500 - 2);
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A" });
    w.board.send(fd, text("x"));
    // SRTT + 4 RTTVAR = 500 + 4 * 250
    expect(Math.abs(gaps(repeats(flow, 2000))[0] - 1500)).toBeLessThanOrEqual(30);
  });

  test("MUST-18: Karn: no sample from what was sent twice", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const before = w.board.connection(flow.port)!.srtt;
    w.board.send(fd, text("x"));
    w.run(1000);
    expect(flow.drain(0).length).toBeGreaterThan(1);
    flow.ack();
    w.run(5);
    expect(w.board.connection(flow.port)!.srtt).toBe(before);
  });

  test("MUST-19: the timeout doubles with each retransmission", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    expectDoubling(gaps(repeats(flow, 60_000)).slice(0, 8), 200, 120_000);
  });

  test("MUST-19, MAY-18: slow start doubles, congestion avoidance adds one segment a round trip", async () => {
    const { w, made } = await sender();
    fill(made);
    expect(flight(made)).toHaveLength(10);
    // A timeout: ssthresh is half of the flight, five segments; the rest of the flight had arrived.
    made.flow.expect({ seq: 1, len: MSS }, 2000);
    expect(made.board.row(made.fd)!.cwnd).toBe(MSS);
    let last = 10;
    const sizes: number[] = [];
    for (let round = 0; round < 8; round++) {
      ackSegment(made, last);
      w.run(5);
      const { cwnd } = made.board.row(made.fd)!;
      sizes.push(cwnd / MSS);
      fill(made);
      const heard = flight(made);
      for (const { seq, len } of heard.slice(0, -1)) made.flow.send({ flags: "A", ack: seq + len });
      last += heard.length;
    }
    expect(sizes[1] / sizes[0]).toBeGreaterThan(1.5);
    for (const [i, size] of sizes.slice(5).entries()) expect(size - sizes[4 + i], sizes.join(" ")).toBeLessThanOrEqual(1.05);
    expect(sizes.at(-1)).toBeGreaterThan(5);
    expect(sizes.at(-1)).toBeLessThan(12);
  });
});

describe("3.8.3 connection failures", () => {
  test("MUST-20, SHLD-10: at R1, the third retransmission or later, IP looks for another way: it asks for the neighbour anew", async () => {
    const w = await world();
    const { flow, fd, peer } = passive(w);
    const asked = (): number =>
      w.ladder.sightings.filter(({ from, packet }) => from === w.board.name && packet.arp?.targetIp === peer.ip).length;
    const before = asked();
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    for (let i = 0; i < 3; i++) {
      flow.expect({ len: 1 }, 2000);
      expect(asked(), `after ${i + 1}`).toBe(before);
    }
    w.waitFor("a question", () => asked() > before, 30_000);
  });

  test("MUST-20, SHLD-11: at R2, more than 100 seconds, the connection is closed and the user hears ETIMEDOUT", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w);
    w.board.send(fd, text("x"));
    const heard = repeats(flow, 300_000);
    expect(heard.length).toBeGreaterThan(3);
    expect(w.now - heard[0].at - 300_000).toBeGreaterThan(100_000);
    expect(state()).toBe("Closed");
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
  });

  test("MUST-21: R2 can be set for one connection: TCP_SYNCNT for the opening", async () => {
    const w = await world();
    const short = connecting(w, { prepare: (fd) => expect(w.board.setTcp(fd, "TCP_SYNCNT", 1)).toBe(0) });
    const plain = connecting(w, { peer: short.peer });
    w.run(10_000);
    expect(w.board.error(short.fd)).toBe(Errno.ETIMEDOUT);
    expect(plain.state()).toBe("SynSent");
  });

  test("MUST-21: TCP_USER_TIMEOUT for what comes after it, longer or shorter than what others have", async () => {
    const w = await world();
    const short = passive(w);
    const plain = passive(w, { peer: short.peer });
    const long = passive(w, { peer: short.peer });
    expect(w.board.setTcp(short.fd, "TCP_USER_TIMEOUT", 5000)).toBe(0);
    expect(w.board.setTcp(long.fd, "TCP_USER_TIMEOUT", 0x7fffffff)).toBe(0);
    for (const { fd } of [short, plain, long]) w.board.send(fd, text("x"));
    w.run(6000);
    expect([short, plain, long].map(({ state }) => state())).toEqual(["Closed", "Established", "Established"]);
    w.run(2_000_000);
    expect([short, plain, long].map(({ state }) => state())).toEqual(["Closed", "Closed", "Established"]);
  });

  test("MUST-22: a SYN has R1 and R2 as well, and its user hears of the end", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    const syns = repeats(flow, 300_000);
    expectDoubling(gaps(syns), 1000, 120_000);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
    expect(w.board.events).toContain(fd);
  });

  test("MUST-23: SYNs are sent again for three minutes at least", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    w.run(180_000);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(0);
    flow.drain(0);
    flow.expect({ flags: "S" }, 200_000);
  });

  test("SHLD-9: between R1 and R2 the trouble can be seen: netstat counts the retransmissions", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("x"));
    for (let i = 0; i < 5; i++) flow.expect({ len: 1 }, 10_000);
    expect(w.board.row(fd)!.retransmits).toBe(4);
    flow.ack();
    w.run(5);
    expect(w.board.row(fd)!.retransmits).toBe(0);
  });

  test("MAY-4: a retransmission may have the identification of the original: do not fragment, and all have 0 (RFC 6864)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, pattern(10));
    repeats(flow, 1000);
    const ids = w.ladder.sightings.filter(({ from, packet }) => from === w.board.name && packet.tcp?.data.length === 10);
    expect(ids.length).toBeGreaterThan(1);
    expect(ids.every(({ packet }) => packet.ip!.id === 0 && packet.ip!.fragment === 0x4000)).toBe(true);
  });

  test("MUST-22: a SYN-ACK is sent again with doubling times and given up in the end, the listener lives", async () => {
    const w = await world();
    const { flow, state, peer } = inState(w, "SynReceived");
    const again = repeats(flow, 120_000);
    expect(again.length).toBeGreaterThanOrEqual(3);
    expectDoubling(gaps(again), 2000, 120_000);
    expect(state()).toBe("Closed");
    peer.flow({ to: 80 }).handshake();
  });
});
