import { describe, expect, it } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { twoHomes } from "../support/homes";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { named, type World, world } from "../support/world";

/** Open a connection to `peer` and say something; what the peer heard, and from where. */
function talk(w: World, peer: Peer, port: number): { from: string | undefined; text: string } {
  const flow = peer.flow({ port });
  const fd = w.board.open(peer.ip, port);
  flow.expect({ flags: "S" });
  flow.send({ flags: "SA", ack: 1, mss: 1460 });
  flow.expect({ flags: "A" });
  w.board.send(fd, wire.text("hello"));
  const text = flow.expect({}).text;
  flow.ack();
  const local = w.board.localName(fd);
  return { from: typeof local === "number" ? undefined : local.ip, text };
}

const askFor = (peer: Peer, targetIp: string): void =>
  peer.arp({ op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp }, { dst: wire.BROADCAST });

describe("More than one interface", () => {
  it("each has a MAC address of its own, and announces its address on its own wire", async () => {
    const { w } = await twoHomes();
    const [first, second] = w.board.board.interfaces;
    expect(first.mac).not.toBe(second.mac);
    const announced = w.ladder.sightings.filter(({ packet }) => packet.arp?.senderIp === packet.arp?.targetIp);
    expect(announced.map(({ from, packet }) => [from, packet.src, packet.arp!.senderIp])).toEqual([
      ["board1", first.mac, "10.0.0.1"],
      ["board1.1", second.mac, "10.0.1.1"],
    ]);
  });

  it("a board talks on both at once, from the address of the one it leaves by", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    expect(talk(w, near, 5000)).toEqual({ from: "10.0.0.1", text: "hello" });
    expect(talk(w, other, 5000)).toEqual({ from: "10.0.1.1", text: "hello" });
    expect(talk(w, near, 5001)).toEqual({ from: "10.0.0.1", text: "hello" });
  });

  it("it listens on both; the accepted socket says by which address it was reached", async () => {
    const { w, far } = await twoHomes();
    const listening = w.board.listen(80);
    for (const [peer, ip] of [
      [w.peer(), "10.0.0.1"],
      [far.peer(), "10.0.1.1"],
    ] as const) {
      peer.flow({ to: 80 }).handshake();
      expect(w.board.localName(w.accepted(w.board, listening))).toMatchObject({ ip, port: 80 });
    }
  });

  it("a route leads through a router on the second wire", async () => {
    const { w, far } = await twoHomes();
    const router = far.peer();
    w.board.board.routes.add({ to: "192.168.0.0/16", gateway: router.ip, iface: 1 });
    const fd = w.board.open("192.168.3.4", 80);
    const syn = router.expect("a SYN", ({ tcp }) => tcp !== undefined);
    expect(syn).toMatchObject({ src: w.board.board.interfaces[1].mac, dst: router.mac });
    expect(syn.ip).toMatchObject({ src: "10.0.1.1", dst: "192.168.3.4" });
    const back = { src: "192.168.3.4" };
    router.segment({ src: 80, dst: syn.tcp!.src, flags: "SA", seq: 7000, ack: syn.tcp!.seq + 1 }, back);
    router.expect("the third step", ({ tcp }) => tcp?.flags === wire.flagBits("A"));
    expect(w.board.ready(fd) & Poll.POLLOUT).not.toBe(0);
  });

  it("nothing is forwarded: a host, not a router (RFC 1122 3.3.1.1)", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    for (const dst of [other.ip, "10.0.1.255", "192.0.2.9"])
      w.expectDrop("IpNotForUs", () => near.udp({ src: 1, dst: 2 }, wire.text("?"), { dst }));
    w.expectDrop("IpNotForUs", () => near.segment({ src: 1, dst: 2, flags: "S", seq: 1 }, { dst: other.ip }));
    expect(other.inbox).toEqual([]);
    expect(w.sent("board1.1")).toBe(2); // its announcement, and the answer to the introduction
  });
});

describe("Interfaces are apart: the strong model for what comes in (RFC 1122 3.3.4.2)", () => {
  it("ARP requests for an address of the other interface are not answered", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    w.expectDrop("ArpNotForUs", () => askFor(near, "10.0.1.1"));
    const before = w.sent("board1.1");
    askFor(other, "10.0.0.1");
    w.run(10);
    expect(w.sent("board1.1")).toBe(before);
  });

  it("a datagram for an address of the other interface is dropped", async () => {
    const { w, far } = await twoHomes();
    const other = far.peer();
    const fd = w.board.socket(2);
    w.board.bind(fd, 70, "10.0.0.1");
    w.expectDrop("IpNotForUs", () => other.udp({ src: 1, dst: 70 }, wire.text("?"), { dst: "10.0.0.1" }));
    w.expectDrop("IpNotForUs", () => other.icmp({ type: 8, rest: 1 }, wire.text("?"), { dst: "10.0.0.1" }));
    expect(named(w.board.recv(fd))).toBe("-EAGAIN");
  });

  it("neighbours are remembered by interface: the same address can be on both wires", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer({ ip: "10.0.0.77" });
    w.board.board.interfaces[1].addAddress("10.0.0.9/24");
    const twin = far.peer({ ip: "10.0.0.77", introduced: false, answersArp: false });
    askFor(twin, "10.0.0.9");
    w.run(10);
    twin.expect("an answer", ({ arp }) => arp?.op === 2);
    w.board.sendTo(w.board.socket(2), wire.text("x"), "10.0.0.77", 5000);
    expect(near.expect("the datagram", ({ udp }) => udp !== undefined).dst).toBe(near.mac);
    expect(twin.inbox.filter(({ udp }) => udp)).toEqual([]);
  });

  it("EHOSTUNREACH of one wire is none of the other", async () => {
    const { w } = await twoHomes();
    const near = w.peer();
    const fd = w.board.open("10.0.1.200", 80);
    expect(talk(w, near, 5000).text).toBe("hello");
    w.waitFor("the end", () => (w.board.ready(fd) & Poll.POLLERR) !== 0);
    expect(w.board.error(fd)).toBe(Errno.EHOSTUNREACH);
    const asked = w.ladder.sightings.filter(({ packet }) => packet.arp?.targetIp === "10.0.1.200");
    expect(asked.map(({ from, packet }) => [from, packet.arp!.senderIp])).toEqual(Array(3).fill(["board1.1", "10.0.1.1"]));
  });
});

