import { Abi, Capability, Counter, DescriptorRecord, Drop, Link, MacRecord, Slot } from "../../assembly/abi";
import { LOOPBACK_SLOTS, MTU, RX_SLOTS, SLOT_ALIGN, SLOT_SIZE, TX_SLOTS } from "../../assembly/config";
import * as driver from "../../assembly/driver/mac_ring";
import { counted, dropped } from "../../assembly/stats";
import { Dice, HELD } from "./support/dice";

const MAC: usize = driver.macAt(0);
const saved = memory.data(MacRecord.size, 8);

/** The port's side of the rings, as the layout in abi.ts describes it: it knows nothing but the record. */
class Port {
  rx: u32 = 0;
  tx: u32 = 0;
  /** What `take` took. */
  frame: usize = 0;
  length: u32 = 0;
  status: u32 = 0;

  slot(ring: usize, i: u32): usize {
    return load<u32>(MAC + ring) + i * DescriptorRecord.size;
  }

  /** Deliver a frame whose octets are all `octet`; false when the ring is full. */
  deliver(length: u32, octet: u32, flags: u32 = 0): bool {
    const at = this.slot(MacRecord.rxRing, this.rx);
    if (!(load<u16>(at, DescriptorRecord.status) & Slot.OWN)) return false;
    memory.fill(load<u32>(at, DescriptorRecord.buffer), <u8>octet, min(length, SLOT_SIZE));
    store<u16>(at, <u16>length, DescriptorRecord.length);
    store<u16>(at, <u16>flags, DescriptorRecord.status);
    this.rx = (this.rx + 1) % load<u32>(MAC, MacRecord.rxCount);
    return true;
  }

  /** Take the next frame to send; false when there is none. */
  take(): bool {
    const at = this.slot(MacRecord.txRing, this.tx);
    this.status = load<u16>(at, DescriptorRecord.status);
    if (!(this.status & Slot.OWN)) return false;
    this.frame = load<u32>(at, DescriptorRecord.buffer);
    this.length = load<u16>(at, DescriptorRecord.length);
    store<u16>(at, 0, DescriptorRecord.status);
    this.tx = (this.tx + 1) % load<u32>(MAC, MacRecord.txCount);
    return true;
  }
}

/** A reset stack with its link up, and a port for it. */
function fresh(capabilities: u32 = 0): Port {
  store<u32>(MAC, capabilities, MacRecord.capabilities);
  store<u32>(MAC, Link.Up, MacRecord.link);
  driver.initRings();
  return new Port();
}

function lengthOf(descriptor: usize): u32 {
  return load<u16>(descriptor, DescriptorRecord.length);
}
function octetOf(descriptor: usize): u32 {
  return load<u8>(load<u32>(descriptor, DescriptorRecord.buffer));
}

/** Receive slots the MAC owns. */
function ownedByMac(): u32 {
  let owned: u32 = 0;
  for (let i: u32 = 0; i < RX_SLOTS; i++) {
    owned += load<u16>(load<u32>(MAC, MacRecord.rxRing) + i * DescriptorRecord.size, DescriptorRecord.status) & Slot.OWN;
  }
  return owned;
}

function send(length: u32, octet: u32, fill: bool = false): bool {
  const frame = driver.txOpen();
  if (frame == 0) return false;
  memory.fill(frame, <u8>octet, length);
  driver.txCommit(length, fill);
  return true;
}

