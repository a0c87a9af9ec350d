import { describe, expect, test } from "vitest";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { world, type World } from "../support/world";

const isArp = ({ arp }: wire.Packet): boolean => arp !== undefined;

function listener(w: World, options: { ip?: string; mac?: string } = {}): Peer {
  return w.peer({ answersArp: false, introduced: false, ...options });
}

/** Where the board sends an answer to a ping that claims to come from `ip`: the Ethernet destination, or nothing. */
function whereabouts(w: World, peer: Peer, ip: string): string | undefined {
  const before = w.ladder.sightings.length;
  peer.icmp({ type: 8, rest: 99 }, wire.text("?"), { src: ip });
  w.run(10);
  const answer = w.ladder.sightings.slice(before).find(({ from, packet }) => from === w.board.name && packet.icmp?.type === 0);
  return answer?.packet.dst;
}

describe("the address is announced", () => {
  test("when the link comes up, by a gratuitous request with the right fields (RFC 5227 2.3)", async () => {
    const w = await world();
    const first = w.ladder.sightings.find(({ from }) => from === w.board.name)!.packet;
    expect(first).toMatchObject({ dst: wire.BROADCAST, src: w.board.mac });
    expect(first.arp).toMatchObject({
      op: 1,
      senderMac: w.board.mac,
      senderIp: w.board.ip,
      targetIp: w.board.ip,
      targetMac: wire.NO_MAC,
    });
  });

  test("again when the address changes", async () => {
    const w = await world();
    const before = w.sent();
    w.board.board.configure("10.0.0.50/24");
    w.run(10);
    const { packet } = w.ladder.sightings[before];
    expect(packet.arp).toMatchObject({ senderIp: "10.0.0.50", targetIp: "10.0.0.50" });
  });
});

describe("requests for our address (RFC 826)", () => {
  test("are answered by unicast with the right fields, and the sender is remembered", async () => {
    const w = await world();
    const peer = listener(w);
    peer.arp({ op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp: w.board.ip }, { dst: wire.BROADCAST });
    const { arp, dst, frame } = peer.expect("a reply", isArp);
    expect(dst).toBe(peer.mac);
    expect(arp).toEqual({ op: 2, senderMac: w.board.mac, senderIp: w.board.ip, targetMac: peer.mac, targetIp: peer.ip });
    expect(frame.length).toBe(60);
    expect(whereabouts(w, peer, peer.ip)).toBe(peer.mac);
  });

  test("a probe (sender 0.0.0.0) is answered but not remembered (RFC 5227 2.5)", async () => {
    const w = await world();
    const peer = listener(w);
    peer.arp({ op: 1, senderMac: peer.mac, senderIp: "0.0.0.0", targetIp: w.board.ip }, { dst: wire.BROADCAST });
    expect(peer.expect("a reply", isArp).arp).toMatchObject({ op: 2, senderIp: w.board.ip, targetIp: "0.0.0.0" });
    expect(whereabouts(w, peer, peer.ip)).toBeUndefined();
  });

  test("for other addresses are not answered, and strangers are not remembered", async () => {
    const w = await world();
    const peer = listener(w);
    w.expectDrop("ArpNotForUs", () =>
      peer.arp({ op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp: "10.0.0.9" }, { dst: wire.BROADCAST }),
    );
    expect(whereabouts(w, peer, peer.ip)).toBeUndefined();
  });
});

describe("malformed packets (H06)", () => {
  test.each([
    ["hardware type", { htype: 2 }],
    ["hardware type 0", { htype: 0 }],
    ["protocol type", { ptype: 0x86dd }],
    ["hardware length", { hlen: 8 }],
    ["hardware length 0", { hlen: 0 }],
    ["protocol length", { plen: 16 }],
    ["protocol length 255", { plen: 255 }],
    ["operation 0", { op: 0 }],
    ["operation 3", { op: 3 }],
    ["operation 65535", { op: 65535 }],
  ])("%s", async (_, wrong) => {
    const w = await world();
    const peer = listener(w);
    const fields = { op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp: w.board.ip, ...wrong };
    w.expectDrop("ArpFormat", () => peer.arp(fields, { dst: wire.BROADCAST }));
    expect(whereabouts(w, peer, peer.ip)).toBeUndefined();
  });

  test("cut anywhere", async () => {
    const w = await world();
    const peer = listener(w);
    const whole = wire.arp({ op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp: w.board.ip });
    for (let length = 0; length < 28; length++) {
      const frame = wire.ethernet(
        { src: peer.mac, dst: wire.BROADCAST, type: wire.EtherType.Arp, pad: false },
        whole.subarray(0, length),
      );
      w.expectDrop("ArpShort", () => peer.raw(frame), { ms: 3 });
    }
  });
});

