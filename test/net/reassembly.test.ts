import { describe, expect, it } from "vitest";
import { Capability, MessageFlag } from "../../host/node/abi";
import { type Header, MORE_FRAGMENTS, type Piece, piece, pieces, sendPiece, slices } from "../support/fragments";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { Random } from "../support/random";
import { type World, type WorldOptions, world } from "../support/world";

const UDP: Header = { protocol: wire.IpProtocol.Udp };
const TIMEOUT = 30_000;

/** A board with a datagram socket on port 53 that holds four kilobytes, and a peer. */
async function scene(
  options: WorldOptions = {},
): Promise<{ w: World; peer: Peer; fd: number; ends: { src: string; dst: string } }> {
  const w = await world(options);
  const peer = w.peer();
  const fd = w.board.datagram(53);
  w.board.setSocket(fd, "SO_RCVBUF", 4096);
  return { w, peer, fd, ends: { src: peer.ip, dst: w.board.ip } };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** A UDP datagram to the socket of the scene, as the payload of IP. */
function udp({ ends }: Scene, length: number, seed = 0): Uint8Array {
  return wire.udp(ends, { src: 5, dst: 53 }, wire.pattern(length, seed));
}

/** One datagram, as far as the scratch area lets it be seen. */
function expectDelivered({ w, fd }: Scene, data: Uint8Array): void {
  w.run(5);
  const got = w.board.recvFrom(fd, data.length, MessageFlag.MSG_TRUNC);
  if (typeof got === "number") throw new Error(`nothing was delivered\n${w.story()}`);
  expect(got).toMatchObject({ data: data.subarray(0, got.data.length), result: data.length, port: 5 });
  expect(w.board.recvFrom(fd)).toBe(-11);
}

/** Every order of the list. */
function orders<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((first, i) => orders(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

describe("Reassembly: what is delivered", () => {
  it("two fragments become one datagram, counted once", async () => {
    const s = await scene();
    for (const part of pieces(udp(s, 1400), 800)) sendPiece(s.peer, UDP, part);
    expectDelivered(s, wire.pattern(1400));
    expect(s.w.board.counters()).toMatchObject({ IpFragmentsIn: 2, IpReassembled: 1, UdpIn: 1 });
    expect(s.w.board.drops()).toEqual({});
  });

  it("four fragments in every order, with options or none in their headers", async () => {
    const s = await scene();
    const datagram = udp(s, 700);
    for (const [id, order] of orders(pieces(datagram, 8, 256, 264)).entries()) {
      const options = id % 2 ? Uint8Array.of(7, 7, 4, 0, 0, 0, 0) : new Uint8Array(0);
      for (const part of order) sendPiece(s.peer, { ...UDP, id, options }, part);
      expectDelivered(s, wire.pattern(700));
    }
    expect(s.w.board.drops()).toEqual({});
  });

  it("as much as REASSEMBLY_MAX, in the smallest pieces there are, the last of one octet", async () => {
    const s = await scene();
    for (const part of slices(udp(s, 3937), 8)) {
      sendPiece(s.peer, UDP, part);
      s.w.run(2);
    }
    expectDelivered(s, wire.pattern(3937));
  });

  it("65,507 octets of data, the most there can be, in the host profile", async () => {
    const s = await scene({ profile: "host" });
    s.w.board.setSocket(s.fd, "SO_RCVBUF", 262144);
    for (const part of slices(udp(s, 65507), 1480).toReversed()) sendPiece(s.peer, UDP, part);
    s.w.run(50);
    const { data, result } = s.w.board.recvFrom(s.fd, 65536, 0x20) as { data: Uint8Array; result: number };
    expect(result).toBe(65507);
    expect(data.subarray(0, 65400)).toEqual(wire.pattern(65507).subarray(0, 65400));
  });

  it("an echo request in fragments is answered in one piece that fits", async () => {
    const { w, peer } = await scene();
    const request = wire.icmp({ type: 8, rest: 0x10001 }, wire.pattern(1200));
    for (const part of slices(request, 400)) sendPiece(peer, { protocol: 1 }, part);
    const { icmp } = peer.expect("an echo", (packet) => packet.icmp?.type === 0);
    expect(icmp!.data).toEqual(wire.pattern(1200));
    expect(w.board.counters()["IcmpEchoReplies"]).toBe(1);
  });

  it("a segment of TCP in fragments is taken as any other", async () => {
    const { w, peer, ends } = await scene();
    w.board.listen(80);
    const syn = wire.tcp(ends, { src: 4000, dst: 80, seq: 1, flags: "S", mss: 1460, wscale: 2, sackPermitted: true });
    for (const part of pieces(syn, 24)) sendPiece(peer, { protocol: 6 }, part);
    const { tcp } = peer.expect("SYN-ACK", (packet) => packet.tcp !== undefined);
    expect(tcp).toMatchObject({ flags: wire.Flag.S | wire.Flag.A, ack: 2, dst: 4000 });
    expect(tcp!.wscale).toBeDefined();
  });

  it("a port that verifies checksums is not believed about fragments", async () => {
    const s = await scene({ capabilities: Capability.RX_CSUM });
    for (const part of pieces(udp(s, 700), 400)) sendPiece(s.peer, UDP, part);
    expectDelivered(s, wire.pattern(700));
    const wrong = wire.udp(s.ends, { src: 5, dst: 53, checksum: "bad" }, wire.pattern(700));
    s.w.expectDrop("UdpChecksum", () => pieces(wrong, 400).forEach((part) => sendPiece(s.peer, UDP, part)));
  });

  it("source, destination, protocol and identification tell datagrams apart", async () => {
    const s = await scene({ profile: "host" });
    const other = s.w.peer();
    const [mine, theirs] = [udp(s, 300), wire.udp({ ...s.ends, src: other.ip }, { src: 6, dst: 53 }, wire.pattern(300, 7))];
    const [again, echo] = [udp(s, 300, 9), wire.icmp({ type: 8, rest: 9 }, wire.pattern(300, 3))];
    for (const i of [0, 1]) {
      sendPiece(s.peer, UDP, pieces(mine, 160)[i]);
      s.w.run(2);
      sendPiece(other, UDP, pieces(theirs, 160)[i]);
      s.w.run(2);
      sendPiece(s.peer, { ...UDP, id: 0x1235 }, pieces(again, 160)[i]);
      sendPiece(s.peer, { protocol: 1 }, pieces(echo, 160)[i]);
    }
    s.w.run(5);
    expect(s.w.board.recvFrom(s.fd)).toMatchObject({ data: wire.pattern(300), ip: s.peer.ip });
    expect(s.w.board.recvFrom(s.fd)).toMatchObject({ data: wire.pattern(300, 7), ip: other.ip });
    expect(s.w.board.recvFrom(s.fd)).toMatchObject({ data: wire.pattern(300, 9), ip: s.peer.ip });
    expect(s.peer.expect("an echo", (packet) => packet.icmp?.type === 0).icmp!.data).toEqual(wire.pattern(300, 3));
  });

  it("an error about a datagram in fragments quotes it as a whole", async () => {
    const s = await scene();
    const datagram = wire.udp(s.ends, { src: 5, dst: 999 }, wire.pattern(700));
    s.w.expectDrop("UdpNoPort", () => pieces(datagram, 400).forEach((part) => sendPiece(s.peer, UDP, part)), { silent: false });
    const { icmp } = s.peer.expect("unreachable", (packet) => packet.icmp !== undefined);
    expect(icmp).toMatchObject({ type: 3, code: 3 });
    const sent = wire.ipv4({ ...s.ends, ...UDP, id: 0x1234, fragment: 0 }, datagram);
    expect(icmp!.data).toEqual(sent.subarray(0, icmp!.data.length));
  });

  it("congestion that one fragment met is the datagram's, and never invented (RFC 3168 5.3)", async () => {
    const { w, peer, ends } = await scene();
    const echo = wire.icmp({ type: 8 }, wire.pattern(64));
    sendPiece(peer, { protocol: 1, tos: 2 }, piece(echo, 0, 32));
    sendPiece(peer, { protocol: 1, tos: 3 }, piece(echo, 32));
    peer.expect("an echo", (packet) => packet.icmp?.type === 0);
    const udpOctets = wire.udp(ends, { src: 5, dst: 53 }, wire.pattern(64));
    sendPiece(peer, { ...UDP, tos: 0 }, piece(udpOctets, 0, 32));
    w.expectDrop("IpFragmentOverlap", () => sendPiece(peer, { ...UDP, tos: 3 }, piece(udpOctets, 32)));
  });
});

describe("Reassembly: what is dropped", () => {
  it.each([
    ["more to come, and no multiple of eight", MORE_FRAGMENTS, 9],
    ["more to come, and less than eight", MORE_FRAGMENTS | 4, 7],
    ["more to come, and nothing", MORE_FRAGMENTS, 0],
    ["the end, and nothing", 4, 0],
  ])("an illegal size: %s (H24)", async (_, fragment, length) => {
    const { w, peer } = await scene();
    w.expectDrop("IpFragmentSize", () => peer.ip4({ ...UDP, fragment }, wire.pattern(length)));
  });

  it("DF beside MF and the reserved bit are no reason", async () => {
    const s = await scene();
    const [first, last] = pieces(udp(s, 100), 40);
    sendPiece(s.peer, UDP, { ...first, fragment: first.fragment | 0x4000 });
    sendPiece(s.peer, UDP, { ...last, fragment: last.fragment | 0x8000 });
    expectDelivered(s, wire.pattern(100));
  });

  it.each([
    [0, 8],
    [0, 16],
    [8, 64],
    [16, 64],
  ])("a divided header of TCP: octets %i to %i (H25, RFC 1858, RFC 3128)", async (from, to) => {
    const { w, peer, ends } = await scene();
    w.board.listen(80);
    const segment = wire.tcp(ends, { src: 4000, dst: 80, seq: 1, flags: "S", data: wire.pattern(100) });
    w.expectDrop("IpFragmentTiny", () => sendPiece(peer, { protocol: 6 }, piece(segment, from, to)));
  });

  it.each([
    ["starts inside the first (teardrop)", 24, 104],
    ["lies inside the first", 8, 24],
    ["covers the first and more", 0, 72],
    ["crosses its end by one block", 32, 48],
  ])("an overlap that %s: the whole datagram, and what comes of it later (H22)", async (_, from, to) => {
    const s = await scene();
    const datagram = udp(s, 192);
    const other = wire.udp(s.ends, { src: 5, dst: 53 }, wire.pattern(192, 100));
    sendPiece(s.peer, UDP, piece(datagram, 0, 40));
    s.w.expectDrop("IpFragmentOverlap", () => sendPiece(s.peer, UDP, piece(other, from, to, true)));
    s.w.expectDrop("IpFragmentOverlap", () => sendPiece(s.peer, UDP, piece(datagram, 40)));
    s.w.expectDrop("IpFragmentOverlap", () => sendPiece(s.peer, UDP, piece(datagram, 0, 40)));
    expect(s.w.board.recvFrom(s.fd)).toBe(-11);
    s.w.run(TIMEOUT);
    for (const part of pieces(datagram, 40)) sendPiece(s.peer, UDP, part);
    expectDelivered(s, wire.pattern(192));
  });

  it("a duplicate is harmless, also of the last and with other cuts", async () => {
    const s = await scene();
    const datagram = udp(s, 192);
    const parts = pieces(datagram, 40, 120);
    sendPiece(s.peer, UDP, parts[0]);
    sendPiece(s.peer, UDP, parts[2]);
    for (const part of [parts[0], parts[2], piece(datagram, 8, 24), piece(datagram, 160)]) {
      s.w.expectDrop("IpFragmentDuplicate", () => sendPiece(s.peer, UDP, part));
    }
    sendPiece(s.peer, UDP, parts[1]);
    expectDelivered(s, wire.pattern(192));
  });

  it.each<[string, (octets: Uint8Array) => [Piece, Piece]]>([
    ["another end behind it", (octets) => [piece(octets, 80, 120, false), piece(octets, 120, 160, false)]],
    ["another end before it", (octets) => [piece(octets, 80, 120, false), piece(octets, 40, 64, false)]],
    ["an end before what is there", (octets) => [piece(octets, 80, 120, true), piece(octets, 40, 64, false)]],
    ["more behind the end", (octets) => [piece(octets, 80, 120, false), piece(octets, 120, 160, true)]],
    ["more up to the end", (octets) => [piece(octets, 80, 120, false), piece(octets, 64, 120, true)]],
  ])("fragments that contradict each other: %s (H27)", async (_, choose) => {
    const s = await scene();
    const [one, two] = choose(udp(s, 192));
    sendPiece(s.peer, UDP, one);
    s.w.expectDrop("IpFragmentOverlap", () => sendPiece(s.peer, UDP, two));
  });

  it("too long: the ping of death, and what is beyond REASSEMBLY_MAX (H23)", async () => {
    const { w, peer } = await scene();
    const octets = wire.pattern(1480);
    w.expectDrop("IpFragmentTooLong", () => sendPiece(peer, { protocol: 1 }, { fragment: 8189, data: octets }));
    w.expectDrop("IpFragmentTooLong", () => sendPiece(peer, { protocol: 1 }, { fragment: 0x3fff, data: octets.subarray(0, 8) }));
    w.expectDrop("IpFragmentTooLong", () =>
      sendPiece(peer, { protocol: 1 }, { fragment: 3944 / 8, data: octets.subarray(0, 9) }),
    );
    const s = await scene({ profile: "host" });
    s.w.expectDrop("IpFragmentTooLong", () => sendPiece(s.peer, UDP, { fragment: 8189, data: wire.pattern(4) }));
    sendPiece(s.peer, { ...UDP, id: 2 }, piece(octets, 0, 160, true));
    s.w.expectDrop("IpFragmentTooLong", () => sendPiece(s.peer, { ...UDP, id: 2 }, { fragment: 8191, data: wire.pattern(8) }));
    s.w.expectDrop("IpFragmentTooLong", () => sendPiece(s.peer, { ...UDP, id: 2 }, piece(octets, 160)));
  });

  it("a profile without reassembly drops all fragments for one reason", async () => {
    const w = await world({ profile: "tiny" });
    const peer = w.peer();
    for (const fragment of [0x2000, 0x0001, 0x2001, 0x1fff, 0x3fff, 0x6000]) {
      w.expectDrop("IpFragment", () => peer.udp({ src: 5, dst: 99 }, wire.pattern(32), { fragment }));
    }
  });

  it("a broadcast in fragments is one; an error never answers it", async () => {
    const s = await scene();
    s.w.run(3000);
    const all = { src: s.peer.ip, dst: "10.0.0.255" };
    const datagram = wire.udp(all, { src: 5, dst: 99 }, wire.pattern(100));
    const header = { ...UDP, dst: all.dst };
    const shout = (part: Piece) => s.peer.ip4({ id: 1, ...header, fragment: part.fragment }, part.data, { dst: wire.BROADCAST });
    s.w.expectDrop("UdpNoPort", () => pieces(datagram, 40).forEach(shout));
    shout(piece(datagram, 0, 40));
    s.w.expectDrop("IpFragmentTimeout", () => undefined, { ms: TIMEOUT + 10 });
  });
});

describe("Reassembly: time", () => {
  it("after thirty seconds it is over, and the sender of fragment zero is told", async () => {
    const s = await scene();
    s.w.run(3000);
    const datagram = udp(s, 700);
    const [first, second] = pieces(datagram, 400);
    sendPiece(s.peer, { ...UDP, tos: 8 }, first);
    s.w.run(TIMEOUT - 100);
    expect(s.w.board.drops()).toEqual({});
    s.w.expectDrop("IpFragmentTimeout", () => undefined, { ms: 200, silent: false });
    const { icmp } = s.peer.expect("time exceeded", (packet) => packet.icmp !== undefined);
    expect(icmp).toMatchObject({ type: 11, code: 1, rest: 0 });
    const sent = wire.ipv4({ ...s.ends, ...UDP, tos: 8, id: 0x1234, fragment: first.fragment }, first.data);
    expect(icmp!.data).toEqual(sent);
    sendPiece(s.peer, { ...UDP, tos: 8 }, second);
    s.w.expectDrop("IpFragmentTimeout", () => undefined, { ms: TIMEOUT + 10 });
  });

  it("without fragment zero nobody is told, nor is one who sent what was discarded", async () => {
    const s = await scene();
    s.w.run(3000);
    const datagram = udp(s, 700);
    s.w.expectDrop("IpFragmentTimeout", () => sendPiece(s.peer, UDP, piece(datagram, 400)), { ms: TIMEOUT + 10 });
    sendPiece(s.peer, UDP, piece(datagram, 0, 400));
    s.w.expectDrop("IpFragmentOverlap", () => sendPiece(s.peer, UDP, piece(datagram, 8, 80, false)), { ms: TIMEOUT + 10 });
  });

  it("later fragments do not prolong it", async () => {
    const s = await scene();
    s.w.run(3000);
    const parts = slices(udp(s, 700), 80);
    for (const part of parts.slice(1, 6)) {
      sendPiece(s.peer, UDP, part);
      s.w.run(TIMEOUT / 5 - 10);
    }
    s.w.expectDrop("IpFragmentTimeout", () => undefined, { ms: 100 });
  });

  it("a flood of lonely fragments is answered within the limit of ICMP errors", async () => {
    const s = await scene({ profile: "host", knobs: { CONFIG_ICMP_RATE: 4, CONFIG_REASSEMBLIES: 16 } });
    const datagram = udp(s, 700);
    for (let id = 0; id < 16; id++) sendPiece(s.peer, { ...UDP, id }, piece(datagram, 0, 400));
    s.w.run(TIMEOUT + 10);
    expect(s.peer.inbox.filter(({ icmp }) => icmp?.type === 11).length).toBeLessThanOrEqual(4);
    expect(s.w.board.drops()).toMatchObject({ IpFragmentTimeout: 16 });
  });
});

describe("Reassembly: memory", () => {
  it("the oldest gives way to the newest, one that was given up before it", async () => {
    const s = await scene();
    const datagram = udp(s, 700);
    const send = (id: number, part: Piece) => sendPiece(s.peer, { ...UDP, id }, part);
    const [first, last] = pieces(datagram, 400);
    send(1, first);
    s.w.run(5);
    send(2, first);
    s.w.expectDrop("IpFragmentOverlap", () => send(2, piece(datagram, 8, 16, false)));
    send(3, first);
    send(1, last);
    expectDelivered(s, wire.pattern(700));
    send(4, first);
    s.w.run(5);
    s.w.expectDrop("IpFragmentNoRoom", () => send(5, first));
    s.w.expectDrop("IpFragmentNoRoom", () => send(3, last));
    send(5, last);
    expectDelivered(s, wire.pattern(700));
  });

  it("REASSEMBLY_MEMORY is never exceeded: the oldest gives its memory back", async () => {
    const knobs = { CONFIG_REASSEMBLIES: 4, CONFIG_REASSEMBLY_MEMORY: 4096 };
    const s = await scene({ knobs });
    const send = (id: number, part: Piece) => sendPiece(s.peer, { ...UDP, id }, part);
    const datagram = udp(s, 3000);
    send(1, piece(datagram, 0, 800));
    s.w.run(2);
    s.w.expectDrop("IpFragmentNoRoom", () => send(2, piece(datagram, 2400)));
    s.w.expectDrop("IpFragmentNoRoom", () => send(1, piece(datagram, 800, 1600)));
    send(2, piece(datagram, 0, 1200));
    send(2, piece(datagram, 1200, 2400));
    expectDelivered(s, wire.pattern(3000));
  });

  it("a socket that needs memory takes back what fragments hold", async () => {
    const s = await scene({ knobs: { CONFIG_BUFFERS: 8192, CONFIG_REASSEMBLY_MEMORY: 4096 } });
    const datagram = udp(s, 3000);
    sendPiece(s.peer, UDP, piece(datagram, 1600));
    s.w.run(5);
    const second = s.w.board.datagram(54);
    expect(s.w.board.option(second, 1, 8), "SO_RCVBUF").toBe(2048);
    s.w.expectDrop("IpFragmentNoRoom", () => sendPiece(s.peer, UDP, piece(datagram, 0, 1400, true)));
    s.w.expectDrop("IpFragmentNoRoom", () => sendPiece(s.peer, { ...UDP, id: 9 }, piece(datagram, 1400, 2808, true)));
    s.w.board.close(second);
    for (const part of pieces(datagram, 1400, 2800).toReversed()) sendPiece(s.peer, { ...UDP, id: 10 }, part);
    expectDelivered(s, wire.pattern(3000));
  });

  it("under a flood of fragments of all kinds whole datagrams are served, and new sockets (H26)", async () => {
    const s = await scene();
    const chance = new Random(11);
    const octets = wire.pattern(1480);
    for (let i = 0; i < 10_000; i++) {
      const offset = chance.pick([0, 1, 100, 400, chance.below(8192)]);
      const fragment = (chance.chance(0.7) ? MORE_FRAGMENTS : 0) | offset;
      const src = `10.0.${chance.below(4)}.${1 + chance.below(200)}`;
      const protocol = chance.pick([1, 6, 17, 17, 99]);
      const data = octets.subarray(0, 8 * chance.below(80));
      s.peer.ip4({ protocol, id: chance.below(65536), fragment, src }, data);
      if (i % 50 !== 0) continue;
      s.peer.udp({ src: 5, dst: 53 }, wire.text(`number ${i}`));
      expectDelivered(s, wire.text(`number ${i}`));
      const fd = s.w.board.datagram(1000);
      expect(s.w.board.setSocket(fd, "SO_RCVBUF", 4096)).toBe(0);
      expect(s.w.board.option(fd, 1, 8), "SO_RCVBUF").toBe(4096);
      s.w.board.close(fd);
    }
    s.w.run(TIMEOUT + 10);
    expect(s.w.board.counters()["IpFragmentsIn"]).toBeGreaterThan(9000);
    for (const part of pieces(udp(s, 1400), 800)) sendPiece(s.peer, UDP, part);
    expectDelivered(s, wire.pattern(1400));
  }, 60_000);
});

/** The payload in pieces of chance, in an order of chance, some but the first twice, one of them missing now and then. */
function scrambled(chance: Random, payload: Uint8Array): { parts: Piece[]; complete: boolean } {
  const blocks = Math.floor((payload.length - 1) / 8);
  const cuts = new Set(Array.from({ length: 1 + chance.below(12) }, () => 8 * (1 + chance.below(blocks))));
  const parts = pieces(payload, ...[...cuts].toSorted((a, b) => a - b));
  const lost = chance.chance(0.2) ? chance.below(parts.length) : -1;
  const kept = parts.filter((_, i) => i !== lost);
  const doubled = parts.filter((_, i) => i !== lost && i !== 0 && chance.chance(0.2));
  const all = [...kept, ...doubled].map((part) => ({ part, place: chance.word() }));
  return { parts: all.toSorted((a, b) => a.place - b.place).map(({ part }) => part), complete: lost < 0 };
}

describe("Reassembly: by chance", () => {
  it.each([1, 2, 3])("once and whole, or not at all; the arena is whole afterwards (seed %i)", async (seed) => {
    const knobs = { CONFIG_UDP_SOCKETS: 2, CONFIG_UDP_BUF: 4096, CONFIG_BUFFERS: 8192, CONFIG_REASSEMBLY_MEMORY: 4096 };
    const s = await scene({ knobs });
    const chance = new Random(seed);
    for (let id = 0; id < 300; id++) {
      const length = 9 + chance.below(1440);
      const { parts, complete } = scrambled(chance, udp(s, length, id));
      for (const part of parts) {
        sendPiece(s.peer, { ...UDP, id }, part);
        s.w.run(chance.below(2));
      }
      if (complete) {
        expectDelivered(s, wire.pattern(length, id));
      } else {
        s.w.run(5);
        expect(s.w.board.recvFrom(s.fd)).toBe(-11);
      }
      if (chance.chance(0.1)) s.w.run(TIMEOUT);
    }
    // Two sockets of four kilobytes are the whole arena: the second gets its own only if every octet has come back.
    const second = s.w.board.datagram(54);
    expect([s.fd, second].map((fd) => s.w.board.option(fd, 1, 8))).toEqual([4096, 4096]);
  });
});
