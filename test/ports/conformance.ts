import { describe, expect } from "vitest";
import { Capability, Slot } from "../../host/node/abi";
import { fillChecksum } from "../../host/node/checksum";
import { Random } from "../support/random";
import { plain, samples } from "./frames";
import type { Port } from "./port";
import { Rig } from "./rig";

/** Ring sizes worth trying: one slot, and rings whose length is no power of two. */
const RINGS = [1, 2, 4, 7];
/** The longest frame without FCS: with an 802.1Q tag. */
const LONGEST = 1518;
const SHORTEST = 60;

const bytes = (frames: Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString("hex"));

type Test = (name: string, body: () => void) => unknown;

/**
 * What every port of a MAC must do, whatever its controller is. `make` gives one that is powered off; `test` is vitest's, or what `needs`
 * made of it.
 */
export function conformance(name: string, make: () => Port, test: Test): void {
  describe(`${name}: receive`, () => receiving(make, test));
  describe(`${name}: transmit`, () => transmitting(make, test));
  describe(`${name}: checksums`, () => checksums(make, test));
  describe(`${name}: cable and restart`, () => changing(make, test));
}

function receiving(make: () => Port, test: Test): void {
  for (const rx of RINGS) {
    test(`frames of every length go through a ring of ${rx} slots in order, unharmed`, () => {
      const rig = new Rig(make(), { rx });
      for (let length = SHORTEST; length <= LONGEST; length += length < 80 ? 1 : 41) {
        const frames = Array.from({ length: rx }, (_, i) => plain(length, i));
        frames.forEach((frame) => expect(rig.deliver(frame)).toBe(true));
        const { received } = rig.drain();
        expect(bytes(received.map(({ frame }) => frame))).toEqual(bytes(frames));
        expect(received.every(({ status }) => (status & (Slot.OWN | Slot.ERROR | Slot.CSUM_OK)) === 0)).toBe(true);
      }
      expect(rig.core.isGuarded).toBe(true);
      expect([rig.core.record.rxMissed, rig.core.record.rxErrors]).toEqual([0, 0]);
    });
  }

  for (const rx of RINGS) {
    test(`what finds no slot in a ring of ${rx} is counted as missed, and the ring lives on`, () => {
      const rig = new Rig(make(), { rx });
      const frames = Array.from({ length: 60 }, (_, i) => plain(LONGEST, i));
      for (const frame of frames) {
        rig.deliver(frame);
      }
      const all = bytes(frames);
      const seen = bytes(rig.drain().received.map(({ frame }) => frame));
      expect(seen.length).toBeGreaterThanOrEqual(rx);
      expect(seen).toEqual(all.filter((frame) => seen.includes(frame)));
      const { rxMissed } = rig.core.record;
      expect(rxMissed).toBeGreaterThan(0);
      expect(rxMissed + seen.length).toBeLessThanOrEqual(frames.length);
      expect(rig.pass(plain(100, 99))?.frame).toEqual(plain(100, 99));
    });
  }

  test("a damaged frame is an error, never a frame; its neighbours are unharmed", () => {
    const rig = new Rig(make());
    rig.deliver(plain(200, 1));
    rig.deliver(plain(300, 2), true);
    rig.deliver(plain(400, 3));
    const good = rig.drain().received.filter(({ status }) => !(status & Slot.ERROR));
    expect(bytes(good.map(({ frame }) => frame))).toEqual(bytes([plain(200, 1), plain(400, 3)]));
    expect(rig.core.record.rxErrors).toBe(1);
  });

  test("a frame longer than a slot is an error and stays out of everything around the slot", () => {
    const rig = new Rig(make(), { rx: 2 });
    for (const length of [1537, 1540, 1600, 2000]) {
      rig.deliver(plain(length, 1));
      rig.deliver(plain(64, 2));
      const good = rig.drain().received.filter(({ status }) => !(status & Slot.ERROR));
      expect(bytes(good.map(({ frame }) => frame))).toEqual(bytes([plain(64, 2)]));
    }
    expect(rig.core.isGuarded).toBe(true);
    expect(rig.core.record.rxErrors).toBe(4);
  });

  test("a frame too long for Ethernet, but not for a slot, is an error or is handed over as long as it is", () => {
    const rig = new Rig(make());
    const received = rig.pass(plain(1530, 1));
    if (received && !(received.status & Slot.ERROR)) expect(received.frame).toEqual(plain(1530, 1));
    else expect(rig.core.record.rxErrors).toBe(1);
    expect(rig.pass(plain(64, 2))?.frame).toEqual(plain(64, 2));
  });

  test("fragments of collisions, 14 to 59 octets, are handed over or dropped, and do no harm", () => {
    const rig = new Rig(make(), { rx: 1 });
    for (let length = 14; length < SHORTEST; length++) {
      rig.port.deliver(plain(length, length));
      for (const { frame } of rig.drain().received)
        expect(bytes([frame.slice(0, length)])).toEqual(bytes([plain(length, length)]));
    }
    expect(rig.pass(plain(64, 2))?.frame).toEqual(plain(64, 2));
  });
}