describe("the MAC record", () => {
  it("has its address before init, so that a port can write into it, and init leaves alone what the port wrote", () => {
    for (let i: u32 = 0; i < 6; i++) store<u8>(MAC + MacRecord.address + i, <u8>(2 + i));
    store<u32>(MAC, Capability.PAD, MacRecord.capabilities);
    store<u32>(MAC, Link.Up, MacRecord.link);
    store<u32>(MAC, 100, MacRecord.speed);
    store<u32>(MAC, 5, MacRecord.rxMissed);
    store<u32>(MAC, 6, MacRecord.rxErrors);
    memory.copy(saved, MAC, MacRecord.size);
    driver.initRings();
    expect(memory.compare(MAC + MacRecord.address, saved + MacRecord.address, 6)).toBe(0);
    expect(memory.compare(MAC + MacRecord.capabilities, saved + MacRecord.capabilities, 20)).toBe(0);
    expect(driver.macAt(0)).toBe(MAC);
    expect(driver.macAddress()).toBe(MAC + MacRecord.address);
  });

  it("is the only one", () => {
    expect(driver.macAt(1)).toBe(0);
    expect(driver.macAt(0xffffffff)).toBe(0);
  });

  it("says what it is and where the rings are", () => {
    fresh();
    expect(load<u32>(MAC, MacRecord.magic)).toBe(Abi.macMagic);
    expect(load<u32>(MAC, MacRecord.version)).toBe(Abi.version);
    expect(load<u32>(MAC, MacRecord.rxCount)).toBe(RX_SLOTS);
    expect(load<u32>(MAC, MacRecord.txCount)).toBe(TX_SLOTS);
    expect(load<u32>(MAC, MacRecord.slotSize)).toBe(SLOT_SIZE);
    expect(load<u32>(MAC, MacRecord.mtu)).toBe(MTU);
  });

  it("starts with all receive slots at the MAC, all transmit slots at the core, buffers in ring order", () => {
    const port = fresh();
    for (let i: u32 = 0; i < RX_SLOTS; i++) {
      const at = port.slot(MacRecord.rxRing, i);
      expect(<u32>load<u16>(at, DescriptorRecord.status)).toBe(Slot.OWN);
      const first = load<u32>(port.slot(MacRecord.rxRing, 0));
      expect(load<u32>(at)).toBe(first + i * SLOT_SIZE);
    }
    for (let i: u32 = 0; i < TX_SLOTS; i++) {
      const at = port.slot(MacRecord.txRing, i);
      expect(<u32>load<u16>(at, DescriptorRecord.status)).toBe(0);
      const first = load<u32>(port.slot(MacRecord.txRing, 0));
      expect(load<u32>(at)).toBe(first + i * SLOT_SIZE);
    }
  });

  it("has every slot where a controller's DMA can write it", () => {
    const port = fresh();
    for (let i: u32 = 0; i < RX_SLOTS; i++) expect(load<u32>(port.slot(MacRecord.rxRing, i)) & (SLOT_ALIGN - 1)).toBe(0);
    for (let i: u32 = 0; i < TX_SLOTS; i++) expect(load<u32>(port.slot(MacRecord.txRing, i)) & (SLOT_ALIGN - 1)).toBe(0);
  });

  it("says whether the link is up and what the port can do", () => {
    fresh();
    expect(driver.linkUp()).toBe(true);
    expect(driver.hasRxCsum() || driver.hasTxCsum()).toBe(false);
    store<u32>(MAC, Capability.RX_CSUM, MacRecord.capabilities);
    expect(driver.hasRxCsum() && !driver.hasTxCsum()).toBe(true);
    store<u32>(MAC, Capability.TX_CSUM, MacRecord.capabilities);
    expect(!driver.hasRxCsum() && driver.hasTxCsum()).toBe(true);
    store<u32>(MAC, Link.Down, MacRecord.link);
    expect(driver.linkUp()).toBe(false);
  });
});