describe("impossible senders (H07)", () => {
  test.each(["255.255.255.255", "10.0.0.255", "10.0.0.0", "224.0.0.1", "240.0.0.1", "127.0.0.1", "192.168.7.7"])(
    "address %s",
    async (senderIp) => {
      const w = await world();
      const peer = listener(w);
      for (const op of [1, 2]) {
        w.expectDrop("ArpSender", () =>
          peer.arp({ op, senderMac: peer.mac, senderIp, targetMac: w.board.mac, targetIp: w.board.ip }),
        );
      }
    },
  );

  test.each([wire.NO_MAC, wire.BROADCAST, "01:00:5e:00:00:01", "02:00:00:00:00:01", "02:00:00:00:00:99"])(
    "hardware address %s, which is not the frame's",
    async (senderMac) => {
      const w = await world();
      const peer = listener(w);
      w.expectDrop("ArpSender", () => peer.arp({ op: 1, senderMac, senderIp: peer.ip, targetIp: w.board.ip }));
      expect(whereabouts(w, peer, peer.ip)).toBeUndefined();
    },
  );
});

describe("poisoning (H08)", () => {
  test("a reply nobody asked for makes no entry", async () => {
    const w = await world();
    const peer = listener(w);
    w.expectDrop("ArpUnsolicited", () =>
      peer.arp({ op: 2, senderMac: peer.mac, senderIp: peer.ip, targetMac: w.board.mac, targetIp: w.board.ip }),
    );
    w.expectDrop("ArpUnsolicited", () =>
      peer.arp({ op: 2, senderMac: peer.mac, senderIp: peer.ip, targetIp: peer.ip }, { dst: wire.BROADCAST }),
    );
    expect(whereabouts(w, peer, peer.ip)).toBeUndefined();
  });

  test("a known neighbour is not moved by an unsolicited reply", async () => {
    const w = await world();
    const honest = w.peer();
    const thief = listener(w);
    expect(whereabouts(w, honest, honest.ip)).toBe(honest.mac);
    const lie = { senderMac: thief.mac, senderIp: honest.ip, targetMac: w.board.mac, targetIp: w.board.ip };
    for (let i = 0; i < 5; i++) thief.arp({ op: 2, ...lie });
    w.run(20);
    expect(whereabouts(w, honest, honest.ip)).toBe(honest.mac);
  });

  test("a static entry is never overwritten", async () => {
    const w = await world();
    const honest = listener(w);
    const thief = listener(w);
    const { calls, board } = w.board;
    const at = calls.scratch();
    board.u8.set(wire.macBytes(honest.mac), at);
    expect(calls.arp_set(wire.ipNumber(honest.ip), at)).toBe(0);
    thief.arp({ op: 1, senderMac: thief.mac, senderIp: honest.ip, targetIp: w.board.ip }, { dst: wire.BROADCAST });
    thief.arp({ op: 2, senderMac: thief.mac, senderIp: honest.ip, targetMac: w.board.mac, targetIp: w.board.ip });
    w.run(20);
    expect(whereabouts(w, honest, honest.ip)).toBe(honest.mac);
    w.run(3_600_000);
    expect(whereabouts(w, honest, honest.ip)).toBe(honest.mac);
  });

  test("our own address claimed by another: counted, and defended once in ten seconds at most", async () => {
    const w = await world();
    const thief = listener(w);
    const before = w.sent(w.board.name);
    for (let i = 0; i < 1000; i++) {
      thief.arp(
        { op: i % 2 ? 1 : 2, senderMac: thief.mac, senderIp: w.board.ip, targetIp: i % 3 ? w.board.ip : "10.0.0.9" },
        { dst: wire.BROADCAST },
      );
      w.run(10);
    }
    expect(w.board.drops()["ArpConflict"]).toBeGreaterThanOrEqual(990);
    expect(w.sent(w.board.name) - before).toBeLessThanOrEqual(2);
  });
});

