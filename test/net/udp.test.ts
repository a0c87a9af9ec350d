import { describe, expect, test } from "vitest";
import { Errno, IpOption, Level, PathMtuDiscovery, Poll, SocketOption, SocketType } from "../../host/node/abi";
import * as wire from "../support/packet";
import { named, world } from "../support/world";

describe("datagrams in and out", () => {
  test("arrive with their sender, leave with our port", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    peer.udp({ src: 4000, dst: 53 }, wire.text("question"));
    w.run(5);
    expect(w.board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
    expect(w.board.events).toContain(fd);
    expect(w.board.recvFrom(fd)).toEqual({ data: wire.text("question"), ip: peer.ip, port: 4000, result: 8 });
    expect(named(w.board.recvFrom(fd) as number)).toBe("-EAGAIN");
    expect(w.board.sendTo(fd, wire.text("answer"), peer.ip, 4000)).toBe(6);
    const { udp, ip } = peer.expect("an answer", (packet) => packet.udp !== undefined);
    expect(udp).toMatchObject({ src: 53, dst: 4000, data: wire.text("answer") });
    expect(ip).toMatchObject({ src: w.board.ip, ttl: 64 });
  });

  test("an empty datagram is a datagram (H40)", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    peer.udp({ src: 4000, dst: 53 }, wire.text(""));
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ result: 0, port: 4000 });
    expect(w.board.sendTo(fd, wire.text(""), peer.ip, 4000)).toBe(0);
    expect(peer.expect("one", (packet) => packet.udp !== undefined).udp!.data).toHaveLength(0);
  });

  test("a short buffer cuts the datagram, the rest is gone, nothing behind the buffer is touched", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    peer.udp({ src: 4000, dst: 53 }, wire.pattern(100));
    peer.udp({ src: 4000, dst: 53 }, wire.text("next"));
    w.run(5);
    const { calls, board } = w.board;
    const at = calls.scratch() + 64;
    board.u8.fill(0xee, at, at + 100);
    expect(calls.recvfrom(fd, at, 10, 0, 0)).toBe(10);
    expect(board.u8.slice(at, at + 20)).toEqual(wire.concat(wire.pattern(10), new Uint8Array(10).fill(0xee)));
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("next") });
  });

  test("port 0 as a source is legal, as a destination it is nobody's", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    peer.udp({ src: 0, dst: 53 }, wire.text("x"));
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ port: 0 });
    const before = w.board.drops();
    peer.udp({ src: 5, dst: 0 }, wire.text("x"));
    w.run(5);
    expect(Object.keys(before)).toEqual([]);
    expect(Object.keys(w.board.drops())).toEqual(["UdpNoPort"]);
  });

  test("the largest datagram of a frame; a larger one that must not be fragmented is EMSGSIZE", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    expect(w.board.sendTo(fd, wire.pattern(1472), peer.ip, 9)).toBe(1472);
    expect(peer.expect("it", (packet) => packet.udp !== undefined).udp!.data).toEqual(wire.pattern(1472));
    expect(w.board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery.IP_PMTUDISC_DO)).toBe(0);
    expect(w.board.calls.sendto(fd, w.board.calls.scratch() + 64, 1473, 0, w.board.putAddress(peer.ip, 9))).toBe(-Errno.EMSGSIZE);
  });
});

describe("lengths (H38)", () => {
  test.each([0, 1, 7])("%i is less than a header", async (length) => {
    const w = await world();
    const peer = w.peer();
    w.board.datagram(53);
    w.expectDrop("UdpLength", () => peer.udp({ src: 5, dst: 53, length }, wire.text("data")));
  });

  test.each([13, 100, 65535])("%i is more than there is", async (length) => {
    const w = await world();
    const peer = w.peer();
    w.board.datagram(53);
    w.expectDrop("UdpLength", () => peer.udp({ src: 5, dst: 53, length }, wire.text("data")));
  });

  test("an IP payload of less than a header", async () => {
    const w = await world();
    const peer = w.peer();
    w.board.datagram(53);
    for (let length = 0; length < 8; length++) {
      w.expectDrop("UdpLength", () => peer.ip4({ protocol: 17 }, Uint8Array.of(0, 5, 0, 53, 0, 8, 0, 0).subarray(0, length)), {
        ms: 3,
      });
    }
  });

  test("less than the IP payload: only that much is delivered", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    const ends = { src: peer.ip, dst: w.board.ip };
    const datagram = wire.concat(wire.udp(ends, { src: 5, dst: 53 }, wire.text("four")), wire.text("trailer"));
    peer.ip4({ protocol: 17 }, datagram);
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("four") });
  });
});