describe("receiving", () => {
  it("finds nothing in an empty ring", () => {
    fresh();
    expect(driver.rxNext()).toBe(0);
    driver.rxDone();
    expect(driver.rxNext()).toBe(0);
    expect(ownedByMac()).toBe(RX_SLOTS);
  });

  it("keeps in step with the port when it is done with a frame that never was", () => {
    const port = fresh();
    driver.rxDone();
    port.deliver(60, 7);
    expect(octetOf(driver.rxNext())).toBe(7);
  });

  it("shows a frame until it is done, then gives the slot back", () => {
    const port = fresh();
    const frames = counted(Counter.FramesIn);
    const octets = counted(Counter.OctetsIn);
    port.deliver(61, 0x42);
    const at = driver.rxNext();
    expect(lengthOf(at)).toBe(61);
    expect(octetOf(at)).toBe(0x42);
    expect(driver.rxNext()).toBe(at);
    expect(ownedByMac()).toBe(RX_SLOTS - 1);
    driver.rxDone();
    expect(driver.rxNext()).toBe(0);
    expect(ownedByMac()).toBe(RX_SLOTS);
    expect(counted(Counter.FramesIn)).toBe(frames + 1);
    expect(counted(Counter.OctetsIn)).toBe(octets + 61);
  });

  it("takes frames in order, round and round, from a ring that is full each time", () => {
    const port = fresh();
    let next: u32 = 0;
    let sent: u32 = 0;
    for (let round = 0; round < 40; round++) {
      while (port.deliver(60, sent & 0xff)) sent++;
      expect(sent - next).toBe(RX_SLOTS);
      for (let k: u32 = 0; k < RX_SLOTS; k++) {
        expect(octetOf(driver.rxNext())).toBe(next++ & 0xff);
        driver.rxDone();
      }
      expect(driver.rxNext()).toBe(0);
    }
  });

  it("drops damaged frames by name and goes on", () => {
    const port = fresh();
    const before = dropped(Drop.EthError);
    port.deliver(60, 1, Slot.ERROR);
    port.deliver(60, 2);
    expect(octetOf(driver.rxNext())).toBe(2);
    driver.rxDone();
    expect(dropped(Drop.EthError)).toBe(before + 1);
    expect(ownedByMac()).toBe(RX_SLOTS);
  });

  it("survives rings full of damaged frames, again and again", () => {
    const port = fresh();
    const before = dropped(Drop.EthError);
    for (let round = 0; round < 10; round++) {
      while (port.deliver(60, 1, Slot.ERROR | Slot.CSUM_OK)) {}
      expect(driver.rxNext()).toBe(0);
      expect(ownedByMac()).toBe(RX_SLOTS);
    }
    expect(dropped(Drop.EthError)).toBe(before + 10 * RX_SLOTS);
    port.deliver(60, 9);
    expect(octetOf(driver.rxNext())).toBe(9);
  });

  it("drops frames that are too long by name, whatever the port says", () => {
    const lengths: StaticArray<u32> = [1515, 1518, 1519, SLOT_SIZE, SLOT_SIZE + 1, 9000, 0x7fff, 0x8000, 0xffff];
    for (let k = 0; k < lengths.length; k++) {
      const port = fresh();
      const before = dropped(Drop.EthOversize);
      port.deliver(lengths[k], 0);
      expect(driver.rxNext()).toBe(0, lengths[k].toString());
      expect(dropped(Drop.EthOversize)).toBe(before + 1);
      expect(ownedByMac()).toBe(RX_SLOTS);
    }
  });

  it("passes every length up to the longest frame; the short ones are the link layer's", () => {
    const port = fresh();
    for (let length: u32 = 0; length <= 1514; length++) {
      port.deliver(length, 1);
      const at = driver.rxNext();
      if (at == 0 || lengthOf(at) != length) expect(length).toBe(0, "this length was not passed");
      driver.rxDone();
    }
    expect(ownedByMac()).toBe(RX_SLOTS);
  });

  it("passes a full frame with an 802.1Q tag, so that it is dropped as what it is", () => {
    const lengths: StaticArray<u32> = [1515, 1518, 1519];
    for (let k = 0; k < lengths.length; k++) {
      const port = fresh();
      port.deliver(lengths[k], 0);
      store<u16>(load<u32>(port.slot(MacRecord.rxRing, 0)) + 12, 0x0081);
      expect(driver.rxNext() != 0).toBe(lengths[k] <= 1518);
    }
  });

  it("is not led astray by a port that garbles pointers", () => {
    const port = fresh();
    const slots = load<u32>(port.slot(MacRecord.rxRing, 0));
    port.deliver(60, 1);
    store<u32>(port.slot(MacRecord.rxRing, 0), 0xfffffff0);
    const at = driver.rxNext();
    expect(load<u32>(at)).toBe(slots);
    store<u32>(at, 4);
    driver.rxDone();
    expect(load<u32>(at)).toBe(slots);
    store<u32>(MAC, 0, MacRecord.rxRing);
    store<u32>(MAC, 0xffff, MacRecord.rxCount);
    store<u32>(MAC, 0, MacRecord.slotSize);
    expect(driver.rxNext()).toBe(0);
    store<u16>(at + DescriptorRecord.size, 0, DescriptorRecord.status);
    expect(driver.rxNext()).toBe(at + DescriptorRecord.size);
    expect(load<u32>(driver.rxNext())).toBe(slots + SLOT_SIZE);
  });

  it("believes a verified checksum only from a port that said it verifies", () => {
    let port = fresh(Capability.RX_CSUM);
    port.deliver(60, 1, Slot.CSUM_OK);
    expect(driver.checksumOk(driver.rxNext())).toBe(true);
    driver.rxDone();
    port.deliver(60, 1);
    expect(driver.checksumOk(driver.rxNext())).toBe(false);
    port = fresh(Capability.TX_CSUM | Capability.PAD);
    port.deliver(60, 1, Slot.CSUM_OK);
    expect(driver.checksumOk(driver.rxNext())).toBe(false);
  });

  it("does not mind whether the link is up", () => {
    const port = fresh();
    port.deliver(60, 3);
    store<u32>(MAC, Link.Down, MacRecord.link);
    expect(octetOf(driver.rxNext())).toBe(3);
  });

  it("starts anew after a reset, wherever it stood", () => {
    let port = fresh();
    port.deliver(60, 1);
    port.deliver(60, 2);
    driver.rxNext();
    driver.rxDone();
    port = fresh();
    expect(driver.rxNext()).toBe(0);
    expect(ownedByMac()).toBe(RX_SLOTS);
    port.deliver(60, 5);
    expect(octetOf(driver.rxNext())).toBe(5);
  });
});

