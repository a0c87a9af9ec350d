import { describe, expect, test } from "vitest";
import { Counter, Drop } from "../../host/node/abi";
import { BareMac, Capability, Slot } from "../support/mac";
import { moduleFor } from "../support/modules";
import * as wire from "../support/packet";

const BOARD = { mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const PEER = { mac: "02:00:00:00:00:02", ip: "10.0.0.2" };
const OFFSET = Drop.count;

/** An echo request with that much data; `fill` marks it. */
function ping(sequence: number, length = 40, fill = 7): Uint8Array {
  const message = wire.icmp({ type: 8, rest: sequence }, new Uint8Array(length).fill(fill));
  return wire.ethernet({ src: PEER.mac, dst: BOARD.mac }, wire.ipv4({ src: PEER.ip, dst: BOARD.ip, protocol: 1 }, message));
}

function introduce(mac: BareMac, now = 0): void {
  const request = wire.arp({ op: 1, senderMac: PEER.mac, senderIp: PEER.ip, targetIp: BOARD.ip });
  mac.give(wire.ethernet({ src: PEER.mac, dst: wire.BROADCAST, type: wire.EtherType.Arp }, request));
  mac.poll(now);
  mac.takeAll();
}

async function ready(knobs?: Record<string, number>, options?: { capabilities?: number; link?: boolean }): Promise<BareMac> {
  const mac = new BareMac(await moduleFor(knobs ? { knobs } : {}), options);
  mac.configure();
  mac.poll(0);
  mac.takeAll();
  introduce(mac);
  return mac;
}

function sequences(mac: BareMac): number[] {
  return mac
    .takeAll()
    .map(({ frame }) => wire.parse(frame).icmp?.rest)
    .filter((rest) => rest !== undefined);
}

describe("the layout of the rings", () => {
  test("after init: all receive slots are the MAC's, all transmit slots the module's, buffers one behind the other", async () => {
    const mac = new BareMac(await moduleFor());
    const { record } = mac;
    expect(record.magic).toBe(0x414d5753);
    expect(record.version).toBe(1);
    expect(record.mtu).toBe(1500);
    expect(record.slotSize).toBe(1536);
    for (let i = 0; i < record.rxCount; i++) {
      expect(mac.receiveSlot(i).status & Slot.OWN).toBe(Slot.OWN);
      expect(mac.receiveSlot(i).buffer).toBe(mac.receiveSlot(0).buffer + i * record.slotSize);
    }
    for (let i = 0; i < record.txCount; i++) {
      expect(mac.transmitSlot(i).status & Slot.OWN).toBe(0);
      expect(mac.transmitSlot(i).buffer).toBe(mac.transmitSlot(0).buffer + i * record.slotSize);
    }
    expect(record.address).toEqual(wire.macBytes(BOARD.mac));
    expect(mac.calls.mac(1)).toBe(0);
  });

  test("init again resets everything but what the port wrote", async () => {
    const mac = await ready();
    mac.give(ping(1));
    mac.calls.init(9, 9, 9, 9);
    expect(mac.record.address).toEqual(wire.macBytes(BOARD.mac));
    expect(mac.record.link).toBe(1);
    expect(mac.receiveSlot(0).status & Slot.OWN).toBe(Slot.OWN);
    expect(mac.counter(OFFSET + Counter.FramesIn)).toBe(0);
  });
});

describe("receiving and sending round and round", () => {
  test.each([
    ["the default rings", undefined],
    ["rings of one slot", { CONFIG_RX_SLOTS: 1, CONFIG_TX_SLOTS: 1, CONFIG_LOOPBACK_SLOTS: 1 }],
    ["rings of three slots", { CONFIG_RX_SLOTS: 3, CONFIG_TX_SLOTS: 3 }],
  ])(
    "%s: a thousand pings, each answered once, in order",
    async (_, knobs) => {
      const mac = await ready(knobs);
      const got: number[] = [];
      for (let i = 0; i < 1000; i++) {
        expect(mac.give(ping(i, i % 100))).toBe(true);
        mac.poll(i);
        got.push(...sequences(mac));
      }
      expect(got).toEqual(Array.from({ length: 1000 }, (_unused, i) => i));
      for (let i = 0; i < mac.record.rxCount; i++) expect(mac.receiveSlot(i).status & Slot.OWN).toBe(Slot.OWN);
    },
    60_000,
  );

  test("a full ring in one poll", async () => {
    const mac = await ready();
    for (let round = 0; round < 50; round++) {
      let given = 0;
      while (mac.give(ping(round * 10 + given))) given++;
      expect(given).toBe(mac.record.rxCount);
      mac.poll(round);
      expect(sequences(mac)).toHaveLength(given);
    }
  });

  test("an empty ring: nothing happens, and poll says that nothing waits", async () => {
    const mac = await ready();
    const before = mac.counter(OFFSET + Counter.FramesIn);
    for (let i = 0; i < 100; i++) mac.poll(i);
    expect(mac.counter(OFFSET + Counter.FramesIn)).toBe(before);
    expect(mac.takeAll()).toEqual([]);
  });

  test("frames given out of turn wait for their turn", async () => {
    const mac = await ready();
    const slot = mac.receiveSlot(2);
    const frame = ping(77);
    mac.memory.set(frame, slot.buffer);
    slot.length = frame.length;
    slot.status = 0;
    mac.poll(1);
    expect(mac.takeAll()).toEqual([]);
    expect(slot.status & Slot.OWN).toBe(0);
  });
});

describe("a transmit ring that stays full", () => {
  test("for an hour: no trap, bounded, and everything goes on afterwards", async () => {
    const mac = await ready();
    const slots = mac.record.txCount;
    for (let second = 0; second < 3600; second++) {
      mac.give(ping(second));
      mac.poll(second * 1000);
    }
    const left = mac.takeAll();
    expect(left).toHaveLength(slots);
    mac.poll(3_600_001);
    mac.takeAll();
    introduce(mac, 3_600_002);
    mac.give(ping(4242));
    mac.poll(3_600_003);
    expect(sequences(mac)).toEqual([4242]);
    expect(mac.counter(Drop.RingFull)).toBeGreaterThan(0);
  });

  test("a RST that finds no room is counted, not lost in silence", async () => {
    const mac = await ready();
    for (let i = 0; i < mac.record.txCount; i++) {
      mac.give(ping(i));
      mac.poll(1);
    }
    const before = mac.counter(Drop.RingFull);
    const ends = { src: PEER.ip, dst: BOARD.ip };
    const syn = wire.tcp(ends, { src: 999, dst: 4321, seq: 1, flags: "S" });
    mac.give(wire.ethernet({ src: PEER.mac, dst: BOARD.mac }, wire.ipv4({ ...ends, protocol: 6 }, syn)));
    mac.poll(2);
    expect(mac.counter(Drop.RingFull)).toBe(before + 1);
    expect(mac.takeAll()).toHaveLength(mac.record.txCount);
  });

  test("a connection survives it: what could not be sent is sent when there is room", async () => {
    const mac = await ready();
    const at = mac.calls.scratch();
    const view = new DataView(mac.calls.memory.buffer);
    mac.memory.fill(0, at, at + 24);
    view.setUint16(at, 2, true);
    view.setUint16(at + 2, 80, true);
    const fd = mac.calls.socket(2, 1, 0);
    mac.calls.bind(fd, at);
    mac.calls.listen(fd, 2);
    const ends = { src: PEER.ip, dst: BOARD.ip };
    const send = (fields: wire.TcpFields) =>
      mac.give(wire.ethernet({ src: PEER.mac, dst: BOARD.mac }, wire.ipv4({ ...ends, protocol: 6 }, wire.tcp(ends, fields))));
    const heard = () =>
      mac
        .takeAll()
        .map(({ frame }) => wire.parse(frame).tcp)
        .filter((tcp) => tcp !== undefined);
    send({ src: 999, dst: 80, seq: 100, flags: "S", mss: 100 });
    mac.poll(10);
    const [synAck] = heard();
    send({ src: 999, dst: 80, seq: 101, ack: synAck.seq + 1, flags: "A" });
    mac.poll(20);
    const connection = mac.calls.accept(fd, 0);
    expect(connection).toBeGreaterThanOrEqual(0);
    expect(mac.calls.send(connection, at, 1000, 0)).toBe(1000);
    // Ten segments of 100, rings of four: poll says 0 (call again) as long as the ring is full.
    expect(mac.poll(30)).toBe(0);
    for (let i = 0; i < 100; i++) expect(mac.poll(40 + i)).toBe(0);
    const segments: number[] = [];
    for (let i = 0; i < 10; i++) {
      segments.push(...heard().map((tcp) => tcp.data.length));
      mac.poll(150 + i);
    }
    expect(segments).toEqual(new Array(10).fill(100));
  });
});

describe("descriptors that tell of errors and impossible lengths", () => {
  test("ERROR: dropped, the slot goes back, the ring goes on", async () => {
    const mac = await ready();
    for (let i = 0; i < 20; i++) {
      mac.give({ frame: ping(1), status: Slot.ERROR });
      mac.give(ping(100 + i));
      mac.poll(i);
      expect(sequences(mac)).toEqual([100 + i]);
    }
    expect(mac.counter(Drop.EthError)).toBe(20);
  });

  test.each([1515, 1519, 1536, 1537, 9000, 32767, 32768, 65535])("a length of %i (H03)", async (length) => {
    const mac = await ready();
    mac.give({ frame: ping(1), length });
    mac.give(ping(2));
    mac.poll(1);
    expect(sequences(mac)).toEqual([2]);
    expect(mac.counter(Drop.EthOversize)).toBe(1);
  });

  test("every length from 0 to 60 of a ping, whatever lies behind it (H01)", async () => {
    const replies: string[] = [];
    for (const fill of [0, 0xff]) {
      const mac = await ready();
      const whole = ping(5, 18);
      expect(whole.length).toBe(60);
      for (let length = 0; length < 60; length++) {
        const slot = mac.receiveSlot(0);
        mac.memory.fill(fill, slot.buffer, slot.buffer + mac.record.slotSize * mac.record.rxCount);
        const before = mac.counter(Drop.EthShort) + mac.counter(Drop.IpShort) + mac.counter(Drop.IpTotalLength);
        mac.give({ frame: whole.subarray(0, length), length });
        mac.poll(1);
        const after = mac.counter(Drop.EthShort) + mac.counter(Drop.IpShort) + mac.counter(Drop.IpTotalLength);
        expect(after - before, `length ${length}`).toBe(1);
        replies.push(`${fill} ${length} ${mac.takeAll().length}`);
      }
    }
    expect(replies.every((reply) => reply.endsWith(" 0"))).toBe(true);
  });

  test("a frame is never written to, nor anything around its slot", async () => {
    const mac = await ready();
    const { rxRing, rxCount, slotSize } = mac.record;
    expect(rxRing).toBeGreaterThan(0);
    const first = mac.receiveSlot(0).buffer;
    mac.memory.fill(0xa5, first, first + rxCount * slotSize);
    const frame = ping(1);
    // Slots are taken in turn; the introduction took the first.
    mac.give(frame);
    const at = first + slotSize;
    mac.poll(1);
    expect(mac.memory.slice(at, at + frame.length)).toEqual(frame);
    const others = [...mac.memory.slice(first, at), ...mac.memory.slice(at + frame.length, first + rxCount * slotSize)];
    expect(others.every((octet) => octet === 0xa5)).toBe(true);
  });
});

describe("padding (H04)", () => {
  test("short frames are filled up to 60 octets with zeros, whatever was in the slot", async () => {
    const mac = await ready();
    for (let length = 0; length <= 20; length++) {
      for (let i = 0; i < mac.record.txCount; i++) {
        const slot = mac.transmitSlot(i);
        mac.memory.fill(0xa5, slot.buffer, slot.buffer + mac.record.slotSize);
      }
      mac.give(ping(length, length, 0x11));
      mac.poll(length);
      const { frame } = mac.take()!;
      expect(frame.length).toBe(Math.max(60, 42 + length));
      expect(wire.parse(frame).problems).toEqual([]);
      expect(frame.includes(0xa5)).toBe(false);
    }
  });

  test("not where the MAC does it", async () => {
    const mac = await ready(undefined, { capabilities: Capability.PAD });
    mac.give(ping(1, 0));
    mac.poll(1);
    expect(mac.take()!.frame.length).toBe(42);
  });
});

describe("checksums done by the MAC", () => {
  function udpTo(mac: BareMac, port: number, checksum: number | "bad" | undefined, status: number): void {
    const ends = { src: PEER.ip, dst: BOARD.ip };
    const datagram = wire.udp(ends, { src: 5, dst: port, ...(checksum === undefined ? {} : { checksum }) }, wire.text("hello"));
    mac.give({ frame: wire.ethernet({ src: PEER.mac, dst: BOARD.mac }, wire.ipv4({ ...ends, protocol: 17 }, datagram)), status });
  }

  test.each([
    ["no capability, CSUM_OK is not believed", 0, Slot.CSUM_OK, 1],
    ["RX_CSUM and CSUM_OK: not summed again", Capability.RX_CSUM, Slot.CSUM_OK, 0],
    ["RX_CSUM without CSUM_OK: summed", Capability.RX_CSUM, 0, 1],
  ])("%s", async (_, capabilities, status, dropped) => {
    const mac = await ready(undefined, { capabilities });
    udpTo(mac, 999, "bad", status);
    mac.poll(1);
    expect(mac.counter(Drop.UdpChecksum)).toBe(dropped);
    expect(mac.counter(Drop.UdpNoPort)).toBe(1 - dropped);
  });

  test("TX_CSUM: TCP and UDP leave it to the MAC with CSUM_FILL; without it nothing does", async () => {
    for (const capabilities of [0, Capability.TX_CSUM]) {
      const mac = await ready(undefined, { capabilities });
      const ends = { src: PEER.ip, dst: BOARD.ip };
      const syn = wire.tcp(ends, { src: 5, dst: 81, seq: 1, flags: "S" });
      mac.give(wire.ethernet({ src: PEER.mac, dst: BOARD.mac }, wire.ipv4({ ...ends, protocol: 6 }, syn)));
      mac.poll(1);
      const { frame, status } = mac.take()!;
      expect(status & Slot.CSUM_FILL).toBe(capabilities ? Slot.CSUM_FILL : 0);
      const problems = wire.parse(frame).problems;
      expect(problems).toEqual(capabilities ? ["TCP checksum"] : []);
      mac.give(ping(3));
      mac.poll(2);
      const echo = mac.take()!;
      expect(echo.status & Slot.CSUM_FILL).toBe(0);
      expect(wire.parse(echo.frame).problems).toEqual([]);
    }
  });
});

describe("link down and up", () => {
  test("down: nothing is sent and nothing traps; up again: announced, and everything goes on", async () => {
    const mac = await ready();
    mac.record.link = 0;
    mac.give(ping(1));
    mac.poll(10);
    expect(mac.takeAll()).toEqual([]);
    mac.record.link = 1;
    mac.poll(20);
    const announced = mac.takeAll().map(({ frame }) => wire.parse(frame));
    expect(
      announced.some(({ arp, dst }) => arp?.senderIp === BOARD.ip && arp.targetIp === BOARD.ip && dst === wire.BROADCAST),
    ).toBe(true);
    introduce(mac, 25);
    mac.give(ping(2));
    mac.poll(30);
    expect(sequences(mac)).toContain(2);
  });

  test("down from the start: the address is announced when the link comes up", async () => {
    const mac = new BareMac(await moduleFor(), { link: false });
    mac.configure();
    mac.poll(0);
    expect(mac.takeAll()).toEqual([]);
    mac.record.link = 1;
    mac.poll(5);
    expect(mac.takeAll().some(({ frame }) => wire.parse(frame).arp?.targetIp === BOARD.ip)).toBe(true);
  });
});