describe("checksums (H39)", () => {
  test("a wrong one is dropped without an answer, also for a closed port", async () => {
    const w = await world();
    const peer = w.peer();
    w.board.datagram(53);
    w.expectDrop("UdpChecksum", () => peer.udp({ src: 5, dst: 53, checksum: "bad" }, wire.text("x")));
    w.expectDrop("UdpChecksum", () => peer.udp({ src: 5, dst: 999, checksum: "bad" }, wire.text("x")));
    const elsewhere = wire.udp({ src: peer.ip, dst: "10.0.0.9" }, { src: 5, dst: 53 }, wire.text("x"));
    w.expectDrop("UdpChecksum", () => peer.ip4({ protocol: 17 }, elsewhere));
  });

  test("none at all is accepted and counted", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    peer.udp({ src: 5, dst: 53, checksum: 0 }, wire.text("unsummed"));
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("unsummed") });
    expect(w.board.counters()["UdpNoChecksum"]).toBe(1);
  });

  test("a computed zero is sent as 0xffff", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    // Two octets that bring the sum to 0xffff.
    const ends = { src: w.board.ip, dst: peer.ip };
    const plain = wire.udp(ends, { src: 53, dst: 9 }, Uint8Array.of(0, 0));
    const missing = (plain[6] << 8) | plain[7];
    w.board.sendTo(fd, Uint8Array.of(missing >> 8, missing & 255), peer.ip, 9);
    expect(peer.expect("it", (packet) => packet.udp !== undefined).udp!.checksum).toBe(0xffff);
  });

  test("a hundred thousand bad ones do not keep a good one out", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    const bad = wire.ethernet(
      { src: peer.mac, dst: peer.toMac },
      wire.ipv4(
        { src: peer.ip, dst: w.board.ip, protocol: 17 },
        wire.udp({ src: peer.ip, dst: w.board.ip }, { src: 5, dst: 53, checksum: "bad" }, wire.text("x")),
      ),
    );
    for (let i = 0; i < 20_000; i++) {
      if (!w.board.board.receive(bad)) w.board.board.poll();
    }
    peer.udp({ src: 5, dst: 53 }, wire.text("good"));
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("good") });
  });
});

describe("closed ports and full queues (H40)", () => {
  test("a closed port: port unreachable with the datagram quoted", async () => {
    const w = await world();
    const peer = w.peer();
    w.expectDrop("UdpNoPort", () => peer.udp({ src: 5, dst: 999 }, wire.pattern(100)), { silent: false });
    const { icmp } = peer.expect("unreachable", (packet) => packet.icmp !== undefined);
    expect(icmp).toMatchObject({ type: 3, code: 3, rest: 0 });
    const ends = { src: peer.ip, dst: w.board.ip };
    const sent = wire.ipv4({ ...ends, protocol: 17 }, wire.udp(ends, { src: 5, dst: 999 }, wire.pattern(100)));
    expect(icmp!.data).toEqual(sent.subarray(0, icmp!.data.length));
    expect(icmp!.data.length).toBeGreaterThanOrEqual(28);
  });

  test("a socket nobody reads: bounded, the oldest datagrams stay, no trap", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    for (let i = 0; i < 500; i++) {
      peer.udp({ src: 5, dst: 53 }, wire.text(`datagram ${i}`));
      if (i % 3 === 0) w.run(2);
    }
    w.run(5);
    expect(w.board.drops()["UdpFull"]).toBeGreaterThan(300);
    for (let i = 0; i < 10; i++) expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text(`datagram ${i}`) });
    peer.udp({ src: 5, dst: 53 }, wire.text("again"));
    w.run(5);
    let last: unknown;
    for (let got = w.board.recvFrom(fd); typeof got !== "number"; got = w.board.recvFrom(fd)) last = got.data;
    expect(last).toEqual(wire.text("again"));
  });

  test("broadcasts go to sockets that asked for them with SO_BROADCAST, and may be sent by them (H19)", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    const shout = () => peer.udp({ src: 5, dst: 53 }, wire.text("all"), { dst: "10.0.0.255" }, { dst: wire.BROADCAST });
    w.expectDrop("UdpNoPort", shout);
    expect(named(w.board.recvFrom(fd) as number)).toBe("-EAGAIN");
    expect(named(w.board.sendTo(fd, wire.text("x"), "10.0.0.255", 9))).toBe("-EACCES");
    expect(w.board.setSocket(fd, "SO_BROADCAST", 1)).toBe(0);
    shout();
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("all") });
    expect(w.board.sendTo(fd, wire.text("x"), "10.0.0.255", 9)).toBe(1);
    expect(peer.expect("a broadcast", (packet) => packet.udp !== undefined)).toMatchObject({ dst: wire.BROADCAST });
  });
});

