import { describe, expect, it } from "vitest";
import { IpOption, Level, SocketType } from "../../host/node/abi";
import { groupMac, member, spoken, swap } from "../support/igmp";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { type World, named, world } from "../support/world";

const GROUP = "239.1.2.3";
const OTHER = "239.1.2.4";

/** A datagram to a group, or to what looks like one on the wire. */
function shout(peer: Peer, data: Uint8Array, dst = GROUP, port = 53): void {
  peer.udp({ src: 5, dst: port }, data, { dst, ttl: 1 }, { dst: groupMac(dst) });
}

function heard(w: World, fd: number): string[] {
  w.run(3);
  const words: string[] = [];
  for (let got = w.board.recvFrom(fd); typeof got !== "number"; got = w.board.recvFrom(fd)) {
    words.push(new TextDecoder().decode(got.data));
  }
  return words;
}

/** A socket on that port that shares it. */
function shared(w: World, port: number, ip = "0.0.0.0"): number {
  const fd = w.board.socket(SocketType.SOCK_DGRAM);
  expect(w.board.setSocket(fd, "SO_REUSEADDR", 1)).toBe(0);
  expect(w.board.bind(fd, port, ip)).toBe(0);
  return fd;
}

/** Datagrams that the first board sent to a group since the start. */
function sentTo(w: World, group: string): wire.Packet[] {
  return w.ladder.sightings.flatMap(({ from, packet }) =>
    from === "board1" && packet.ip?.dst === group && packet.udp ? [packet] : [],
  );
}

