import { describe, expect, test } from "vitest";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { world } from "../support/world";

const REQUEST = wire.icmp({ type: 8, rest: 0x10001 }, wire.pattern(26));

function echo(peer: Peer, within = 10): wire.Packet {
  return peer.expect("an echo", ({ icmp }) => icmp?.type === 0, within);
}

/** An echo request as a datagram with its header as told. */
function send(peer: Peer, fields: Partial<wire.IpFields>, payload = REQUEST): void {
  peer.ip4({ protocol: 1, ...fields }, payload);
}

describe("the header (H10, H11, H12, H13, H14)", () => {
  test("every version but 4", async () => {
    const w = await world();
    const peer = w.peer();
    for (let version = 0; version < 16; version++) {
      if (version !== 4) w.expectDrop("IpVersion", () => send(peer, { version }), { ms: 3 });
    }
    send(peer, {});
    echo(peer);
  });

  test("header lengths below 5 words, and beyond the datagram", async () => {
    const w = await world();
    const peer = w.peer();
    for (let ihl = 0; ihl < 5; ihl++) w.expectDrop("IpHeaderLength", () => send(peer, { ihl }), { ms: 3 });
    w.expectDrop("IpHeaderLength", () => send(peer, { ihl: 15, totalLength: 40 }), { ms: 3 });
    w.expectDrop("IpTotalLength", () => send(peer, { ihl: 6, totalLength: 20 }), { ms: 3 });
  });

  test("a total length beyond the frame: by one, by much, the largest", async () => {
    const w = await world();
    const peer = w.peer();
    for (const totalLength of [55, 60, 1500, 32768, 65535])
      w.expectDrop("IpTotalLength", () => send(peer, { totalLength }), { ms: 3 });
  });

  test("a total length that ends inside the header", async () => {
    const w = await world();
    const peer = w.peer();
    for (const totalLength of [0, 1, 19]) {
      const before = w.board.drops();
      send(peer, { totalLength });
      w.run(3);
      const after = w.board.drops();
      const sum = (drops: Record<string, number>) => (drops["IpTotalLength"] ?? 0) + (drops["IpHeaderLength"] ?? 0);
      expect(sum(after) - sum(before), `total length ${totalLength}`).toBe(1);
    }
  });

  test("what lies behind the total length is padding and not looked at", async () => {
    const w = await world();
    const peer = w.peer();
    const datagram = wire.ipv4({ src: peer.ip, dst: peer.toIp, protocol: 1 }, wire.icmp({ type: 8, rest: 3 }, wire.text("ab")));
    peer.raw(
      wire.concat(wire.ethernet({ src: peer.mac, dst: peer.toMac, pad: false }, datagram), new Uint8Array(900).fill(0xa5)),
    );
    expect(echo(peer).icmp!.data).toEqual(wire.text("ab"));
  });

  test("a wrong checksum: every bit of the header", async () => {
    const w = await world();
    const peer = w.peer();
    const right = wire.ethernet(
      { src: peer.mac, dst: peer.toMac },
      wire.ipv4({ src: peer.ip, dst: peer.toIp, protocol: 1 }, REQUEST),
    );
    const before = w.board.drops();
    for (let bit = 0; bit < 160; bit++) {
      const frame = right.slice();
      frame[14 + (bit >> 3)] ^= 0x80 >> (bit & 7);
      peer.raw(frame);
      w.run(2);
    }
    peer.expectNothing(10);
    const after = w.board.drops();
    const total = Object.values(after).reduce((a, b) => a + b, 0) - Object.values(before).reduce((a, b) => a + b, 0);
    expect(total).toBe(160);
    expect(after["IpChecksum"]).toBeGreaterThan(120);
    send(peer, {});
    echo(peer);
  });

  test("every length from 0 to 60 of every header length: no trap, nothing answered by mistake", async () => {
    const w = await world();
    const peer = w.peer();
    const datagram = wire.ipv4({ src: peer.ip, dst: peer.toIp, protocol: 17 }, wire.pattern(40));
    for (let ihl = 0; ihl < 16; ihl++) {
      for (let length = 0; length <= 60; length++) {
        const bytes = datagram.slice(0, length);
        if (length > 0) bytes[0] = 0x40 | ihl;
        peer.raw(wire.ethernet({ src: peer.mac, dst: peer.toMac, pad: false }, bytes));
      }
      w.run(3);
    }
    peer.expectNothing(10);
    send(peer, {});
    echo(peer);
  });
});