describe("asking (RFC 1122 2.3.2)", () => {
  test("one request a second for a neighbour, however much is to be sent, and the latest datagram goes out", async () => {
    const w = await world();
    const peer = w.peer({ answersArp: false, introduced: false });
    const fd = w.board.datagram(4000);
    for (let i = 0; i < 40; i++) {
      w.board.sendTo(fd, wire.text(`datagram ${i}`), peer.ip, 5000);
      w.run(100);
    }
    const requests = peer.inbox.filter(({ arp }) => arp?.op === 1 && arp.targetIp === peer.ip);
    expect(requests.length).toBeGreaterThanOrEqual(3);
    expect(requests.length).toBeLessThanOrEqual(5);
    expect(requests.every(({ dst }) => dst === wire.BROADCAST)).toBe(true);
    peer.inbox.length = 0;
    peer.isAt(w.board.ip, w.board.mac);
    const { udp } = peer.expect("the last datagram", (packet) => packet.udp !== undefined);
    expect(udp!.data).toEqual(wire.text("datagram 39"));
  });

  test("gives up after some requests, without an ICMP error for anybody (RFC 1122 2.4)", async () => {
    const w = await world();
    const fd = w.board.datagram(4000);
    w.board.sendTo(fd, wire.text("anybody?"), "10.0.0.200", 5000);
    w.run(60_000);
    const before = w.sent();
    w.run(600_000);
    expect(w.sent()).toBe(before);
    expect(w.ladder.sightings.every(({ packet }) => packet.icmp === undefined)).toBe(true);
  });

  test("an entry is asked for again when it is old, and the answer is believed", async () => {
    const w = await world();
    const peer = w.peer();
    expect(whereabouts(w, peer, peer.ip)).toBe(peer.mac);
    w.run(3_600_000);
    const before = w.ladder.sightings.length;
    whereabouts(w, peer, peer.ip);
    w.run(2000);
    const asked = w.ladder.sightings
      .slice(before)
      .some(({ from, packet }) => from === w.board.name && packet.arp?.targetIp === peer.ip);
    expect(asked).toBe(true);
    expect(whereabouts(w, peer, peer.ip)).toBe(peer.mac);
  });

  test("a neighbour that moved is found again", async () => {
    const w = await world();
    const old = w.peer();
    expect(whereabouts(w, old, old.ip)).toBe(old.mac);
    old.answersArp = false;
    const moved = w.peer({ ip: old.ip, introduced: false });
    w.run(3_600_000);
    whereabouts(w, moved, old.ip);
    w.run(5000);
    expect(whereabouts(w, moved, old.ip)).toBe(moved.mac);
  });
});

describe("exhaustion (H09)", () => {
  test("a flood of requests from ever new neighbours leaves one in use alone", async () => {
    const w = await world();
    const friend = w.peer();
    const flood = listener(w);
    const listening = w.board.listen(80);
    const flow = friend.flow({ to: 80 }).handshake();
    const fd = w.accepted(w.board, listening);
    for (let i = 0; i < 800; i++) {
      const mac = `02:00:00:01:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
      flood.arp(
        { op: 1, senderMac: mac, senderIp: `10.0.0.${110 + (i % 140)}`, targetIp: w.board.ip },
        { src: mac, dst: wire.BROADCAST },
      );
      if (i % 10 === 0) {
        w.board.send(fd, wire.text("x"));
        w.run(3);
        flow.drain(1);
        flow.ack();
      }
    }
    w.run(10);
    friend.inbox.length = 0;
    const before = w.ladder.sightings.length;
    w.board.send(fd, wire.text("still there"));
    w.run(3);
    const asked = w.ladder.sightings.slice(before).some(({ packet }) => packet.arp?.op === 1);
    expect(asked).toBe(false);
    expect(
      flow
        .drain(5)
        .map((segment) => segment.text)
        .join(""),
    ).toContain("still there");
  });

  test("sending to hundreds of addresses that never answer is bounded and harmless", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = w.board.datagram(4000);
    const before = w.sent(w.board.name);
    for (let i = 0; i < 1000; i++) {
      w.board.sendTo(fd, wire.text("lost"), `10.0.0.${110 + (i % 140)}`, 5000);
      if (i % 10 === 0) w.run(10);
    }
    // One request a second for each of the entries there are, at most.
    expect(w.sent(w.board.name) - before).toBeLessThan(2 * 140 + 10);
    w.run(60_000);
    peer.icmp({ type: 8, rest: 5 });
    peer.expect("an echo", ({ icmp }) => icmp?.type === 0, 3000);
  });
});
