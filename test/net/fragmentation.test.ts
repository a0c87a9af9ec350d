import { describe, expect, it } from "vitest";
import { Errno, IpOption, Level, PathMtuDiscovery } from "../../host/node/abi";
import { MORE_FRAGMENTS, whole } from "../support/fragments";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { type World, type WorldOptions, named, world } from "../support/world";

/** Of two boards or a board and a peer; the scratch area of the default profile takes only what a frame does. */
const ROOMY: WorldOptions = { knobs: { CONFIG_SCRATCH: 16384 } };
const GATEWAY = { gateway: "10.0.0.100" };

/** The IP datagrams that have come to a peer so far, in order. */
function received(peer: Peer): wire.IpPacket[] {
  return peer.inbox.splice(0).flatMap(({ ip }) => (ip ? [ip] : []));
}

/** Say that the path to the destination of that datagram takes `mtu`. */
function tooBig(peer: Peer, { header, payload }: wire.IpPacket, mtu: number): void {
  peer.icmp({ type: 3, code: 4, rest: mtu }, wire.concat(header, payload.subarray(0, 8)));
}

function discover({ board }: World, fd: number, how: keyof typeof PathMtuDiscovery): void {
  expect(board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery[how])).toBe(0);
  expect(board.option(fd, Level.IPPROTO_IP, IpOption.IP_MTU_DISCOVER)).toBe(PathMtuDiscovery[how]);
}

