import { describe, expect, test } from "vitest";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { world } from "../support/world";

function echo(peer: Peer): wire.Packet {
  return peer.expect("an echo", ({ icmp }) => icmp?.type === 0, 10);
}

describe("echo (RFC 1122 3.2.2.6)", () => {
  test.each([0, 1, 2, 17, 18, 19, 56, 1000, 1471, 1472])(
    "%i octets come back unchanged from the address that was asked",
    async (length) => {
      const w = await world();
      const peer = w.peer();
      peer.icmp({ type: 8, rest: 0x12345678 }, wire.pattern(length));
      const { icmp, ip, dst } = echo(peer);
      expect(icmp).toMatchObject({ type: 0, code: 0, rest: 0x12345678 });
      expect(icmp!.data).toEqual(wire.pattern(length));
      expect(ip).toMatchObject({ src: w.board.ip, dst: peer.ip, ttl: 64 });
      expect(dst).toBe(peer.mac);
      expect(w.board.counters()["IcmpEchoReplies"]).toBe(1);
    },
  );

  test("a request whose checksum is 0x0000 or 0xffff by rights is answered (H28)", async () => {
    const w = await world();
    const peer = w.peer();
    // Choose the identifier so that everything but the checksum sums up to 0xffff.
    const rest = (0xffff - 0x0800) << 16;
    const message = wire.icmp({ type: 8, rest });
    expect((message[2] << 8) | message[3]).toBe(0);
    peer.ip4({ protocol: 1 }, message);
    expect(echo(peer).icmp!.rest).toBe(rest >>> 0);
  });

  test("broadcast and multicast are not answered (H29)", async () => {
    const w = await world();
    const peer = w.peer();
    for (const dst of ["255.255.255.255", "10.0.0.255"]) {
      w.expectDrop("IcmpBroadcast", () => peer.icmp({ type: 8 }, wire.pattern(10), { dst }, { dst: wire.BROADCAST }));
    }
  });
});

describe("what is dropped", () => {
  test("messages of 0 to 7 octets (H28)", async () => {
    const w = await world();
    const peer = w.peer();
    const whole = wire.icmp({ type: 8 });
    for (let length = 0; length < 8; length++)
      w.expectDrop("IcmpShort", () => peer.ip4({ protocol: 1 }, whole.subarray(0, length)), { ms: 3 });
  });

  test("a wrong checksum, anywhere", async () => {
    const w = await world();
    const peer = w.peer();
    const whole = wire.icmp({ type: 8, rest: 5 }, wire.pattern(20));
    for (let at = 0; at < whole.length; at++) {
      const broken = whole.slice();
      broken[at] ^= 0x10;
      w.expectDrop("IcmpChecksum", () => peer.ip4({ protocol: 1 }, broken), { ms: 3 });
    }
  });

  test("every type but those there are, with three codes (H30)", async () => {
    const w = await world();
    const peer = w.peer();
    const special = new Set([3, 4, 5, 8, 11, 12]);
    for (let type = 0; type < 256; type++) {
      if (special.has(type)) continue;
      w.expectDrop("IcmpType", () => [0, 1, 255].forEach((code) => peer.icmp({ type, code }, wire.pattern(40))), {
        times: 3,
        ms: 2,
      });
    }
    w.expectDrop("IcmpType", () => peer.icmp({ type: 8, code: 1 }));
  });

  test("redirects: the route stays as it is (H31)", async () => {
    const w = await world({ gateway: "10.0.0.100" });
    const gateway = w.peer();
    const thief = w.peer();
    const quote = wire.ipv4({ src: w.board.ip, dst: "192.168.1.1", protocol: 17 }, wire.pattern(8));
    for (const code of [0, 1, 2, 3, 255]) {
      w.expectDrop("IcmpRedirect", () => gateway.icmp({ type: 5, code, rest: wire.ipNumber(thief.ip) }, quote));
    }
    w.board.sendTo(w.board.datagram(1), wire.text("x"), "192.168.1.1", 9);
    w.run(5);
    const last = w.ladder.sightings.at(-1).packet;
    expect(last.dst).toBe(gateway.mac);
  });

  test("source quench (H32)", async () => {
    const w = await world();
    const peer = w.peer();
    w.expectDrop("IcmpSourceQuench", () => peer.icmp({ type: 4 }, wire.pattern(28)));
  });

  test("errors whose quote is cut, of another version, length, source, or a fragment (H35)", async () => {
    const w = await world();
    const peer = w.peer();
    const right = wire.ipv4({ src: w.board.ip, dst: peer.ip, protocol: 17 }, wire.pattern(8));
    for (let length = 0; length < 28; length++) {
      w.expectDrop("IcmpQuote", () => peer.icmp({ type: 3, code: 3 }, right.subarray(0, length)), { ms: 3 });
    }
    const fields = { src: w.board.ip, dst: peer.ip, protocol: 17 };
    for (const wrong of [
      { version: 6 },
      { ihl: 4 },
      { ihl: 0 },
      { ihl: 15 },
      { src: "10.0.0.77" },
      { fragment: 3 },
      { protocol: 99 },
    ]) {
      w.expectDrop("IcmpQuote", () => peer.icmp({ type: 3, code: 3 }, wire.ipv4({ ...fields, ...wrong }, wire.pattern(8))), {
        ms: 3,
      });
    }
    w.expectDrop("IcmpQuote", () => peer.icmp({ type: 3, code: 3 }, right));
  });
});