describe("sending", () => {
  it("hands a frame to the MAC as it was written", () => {
    const port = fresh();
    const frames = counted(Counter.FramesOut);
    const octets = counted(Counter.OctetsOut);
    expect(port.take()).toBe(false);
    expect(send(1514, 0x77)).toBe(true);
    expect(port.take()).toBe(true);
    expect(port.length).toBe(1514);
    expect(port.status).toBe(Slot.OWN);
    expect(<u32>load<u8>(port.frame + 1513)).toBe(0x77);
    expect(port.take()).toBe(false);
    expect(counted(Counter.FramesOut)).toBe(frames + 1);
    expect(counted(Counter.OctetsOut)).toBe(octets + 1514);
  });

  it("sends nothing that was opened and not committed", () => {
    const port = fresh();
    const frame = driver.txOpen();
    expect(frame).not.toBe(0);
    expect(driver.txOpen()).toBe(frame);
    expect(port.take()).toBe(false);
  });

  it("says that the ring is full, for as long as it is, and then goes on in order", () => {
    const port = fresh();
    let sent: u32 = 0;
    while (send(60, sent)) sent++;
    expect(sent).toBe(TX_SLOTS);
    let refused = 0;
    for (let attempt = 0; attempt < 100000; attempt++) if (driver.txOpen() == 0 && driver.txBlocked()) refused++;
    expect(refused).toBe(100000);
    for (let k: u32 = 0; k < TX_SLOTS; k++) {
      expect(port.take()).toBe(true);
      expect(<u32>load<u8>(port.frame)).toBe(k);
      expect(driver.txBlocked()).toBe(false);
      expect(send(60, k + 100)).toBe(true);
      expect(driver.txBlocked()).toBe(true);
    }
    for (let k: u32 = 0; k < TX_SLOTS; k++) {
      port.take();
      expect(<u32>load<u8>(port.frame)).toBe(k + 100);
    }
    expect(port.take()).toBe(false);
  });

  it("pads to 60 octets with zeros, over whatever lay there (RFC 894)", () => {
    const port = fresh();
    for (let length: u32 = 0; length < 64; length++) {
      const frame = driver.txOpen();
      memory.fill(frame, 0xa5, SLOT_SIZE);
      driver.txCommit(length, false);
      port.take();
      expect(port.length).toBe(max<u32>(length, 60));
      let wrong = 0;
      for (let i: u32 = 0; i < 64; i++) {
        const expected: u32 = i < length || i >= 60 ? 0xa5 : 0;
        if (<u32>load<u8>(port.frame + i) != expected) wrong++;
      }
      expect(wrong).toBe(0, "length " + length.toString());
    }
  });

  it("leaves the padding to a port that pads", () => {
    const port = fresh(Capability.PAD);
    send(42, 1);
    port.take();
    expect(port.length).toBe(42);
  });

  it("asks for a checksum only if it is asked to and the port can", () => {
    let port = fresh(Capability.TX_CSUM);
    send(60, 1, true);
    send(60, 1, false);
    port.take();
    expect(port.status).toBe(Slot.OWN | Slot.CSUM_FILL);
    port.take();
    expect(port.status).toBe(Slot.OWN);
    port = fresh(Capability.RX_CSUM | Capability.PAD);
    send(60, 1, true);
    port.take();
    expect(port.status).toBe(Slot.OWN);
  });

  it("sends nothing while the link is down, and goes on where it stood when it is up", () => {
    const port = fresh();
    send(60, 1);
    store<u32>(MAC, Link.Down, MacRecord.link);
    expect(driver.txOpen()).toBe(0);
    expect(driver.linkUp()).toBe(false);
    expect(driver.txBlocked()).toBe(false, "waiting would not help");
    store<u32>(MAC, Link.Up, MacRecord.link);
    send(60, 2);
    port.take();
    expect(<u32>load<u8>(port.frame)).toBe(1);
    port.take();
    expect(<u32>load<u8>(port.frame)).toBe(2);
  });

  it("does not wait for a full ring while the link is down", () => {
    fresh();
    while (send(60, 0)) {}
    expect(driver.txBlocked()).toBe(true);
    store<u32>(MAC, Link.Down, MacRecord.link);
    expect(driver.txBlocked()).toBe(false);
    expect(driver.txOpen()).toBe(0);
  });

  it("writes where its own slots are, whatever the port did to the descriptor", () => {
    const port = fresh();
    const slots = load<u32>(port.slot(MacRecord.txRing, 0));
    memory.fill(port.slot(MacRecord.txRing, 0), 0xfe, DescriptorRecord.size);
    expect(driver.txOpen()).toBe(slots);
    driver.txCommit(60, false);
    expect(load<u32>(port.slot(MacRecord.txRing, 0))).toBe(slots);
    expect(port.take()).toBe(true);
    expect(port.length).toBe(60);
    expect(port.status).toBe(Slot.OWN);
  });

  it("stops a debug build that sends too much, or into a full ring", () => {
    expect(() => {
      fresh();
      driver.txOpen();
      driver.txCommit(1515, false);
    }).toThrow();
    expect(() => {
      fresh();
      while (send(60, 0)) {}
      driver.txCommit(60, false);
    }).toThrow();
  });

  it("starts anew after a reset, wherever it stood", () => {
    let port = fresh();
    send(60, 1);
    send(60, 2);
    port.take();
    port = fresh();
    expect(port.take()).toBe(false);
    send(60, 3);
    port.take();
    expect(<u32>load<u8>(port.frame)).toBe(3);
  });
});