describe("Fragmentation: datagrams beyond the MTU", () => {
  it.each([1473, 2952, 2953, 4000, 5912])(
    "%i octets leave as fragments of the MTU, DF clear, one checksum over all",
    async (length) => {
      const w = await world(ROOMY);
      const peer = w.peer();
      const fd = w.board.datagram(53);
      w.board.setIp(fd, "IP_TTL", 9);
      w.board.setIp(fd, "IP_TOS", 0x20);
      expect(w.board.sendTo(fd, wire.pattern(length), peer.ip, 9)).toBe(length);
      w.run(5);
      const fragments = received(peer);
      expect(fragments).toHaveLength(Math.ceil((length + 8) / 1480));
      for (const [i, fragment] of fragments.entries()) {
        const last = i === fragments.length - 1;
        expect(fragment).toMatchObject({
          id: fragments[0].id,
          ttl: 9,
          tos: 0x20,
          fragment: (last ? 0 : MORE_FRAGMENTS) | (i * 185),
        });
        if (!last) expect(fragment.totalLength).toBe(1500);
      }
      const payload = whole(fragments)!;
      const ends = { src: w.board.ip, dst: peer.ip };
      expect(payload).toEqual(wire.udp(ends, { src: 53, dst: 9 }, wire.pattern(length)));
      expect(w.board.counters()).toMatchObject({ UdpOut: 1, IpFragmentsOut: fragments.length });
    },
  );

  it("65,507 octets from board to board, and one more is EMSGSIZE", async () => {
    const w = await world({ profile: "host", boards: 2, knobs: { CONFIG_SCRATCH: 131072 } });
    const [near, far] = w.stations;
    const [from, to] = [near.datagram(53), far.datagram(9)];
    far.setSocket(to, "SO_RCVBUF", 262144);
    expect(near.sendTo(from, wire.text("who are you?"), far.ip, 9)).toBe(12);
    w.run(10);
    far.recvFrom(to);
    expect(near.sendTo(from, wire.pattern(65507), far.ip, 9)).toBe(65507);
    w.run(50);
    expect(far.recvFrom(to)).toMatchObject({ data: wire.pattern(65507), ip: near.ip, port: 53 });
    expect(named(near.sendTo(from, wire.pattern(65508), far.ip, 9))).toBe("-EMSGSIZE");
  });

  it("more fragments than the transmit ring has slots: EMSGSIZE, at once and for ever", async () => {
    const w = await world(ROOMY);
    const peer = w.peer();
    const fd = w.board.datagram(53);
    expect(named(w.board.sendTo(fd, wire.pattern(5913), peer.ip, 9))).toBe("-EMSGSIZE");
    expect(named(w.board.sendTo(fd, wire.pattern(2000), "127.0.0.1", 9))).toBe("-EMSGSIZE");
    expect(received(peer)).toEqual([]);
  });

  it("all fragments or none: EAGAIN when the ring has room for a part, and news when it has for all", async () => {
    const w = await world(ROOMY);
    const peer = w.peer();
    const fd = w.board.datagram(53);
    expect(w.board.calls.sendto(fd, w.board.calls.scratch() + 64, 100, 0, w.board.putAddress(peer.ip, 9))).toBe(100);
    expect(w.board.calls.sendto(fd, w.board.calls.scratch() + 64, 3000, 0, w.board.putAddress(peer.ip, 9))).toBe(3000);
    expect(named(w.board.calls.sendto(fd, w.board.calls.scratch() + 64, 100, 0, w.board.putAddress(peer.ip, 9)))).toBe("-EAGAIN");
    w.board.events.length = 0;
    w.board.board.wake();
    w.run(5);
    expect(w.board.events).toContain(fd);
    expect(w.board.calls.sendto(fd, w.board.calls.scratch() + 64, 100, 0, w.board.putAddress(peer.ip, 9))).toBe(100);
    expect(named(w.board.calls.sendto(fd, w.board.calls.scratch() + 64, 5000, 0, w.board.putAddress(peer.ip, 9)))).toBe(
      "-EAGAIN",
    );
    w.board.board.wake();
    w.run(5);
    expect(received(peer)).toHaveLength(1 + 3 + 1);
    expect(w.board.sendTo(fd, wire.pattern(5000), peer.ip, 9)).toBe(5000);
  });

  it("to oneself, in the host profile", async () => {
    const w = await world({ profile: "host" });
    const fd = w.board.datagram(53);
    w.board.setSocket(fd, "SO_RCVBUF", 65536);
    for (const ip of ["127.0.0.1", w.board.ip]) {
      expect(w.board.sendTo(fd, wire.pattern(20_000), ip, 53)).toBe(20_000);
      w.run(5);
      expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.pattern(20_000), ip, port: 53 });
    }
    expect(w.board.counters()).toMatchObject({ IpReassembled: 2 });
    expect(w.board.drops()).toEqual({});
  });

  it("a profile without fragmentation refuses it: EMSGSIZE", async () => {
    const w = await world({ profile: "tiny", knobs: { CONFIG_SCRATCH: 4096 } });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    expect(named(w.board.sendTo(fd, wire.pattern(1473), peer.ip, 9))).toBe("-EMSGSIZE");
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MTU_DISCOVER)).toBe(PathMtuDiscovery.IP_PMTUDISC_DO);
    expect(named(w.board.setIp(fd, "IP_MTU_DISCOVER", PathMtuDiscovery.IP_PMTUDISC_DONT))).toBe("-EINVAL");
  });
});

describe("Fragmentation: a neighbour that is not known yet", () => {
  it("is asked for; the datagram is EAGAIN until it has answered, and whole afterwards", async () => {
    const w = await world(ROOMY);
    const peer = w.peer({ introduced: false });
    const fd = w.board.datagram(53);
    expect(named(w.board.sendTo(fd, wire.pattern(3000), peer.ip, 9))).toBe("-EAGAIN");
    w.board.board.wake();
    w.board.events.length = 0;
    w.run(10);
    expect(w.board.events).toContain(fd);
    expect(received(peer)).toEqual([]);
    expect(w.board.sendTo(fd, wire.pattern(3000), peer.ip, 9)).toBe(3000);
    w.run(5);
    expect(whole(received(peer))).toBeDefined();
    expect(w.board.drops()).toEqual({});
  });

  it("that never answers: the connected socket hears EHOSTUNREACH", async () => {
    const w = await world(ROOMY);
    const fd = w.board.datagram(53);
    expect(w.board.connect(fd, "10.0.0.77", 9)).toBe(0);
    expect(named(w.board.send(fd, wire.pattern(3000)))).toBe("-EAGAIN");
    w.board.board.wake();
    w.run(10_000);
    expect(w.board.error(fd)).toBe(Errno.EHOSTUNREACH);
    expect(w.board.drops()).toMatchObject({ ArpUnresolved: 1 });
  });
});