describe("connected datagram sockets", () => {
  test("hear only their peer, send without an address, and learn of a closed port", async () => {
    const w = await world();
    const peer = w.peer();
    const stranger = w.peer();
    const fd = w.board.datagram(53);
    expect(w.board.connect(fd, peer.ip, 9)).toBe(0);
    w.expectDrop("UdpNotPeer", () => stranger.udp({ src: 9, dst: 53 }, wire.text("me too")), { silent: false });
    expect(w.board.send(fd, wire.text("hi"))).toBe(2);
    const { ip } = peer.expect("it", (packet) => packet.udp !== undefined);
    expect(w.board.peerName(fd)).toMatchObject({ ip: peer.ip, port: 9 });
    peer.icmp({ type: 3, code: 3 }, wire.concat(ip!.header, ip!.payload));
    w.run(5);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
    expect(named(w.board.recvFrom(fd) as number)).toBe("-ECONNREFUSED");
    expect(named(w.board.recvFrom(fd) as number)).toBe("-EAGAIN");
  });

  test("unconnected: sending needs an address", async () => {
    const { board } = await world();
    const fd = board.socket(SocketType.SOCK_DGRAM);
    expect(named(board.send(fd, wire.text("x")))).toBe("-EDESTADDRREQ");
    expect(named(board.sendTo(fd, wire.text("x"), "10.0.0.9", 0))).toMatch(/-E(INVAL|DESTADDRREQ)/);
    expect(named(board.sendTo(fd, wire.text("x"), "192.168.1.1", 9))).toBe("-ENETUNREACH");
    expect(named(board.listenOn(fd, 1))).toBe("-EOPNOTSUPP");
    expect(named(board.accept(fd))).toBe("-EOPNOTSUPP");
  });
});

describe("options of datagram sockets", () => {
  test("IP_TTL and IP_TOS are read as set and are on the wire; -1 is the default", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(53);
    const seen = () => peer.expect("a datagram", (packet) => packet.udp !== undefined).ip;
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_TTL)).toBe(64);
    expect(w.board.setIp(fd, "IP_TTL", 3)).toBe(0);
    expect(w.board.setIp(fd, "IP_TOS", 0xb8)).toBe(0);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_TTL)).toBe(3);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_TOS)).toBe(0xb8);
    w.board.sendTo(fd, wire.text("x"), peer.ip, 9);
    expect(seen()).toMatchObject({ ttl: 3, tos: 0xb8 });
    expect(w.board.setIp(fd, "IP_TTL", -1)).toBe(0);
    w.board.sendTo(fd, wire.text("x"), peer.ip, 9);
    expect(seen()).toMatchObject({ ttl: 64 });
    for (const ttl of [0, 256, -2]) expect(named(w.board.setIp(fd, "IP_TTL", ttl))).toBe("-EINVAL");
  });

  test("those of the socket level, and none of TCP", async () => {
    const { board } = await world();
    const fd = board.datagram(53);
    for (const name of ["SO_REUSEADDR", "SO_BROADCAST"] as const) {
      expect(board.option(fd, Level.SOL_SOCKET, SocketOption[name])).toBe(0);
      expect(board.setSocket(fd, name, 1)).toBe(0);
      expect(board.option(fd, Level.SOL_SOCKET, SocketOption[name])).toBe(1);
    }
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_TYPE)).toBe(SocketType.SOCK_DGRAM);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_PROTOCOL)).toBe(17);
    expect(board.setSocket(fd, "SO_RCVBUF", 1024)).toBe(0);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(1024);
    expect(named(board.setTcp(fd, "TCP_NODELAY", 1))).toMatch(/-E(NOPROTOOPT|OPNOTSUPP)/);
    expect(named(board.option(fd, Level.SOL_SOCKET, 9999))).toBe("-ENOPROTOOPT");
  });
});

describe("echo and discard", () => {
  test("the firmware echoes datagrams, but never to itself or another echo (H41)", async () => {
    const w = await world({ boards: 2, serve: true });
    const peer = w.peer();
    peer.udp({ src: 4000, dst: 7 }, wire.text("hello"));
    expect(peer.expect("an echo", (packet) => packet.udp !== undefined).udp!.data).toEqual(wire.text("hello"));
    // One forged datagram from the other board's echo port must not start a ping-pong.
    const before = w.sent();
    peer.udp({ src: 7, dst: 7 }, wire.text("loop"), { src: w.stations[1].ip });
    w.run(10_000);
    expect(w.sent() - before).toBeLessThan(10);
  });
});
