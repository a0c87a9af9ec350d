import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  IcmpOption,
  IpOption,
  Level,
  MessageFlag,
  Owner,
  PathMtuDiscovery,
  Poll,
  Protocol,
  Shutdown,
  SocketOption,
  SocketRow,
  SocketType,
} from "../../host/node/abi";
import { whole } from "../support/fragments";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { errnoName, type Station } from "../support/station";
import { PORT } from "../support/states";
import { named, world, type World } from "../support/world";

const { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW } = Protocol;
const { IPPROTO_IP, SOL_RAW, SOL_SOCKET } = Level;
/** A protocol for experiments (RFC 3692): nobody here knows it. */
const EXPERIMENT = 253;
const ECHO = 8;
const ECHO_REPLY = 0;

const raw = (board: Station, protocol: number): number => board.socket(SocketType.SOCK_RAW, protocol);

/** What the next datagram of that protocol to the peer looks like. */
const next = (peer: Peer, protocol: number) => peer.expect(`protocol ${protocol}`, ({ ip }) => ip?.protocol === protocol);

/** The datagram a raw socket has received, taken apart as if it had come in a frame. */
function received(board: Station, fd: number): wire.Packet {
  const data = board.recv(fd);
  if (typeof data === "number") throw new Error(`recv: ${errnoName(data)}`);
  return wire.parse(wire.ethernet({ src: wire.NO_MAC, dst: wire.NO_MAC }, data));
}

const echo = (type: number, sequence: number, data = wire.text("payload")) =>
  wire.icmp({ type, rest: 0x12340000 + sequence }, data);

describe("SOCK_RAW: ICMP ping written on it", () => {
  test("a request leaves as it was written, the answer comes with its IP header", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, IPPROTO_ICMP);
    for (const sequence of [1, 2, 3]) {
      expect(board.sendTo(fd, echo(ECHO, sequence), peer.ip, 0)).toBe(15);
      const request = next(peer, IPPROTO_ICMP);
      expect(request.icmp).toMatchObject({ type: ECHO, code: 0, rest: 0x12340000 + sequence, data: wire.text("payload") });
      expect(request.ip).toMatchObject({ src: board.ip, dst: peer.ip, ttl: 64 });
      peer.icmp({ type: ECHO_REPLY, rest: request.icmp!.rest }, request.icmp!.data, { ttl: 57, tos: 0x20 });
      w.run(5);
      expect(board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
      const answer = received(board, fd);
      expect(answer.ip).toMatchObject({ src: peer.ip, dst: board.ip, ttl: 57, tos: 0x20, headerLength: 20 });
      expect(answer.icmp).toMatchObject({ type: ECHO_REPLY, rest: 0x12340000 + sequence, data: wire.text("payload") });
    }
    expect(named(board.recv(fd))).toBe("-EAGAIN");
  });

  test("another board answers, over a real stack", async () => {
    const w = await world({ boards: 2 });
    const [near, far] = w.stations;
    const fd = raw(near, IPPROTO_ICMP);
    near.sendTo(fd, echo(ECHO, 7), far.ip, 0);
    w.run(20);
    expect(received(near, fd).icmp).toMatchObject({ type: ECHO_REPLY, rest: 0x12340007 });
  });

  test.each(["127.0.0.1", "10.0.0.1"])("%s: over loopback the socket hears the question and the answer", async (ip) => {
    const w = await world();
    const { board } = w;
    const fd = raw(board, IPPROTO_ICMP);
    const sent = w.sent();
    board.sendTo(fd, echo(ECHO, 1), ip, 0);
    w.run(5);
    expect([received(board, fd), received(board, fd)].map(({ icmp, problems }) => [icmp?.type, problems])).toEqual([
      [ECHO, []],
      [ECHO_REPLY, []],
    ]);
    expect(w.sent()).toBe(sent);
  });

  test("the checksum is the application's business", async () => {
    const w = await world({ referee: false });
    const peer = w.peer();
    const fd = raw(w.board, IPPROTO_ICMP);
    w.board.sendTo(fd, wire.icmp({ type: ECHO, checksum: 0xabcd }), peer.ip, 0);
    expect(next(peer, IPPROTO_ICMP).ip!.payload.subarray(2, 4)).toEqual(Uint8Array.of(0xab, 0xcd));
  });
});

