import { describe, expect, test } from "vitest";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { world } from "../support/world";

/** An echo request as an Ethernet payload. */
function ping(peer: Peer): Uint8Array {
  return wire.ipv4({ src: peer.ip, dst: peer.toIp, protocol: 1 }, wire.icmp({ type: 8, rest: 1 }, wire.pattern(32)));
}

function frame(peer: Peer, fields: Partial<wire.EthernetFields>, payload: Uint8Array): Uint8Array {
  return wire.ethernet({ src: peer.mac, dst: peer.toMac, ...fields }, payload);
}

describe("what is not for us or makes no sense (H01, H02, H05)", () => {
  test("frames without a whole header", async () => {
    const w = await world();
    const peer = w.peer();
    const whole = frame(peer, {}, ping(peer));
    for (let length = 0; length < 14; length++) w.expectDrop("EthShort", () => peer.raw(whole.subarray(0, length)), { ms: 3 });
  });

  test("another station's frames (promiscuous)", async () => {
    const w = await world();
    const peer = w.peer();
    w.expectDrop("EthNotForUs", () => peer.raw(frame(peer, { dst: "02:00:00:00:00:77" }, ping(peer))));
    w.expectDrop("EthNotForUs", () => peer.raw(frame(peer, { dst: "00:00:00:00:00:00" }, ping(peer))));
  });

  test.each(["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "03:00:00:00:00:01", "00:00:00:00:00:00", "02:00:00:00:00:01"])(
    "the source address %s, a group's, nobody's, or our own",
    async (src) => {
      const w = await world();
      const peer = w.peer();
      w.expectDrop("EthSource", () => peer.raw(frame(peer, { src }, ping(peer))));
      const request = wire.arp({ op: 1, senderMac: src, senderIp: "10.0.0.66", targetIp: w.board.ip });
      w.expectDrop("EthSource", () => peer.raw(frame(peer, { src, dst: wire.BROADCAST, type: wire.EtherType.Arp }, request)));
    },
  );

  test.each([0, 46, 100, 1500, 1501, 1535, 0x0600, 0x0806 + 1, 0x8035, 0x86dd, 0x88cc, 0xffff])("the type 0x%x", async (type) => {
    const w = await world();
    const peer = w.peer();
    w.expectDrop("EthType", () => peer.raw(frame(peer, { type }, ping(peer))));
    w.expectDrop("EthType", () =>
      peer.raw(frame(peer, { type, dst: wire.BROADCAST }, wire.concat(Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), ping(peer)))),
    );
  });

  test("tagged frames: whole, cut inside the tag, tagged twice", async () => {
    const w = await world();
    const peer = w.peer();
    const tag = Uint8Array.of(0, 5, 8, 0);
    w.expectDrop("EthVlan", () => peer.raw(frame(peer, { type: wire.EtherType.Vlan }, wire.concat(tag, ping(peer)))));
    w.expectDrop("EthVlan", () => peer.raw(frame(peer, { type: wire.EtherType.Vlan, pad: false }, Uint8Array.of(0))));
    const twice = wire.concat(Uint8Array.of(0, 5, 0x81, 0), tag, ping(peer));
    w.expectDrop("EthVlan", () => peer.raw(frame(peer, { type: wire.EtherType.Vlan }, twice)));
  });

  test("a frame longer than Ethernet's", async () => {
    const w = await world();
    const peer = w.peer();
    w.expectDrop("EthOversize", () => peer.raw(frame(peer, {}, wire.pattern(1501))));
    w.expectDrop("EthOversize", () => peer.raw(frame(peer, {}, wire.pattern(1522))));
  });

  test("a unicast datagram in an Ethernet broadcast (RFC 1122 3.3.6)", async () => {
    const w = await world();
    const peer = w.peer();
    w.expectDrop("IpLinkBroadcast", () => peer.raw(frame(peer, { dst: wire.BROADCAST }, ping(peer))));
    w.expectDrop("IpLinkBroadcast", () => peer.raw(frame(peer, { dst: "01:00:5e:00:00:01" }, ping(peer))));
  });
});

describe("what is for us", () => {
  test("a frame of the largest size is answered by one", async () => {
    const w = await world();
    const peer = w.peer();
    peer.icmp({ type: 8, rest: 7 }, wire.pattern(1472));
    const { icmp, frame: answer } = peer.expect("an echo", ({ icmp: message }) => message?.type === 0);
    expect(answer.length).toBe(1514);
    expect(icmp!.data).toEqual(wire.pattern(1472));
  });
});
