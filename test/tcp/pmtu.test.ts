import { describe, expect, test } from "vitest";
import { Errno, IpOption, Level, PathMtuDiscovery } from "../../host/node/abi";
import { complain } from "../support/complain";
import { concat, ipv4, pattern, udp } from "../support/packet";
import type { Heard } from "../support/flow";
import { passive, type Connection } from "../support/states";
import { named, world, type World, type WorldOptions } from "../support/world";

const HEADERS = 40;
const STAMPED = 52;
const MINUTE = 60_000;

interface Way extends WorldOptions {
  stamps?: boolean;
  sack?: boolean;
  octets?: number;
  iss?: number;
}

/** A connection with much in flight, and what was. */
async function flying({ stamps = false, sack = false, octets = 14_600, ...options }: Way = {}): Promise<
  Connection & { flight: Heard[] }
> {
  const w = await world({ profile: "host", ...options });
  const made = connected(w, stamps, sack);
  w.board.send(made.fd, pattern(octets));
  return { ...made, flight: made.flow.drain(20) };
}

function connected(w: World, stamps: boolean, sack: boolean, peer = w.peer()): Connection {
  const listener = w.board.rows().find((row) => row.localPort === 80 && row.foreignPort === 0)?.fd ?? w.board.listen(80);
  const flow = peer.flow({ to: 80, ...(stamps ? { stamps: 1000 } : {}) });
  flow.handshake({ mss: 1460, wscale: 7, sackPermitted: sack });
  const fd = w.accepted(w.board, listener);
  return { world: w, board: w.board, peer, flow, fd, listener, state: () => w.board.stateOf(flow.port, 80) };
}

const lengths = (heard: Heard[]): number[] => heard.map(({ len }) => len);
const sum = (heard: Heard[]): number => heard.reduce((all, { len }) => all + len, 0);
const most = (heard: Heard[]): number => Math.max(...lengths(heard));
const mtu = ({ board, fd }: Connection): number => board.option(fd, Level.IPPROTO_IP, IpOption.IP_MTU);