describe("Multicast: membership", () => {
  it("a group is heard from the join to the leave, by the socket that joined", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    w.expectDrop("IpNotForUs", () => shout(peer, wire.text("too early")));
    expect(member(w.board, fd, GROUP)).toBe(0);
    shout(peer, wire.text("hello"));
    expect(heard(w, fd)).toEqual(["hello"]);
    expect(member(w.board, fd, GROUP, { leave: true })).toBe(0);
    w.run(3000);
    w.expectDrop("IpNotForUs", () => shout(peer, wire.text("too late")));
  });

  it("every member on the port gets a copy; who has not joined gets none, though another on this host has", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const [first, second, stranger] = [shared(w, 53), shared(w, 53), shared(w, 53)];
    member(w.board, first, GROUP);
    member(w.board, second, GROUP);
    member(w.board, stranger, OTHER);
    shout(peer, wire.text("all"));
    expect([first, second, stranger].map((fd) => heard(w, fd))).toEqual([["all"], ["all"], []]);
    w.run(3000);
    w.expectDrop("UdpNoPort", () => shout(peer, wire.text("elsewhere"), GROUP, 54));
  });

  it("a socket bound to a group hears what is sent to that group only", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fd = shared(w, 53, GROUP);
    member(w.board, fd, GROUP);
    member(w.board, fd, OTHER);
    shout(peer, wire.text("this"));
    shout(peer, wire.text("other"), OTHER);
    peer.udp({ src: 5, dst: 53 }, wire.text("unicast"));
    expect(heard(w, fd)).toEqual(["this"]);
    expect(w.board.sendTo(fd, wire.text("x"), peer.ip, 9)).toBe(1);
    expect(peer.expect("it", (packet) => packet.udp !== undefined).ip!.src).toBe(w.board.ip);
  });

  it("32 groups share one MAC address: the other 31 are not for us", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    member(w.board, fd, GROUP);
    w.run(3000);
    expect(groupMac("238.129.2.3")).toBe(groupMac(GROUP));
    w.expectDrop("IpNotForUs", () => shout(peer, wire.text("twin"), "238.129.2.3"));
  });

  it("errors as Linux gives them", async () => {
    const w = await world({ profile: "host", knobs: { CONFIG_GROUPS: 2 } });
    const fd = w.board.datagram(53);
    expect(named(member(w.board, fd, "10.0.0.9"))).toBe("-EINVAL");
    expect(named(member(w.board, fd, GROUP, { own: "10.0.0.77" }))).toBe("-ENODEV");
    expect(named(member(w.board, fd, GROUP, { index: 9 }))).toBe("-ENODEV");
    expect(named(member(w.board, fd, GROUP, { leave: true }))).toBe("-EADDRNOTAVAIL");
    expect(member(w.board, fd, GROUP, { own: w.board.ip })).toBe(0);
    expect(named(member(w.board, fd, GROUP, { index: 1 }))).toBe("-EADDRINUSE");
    expect(member(w.board, fd, OTHER, { own: "10.0.0.77", index: 1 }), "an index comes before an address").toBe(0);
    expect(named(member(w.board, fd, "239.1.2.5"))).toBe("-ENOBUFS");
    expect(named(w.board.setIp(fd, "IP_ADD_MEMBERSHIP", 0x030201ef))).toBe("-EINVAL");
    const stream = w.board.socket();
    expect(named(member(w.board, stream, GROUP))).toMatch(/-E(NOPROTOOPT|INVAL)/);
  });

  it("closing a socket makes room for another's membership", async () => {
    const w = await world({ profile: "host", knobs: { CONFIG_GROUPS: 2 } });
    for (let i = 0; i < 20; i++) {
      const fd = w.board.datagram(53);
      expect(member(w.board, fd, GROUP), `${i}`).toBe(0);
      expect(member(w.board, fd, OTHER), `${i}`).toBe(0);
      w.board.close(fd);
    }
  });

  it("neither ICMP nor TCP answers a group (RFC 1122 3.2.2)", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    w.board.listen(80);
    member(w.board, fd, GROUP);
    w.run(3000);
    const header = { dst: groupMac(GROUP) };
    w.expectDrop("IcmpBroadcast", () => peer.icmp({ type: 8 }, wire.pattern(8), { dst: GROUP }, header));
    w.expectDrop("TcpBroadcast", () => peer.segment({ src: 5, dst: 80, seq: 1, flags: "S" }, { dst: GROUP }, header));
    w.expectDrop("UdpNoPort", () => shout(peer, wire.text("?"), GROUP, 99));
    w.expectDrop("IpProtocol", () => peer.ip4({ protocol: 99, dst: GROUP }, wire.pattern(8), header));
  });

  it("a datagram in fragments is delivered to a group as well", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    member(w.board, fd, GROUP);
    const datagram = wire.udp({ src: peer.ip, dst: GROUP }, { src: 5, dst: 53 }, wire.pattern(2000));
    const header = { dst: groupMac(GROUP) };
    peer.ip4({ protocol: 17, dst: GROUP, id: 1, fragment: 0x2000 }, datagram.subarray(0, 1480), header);
    peer.ip4({ protocol: 17, dst: GROUP, id: 1, fragment: 185 }, datagram.subarray(1480), header);
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.pattern(2000), ip: peer.ip });
  });
});

