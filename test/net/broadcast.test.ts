import { describe, expect, it } from "vitest";
import { twoHomes } from "../support/homes";
import * as wire from "../support/packet";
import { named, type World, world } from "../support/world";

const LIMITED = "255.255.255.255";

/** A datagram socket that may send broadcasts, bound to that address. */
function caster(w: World, ip = "0.0.0.0", port = 4000): number {
  const fd = w.board.socket(2);
  expect(named(w.board.bind(fd, port, ip))).toBe(0);
  w.board.setSocket(fd, "SO_BROADCAST", 1);
  return fd;
}

/** By which of its interfaces the board sends a datagram to `ip`, from where, and to which MAC address. */
function sent(w: World, fd: number, ip: string): (string | undefined)[][] {
  const before = w.ladder.sightings.length;
  const result = w.board.sendTo(fd, wire.text("all"), ip, 9);
  if (result < 0) return [[String(named(result))]];
  w.run(5);
  const seen = w.ladder.sightings.slice(before).filter(({ packet }) => packet.udp);
  return seen.map(({ from, packet }) => [from, packet.ip!.src, packet.dst]);
}

describe("Broadcasts that are sent (RFC 1122 3.3.6)", () => {
  it("a directed one leaves by the interface of its network, from the address there", async () => {
    const { w } = await twoHomes();
    const fd = caster(w);
    expect(sent(w, fd, "10.0.0.255")).toEqual([["board1", "10.0.0.1", wire.BROADCAST]]);
    expect(sent(w, fd, "10.0.1.255")).toEqual([["board1.1", "10.0.1.1", wire.BROADCAST]]);
  });

  it("the old form, all zeros, is one too", async () => {
    const { w } = await twoHomes();
    expect(sent(w, caster(w), "10.0.1.0")).toEqual([["board1.1", "10.0.1.1", wire.BROADCAST]]);
  });

  it("a limited one leaves by the interface of the address it is bound to", async () => {
    const { w } = await twoHomes();
    expect(sent(w, caster(w, "10.0.1.1"), LIMITED)).toEqual([["board1.1", "10.0.1.1", wire.BROADCAST]]);
    expect(sent(w, caster(w, "10.0.0.1"), LIMITED)).toEqual([["board1", "10.0.0.1", wire.BROADCAST]]);
  });

  it("unbound, by that of the default route, else by the first that is connected: never by two", async () => {
    const { w, far } = await twoHomes();
    const fd = caster(w);
    expect(sent(w, fd, LIMITED)).toEqual([["board1", "10.0.0.1", wire.BROADCAST]]);
    w.board.board.linkUp(false, 0);
    expect(sent(w, fd, LIMITED)).toEqual([["board1.1", "10.0.1.1", wire.BROADCAST]]);
    w.board.board.linkUp(true, 0);
    w.board.board.routes.add({ to: "default", gateway: far.peer().ip, iface: 1 });
    expect(sent(w, fd, LIMITED)).toEqual([["board1.1", "10.0.1.1", wire.BROADCAST]]);
  });

  it("each needs SO_BROADCAST (EACCES), an address (ENETUNREACH), and is no peer for a stream (MUST-46)", async () => {
    const { w } = await twoHomes();
    const fd = w.board.datagram(4000);
    for (const ip of [LIMITED, "10.0.0.255", "10.0.1.255", "10.0.1.0"]) {
      expect(sent(w, fd, ip), ip).toEqual([["-EACCES"]]);
      expect(named(w.board.connect(fd, ip, 9)), ip).toBe("-EACCES");
      expect(named(w.board.connect(w.board.socket(), ip, 9)), ip).toBe("-ENETUNREACH");
    }
    for (const i of [0, 1]) w.board.calls.ifconfig(i, 0, 0, 0);
    expect(sent(w, caster(w, "0.0.0.0", 4001), LIMITED)).toEqual([["-ENETUNREACH"]]);
  });

  it("the broadcast address of a network we are not on is the address of a host: it goes to the router", async () => {
    const { w, far } = await twoHomes();
    const router = far.peer();
    w.board.board.routes.add({ to: "192.168.7.0/24", gateway: router.ip, iface: 1 });
    expect(sent(w, w.board.datagram(4000), "192.168.7.255")).toEqual([["board1.1", "10.0.1.1", router.mac]]);
  });

  it("networks of one or two have none (RFC 3021)", async () => {
    const w = await world();
    const peer = w.peer({ ip: "10.0.0.0", introduced: false });
    w.board.board.configure("10.0.0.1/31");
    w.run(10);
    expect(sent(w, w.board.datagram(4000), peer.ip)).toEqual([["board1", "10.0.0.1", peer.mac]]);
  });
});

describe("Broadcasts that come in (RFC 1122 3.2.1.3, 3.3.6)", () => {
  it("a directed one is taken from its own network only", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    const fd = caster(w, "0.0.0.0", 70);
    const all = { dst: wire.BROADCAST };
    for (const [peer, dst] of [
      [near, "10.0.0.255"],
      [other, "10.0.1.255"],
      [other, "10.0.1.0"],
      [near, LIMITED],
      [other, LIMITED],
    ] as const) {
      peer.udp({ src: 1, dst: 70 }, wire.text("all"), { dst }, all);
      w.run(5);
      expect(w.board.recvFrom(fd), dst).toMatchObject({ ip: peer.ip });
    }
    w.expectDrop("IpNotForUs", () => other.udp({ src: 1, dst: 70 }, wire.text("?"), { dst: "10.0.0.255" }, all));
    w.expectDrop("IpNotForUs", () => near.udp({ src: 1, dst: 70 }, wire.text("?"), { dst: "10.0.1.255" }, all));
  });

  it("the limited one is taken before there is an address", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = caster(w, "0.0.0.0", 68);
    w.board.calls.ifconfig(0, 0, 0, 0);
    peer.udp({ src: 67, dst: 68 }, wire.text("offer"), { dst: LIMITED }, { dst: wire.BROADCAST });
    w.run(5);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("offer") });
  });

  it("no host has such an address: as a source it is dropped (3.2.1.3)", async () => {
    const { w, far } = await twoHomes();
    const other = far.peer();
    for (const src of [
      LIMITED,
      "10.0.1.255",
      "10.0.1.0",
      "0.0.0.0",
      "224.0.0.1",
      "127.0.0.1",
      "240.0.0.1",
      "10.0.1.1",
      "10.0.0.1",
    ])
      w.expectDrop("IpSource", () => other.udp({ src: 1, dst: 70 }, wire.text("?"), { src, dst: "10.0.1.1" }));
  });

  it("what came to everybody's MAC address for one host only is dropped (3.3.6)", async () => {
    const { w, far } = await twoHomes();
    const other = far.peer();
    w.expectDrop("IpLinkBroadcast", () =>
      other.udp({ src: 1, dst: 70 }, wire.text("?"), { dst: "10.0.1.1" }, { dst: wire.BROADCAST }),
    );
  });

  it("is never answered: no port unreachable, no echo, no RST (3.2.2, 3.2.2.6, 4.2.3.10)", async () => {
    const { w, far } = await twoHomes();
    const other = far.peer();
    const all = { dst: wire.BROADCAST };
    const to = { dst: "10.0.1.255" };
    w.expectDrop("UdpNoPort", () => other.udp({ src: 1, dst: 71 }, wire.text("?"), to, all));
    w.expectDrop("IcmpBroadcast", () => other.icmp({ type: 8, rest: 1 }, wire.text("?"), to, all));
    w.expectDrop("TcpBroadcast", () => other.segment({ src: 1, dst: 80, flags: "S", seq: 1 }, to, all));
  });
});