describe("SOCK_RAW: what is received", () => {
  test("a copy of every datagram of its protocol, whoever else it is for: UDP, TCP, ICMP", async () => {
    const w = await world({ profile: "host" });
    const { board } = w;
    const peer = w.peer();
    const [icmp, udp, tcp] = [IPPROTO_ICMP, IPPROTO_UDP, IPPROTO_TCP].map((protocol) => raw(board, protocol));
    const service = board.datagram(53);
    board.listen(PORT);
    peer.udp({ src: 9, dst: 53 }, wire.text("question"));
    peer.icmp({ type: ECHO, rest: 1 }, wire.text("are you there?"));
    peer.flow({ to: PORT }).handshake();
    w.run(5);
    expect(board.recvFrom(service)).toMatchObject({ data: wire.text("question") });
    expect(received(board, udp).udp).toMatchObject({ src: 9, dst: 53, data: wire.text("question") });
    expect(next(peer, IPPROTO_ICMP).icmp).toMatchObject({ type: ECHO_REPLY });
    expect(received(board, icmp).icmp).toMatchObject({ type: ECHO });
    expect([received(board, tcp), received(board, tcp)].map(({ tcp: segment }) => segment!.flags)).toEqual([
      wire.Flag.S,
      wire.Flag.A,
    ]);
  });

  test("of several sockets each gets its copy", async () => {
    const w = await world({ profile: "host" });
    const fds = [1, 2, 3].map(() => raw(w.board, EXPERIMENT));
    w.peer().ip4({ protocol: EXPERIMENT }, wire.text("to all"));
    w.run(5);
    expect(fds.map((fd) => received(w.board, fd).ip!.payload)).toEqual(Array(3).fill(wire.text("to all")));
  });

  test("a protocol only a raw socket wants is known: no ICMP unreachable; without one there is", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = raw(w.board, EXPERIMENT);
    peer.ip4({ protocol: EXPERIMENT }, wire.text("news"));
    peer.expectNothing();
    expect(received(w.board, fd).ip!.payload).toEqual(wire.text("news"));
    expect(w.board.drops()).toEqual({});
    w.board.close(fd);
    peer.ip4({ protocol: EXPERIMENT }, wire.text("news"));
    expect(next(peer, IPPROTO_ICMP).icmp).toMatchObject({ type: 3, code: 2 });
    expect(w.board.drops()).toEqual({ IpProtocol: 1 });
  });

  test("options in the header come along; what the transport will not take comes, too", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = raw(w.board, IPPROTO_UDP);
    peer.udp({ src: 1, dst: 2, checksum: 0xdead }, wire.text("bad"), { options: Uint8Array.of(1, 1, 1, 0) });
    w.run(5);
    expect(received(w.board, fd)).toMatchObject({ ip: { headerLength: 24 }, problems: [expect.stringContaining("checksum")] });
    expect(w.board.drops()).toEqual({ UdpChecksum: 1 });
  });

  test("broadcasts, and datagrams put together from fragments", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = raw(w.board, EXPERIMENT);
    peer.ip4({ protocol: EXPERIMENT, dst: "10.0.0.255" }, wire.text("all"), { dst: wire.BROADCAST });
    peer.ip4({ protocol: EXPERIMENT, id: 7, fragment: 0x2000 }, wire.pattern(800));
    peer.ip4({ protocol: EXPERIMENT, id: 7, fragment: 100 }, wire.pattern(100));
    w.run(5);
    expect(received(w.board, fd).ip!.payload).toEqual(wire.text("all"));
    expect(received(w.board, fd).ip).toMatchObject({ totalLength: 920, fragment: 0 });
  });

  test("bind: only what is sent to that address; connect: only what comes from that peer", async () => {
    const w = await world({ profile: "host" });
    const { board } = w;
    const [peer, other] = [w.peer(), w.peer()];
    const [bound, connected] = [raw(board, EXPERIMENT), raw(board, EXPERIMENT)];
    expect(board.bind(bound, 0, board.ip)).toBe(0);
    expect(board.connect(connected, peer.ip, 0)).toBe(0);
    other.ip4({ protocol: EXPERIMENT, dst: "10.0.0.255" }, wire.text("all"), { dst: wire.BROADCAST });
    other.ip4({ protocol: EXPERIMENT }, wire.text("other"));
    peer.ip4({ protocol: EXPERIMENT }, wire.text("peer"));
    w.run(5);
    expect([received(board, bound), received(board, bound)].map(({ ip }) => ip!.src)).toEqual([other.ip, peer.ip]);
    expect(received(board, connected).ip!.payload).toEqual(wire.text("peer"));
    expect([board.recv(bound), board.recv(connected)].map(named)).toEqual(["-EAGAIN", "-EAGAIN"]);
  });

  test("ICMP_FILTER: types that are not wanted; only of ICMP", async () => {
    const w = await world({ profile: "host" });
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, IPPROTO_ICMP);
    expect(board.option(fd, SOL_RAW, IcmpOption.ICMP_FILTER)).toBe(0);
    expect(board.setOption(fd, SOL_RAW, IcmpOption.ICMP_FILTER, ~(1 << ECHO_REPLY))).toBe(0);
    const at = board.calls.scratch();
    expect(board.calls.getsockopt(fd, SOL_RAW, IcmpOption.ICMP_FILTER, at, 4)).toBe(4);
    expect(new DataView(board.board.memory.buffer).getUint32(at, true)).toBe(0xfffffffe);
    peer.icmp({ type: ECHO });
    peer.icmp({ type: ECHO_REPLY, rest: 5 });
    peer.icmp({ type: 40, rest: 6 });
    w.run(5);
    expect([received(board, fd), received(board, fd)].map(({ icmp }) => icmp!.type)).toEqual([ECHO_REPLY, 40]);
    const other = raw(board, EXPERIMENT);
    expect(named(board.setOption(other, SOL_RAW, IcmpOption.ICMP_FILTER, 1))).toBe("-EOPNOTSUPP");
    expect(named(board.option(other, SOL_RAW, IcmpOption.ICMP_FILTER))).toBe("-EOPNOTSUPP");
    expect(named(board.option(fd, SOL_RAW, 2))).toBe("-ENOPROTOOPT");
  });

  test("what has no room in the queue is dropped by name; SO_RCVBUF makes room", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = raw(w.board, EXPERIMENT);
    const flood = () => {
      for (let i = 0; i < 4; i++) peer.ip4({ protocol: EXPERIMENT }, wire.pattern(972));
      w.run(5);
    };
    flood();
    expect(w.board.drops()).toEqual({ RawFull: 2 });
    expect(w.board.setSocket(fd, "SO_RCVBUF", 4096)).toBe(0);
    flood();
    expect(w.board.drops()).toEqual({ RawFull: 4 });
    expect(w.board.ioctl(fd, "FIONREAD")).toBe(992);
  });

  test("recvfrom tells the sender, without a port; MSG_PEEK and MSG_TRUNC; shutdown", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    peer.ip4({ protocol: EXPERIMENT }, wire.pattern(100));
    w.run(5);
    const { MSG_PEEK, MSG_TRUNC } = MessageFlag;
    expect(board.recvFrom(fd, 8, MSG_PEEK | MSG_TRUNC)).toMatchObject({ result: 120, ip: peer.ip, port: 0 });
    expect(board.recvFrom(fd, 8)).toMatchObject({ result: 8 });
    expect(named(board.shutdown(fd, Shutdown.SHUT_RD))).toBe("-ENOTCONN");
    board.connect(fd, peer.ip, 0);
    board.shutdown(fd, Shutdown.SHUT_RDWR);
    expect(board.recv(fd)).toEqual(new Uint8Array(0));
    expect(named(board.send(fd, wire.text("x")))).toBe("-EPIPE");
  });
});