function transmitting(make: () => Port, test: Test): void {
  for (const tx of RINGS) {
    test(`frames of every length leave a ring of ${tx} slots in order, unharmed`, () => {
      const rig = new Rig(make(), { tx });
      for (let length = SHORTEST; length <= LONGEST; length += length < 80 ? 1 : 41) {
        const frames = Array.from({ length: tx }, (_, i) => plain(length, i));
        frames.forEach((frame) => expect(rig.core.send(frame)).toBe(true));
        expect(rig.core.send(frames[0])).toBe(false);
        expect(bytes(rig.drain().sent)).toEqual(bytes(frames));
        expect(rig.core.free).toBe(tx);
      }
    });
  }

  test("a ring that is never empty loses nothing", () => {
    const rig = new Rig(make(), { tx: 3 });
    const frames = Array.from({ length: 500 }, (_, i) => plain(SHORTEST + (i % 900), i));
    const sent: Uint8Array[] = [];
    for (const frame of frames) {
      while (!rig.core.send(frame)) {
        expect(rig.port.exchange()).toBe(true);
        sent.push(...rig.port.sent());
      }
    }
    sent.push(...rig.drain().sent);
    expect(bytes(sent)).toEqual(bytes(frames));
  });

  test("a port that says PAD pads with zeros to 60 octets, one that does not has no short frames to send", () => {
    const rig = new Rig(make());
    if (!rig.core.can(Capability.PAD)) return;
    rig.core.send(plain(1000, 0xff));
    rig.drain();
    for (let length = 14; length < SHORTEST; length++) {
      rig.core.send(plain(length, length));
      const padded = Buffer.concat([plain(length, length), Buffer.alloc(SHORTEST - length)]);
      expect(bytes(rig.drain().sent)).toEqual(bytes([padded]));
    }
  });

  test("both directions at once do not disturb each other", () => {
    const random = new Random(7);
    const rig = new Rig(make(), { rx: 2, tx: 2 });
    for (let i = 0; i < 300; i++) {
      const [inwards, outwards] = [plain(60 + random.below(1400), i), plain(60 + random.below(1400), i + 1)];
      rig.core.send(outwards);
      rig.port.deliver(inwards);
      const { received, sent } = rig.drain();
      expect(bytes(received.map(({ frame }) => frame))).toEqual(bytes([inwards]));
      expect(bytes(sent)).toEqual(bytes([outwards]));
    }
  });
}

/** Lengths of data that end at each place in a word, and frames as short and as long as they get. */
const LENGTHS = [1, 2, 3, 4, 5, 6, 7, 17, 18, 19, 100, 101, 1457, 1458, 1459, 1456];