describe("An interface that is down", () => {
  it("its network is ENETDOWN, the others go on", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    const fd = w.board.datagram(4000);
    w.board.board.linkUp(false, 1);
    w.run(5);
    expect(named(w.board.sendTo(fd, wire.text("x"), other.ip, 1))).toBe("-ENETDOWN");
    expect(named(w.board.sendTo(fd, wire.text("x"), near.ip, 1))).toBe(1);
    w.board.board.linkUp(true, 1);
    w.run(5);
    expect(named(w.board.sendTo(fd, wire.text("x"), other.ip, 1))).toBe(1);
    other.expect("the datagram", ({ udp }) => udp !== undefined);
  });

  it("another way to the same network takes over, and gives back", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    w.board.board.routes.add({ to: "default", gateway: near.ip });
    w.board.board.routes.add({ to: "default", gateway: other.ip, iface: 1 });
    const fd = w.board.datagram(4000);
    const by = (peer: Peer, src: string): void => {
      w.board.sendTo(fd, wire.text("x"), "192.0.2.1", 1);
      expect(peer.expect("the datagram", ({ udp }) => udp !== undefined).ip?.src).toBe(src);
    };
    by(near, "10.0.0.1");
    w.board.board.linkUp(false, 0);
    w.run(5);
    by(other, "10.0.1.1");
    w.board.board.linkUp(true, 0);
    w.run(5);
    by(near, "10.0.0.1");
  });

  it("without an address it has no routes: ENETUNREACH", async () => {
    const { w, far } = await twoHomes();
    const other = far.peer();
    w.board.board.routes.add({ to: "192.168.0.0/16", gateway: other.ip, iface: 1 });
    expect(named(w.board.calls.ifconfig(1, 0, 0, 0))).toBe(0);
    expect(named(w.board.connect(w.board.socket(), other.ip, 80))).toBe("-ENETUNREACH");
    expect(named(w.board.connect(w.board.socket(), "192.168.0.1", 80))).toBe("-ENETUNREACH");
    expect(w.board.board.routes.list().map(({ to }) => to)).toEqual(["10.0.0.0/24"]);
  });
});

describe("Rings of their own", () => {
  it("a full ring of one does not keep the other waiting; its writers are told when it drains", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    const { calls } = w.board;
    const stuck = w.board.datagram(4000);
    const free = w.board.datagram(4001);
    let sent = 0;
    // Without a poll nothing drains.
    while (calls.sendto(stuck, calls.scratch() + 64, 1, 0, w.board.putAddress(other.ip, 9)) === 1) sent++;
    expect(sent).toBe(64);
    expect(w.board.ready(stuck) & Poll.POLLOUT).toBe(0);
    expect(calls.sendto(free, calls.scratch() + 64, 1, 0, w.board.putAddress(near.ip, 9))).toBe(1);
    expect(w.board.ready(free) & Poll.POLLOUT).not.toBe(0);
    w.board.board.wake();
    w.run(5);
    expect(w.board.events).toContain(stuck);
    expect(w.board.ready(stuck) & Poll.POLLOUT).not.toBe(0);
    expect(near.inbox.filter(({ udp }) => udp)).toHaveLength(1);
    expect(other.inbox.filter(({ udp }) => udp)).toHaveLength(64);
  });

  it("both go on from where a snapshot was taken", async () => {
    const { w, far } = await twoHomes();
    const near = w.peer();
    const other = far.peer();
    for (let i = 0; i < 70; i++) {
      other.icmp({ type: 8, rest: i });
      w.run(3);
    }
    const then = w.board.board.snapshot();
    near.icmp({ type: 8, rest: 1 });
    other.icmp({ type: 8, rest: 1 });
    w.run(10);
    w.board.board.restore(then);
    other.inbox.length = near.inbox.length = 0;
    near.icmp({ type: 8, rest: 2 });
    other.icmp({ type: 8, rest: 2 });
    for (const peer of [near, other]) expect(peer.expect("an echo", ({ icmp }) => icmp?.type === 0).icmp?.rest).toBe(2);
  });

  it("a build says how many it has", async () => {
    const { w } = await twoHomes();
    expect(w.board.board.interfaces).toHaveLength(2);
    expect(w.board.calls.mac(2)).toBe(0);
    expect(named(w.board.calls.ifconfig(2, wire.ipNumber("10.0.2.1"), 24, 0))).toBe("-EINVAL");
    expect(() => w.board.board.linkUp(true, 2)).toThrow("no interface 2");
    expect((await world()).board.board.interfaces).toHaveLength(1);
  });
});