describe("Multicast: sending", () => {
  it("to the MAC address of the group, with a TTL of 1 unless IP_MULTICAST_TTL says otherwise", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.datagram(53);
    w.board.setIp(fd, "IP_TTL", 9);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MULTICAST_TTL)).toBe(1);
    expect(w.board.sendTo(fd, wire.text("near"), GROUP, 9)).toBe(4);
    expect(w.board.setIp(fd, "IP_MULTICAST_TTL", 33)).toBe(0);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MULTICAST_TTL)).toBe(33);
    w.board.sendTo(fd, wire.text("far"), GROUP, 9);
    w.board.setIp(fd, "IP_MULTICAST_TTL", -1);
    w.board.sendTo(fd, wire.text("near"), GROUP, 9);
    w.run(5);
    const sent = sentTo(w, GROUP);
    expect(sent.map(({ ip }) => ip!.ttl)).toEqual([1, 33, 1]);
    expect(sent.every(({ dst, ip }) => dst === groupMac(GROUP) && ip!.src === w.board.ip)).toBe(true);
    for (const ttl of [-2, 256]) expect(named(w.board.setIp(fd, "IP_MULTICAST_TTL", ttl))).toBe("-EINVAL");
  });

  it("IP_MULTICAST_LOOP: members on this host hear it too, the sender among them, unless it is off", async () => {
    const w = await world({ profile: "host" });
    const [fd, other] = [shared(w, 53), shared(w, 53)];
    member(w.board, fd, GROUP);
    member(w.board, other, GROUP);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MULTICAST_LOOP)).toBe(1);
    w.board.sendTo(fd, wire.text("one"), GROUP, 53);
    expect([heard(w, fd), heard(w, other)]).toEqual([["one"], ["one"]]);
    w.board.setIp(fd, "IP_MULTICAST_LOOP", 0);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MULTICAST_LOOP)).toBe(0);
    w.board.sendTo(fd, wire.text("two"), GROUP, 53);
    expect([heard(w, fd), heard(w, other)]).toEqual([[], []]);
    w.board.setIp(other, "IP_MULTICAST_TTL", 0);
    w.board.sendTo(other, wire.text("three"), GROUP, 53);
    expect([heard(w, fd), heard(w, other)], "a TTL of 0 stays at home").toEqual([["three"], ["three"]]);
    expect(sentTo(w, GROUP)).toHaveLength(2);
    w.board.sendTo(fd, wire.text("four"), OTHER, 53);
    expect(heard(w, fd)).toEqual([]);
    expect(w.board.drops()).toEqual({});
  });

  it("fragments too, on the wire and to members here", async () => {
    const w = await world({ profile: "host", boards: 2 });
    const [near, far] = w.stations;
    const fds = [near, far].map((station) => {
      const fd = station.datagram(53);
      member(station, fd, GROUP);
      return fd;
    });
    near.sendTo(fds[0], wire.pattern(5000), GROUP, 53);
    w.run(10);
    expect(near.recvFrom(fds[0])).toMatchObject({ data: wire.pattern(5000), ip: near.ip });
    expect(far.recvFrom(fds[1])).toMatchObject({ data: wire.pattern(5000), ip: near.ip });
  });

  it("IP_MULTICAST_IF takes an address of ours, a struct ip_mreq or ip_mreqn, and 0.0.0.0 for none", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.datagram(53);
    const ours = swap(wire.ipNumber(w.board.ip));
    const own = () => w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MULTICAST_IF);
    expect(own()).toBe(0);
    expect(w.board.setIp(fd, "IP_MULTICAST_IF", ours)).toBe(0);
    expect(own()).toBe(ours);
    expect(w.board.setIp(fd, "IP_MULTICAST_IF", 0)).toBe(0);
    expect(own()).toBe(0);
    expect(w.board.setIp(fd, "IP_MULTICAST_IF", 0, ours)).toBe(0);
    expect(own()).toBe(ours);
    expect(w.board.setIp(fd, "IP_MULTICAST_IF", 0, 0, 1)).toBe(0);
    expect(named(w.board.setIp(fd, "IP_MULTICAST_IF", swap(wire.ipNumber("10.0.0.77"))))).toBe("-EADDRNOTAVAIL");
    expect(named(w.board.setIp(fd, "IP_MULTICAST_IF", 0, 0, 7))).toBe("-EADDRNOTAVAIL");
    w.board.sendTo(fd, wire.text("x"), GROUP, 9);
    w.run(5);
    expect(sentTo(w, GROUP)[0].ip!.src).toBe(w.board.ip);
  });

  it("a connected socket sends to its group without an address", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.datagram(53);
    expect(w.board.connect(fd, GROUP, 9)).toBe(0);
    expect(w.board.send(fd, wire.text("x"))).toBe(1);
    w.run(5);
    expect(sentTo(w, GROUP)).toHaveLength(1);
    expect(w.board.error(fd)).toBe(0);
  });
});

describe("Multicast: what waits for time", () => {
  it("is the deadline of the poll: a host that sleeps until then misses nothing", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.datagram(53);
    w.run(5000);
    member(w.board, fd, GROUP);
    w.run(5000);
    expect(spoken(w)).toHaveLength(2);
    expect(w.board.calls.poll(w.now)).toBe(0xffffffff);
  });
});