describe("fragmentation needed (RFC 1191)", () => {
  test.each<[string, Way]>([
    ["without options", {}],
    ["with timestamps", { stamps: true }],
    ["with SACK", { sack: true }],
    ["with both", { stamps: true, sack: true }],
    ["without SACK in the code", { knobs: { CONFIG_SACK: 0, CONFIG_RACK: 0 }, profile: "default", octets: 2048 }],
  ])("makes segments smaller and sends what is in flight again at once, once (1191-1, 1191-4): %s", async (_, way) => {
    const made = await flying(way);
    const { flow, world: w, flight, board, fd } = made;
    const header = way.stamps ? STAMPED : HEADERS;
    complain(made, { code: 4, rest: 600, total: flight[0].len + header });
    const again = flow.drain(20);
    expect(again[0].seq).toBe(1);
    expect(most(again)).toBe(600 - header);
    expect(sum(again)).toBeGreaterThanOrEqual(Math.min(way.octets ?? 14_600, 10 * (1500 - header)));
    expect(mtu(made)).toBe(600);
    expect(board.counters()).toMatchObject({ TcpPathMtuDecreases: 1, TcpTimeouts: 0 });
    // The other segments of that flight met the same router.
    for (const { seq, len } of flight.slice(1)) complain(made, { code: 4, rest: 600, total: len + header, seq });
    expect(flow.drain(20)).toHaveLength(0);
    flow.send({ flags: "A", ack: Math.max(...again.map(({ seq, len }) => seq + len)) });
    w.run(5);
    board.send(fd, pattern(2000));
    expect(most(flow.drain(20))).toBe(600 - header);
  });

  test("keeps cwnd and ssthresh: it is no congestion (1191-4)", async () => {
    const made = await flying({ octets: 30_000 });
    const before = made.board.row(made.fd)!.cwnd;
    complain(made, { code: 4, rest: 576, total: 1500 });
    made.flow.drain(20);
    expect(made.board.row(made.fd)!.cwnd).toBe(before);
    made.flow.send({ flags: "A", ack: 14_601 });
    made.world.run(5);
    expect(made.board.row(made.fd)!.cwnd).toBeGreaterThan(before);
  });

  test.each([
    [1500, 1492],
    [1492, 1006],
    [1006, 508],
    [508, 296],
    [296, 68],
  ])("of an old router that names no MTU: from %i to the plateau of %i (1191-2)", async (total, plateau) => {
    const made = await flying();
    complain(made, { code: 4, rest: 0, total });
    expect(most(made.flow.drain(20))).toBe(plateau - HEADERS);
    expect(mtu(made)).toBe(plateau);
  });

  test.each([
    ["as large as what it quotes", { rest: 1500, total: 1500 }],
    ["larger than what it quotes", { rest: 1499, total: 1000 }],
    ["of 68, the least there is", { rest: 68, total: 1500 }],
    ["of 1", { rest: 1, total: 1500 }],
    ["about more than we ever sent", { rest: 1400, total: 1501 }],
    ["about a number that is not in flight", { rest: 600, total: 1500, seq: 20_000 }],
  ])("with an MTU %s is dropped (5927-4)", async (_, claim) => {
    const made = await flying();
    made.world.expectDrop("seq" in claim ? "IcmpSequence" : "IcmpMtu", () => complain(made, { code: 4, ...claim }));
    expect(mtu(made)).toBe(1500);
  });

  test("never raises (1191-1)", async () => {
    const made = await flying();
    complain(made, { code: 4, rest: 600, total: 1500 });
    made.flow.drain(20);
    made.world.expectDrop("IcmpMtu", () => complain(made, { code: 4, rest: 1400, total: 1500 }));
    made.world.expectDrop("IcmpMtu", () => complain(made, { code: 4, rest: 600, total: 600 }));
    expect(mtu(made)).toBe(600);
  });

  test("goes down step by step, to segments without room for SACK blocks", async () => {
    const made = await flying({ stamps: true, sack: true, octets: 3000 });
    for (const [size, next] of [
      [1500, 1000],
      [1000, 300],
      [300, 69],
    ]) {
      complain(made, { code: 4, rest: next, total: size });
      const again = made.flow.drain(20);
      expect(most(again)).toBe(next - STAMPED);
    }
    made.flow.send({ flags: "PA", seq: 5000, data: pattern(5) }); // a hole: blocks are owed
    made.flow.drain(20);
    made.flow.send({ flags: "A", ack: 3001 });
    made.board.send(made.fd, pattern(59 * 17));
    const small = made.flow.drain(20);
    expect(sum(small)).toBe(59 * 17);
    expect(most(small)).toBe(17);
  });

  test("with SACK sends again only what the peer does not hold", async () => {
    const made = await flying({ sack: true });
    made.flow.send({ flags: "A", ack: 1, sack: [[1461, 2921]] });
    made.flow.drain(2);
    complain(made, { code: 4, rest: 600, total: 1500 });
    const again = made.flow.drain(20);
    expect(again.some(({ seq }) => seq >= 1461 && seq < 2921)).toBe(false);
    expect(again.some(({ seq, len }) => seq + len === 14_601)).toBe(true);
  });

  test("is learned by every connection to that host, not by others (1191-4)", async () => {
    const made = await flying();
    const w = made.world;
    const same = connected(w, true, true, made.peer);
    const other = connected(w, false, false);
    complain(made, { code: 4, rest: 700, total: 1500 });
    w.run(5);
    for (const { board, fd } of [same, other]) board.send(fd, pattern(5000));
    expect(most(same.flow.drain(20))).toBe(700 - STAMPED);
    expect(most(other.flow.drain(20))).toBe(1460);
    const later = connected(w, false, false, made.peer);
    w.board.send(later.fd, pattern(20_000));
    const first = later.flow.drain(20);
    expect(most(first)).toBe(660);
    expect(first).toHaveLength(10); // the initial window follows
  });

  test("does not change the MSS option (1191-4)", async () => {
    const made = await flying();
    complain(made, { code: 4, rest: 600, total: 1500 });
    const flow = made.peer.flow({ to: 80 }).send({ flags: "S", mss: 1460 });
    expect(flow.expect({ flags: "SA" }).mss).toBe(1460);
  });

  test("is forgotten after ten minutes, not before; cwnd does not rise with it (1191-3, 4821-5)", async () => {
    const made = await flying();
    const { flow, world: w, board, fd } = made;
    complain(made, { code: 4, rest: 600, total: 1500 });
    flow.drain(20);
    flow.send({ flags: "A", ack: 14_601 });
    w.run(9 * MINUTE);
    board.send(fd, pattern(1120));
    expect(most(flow.drain(20))).toBe(560);
    flow.send({ flags: "A", ack: 14_601 + 1120 });
    w.run(1.1 * MINUTE);
    const before = board.row(fd)!.cwnd;
    board.send(fd, pattern(3000));
    expect(most(flow.drain(20))).toBe(1460);
    expect(board.row(fd)!.cwnd).toBeLessThanOrEqual(before);
    expect(mtu(made)).toBe(1500);
  });

  test("the table is small: more destinations than it holds, and nobody is harmed", async () => {
    const w = await world({ profile: "host", knobs: { CONFIG_PMTU_ENTRIES: 3 } });
    const all = Array.from({ length: 6 }, () => connected(w, false, false));
    for (const made of all) {
      w.board.send(made.fd, pattern(1460));
      made.flow.drain(20);
      complain(made, { code: 4, rest: 800, total: 1500 });
      expect(most(made.flow.drain(20))).toBe(760);
      made.flow.send({ flags: "A", ack: 1461 });
      w.run(1);
    }
    expect(all.filter((made) => mtu(made) === 800)).toHaveLength(3);
    expect(mtu(all[5])).toBe(800);
  });

  test("in SYN-SENT it does not end the connect", async () => {
    const w = await world();
    const peer = w.peer();
    const flow = peer.flow({ port: 5950 });
    const fd = w.board.open(peer.ip, 5950);
    flow.expect({ flags: "S" });
    const made = { world: w, board: w.board, peer, flow, fd, listener: -1, state: () => w.board.stateOf(5950) };
    w.expectDrop("IcmpMtu", () => complain(made, { code: 4, rest: 600, total: 1500, seq: 0 }));
    expect(made.state()).toBe("SynSent");
  });
});

