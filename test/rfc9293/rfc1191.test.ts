import { describe, expect, test } from "vitest";
import { IpOption, Level } from "../../host/node/abi";
import { complain } from "../support/complain";
import { pattern } from "../support/packet";
import type { Peer } from "../support/peer";
import { sentSegments } from "../support/seen";
import { passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

const MINUTE = 60_000;

/** A connection with ten full segments in flight. */
async function flying(): Promise<{ w: World; made: Connection }> {
  const w = await world({ profile: "host" });
  const made = large(w);
  return { w, made };
}

function large(w: World, peer?: Peer): Connection {
  const made = passive(w, { wscale: 7, ...(peer ? { peer } : {}) });
  w.board.setTcp(made.fd, "TCP_NODELAY", 1);
  w.board.send(made.fd, pattern(14_600));
  expect(most(made)).toBe(1460);
  return made;
}

/** Octets of the largest segment that comes. */
function most({ flow }: Connection): number {
  return Math.max(0, ...flow.drain(20).map(({ len }) => len));
}

/** An octet, so that the neighbour is known again before much is sent. */
function knock(made: Connection): void {
  made.board.send(made.fd, pattern(1));
  most(made);
  made.flow.ack();
  made.world.run(5);
}

const mtu = ({ board, fd }: Connection): number => board.option(fd, Level.IPPROTO_IP, IpOption.IP_MTU);

describe("RFC 1191", () => {
  test("1191-1: fragmentation needed lowers the estimate; segments that fit go at once, none that do not", async () => {
    const { w, made } = await flying();
    complain(made, { code: 4, rest: 800, total: 1500 });
    expect(most(made)).toBe(760);
    expect(mtu(made)).toBe(800);
    made.flow.ack();
    w.run(5);
    w.board.send(made.fd, pattern(10_000));
    expect(most(made)).toBe(760);
  });

  test.each([
    [1400, 800],
    [800, 800],
    [65_535, 800],
  ])("1191-1: it never raises: %i after 800", async (claim, expected) => {
    const { w, made } = await flying();
    complain(made, { code: 4, rest: 800, total: 1500 });
    most(made);
    w.expectDrop("IcmpMtu", () => complain(made, { code: 4, rest: claim, total: 1500 }));
    expect(mtu(made)).toBe(expected);
  });

  test.each([1, 20, 67, 68])("1191-1: nor does it go below 68: %i", async (claim) => {
    const { w, made } = await flying();
    w.expectDrop("IcmpMtu", () => complain(made, { code: 4, rest: claim, total: 1500 }));
    expect(mtu(made)).toBe(1500);
  });

  test.each([
    [1500, 1492],
    [1492, 1006],
    [1006, 508],
    [508, 296],
  ])("1191-2: no MTU told: from %i octets to the next plateau, %i", async (total, plateau) => {
    const { made } = await flying();
    complain(made, { code: 4, rest: 0, total });
    expect(most(made)).toBe(plateau - 40);
    expect(mtu(made)).toBe(plateau);
  });

  test("1191-3: no attempt to raise it for five minutes; the entry is old after ten", async () => {
    const { w, made } = await flying();
    complain(made, { code: 4, rest: 800, total: 1500 });
    most(made);
    made.flow.ack();
    for (let minute = 0; minute < 9; minute++) {
      w.run(MINUTE);
      knock(made);
      w.board.send(made.fd, pattern(3000));
      expect(most(made)).toBe(760);
      made.flow.ack();
    }
    w.run(2 * MINUTE);
    knock(made);
    w.board.send(made.fd, pattern(3000));
    expect(most(made)).toBe(1460);
  });

  test("1191-4: all connections to that host learn it, others do not; the window stays; the MSS option too", async () => {
    const { w, made } = await flying();
    const same = large(w, made.peer);
    const other = large(w);
    const { cwnd } = w.board.row(made.fd)!;
    complain(made, { code: 4, rest: 800, total: 1500 });
    expect(most(made)).toBe(760);
    same.flow.ack();
    w.run(5);
    w.board.send(same.fd, pattern(3000));
    expect(most(same)).toBe(760);
    expect([made, same, other].map(mtu)).toEqual([800, 800, 1500]);
    expect(w.board.row(made.fd)!.cwnd).toBe(cwnd);
    const late = passive(w, { peer: made.peer });
    expect(sentSegments(w).find(({ tcp }) => tcp.dst === late.flow.port)!.tcp.mss).toBe(1460);
    w.board.send(late.fd, pattern(3000));
    expect(most(late)).toBe(760);
  });

  test("1191-4: a second complaint about the same flight sends nothing again", async () => {
    const { w, made } = await flying();
    complain(made, { code: 4, rest: 800, total: 1500 });
    expect(most(made)).toBe(760);
    const before = w.sent(w.board.name);
    for (let n = 1; n < 10; n++) complain(made, { code: 4, rest: 800, total: 1500, seq: 1 + n * 1460 });
    w.run(20);
    expect(w.sent(w.board.name)).toBe(before);
  });
});

describe("RFC 5927 on it", () => {
  test.each([
    ["at most 68", { rest: 60, total: 1500 }],
    ["not below what it quotes", { rest: 1500, total: 1500 }],
    ["about more than was ever sent", { rest: 1000, total: 1501 }],
  ])("5927-4: a claim %s is dropped", async (_, claim) => {
    const { w, made } = await flying();
    w.expectDrop("IcmpMtu", () => complain(made, { code: 4, ...claim }));
    expect(mtu(made)).toBe(1500);
  });

  test("5927-4: deviation: a claim that can be is applied at once, not held back until a timeout", async () => {
    const { made } = await flying();
    made.flow.send({ flags: "A", ack: 1461 });
    made.flow.drain(20);
    complain(made, { code: 4, rest: 1000, total: 1500, seq: 1461 });
    expect(most(made)).toBe(960);
  });
});

describe("RFC 4821", () => {
  test("4821-4: full segments that vanish again and again: smaller ones are tried, without any ICMP", async () => {
    const w = await world({ profile: "host" });
    const made = passive(w, { wscale: 7 });
    w.board.send(made.fd, pattern(5000));
    // A router that takes 700 octets and says nothing.
    let last = 0;
    for (let i = 0; i < 100 && last < 1460; i++) {
      w.run(500);
      for (const { seq, len } of made.flow.drain(0)) if (len <= 660 && seq === last + 1) last += len;
      if (last) made.flow.send({ flags: "A", ack: last + 1 });
    }
    expect(last).toBeGreaterThanOrEqual(1460);
    expect(w.board.counters()["TcpBlackHoles"]).toBeGreaterThanOrEqual(1);
    expect(mtu(made)).toBeLessThanOrEqual(700);
    // Larger ones are not tried again for five minutes.
    made.flow.drain(20);
    for (let i = 0; i < 4; i++) {
      made.flow.ack();
      w.run(MINUTE);
      w.board.send(made.fd, pattern(3000));
      expect(most(made)).toBeLessThanOrEqual(660);
    }
  });

  test("4821-5: a path that takes more again does not widen the window; paths are hosts, not networks", async () => {
    const { w, made } = await flying();
    const neighbour = large(w);
    complain(made, { code: 4, rest: 800, total: 1500 });
    most(made);
    for (const { flow } of [made, neighbour]) flow.ack();
    expect(mtu(neighbour)).toBe(1500);
    w.run(9 * MINUTE);
    const before = w.board.row(made.fd)!.cwnd;
    w.run(2 * MINUTE);
    w.board.send(made.fd, pattern(1460));
    expect(most(made)).toBe(1460);
    expect(mtu(made)).toBe(1500);
    expect(w.board.row(made.fd)!.cwnd).toBeLessThanOrEqual(before);
  });

  test("4821-6: a datagram above the estimate can be sent, whole and with DF", async () => {
    const { w, made } = await flying();
    complain(made, { code: 4, rest: 800, total: 1500 });
    w.run(5);
    const fd = w.board.datagram(5000);
    const { peer } = made;
    expect(w.board.setIp(fd, "IP_MTU_DISCOVER", 2)).toBe(0); // IP_PMTUDISC_DO: never in fragments
    expect(w.board.sendTo(fd, pattern(1200), peer.ip, 6000)).toBeLessThan(0);
    expect(w.board.setIp(fd, "IP_MTU_DISCOVER", 3)).toBe(0); // IP_PMTUDISC_PROBE
    expect(w.board.sendTo(fd, pattern(1200), peer.ip, 6000)).toBe(1200);
    const { ip } = peer.expect("the datagram", ({ udp }) => udp !== undefined);
    expect(ip).toMatchObject({ totalLength: 1228, fragment: 0x4000 });
  });
});