describe("errors are not sent where they must not be (H36, RFC 1122 3.2.2)", () => {
  test.each([
    ["an ICMP error", (peer: Peer) => peer.icmp({ type: 3, code: 3 }, wire.pattern(28))],
    ["an unknown ICMP type", (peer: Peer) => peer.icmp({ type: 77 }, wire.pattern(28))],
    [
      "a broadcast to a closed port",
      (peer: Peer) => peer.udp({ src: 5, dst: 999 }, wire.text("x"), { dst: "10.0.0.255" }, { dst: wire.BROADCAST }),
    ],
    [
      "an Ethernet broadcast to a closed port",
      (peer: Peer) => peer.udp({ src: 5, dst: 999 }, wire.text("x"), {}, { dst: wire.BROADCAST }),
    ],
    [
      "an unknown protocol to broadcast",
      (peer: Peer) => peer.ip4({ protocol: 99, dst: "255.255.255.255" }, wire.pattern(8), { dst: wire.BROADCAST }),
    ],
    ["a later fragment", (peer: Peer) => peer.ip4({ protocol: 17, fragment: 5 }, wire.pattern(8))],
    ["a source that is nobody", (peer: Peer) => peer.udp({ src: 5, dst: 999 }, wire.text("x"), { src: "0.0.0.0" })],
    ["a multicast source", (peer: Peer) => peer.udp({ src: 5, dst: 999 }, wire.text("x"), { src: "224.1.1.1" })],
    ["a broken option", (peer: Peer) => peer.ip4({ protocol: 17, options: Uint8Array.of(7, 0, 0, 0) }, wire.pattern(8))],
  ])("%s", async (_, act) => {
    const w = await world();
    const peer = w.peer();
    // The second announcement of the address is out by then.
    w.run(3000);
    const before = w.sent(w.board.name);
    act(peer);
    w.run(2000);
    expect(w.sent(w.board.name)).toBe(before);
  });

  test("the limit is not the same from second to second, so nobody learns from it (SAD DNS)", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const counts = new Set<number>();
    for (let second = 0; second < 12; second++) {
      peer.inbox.length = 0;
      for (let i = 0; i < 1500; i++) peer.udp({ src: 5, dst: 999 }, wire.text("x"));
      w.run(1100);
      counts.add(peer.inbox.filter(({ icmp }) => icmp?.type === 3).length);
    }
    expect(counts.size).toBeGreaterThan(4);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1000);
  }, 30_000);
});