describe("a way that swallows large segments without a word (RFC 4821 7.7)", () => {
  /** Lengths and times of what the board sends while only datagrams up to `limit` octets get through. */
  function through({ flow, world: w }: Connection, limit: number, header: number, ms: number): void {
    for (const end = w.now + ms; w.now < end;) {
      const heard = flow.next(Math.max(1, end - w.now));
      if (!heard) return;
      if (heard.len + header <= limit && heard.seq <= flow.rcv) flow.send({ flags: "A" });
      else if (heard.seq + heard.len === flow.rcv) flow.rcv = heard.seq; // it did not arrive
    }
  }

  test.each([
    [1400, 1024],
    [1024, 1024],
    [600, 576],
    [300, 296],
    [100, 68],
  ])("%i octets get through: found by timeouts, down to %i (4821-4)", async (limit, found) => {
    const w = await world({ profile: "host" });
    const made = connected(w, false, false);
    w.board.send(made.fd, pattern(1460));
    through(made, limit, HEADERS, 1_200_000);
    expect(made.state()).toBe("Established");
    expect(made.flow.rcv).toBe(1461);
    expect(w.board.counters()["TcpBlackHoles"]).toBe([1024, 576, 296, 68].indexOf(found) + 1);
  });

  test("a peer that was silent for half a minute gets no tiny segments, one that is dead leaves no trace", async () => {
    const w = await world({ profile: "host" });
    const made = connected(w, false, false);
    w.board.send(made.fd, pattern(5000));
    w.run(30_000);
    expect(mtu(made)).toBe(576);
    const other = connected(w, false, false, made.peer);
    w.run(3_600_000);
    expect(made.state()).toBe("Closed");
    expect(mtu(other)).toBe(1500);
  });

  test("small segments that time out are no hint", async () => {
    const w = await world({ profile: "host" });
    const made = connected(w, false, false);
    w.board.send(made.fd, pattern(900));
    w.run(300_000);
    expect(w.board.counters()["TcpBlackHoles"]).toBe(0);
    expect(most(made.flow.drain(0))).toBe(900);
  });

  test("a large segment beyond the lost one that arrived speaks against it", async () => {
    const made = await flying({ sack: true, octets: 4380 });
    const { flow, board, world: w } = made;
    flow.send({ flags: "A", ack: 1, sack: [[1461, 4381]] });
    w.run(60_000);
    expect(board.counters()["TcpTimeouts"]).toBeGreaterThan(4);
    expect(board.counters()["TcpBlackHoles"]).toBe(0);
    expect(most(flow.drain(0))).toBe(1460);
  });

  test("larger ones are tried again after ten minutes", async () => {
    const w = await world({ profile: "host" });
    const made = connected(w, false, false);
    w.board.send(made.fd, pattern(1460));
    through(made, 1200, HEADERS, 30_000);
    expect(mtu(made)).toBe(1024);
    w.run(11 * MINUTE);
    w.board.send(made.fd, pattern(1460));
    expect(most(made.flow.drain(20))).toBe(1460);
  });
});