describe("SOCK_RAW: what is sent", () => {
  test("the header is the stack's: addresses, protocol, IP_TTL, IP_TOS, never to be fragmented", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    board.setIp(fd, "IP_TTL", 5);
    board.setIp(fd, "IP_TOS", 0xb8);
    expect([board.option(fd, IPPROTO_IP, IpOption.IP_TTL), board.option(fd, IPPROTO_IP, IpOption.IP_TOS)]).toEqual([5, 0xb8]);
    expect(board.connect(fd, peer.ip, 0)).toBe(0);
    expect(board.send(fd, wire.pattern(300))).toBe(300);
    expect(next(peer, EXPERIMENT).ip).toMatchObject({
      ...{ src: board.ip, dst: peer.ip, ttl: 5, tos: 0xb8, fragment: 0x4000, headerLength: 20 },
      payload: wire.pattern(300),
    });
    expect(board.send(fd, new Uint8Array(0))).toBe(0);
    expect(next(peer, EXPERIMENT).ip!.totalLength).toBe(20);
  });

  test("IP_HDRINCL: total length and checksum are filled in, source and identification where they are 0", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    board.setIp(fd, "IP_HDRINCL", 1);
    expect(board.option(fd, IPPROTO_IP, IpOption.IP_HDRINCL)).toBe(1);
    const fields = { src: "0.0.0.0", dst: peer.ip, protocol: 77, ttl: 3, tos: 4, totalLength: 9999, checksum: 1 };
    const options = Uint8Array.of(1, 1, 1, 0);
    expect(board.sendTo(fd, wire.ipv4({ ...fields, id: 0, options, fragment: 0 }, wire.text("mine")), peer.ip, 0)).toBe(28);
    const filled = next(peer, 77);
    expect(filled.ip).toMatchObject({
      src: board.ip,
      dst: peer.ip,
      ttl: 3,
      tos: 4,
      totalLength: 28,
      headerLength: 24,
      fragment: 0,
    });
    expect([filled.ip!.id > 0, filled.ip!.payload, filled.problems]).toEqual([true, wire.text("mine"), []]);
    board.sendTo(fd, wire.ipv4({ ...fields, src: "192.0.2.1", id: 4711 }, wire.text("mine")), peer.ip, 0);
    expect(next(peer, 77).ip).toMatchObject({ src: "192.0.2.1", id: 4711 });
  });

  test("IPPROTO_RAW: the header is always the application's; nothing is received", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, IPPROTO_RAW);
    expect(board.option(fd, IPPROTO_IP, IpOption.IP_HDRINCL)).toBe(1);
    board.sendTo(fd, wire.ipv4({ src: board.ip, dst: peer.ip, protocol: EXPERIMENT }, wire.text("x")), peer.ip, 0);
    expect(next(peer, EXPERIMENT).ip!.payload).toEqual(wire.text("x"));
    peer.ip4({ protocol: IPPROTO_RAW }, wire.text("x"));
    expect(next(peer, IPPROTO_ICMP).icmp).toMatchObject({ type: 3, code: 2 });
    expect(named(board.recv(fd))).toBe("-EAGAIN");
  });

  test("IP_HDRINCL: EINVAL for what is no header, whatever it is", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, IPPROTO_RAW);
    const to = (data: Uint8Array) => named(board.sendTo(fd, data, peer.ip, 0));
    expect(to(wire.pattern(19))).toBe("-EINVAL");
    const ends = { src: board.ip, dst: peer.ip, protocol: 77 };
    expect(to(wire.ipv4({ ...ends, version: 6 }, wire.text("x")))).toBe("-EINVAL");
    expect(to(wire.ipv4({ ...ends, ihl: 4 }, wire.text("x")))).toBe("-EINVAL");
    expect(to(wire.ipv4({ ...ends, ihl: 15 }, wire.text("x")))).toBe("-EINVAL");
    peer.expectNothing();
  });

  test("IP_HDRINCL over loopback: no octets are too odd for the stack, and foreign addresses are dropped", async () => {
    const w = await world({ profile: "host" });
    const { board } = w;
    const fd = raw(board, IPPROTO_RAW);
    board.listen(PORT);
    board.datagram(53);
    const addresses = fc.constantFrom("127.0.0.1", "10.0.0.1", "0.0.0.0", "8.8.8.8", "255.255.255.255", "224.0.0.1");
    const header = fc.record({
      src: addresses,
      dst: addresses,
      protocol: fc.constantFrom(1, 6, 17, 77),
      ihl: fc.integer({ min: 5, max: 15 }),
    });
    fc.assert(
      fc.property(header, fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 80 }), (fields, fragment, data) => {
        board.sendTo(fd, wire.ipv4({ ...fields, fragment }, data), "127.0.0.1", 0);
        w.run(2);
      }),
      { numRuns: 500 },
    );
    const before = board.drops();
    board.sendTo(fd, wire.ipv4({ src: "8.8.8.8", dst: "127.0.0.1", protocol: 1 }, echo(ECHO, 1)), "127.0.0.1", 0);
    board.sendTo(fd, wire.ipv4({ src: "127.0.0.1", dst: "8.8.8.8", protocol: 1 }, echo(ECHO, 1)), "127.0.0.1", 0);
    w.run(2);
    expect(board.drops()).toEqual({ ...before, IpSource: before.IpSource + 1, IpNotForUs: before.IpNotForUs + 1 });
  });

  test("what is longer than a frame leaves in fragments, unless it has a header of its own or must not", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    const from = board.calls.scratch() + 64; // and what lies behind it, whatever that is
    const send = (length: number) => named(board.calls.sendto(fd, from, length, 0, board.putAddress(peer.ip, 0)));
    const payload = new Uint8Array(board.board.memory.buffer).slice(from, from + 4000);
    expect(send(4000)).toBe(4000);
    board.board.wake();
    const fragments = [1, 2, 3].map(() => next(peer, EXPERIMENT).ip!);
    expect(fragments.map(({ fragment, totalLength }) => [fragment, totalLength])).toEqual([
      [0x2000, 1500],
      [0x2000 + 185, 1500],
      [370, 1060],
    ]);
    expect(whole(fragments)).toEqual(payload);
    expect([send(6000), send(65516)]).toEqual(["-EMSGSIZE", "-EMSGSIZE"]); // more than the ring has slots, than IP allows
  });

  test("EMSGSIZE, ENETUNREACH, EACCES, EDESTADDRREQ, ENETDOWN, EOPNOTSUPP", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    const send = (length: number) =>
      named(board.calls.sendto(fd, board.calls.scratch() + 64, length, 0, board.putAddress(peer.ip, 0)));
    expect(named(board.send(fd, wire.text("x")))).toBe("-EDESTADDRREQ");
    board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery.IP_PMTUDISC_DO);
    expect([send(1481), send(0xffffffff), send(1480)]).toEqual(["-EMSGSIZE", "-EMSGSIZE", 1480]);
    board.setIp(fd, "IP_HDRINCL", 1);
    expect([send(1501), send(0xffffffff), send(0)]).toEqual(["-EMSGSIZE", "-EMSGSIZE", "-EINVAL"]);
    board.setIp(fd, "IP_HDRINCL", 0);
    board.board.wake();
    expect(next(peer, EXPERIMENT).ip!.totalLength).toBe(1500);
    expect(named(board.sendTo(fd, wire.text("x"), "192.0.2.1", 0))).toBe("-ENETUNREACH");
    expect(named(board.sendTo(fd, wire.text("x"), "10.0.0.255", 0))).toBe("-EACCES");
    expect(named(board.connect(fd, "10.0.0.255", 0))).toBe("-EACCES");
    board.setSocket(fd, "SO_BROADCAST", 1);
    expect(board.sendTo(fd, wire.text("x"), "10.0.0.255", 0)).toBe(1);
    expect(next(peer, EXPERIMENT)).toMatchObject({ dst: wire.BROADCAST, ip: { dst: "10.0.0.255" } });
    expect(named(board.send(fd, wire.text("x"), MessageFlag.MSG_OOB))).toBe("-EOPNOTSUPP");
    expect(named(board.sendTo(fd, wire.text("x"), peer.ip, 0, MessageFlag.MSG_MORE))).toBe("-EOPNOTSUPP");
    board.board.linkUp(false);
    expect(send(10)).toBe("-ENETDOWN");
  });

  test("EAGAIN while the ring is full; POLLOUT and the event come with room", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    board.connect(fd, peer.ip, 0);
    const results = Array.from({ length: 8 }, () => named(board.calls.send(fd, board.calls.scratch(), 1000, 0)));
    expect(results).toEqual([1000, 1000, 1000, 1000, "-EAGAIN", "-EAGAIN", "-EAGAIN", "-EAGAIN"]); // as many as the ring has slots
    expect(board.ready(fd) & Poll.POLLOUT).toBe(0);
    board.events.length = 0;
    board.board.wake();
    w.waitFor("room", () => board.events.includes(fd));
    expect(board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
  });
});