describe("Fragmentation: IP_MTU_DISCOVER", () => {
  it("WANT, the default: DF as long as it fits, fragments of what the path takes when it does not", async () => {
    const w = await world({ ...ROOMY, ...GATEWAY });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MTU_DISCOVER)).toBe(PathMtuDiscovery.IP_PMTUDISC_WANT);
    w.board.sendTo(fd, wire.pattern(1400), "192.168.1.1", 9);
    w.run(5);
    const [sent] = received(peer);
    expect(sent).toMatchObject({ fragment: 0x4000, id: 0 });
    tooBig(peer, sent, 600);
    w.run(5);
    expect(w.board.error(fd), "an unconnected socket hears nothing").toBe(0);
    expect(w.board.sendTo(fd, wire.pattern(1400), "192.168.1.1", 9)).toBe(1400);
    w.run(5);
    const fragments = received(peer);
    expect(fragments.map(({ totalLength }) => totalLength)).toEqual([596, 596, 20 + 1408 - 1152]);
    expect(fragments.every(({ fragment }) => (fragment & 0x4000) === 0)).toBe(true);
    expect(whole(fragments)!.subarray(8)).toEqual(wire.pattern(1400));
  });

  it("WANT and connected: EMSGSIZE once, then fragments", async () => {
    const w = await world({ ...ROOMY, ...GATEWAY });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    w.board.connect(fd, "192.168.1.1", 9);
    w.board.send(fd, wire.pattern(1400));
    w.run(5);
    tooBig(peer, received(peer)[0], 600);
    w.run(5);
    expect(named(w.board.send(fd, wire.pattern(1400)))).toBe("-EMSGSIZE");
    expect(w.board.option(fd, Level.IPPROTO_IP, IpOption.IP_MTU)).toBe(600);
    expect(w.board.send(fd, wire.pattern(1400))).toBe(1400);
    w.run(5);
    expect(received(peer)).toHaveLength(3);
  });

  it("DO: DF, and EMSGSIZE for what is more than the path takes", async () => {
    const w = await world({ ...ROOMY, ...GATEWAY });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    discover(w, fd, "IP_PMTUDISC_DO");
    expect(named(w.board.sendTo(fd, wire.pattern(1473), "192.168.1.1", 9))).toBe("-EMSGSIZE");
    expect(w.board.sendTo(fd, wire.pattern(1472), "192.168.1.1", 9)).toBe(1472);
    w.run(5);
    const [sent] = received(peer);
    expect(sent.fragment).toBe(0x4000);
    tooBig(peer, sent, 600);
    w.run(5);
    expect(named(w.board.sendTo(fd, wire.pattern(573), "192.168.1.1", 9))).toBe("-EMSGSIZE");
    expect(w.board.sendTo(fd, wire.pattern(572), "192.168.1.1", 9)).toBe(572);
  });

  it("PROBE: DF, whatever the path is said to take, up to the MTU of the interface", async () => {
    const w = await world({ ...ROOMY, ...GATEWAY });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    discover(w, fd, "IP_PMTUDISC_PROBE");
    w.board.sendTo(fd, wire.pattern(1400), "192.168.1.1", 9);
    w.run(5);
    tooBig(peer, received(peer)[0], 600);
    w.run(5);
    expect(w.board.sendTo(fd, wire.pattern(1472), "192.168.1.1", 9)).toBe(1472);
    expect(named(w.board.sendTo(fd, wire.pattern(1473), "192.168.1.1", 9))).toBe("-EMSGSIZE");
    w.run(5);
    expect(received(peer)[0]).toMatchObject({ fragment: 0x4000, totalLength: 1500 });
  });

  it("DONT: no DF, so routers may fragment it, and an identification for them", async () => {
    const w = await world({ ...ROOMY, ...GATEWAY });
    const peer = w.peer();
    const fd = w.board.datagram(53);
    discover(w, fd, "IP_PMTUDISC_DONT");
    for (let i = 0; i < 3; i++) w.board.sendTo(fd, wire.pattern(100), "192.168.1.1", 9);
    w.run(5);
    const sent = received(peer);
    expect(sent.map(({ fragment }) => fragment)).toEqual([0, 0, 0]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    w.board.connect(fd, "192.168.1.1", 9);
    tooBig(peer, sent[0], 68 + 8);
    w.run(5);
    expect(w.board.error(fd)).toBe(0);
  });
});