/** Both directions at once, port and core taking turns at random: nothing is lost, repeated or out of order. */
function ringsHold(seed: u32): i32 {
  const dice = new Dice(seed);
  const port = fresh();
  let delivered: u32 = 0;
  let received: u32 = 0;
  let sent: u32 = 0;
  let taken: u32 = 0;
  for (let step = 0; step < 2000; step++) {
    const what = dice.below(4);
    if (what == 0) {
      const room = delivered - received < RX_SLOTS;
      if (port.deliver(60, delivered & 0xff) != room) return step;
      if (room) delivered++;
    } else if (what == 1) {
      const at = driver.rxNext();
      if ((at != 0) != (received != delivered)) return step;
      if (at == 0) continue;
      if (octetOf(at) != (received++ & 0xff)) return step;
      driver.rxDone();
    } else if (what == 2) {
      const room = sent - taken < TX_SLOTS;
      if (send(60, sent & 0xff) != room) return step;
      if (room) sent++;
    } else {
      const any = taken != sent;
      if (port.take() != any) return step;
      if (any && <u32>load<u8>(port.frame) != (taken++ & 0xff)) return step;
    }
  }
  return HELD;
}

function loopbackHolds(seed: u32): i32 {
  const dice = new Dice(seed);
  fresh();
  let sent: u32 = 0;
  let taken: u32 = 0;
  for (let step = 0; step < 500; step++) {
    if (dice.below(2) == 0) {
      const frame = driver.loOpen();
      if ((frame != 0) != sent - taken < LOOPBACK_SLOTS) return step;
      if (frame == 0) continue;
      store<u8>(frame, <u8>sent);
      driver.loCommit(20 + (sent++ & 0xff));
    } else {
      const at = driver.loNext();
      if ((at != 0) != (sent != taken)) return step;
      if (at == 0) continue;
      if (octetOf(at) != (taken & 0xff) || lengthOf(at) != 20 + (taken & 0xff)) return step;
      driver.loDone();
      taken++;
    }
  }
  return HELD;
}