function checksums(make: () => Port, test: Test): void {
  test("CSUM_OK stands on no frame whose checksum is wrong, absent or unknown, and on every right one of TCP and UDP", () => {
    const rig = new Rig(make());
    if (!rig.core.can(Capability.RX_CSUM)) return;
    for (const length of LENGTHS) {
      for (const { name, frame, right } of samples(new Random(length).bytes(length))) {
        if (frame.length > LONGEST) continue;
        const received = rig.pass(frame);
        expect(received?.frame, name).toEqual(frame);
        const marked = ((received?.status ?? 0) & Slot.CSUM_OK) !== 0;
        if (right !== null) expect(marked, `${name}, ${length} octets`).toBe(right);
      }
    }
  });

  test("a port without RX_CSUM marks nothing", () => {
    const rig = new Rig(make());
    if (rig.core.can(Capability.RX_CSUM)) return;
    for (const { frame } of samples(new Random(1).bytes(100))) expect((rig.pass(frame)?.status ?? 0) & Slot.CSUM_OK).toBe(0);
  });

  test("the checksum of TCP and UDP is filled in where CSUM_FILL asks for it, whatever stood there", () => {
    const rig = new Rig(make());
    if (!rig.core.can(Capability.TX_CSUM)) return;
    for (const length of LENGTHS) {
      for (const { name, frame, right } of samples(new Random(length).bytes(length)).slice(0, 5)) {
        if (right === null || frame.length > LONGEST) continue;
        const wrong = frame.slice();
        wrong[14 + 20 + (name === "UDP" ? 6 : 16)] ^= 0x5a;
        rig.core.send(wrong, true);
        const expected = frame.slice();
        fillChecksum(expected);
        expect(bytes(rig.drain().sent), `${name}, ${length} octets`).toEqual(bytes([expected]));
      }
    }
  });

  test("a sum of zero becomes 0xffff in UDP", () => {
    const rig = new Rig(make());
    if (!rig.core.can(Capability.TX_CSUM)) return;
    const { frame } = samples(new Uint8Array(2))[1];
    // With the data being the checksum it would have had, the sum is all ones.
    frame.set(frame.subarray(40, 42), 42);
    const expected = frame.slice();
    fillChecksum(expected);
    expect([...expected.subarray(40, 42)]).toEqual([0xff, 0xff]);
    rig.core.send(frame, true);
    expect(bytes(rig.drain().sent)).toEqual(bytes([expected]));
  });

  test("without CSUM_FILL a frame leaves as it is", () => {
    const rig = new Rig(make());
    for (const { frame } of samples(new Random(3).bytes(200))) {
      rig.core.send(frame);
      expect(bytes(rig.drain().sent)).toEqual(bytes([frame]));
    }
  });
}

function changing(make: () => Port, test: Test): void {
  test("the module hears of the cable and of its speed, in time", () => {
    const rig = new Rig(make());
    expect([rig.core.isUp, rig.core.record.speed]).toEqual([true, 100]);
    rig.port.cable(false, 0);
    rig.port.exchange();
    expect(rig.core.isUp).toBe(false);
    rig.port.cable(true, 10);
    rig.port.exchange();
    expect([rig.core.isUp, rig.core.record.speed]).toEqual([true, 10]);
  });

  test("frames go both ways again after each of many interruptions, and transmit slots come back", () => {
    const rig = new Rig(make());
    for (let i = 0; i < 50; i++) {
      rig.core.send(plain(70, i));
      rig.port.cable(false, 0);
      rig.settle();
      rig.port.cable(true, 100);
      rig.drain();
      expect(rig.core.free).toBe(4);
      expect(rig.pass(plain(80, i))?.frame).toEqual(plain(80, i));
      rig.core.send(plain(90, i));
      expect(bytes(rig.drain().sent)).toEqual(bytes([plain(90, i)]));
    }
  });

  test("the cable may be out at the start", () => {
    const port = make();
    const rig = new Rig(port);
    port.cable(false, 0);
    rig.start();
    expect(rig.core.isUp).toBe(false);
    port.cable(true, 100);
    rig.settle();
    expect(rig.core.isUp).toBe(true);
    expect(rig.pass(plain(80, 1))?.frame).toEqual(plain(80, 1));
  });

  test("after the module has started again, nothing of before comes in or goes out", () => {
    const rig = new Rig(make(), { rx: 2, tx: 2 });
    for (let i = 0; i < 20; i++) {
      for (let n = 0; n < 5; n++) rig.port.deliver(plain(100, n));
      rig.core.send(plain(200, i));
      if (i % 2) rig.port.exchange();
      rig.port.sent();
      rig.start();
      expect(rig.drain().received.length).toBe(0);
      rig.port.sent();
      expect(rig.pass(plain(300, i))?.frame).toEqual(plain(300, i));
      rig.core.send(plain(400, i));
      expect(bytes(rig.drain().sent)).toEqual(bytes([plain(400, i)]));
    }
  });
}