describe("datagrams", () => {
  /** The board sent a datagram of `length` octets of data; a router says it is too big for a way of `rest`. */
  function tooBig(
    w: World,
    peer: ReturnType<World["peer"]>,
    ports: { src: number; dst: number },
    length: number,
    rest: number,
  ): void {
    const ends = { src: w.board.ip, dst: peer.ip };
    const quoted = ipv4({ ...ends, protocol: 17 }, concat(udp(ends, ports, pattern(length)))).subarray(0, 28);
    peer.icmp({ type: 3, code: 4, rest }, quoted);
  }

  function bound(w: World, port: number) {
    const fd = w.board.datagram(port);
    const peer = w.peer();
    expect(w.board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery.IP_PMTUDISC_DO)).toBe(0);
    const option = (name: number) => w.board.option(fd, Level.IPPROTO_IP, name);
    const send = (length: number) => w.board.sendTo(fd, pattern(length), peer.ip, 9);
    return { fd, peer, option, send };
  }

  test("a connected socket learns its path, hears of it, and so does TCP (1191-4, 8899-2)", async () => {
    const w = await world({ profile: "host" });
    const { fd, peer, option } = bound(w, 4000);
    expect(named(option(IpOption.IP_MTU))).toBe("-ENOTCONN");
    w.board.connect(fd, peer.ip, 9);
    expect(option(IpOption.IP_MTU)).toBe(1500);
    w.board.send(fd, pattern(1400));
    expect(peer.expect("a datagram", ({ udp }) => udp !== undefined).ip!.fragment & 0x4000).toBe(0x4000);
    tooBig(w, peer, { src: 4000, dst: 9 }, 1400, 1000);
    w.run(5);
    expect(w.board.error(fd)).toBe(Errno.EMSGSIZE);
    expect(option(IpOption.IP_MTU)).toBe(1000);
    expect(named(w.board.send(fd, pattern(973)))).toBe("-EMSGSIZE");
    expect(w.board.send(fd, pattern(972))).toBe(972);
    const made = connected(w, false, false, peer);
    w.board.send(made.fd, pattern(5000));
    expect(most(made.flow.drain(20))).toBe(960);
  });

  test("what cannot be about a datagram of this socket is dropped", async () => {
    const w = await world({ profile: "host" });
    const { fd, peer } = bound(w, 4001);
    w.expectDrop("IcmpQuote", () => tooBig(w, peer, { src: 4009, dst: 9 }, 1400, 1000)); // nobody's
    w.board.connect(fd, peer.ip, 9);
    w.expectDrop("IcmpQuote", () => tooBig(w, peer, { src: 4001, dst: 10 }, 1400, 1000));
    w.expectDrop("IcmpMtu", () => tooBig(w, peer, { src: 4001, dst: 9 }, 400, 1000));
    w.expectDrop("IcmpMtu", () => tooBig(w, peer, { src: 4001, dst: 9 }, 1400, 60));
    expect(w.board.error(fd)).toBe(0);
  });

  test("what a socket that is not connected sent may have been too big: the path is learnt, and no error told", async () => {
    const w = await world({ profile: "host" });
    const { fd, peer, send } = bound(w, 4003);
    tooBig(w, peer, { src: 4003, dst: 9 }, 1400, 1000);
    w.run(5);
    expect(w.board.error(fd)).toBe(0);
    expect(named(send(973))).toBe("-EMSGSIZE");
    expect(send(972)).toBe(972);
  });

  test("IP_PMTUDISC_PROBE sends above the estimate, with DF (4821-6)", async () => {
    const w = await world({ profile: "host" });
    const { fd, peer, option } = bound(w, 4002);
    w.board.connect(fd, peer.ip, 9);
    tooBig(w, peer, { src: 4002, dst: 9 }, 1400, 1000);
    w.run(5);
    w.board.error(fd);
    expect(named(w.board.send(fd, pattern(1400)))).toBe("-EMSGSIZE");
    expect(option(IpOption.IP_MTU_DISCOVER)).toBe(2);
    expect(named(w.board.setIp(fd, "IP_MTU_DISCOVER", 4))).toBe("-EINVAL");
    expect(w.board.setIp(fd, "IP_MTU_DISCOVER", 3)).toBe(0);
    expect(option(IpOption.IP_MTU_DISCOVER)).toBe(3);
    expect(w.board.send(fd, pattern(1400))).toBe(1400);
    const { ip } = peer.expect("the probe", ({ udp }) => udp?.data.length === 1400);
    expect(ip!.fragment & 0x4000).toBe(0x4000);
  });
});

test("a stream socket answers IP_MTU and IP_MTU_DISCOVER", async () => {
  const w = await world();
  const fresh = w.board.socket();
  expect(named(w.board.option(fresh, Level.IPPROTO_IP, IpOption.IP_MTU))).toBe("-ENOTCONN");
  w.board.close(fresh);
  const made = passive(w);
  expect(mtu(made)).toBe(1500);
  expect(w.board.option(made.fd, Level.IPPROTO_IP, IpOption.IP_MTU_DISCOVER)).toBe(2);
  expect(w.board.setIp(made.fd, "IP_MTU_DISCOVER", 1)).toBe(0);
  expect(named(w.board.setIp(made.fd, "IP_MTU_DISCOVER", 0))).toBe("-EINVAL");
});