describe("Fragmentation: identification (RFC 6864, RFC 7739)", () => {
  async function identifications(seed: number, count: number, dst = "10.0.0.100"): Promise<number[]> {
    const w = await world({ profile: "host", seed });
    const peer = w.peer({ ip: dst });
    const fd = w.board.datagram(53);
    for (let i = 0; i < count; i++) {
      w.board.sendTo(fd, wire.pattern(1473), dst, 9);
      w.run(2);
    }
    return received(peer).flatMap(({ fragment, id }) => (fragment & MORE_FRAGMENTS ? [id] : []));
  }

  it("does not come again soon, and says nothing about another destination or another start", async () => {
    const here = await identifications(1, 1000);
    expect(new Set(here).size).toBe(1000);
    const [there] = await identifications(1, 1, "10.0.0.101");
    const [later] = await identifications(2, 1);
    expect(Math.abs(there - here[0])).toBeGreaterThan(16);
    expect(Math.abs(later - here[0])).toBeGreaterThan(16);
  });
});

describe("Fragmentation: ICMP", () => {
  it("an error that quotes the first of our fragments reaches the connected socket; one about a later fragment cannot", async () => {
    const w = await world(ROOMY);
    const peer = w.peer();
    const fd = w.board.datagram(53);
    w.board.connect(fd, peer.ip, 9);
    w.board.send(fd, wire.pattern(3000));
    w.run(5);
    const [first, second] = received(peer).map(({ header, payload }) => wire.concat(header, payload.subarray(0, 8)));
    w.expectDrop("IcmpQuote", () => peer.icmp({ type: 3, code: 1 }, second));
    peer.icmp({ type: 3, code: 1 }, first);
    w.run(5);
    expect(w.board.error(fd)).toBe(Errno.EHOSTUNREACH);
  });

  it("an echo reply is as long as the request, in fragments", async () => {
    const w = await world();
    const peer = w.peer();
    const request = wire.icmp({ type: 8, rest: 0x12345678 }, wire.pattern(3000));
    for (let at = 0; at < request.length; at += 1480) {
      const more = at + 1480 < request.length ? MORE_FRAGMENTS : 0;
      peer.ip4({ protocol: 1, id: 7, fragment: more | (at >> 3) }, request.subarray(at, at + 1480));
    }
    w.run(5);
    expect(whole(received(peer))).toEqual(wire.icmp({ type: 0, rest: 0x12345678 }, wire.pattern(3000)));
    expect(w.board.counters()).toMatchObject({ IcmpEchoReplies: 1, IpFragmentsOut: 3, IpReassembled: 1 });
  });
});

describe("Fragmentation: TCP never", () => {
  it("segments keep to the MTU and carry DF", async () => {
    const w = await world({ boards: 2 });
    const [near, far] = w.stations;
    const listener = far.listen(80);
    const fd = near.open(far.ip, 80);
    const accepted = w.accepted(far, listener);
    near.send(fd, wire.pattern(2000));
    w.run(500);
    expect(far.read(accepted).data).toHaveLength(2000);
    const sent = w.ladder.sightings.flatMap(({ packet }) => (packet.tcp ? [packet.ip!] : []));
    expect(sent.every(({ fragment, totalLength }) => fragment === 0x4000 && totalLength <= 1500)).toBe(true);
  });
});