describe("the rings", () => {
  it("lose, repeat and reorder nothing, whoever is faster", () => {
    for (let seed: u32 = 1; seed <= 20; seed++) expect(ringsHold(seed)).toBe(HELD, "seed " + seed.toString());
  });
});

describe("the loopback ring", () => {
  it("is first in, first out, and says when it is full or empty", () => {
    for (let seed: u32 = 1; seed <= 20; seed++) expect(loopbackHolds(seed)).toBe(HELD, "seed " + seed.toString());
  });

  it("shows a frame until it is done, and holds its slot so long", () => {
    fresh();
    for (let k: u32 = 0; k < LOOPBACK_SLOTS; k++) {
      expect(driver.loOpen()).not.toBe(0);
      driver.loCommit(34);
    }
    expect(driver.loOpen()).toBe(0);
    const at = driver.loNext();
    expect(driver.loNext()).toBe(at);
    expect(driver.loOpen()).toBe(0);
    driver.loDone();
    expect(driver.loOpen()).not.toBe(0);
  });

  it("needs no link, pads nothing and is no traffic on the wire", () => {
    const port = fresh();
    store<u32>(MAC, Link.Down, MacRecord.link);
    const traffic = counted(Counter.FramesOut) + counted(Counter.FramesIn);
    expect(driver.loOpen()).not.toBe(0);
    driver.loCommit(34);
    expect(lengthOf(driver.loNext())).toBe(34);
    driver.loDone();
    expect(driver.loNext()).toBe(0);
    driver.loDone();
    expect(driver.loNext()).toBe(0);
    expect(port.take()).toBe(false);
    expect(counted(Counter.FramesOut) + counted(Counter.FramesIn)).toBe(traffic);
  });

  it("is empty after a reset", () => {
    fresh();
    driver.loOpen();
    driver.loCommit(34);
    fresh();
    expect(driver.loNext()).toBe(0);
    expect(driver.loOpen()).not.toBe(0);
  });

  it("stops a debug build that writes too much, or into a full ring", () => {
    expect(() => {
      fresh();
      driver.loCommit(1515);
    }).toThrow();
    expect(() => {
      fresh();
      for (let k: u32 = 0; k <= LOOPBACK_SLOTS; k++) driver.loCommit(34);
    }).toThrow();
  });
});