describe("SOCK_RAW: ICMP errors, as on Linux", () => {
  const quoteOf = (w: World, peer: Peer, protocol = EXPERIMENT) =>
    wire.ipv4({ src: w.board.ip, dst: peer.ip, protocol }, wire.pattern(8));

  test("connected: those that will not get better; others are hints only", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    board.connect(fd, peer.ip, 0);
    for (const [type, code] of [
      [3, 0],
      [3, 1],
      [11, 0],
    ]) {
      peer.icmp({ type, code }, quoteOf(w, peer));
      w.run(5);
      expect(board.error(fd), `${type} ${code}`).toBe(0);
    }
    peer.icmp({ type: 3, code: 2 }, quoteOf(w, peer));
    w.run(5);
    expect(board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
    expect(named(board.recv(fd))).toBe("-ENOPROTOOPT");
    expect(board.send(fd, wire.text("again"))).toBe(5);
    peer.icmp({ type: 12 }, quoteOf(w, peer));
    w.run(5);
    expect(named(board.send(fd, wire.text("again")))).toBe("-EPROTO");
  });

  test("not connected: none, unless IP_RECVERR asks for them, and then all", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    peer.icmp({ type: 3, code: 2 }, quoteOf(w, peer));
    w.run(5);
    expect(board.error(fd)).toBe(0);
    expect(board.setIp(fd, "IP_RECVERR", 1)).toBe(0);
    expect(board.option(fd, IPPROTO_IP, IpOption.IP_RECVERR)).toBe(1);
    peer.icmp({ type: 11 }, quoteOf(w, peer));
    w.run(5);
    expect(board.events).toContain(fd);
    expect(board.error(fd)).toBe(113);
  });

  test("about another protocol, or to another peer: not this socket's; about a protocol nobody has: dropped", async () => {
    const w = await world();
    const { board } = w;
    const [peer, other] = [w.peer(), w.peer()];
    const fd = raw(board, EXPERIMENT);
    board.connect(fd, peer.ip, 0);
    peer.icmp({ type: 3, code: 2 }, quoteOf(w, peer, EXPERIMENT + 1));
    other.icmp({ type: 3, code: 2 }, quoteOf(w, other));
    w.run(5);
    expect([board.error(fd), board.drops()]).toEqual([0, { IcmpQuote: 2 }]);
  });

  test("a neighbour that does not answer ARP: EHOSTUNREACH for who is connected", async () => {
    const w = await world();
    const { board } = w;
    const fd = raw(board, EXPERIMENT);
    board.connect(fd, "10.0.0.77", 0);
    expect(board.send(fd, wire.text("anybody?"))).toBe(8);
    w.run(10_000);
    expect(named(board.send(fd, wire.text("anybody?")))).toBe("-EHOSTUNREACH");
  });

  test("a path that takes less: EMSGSIZE, and from then on at once", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    board.connect(fd, peer.ip, 0);
    board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery.IP_PMTUDISC_DO);
    board.send(fd, wire.pattern(1400));
    const sent = next(peer, EXPERIMENT);
    peer.icmp({ type: 3, code: 4, rest: 1000 }, sent.frame.subarray(14, 14 + 28));
    w.run(5);
    expect(named(board.send(fd, wire.pattern(10)))).toBe("-EMSGSIZE");
    expect(board.option(fd, IPPROTO_IP, IpOption.IP_MTU)).toBe(1000);
    expect([named(board.send(fd, wire.pattern(981))), board.send(fd, wire.pattern(980))]).toEqual(["-EMSGSIZE", 980]);
    next(peer, EXPERIMENT);
    board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery.IP_PMTUDISC_WANT);
    expect(board.send(fd, wire.pattern(981))).toBe(981);
    expect([next(peer, EXPERIMENT), next(peer, EXPERIMENT)].map(({ ip }) => ip!.totalLength)).toEqual([996, 25]);
  });
});