describe("options (H15, H16)", () => {
  test.each([
    ["forty NOPs", new Array<number>(40).fill(1)],
    ["a record route with room", [7, 7, 4, 0, 0, 0, 0]],
    ["a timestamp", [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["an unknown one", [222, 6, 1, 2, 3, 4]],
    ["an end and then rubbish", [0, 9, 200, 77]],
    ["a router alert", [148, 4, 0, 0]],
  ])("%s: skipped, and the answer has none", async (_, options) => {
    const w = await world();
    const peer = w.peer();
    send(peer, { options: Uint8Array.from(options) });
    const { ip, icmp } = echo(peer);
    expect(ip!.headerLength).toBe(20);
    expect(icmp!.data).toEqual(wire.pattern(26));
  });

  test("length 0, 1, too long, missing: at every place, for many kinds", async () => {
    const w = await world();
    const peer = w.peer();
    for (const kind of [2, 7, 68, 130, 136, 222, 255]) {
      for (const before of [0, 1, 2, 3]) {
        const nops = new Array<number>(before).fill(1);
        for (const length of [0, 1, 200]) {
          w.expectDrop("IpOption", () => send(peer, { options: Uint8Array.from([...nops, kind, length]) }), { ms: 3 });
        }
      }
      w.expectDrop("IpOption", () => send(peer, { options: Uint8Array.of(1, 1, 1, kind) }), { ms: 3 });
    }
  });

  test.each([131, 137])("source routes (%i) are dropped whatever their pointer", async (kind) => {
    const w = await world();
    const peer = w.peer();
    for (const pointer of [0, 3, 4, 5, 8, 255]) {
      w.expectDrop("IpSourceRoute", () => send(peer, { options: Uint8Array.of(kind, 7, pointer, 10, 0, 0, 9) }), { ms: 3 });
    }
  });
});

describe("addresses (H18, H19, H20)", () => {
  const martians = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "224.0.0.5",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "10.0.0.255",
    "10.0.0.0",
  ];

  test.each(martians)("source %s: nothing at all, by any protocol", async (src) => {
    const w = await world();
    const peer = w.peer();
    w.board.listen(80);
    w.board.datagram(53);
    w.expectDrop("IpSource", () => send(peer, { src }));
    w.expectDrop("IpSource", () => peer.udp({ src: 5, dst: 53 }, wire.text("?"), { src }));
    w.expectDrop("IpSource", () => peer.segment({ src: 80, dst: 80, seq: 1, flags: "S" }, { src }));
    w.expectDrop("IpSource", () => peer.segment({ src: 80, dst: 81, seq: 1, flags: "R" }, { src }));
    w.run(5000);
    peer.expectNothing(10);
  });

  test.each(["10.0.0.9", "192.168.1.1", "127.0.0.1", "0.0.0.0", "240.0.0.1", "10.0.1.255", "224.0.0.1", "239.9.9.9"])(
    "destination %s: not for us",
    async (dst) => {
      const w = await world();
      const peer = w.peer();
      w.board.datagram(53);
      w.expectDrop("IpNotForUs", () => send(peer, { dst }));
      w.expectDrop("IpNotForUs", () => peer.udp({ src: 5, dst: 53 }, wire.text("?"), { dst }));
    },
  );

  test("ten thousand LAND segments leave nothing behind", async () => {
    const w = await world();
    const peer = w.peer();
    w.board.listen(80);
    for (let i = 0; i < 10_000; i++) {
      peer.segment({ src: 80, dst: 80, seq: i, flags: "S" }, { src: w.board.ip });
      if (i % 500 === 0) w.run(1);
    }
    w.run(10);
    expect(w.board.drops()["IpSource"]).toBe(10_000);
    expect(w.board.rows()).toHaveLength(1);
  }, 60_000);
});

describe("time to live (H17)", () => {
  test.each([0, 1, 2, 255])("%i: accepted; answers have our own", async (ttl) => {
    const w = await world();
    const peer = w.peer();
    send(peer, { ttl });
    expect(echo(peer).ip!.ttl).toBe(64);
  });
});

describe("flags and other protocols (H21)", () => {
  test("the reserved flag and a missing DF are no reason", async () => {
    const w = await world();
    const peer = w.peer();
    for (const fragment of [0, 0x8000, 0xc000]) {
      send(peer, { fragment });
      echo(peer);
    }
  });

  test.each([0, 2, 4, 41, 47, 50, 132, 255])("protocol %i: unreachable, with the datagram quoted unchanged", async (protocol) => {
    const w = await world();
    const peer = w.peer();
    const inner = wire.ipv4({ src: "10.0.0.66", dst: w.board.ip, protocol: 1 }, REQUEST);
    w.expectDrop("IpProtocol", () => send(peer, { protocol, tos: 4, id: 77 }, inner), { silent: false });
    const { icmp, ip } = peer.expect("unreachable", (packet) => packet.icmp?.type === 3);
    expect(icmp).toMatchObject({ code: 2, rest: 0 });
    expect(ip!.dst).toBe(peer.ip);
    const sent = wire.ipv4({ src: peer.ip, dst: w.board.ip, protocol, tos: 4, id: 77 }, inner);
    expect(icmp!.data.length).toBeGreaterThanOrEqual(28);
    expect(icmp!.data).toEqual(sent.subarray(0, icmp!.data.length));
    peer.expectNothing(20);
  });

  test("a flood of unknown protocols is answered within a limit", async () => {
    const w = await world();
    const peer = w.peer();
    for (let i = 0; i < 300; i++) send(peer, { protocol: 99 });
    w.run(900);
    const answers = peer.inbox.filter(({ icmp }) => icmp?.type === 3);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThanOrEqual(20);
    expect(w.board.drops()["IcmpRateLimited"]).toBe(300 - answers.length);
  });
});

describe("routes", () => {
  test("what is not on the network goes to the gateway", async () => {
    const w = await world({ gateway: "10.0.0.100" });
    const router = w.peer();
    expect(router.ip).toBe("10.0.0.100");
    send(router, { src: "192.168.5.5" });
    expect(echo(router).ip!.dst).toBe("192.168.5.5");
  });

  test("without a gateway there is no answer to far away", async () => {
    const w = await world();
    const peer = w.peer();
    send(peer, { src: "192.168.5.5" });
    peer.expectNothing(3000);
    expect(w.board.drops()["IpNoRoute"]).toBe(1);
  });

  test("ifconfig refuses nonsense", async () => {
    const w = await world();
    const { calls } = w.board;
    const ip = wire.ipNumber("10.0.0.1");
    for (const [index, address, prefix, gateway] of [
      [1, ip, 24, 0],
      [0, ip, 0, 0],
      [0, ip, 33, 0],
      [0, wire.ipNumber("224.0.0.1"), 24, 0],
      [0, wire.ipNumber("127.0.0.1"), 8, 0],
      [0, wire.ipNumber("255.255.255.255"), 24, 0],
      [0, ip, 24, wire.ipNumber("192.168.0.1")],
    ] as const) {
      expect(calls.ifconfig(index, address, prefix, gateway), `${address} ${prefix} ${gateway}`).toBe(-22);
    }
    expect(w.board.calls.ifconfig(0, ip, 24, 0)).toBe(0);
  });
});