describe("SOCK_RAW: names, options, looking", () => {
  test("errors of socket, bind and connect", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    expect(named(raw(board, 0))).toBe("-EPROTONOSUPPORT");
    expect(named(raw(board, 256))).toBe("-EINVAL");
    const fd = raw(board, EXPERIMENT);
    expect(named(raw(board, EXPERIMENT))).toBe("-ENOBUFS");
    expect(named(board.bind(fd, 0, "10.0.0.9"))).toBe("-EADDRNOTAVAIL");
    expect(named(board.connect(fd, "192.0.2.1", 0))).toBe("-ENETUNREACH");
    expect([board.listenOn(fd, 1), board.accept(fd), board.calls.recv_ready(fd)].map(named)).toEqual(
      Array(3).fill("-EOPNOTSUPP"),
    );
    expect([board.bind(fd, 0, board.ip), board.bind(fd, 0)]).toEqual([0, 0]);
    board.connect(fd, peer.ip, 0);
    expect(named(board.bind(fd, 0))).toBe("-EINVAL");
  });

  test("getsockname has the protocol for a port, getpeername the peer; AF_UNSPEC disconnects", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    expect(named(board.peerName(fd) as number)).toBe("-ENOTCONN");
    board.connect(fd, peer.ip, 0);
    expect([board.localName(fd), board.peerName(fd)]).toMatchObject([
      { ip: board.ip, port: EXPERIMENT },
      { ip: peer.ip, port: 0 },
    ]);
    expect(board.calls.connect(fd, board.putAddress("0.0.0.0", 0, 0))).toBe(0);
    expect(board.localName(fd)).toMatchObject({ ip: "0.0.0.0", port: EXPERIMENT });
    expect(named(board.peerName(fd) as number)).toBe("-ENOTCONN");
  });

  test("SO_TYPE, SO_PROTOCOL, SO_DOMAIN; an option there is not", async () => {
    const { board } = await world();
    const fd = raw(board, EXPERIMENT);
    const option = (name: keyof typeof SocketOption) => board.option(fd, SOL_SOCKET, SocketOption[name]);
    expect([option("SO_TYPE"), option("SO_PROTOCOL"), option("SO_DOMAIN")]).toEqual([SocketType.SOCK_RAW, EXPERIMENT, 2]);
    expect([option("SO_BROADCAST"), option("SO_ERROR"), option("SO_ACCEPTCONN"), option("SO_RCVBUF")]).toEqual([0, 0, 0, 2048]);
    expect(named(board.option(fd, Level.IPPROTO_TCP, 1))).toBe("-ENOPROTOOPT");
    const datagram = board.socket(SocketType.SOCK_DGRAM);
    expect(named(board.setIp(datagram, "IP_HDRINCL", 1))).toBe("-ENOPROTOOPT");
    expect(named(board.option(datagram, SOL_RAW, 1))).toBe("-ENOPROTOOPT");
  });

  test("netstat: protocol, addresses, owner, what waits; and nothing is left after close", async () => {
    const w = await world();
    const { board } = w;
    const peer = w.peer();
    const fd = raw(board, EXPERIMENT);
    board.connect(fd, peer.ip, 0);
    peer.ip4({ protocol: EXPERIMENT }, wire.pattern(80));
    w.run(5);
    const row = { kind: SocketRow.Raw, protocol: EXPERIMENT, owner: Owner.Host, localPort: EXPERIMENT };
    expect(board.row(fd)).toMatchObject({ ...row, local: board.ip, foreign: peer.ip, receiveQueue: 100 });
    expect(board.board.sockets()).toMatchObject([{ protocol: "raw", kind: "Raw", state: "", localPort: EXPERIMENT }]);
    const datagram = board.socket(SocketType.SOCK_DGRAM);
    expect(board.row(datagram)).toMatchObject({ kind: SocketRow.Udp });
    board.close(fd);
    board.close(datagram);
    expect(board.rows()).toEqual([]);
    for (let i = 0; i < 100; i++) expect(board.close(raw(board, EXPERIMENT))).toBe(0);
  });

  test("without the knob there is no such kind: ESOCKTNOSUPPORT", async () => {
    const { board } = await world({ profile: "tiny" });
    expect(named(raw(board, EXPERIMENT))).toBe("-ESOCKTNOSUPPORT");
  });
});
