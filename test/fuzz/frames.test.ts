import { describe, expect, test } from "vitest";
import { Counter, Drop, SocketType } from "../../host/node/abi";
import type { Sighting } from "../support/ladder";
import { BareMac } from "../support/mac";
import { moduleFor } from "../support/modules";
import * as wire from "../support/packet";
import type { Flow } from "../support/flow";
import type { Peer } from "../support/peer";
import { Random } from "../support/random";
import { connecting, passive, PORT } from "../support/states";
import { seedWords, world, type World } from "../support/world";

/** Values that lengths, numbers and pointers break on. */
const EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 19, 20, 21, 40, 59, 60, 127, 128, 254, 255];

/** How long silent peers may hold what an honest one needs, ms: until keep-alive finds out that they are gone. */
const PATIENCE = 3 * 3_600_000;

/** The echo of a ping and of a stream: what an honest client wants, whatever happened before. */
function expectServed(w: World): void {
  const client = w.peer();
  client.icmp({ type: 8, rest: 1 }, wire.pattern(32));
  client.expect("an echo", ({ icmp }) => icmp?.type === 0, 3000);
  // Idle and half-open connections may hold every place: they are given up when their peer stays silent.
  const started = w.now;
  while (!echoes(client.flow({ to: 7 }))) {
    w.run(60_000);
    if (w.now - started > PATIENCE) throw new Error(`no client was served for ${PATIENCE} ms\n${w.story()}`);
  }
}

/** Whether a new connection to port 7 echoes. */
function echoes(flow: Flow): boolean {
  if (flow.send({ flags: "S", mss: 1460 }).next(1000)?.flags !== 0x12) return false;
  flow.data(wire.text("ping"));
  const served = flow.drain(300).some((heard) => heard.text === "ping");
  flow.send({ flags: "R", seq: 5 }).send({ flags: "R", seq: 1 });
  flow.peer.forget(flow);
  return served;
}

/** A world whose board serves and has connections in many states. */
async function lively(seed: number): Promise<{ w: World; peer: Peer; flows: Flow[] }> {
  const w = await world({ serve: true, seed });
  const peer = w.peer();
  const flows: Flow[] = [];
  const open = (to: number) => peer.flow({ to }).handshake();
  flows.push(open(80).data(wire.text("GET /bytes/5000 HTTP/1.1\r\nHost: x\r\n\r\n")));
  flows.push(open(7).data(wire.text("hello")));
  flows.push(open(9).data(wire.pattern(500)));
  flows.push(peer.flow({ to: 80 }).send({ flags: "S", mss: 1460 }));
  flows.push(open(7).send({ flags: "FA" }));
  flows.push(connecting(w, { peer }).flow);
  w.run(20);
  for (const flow of flows) flow.drain(0);
  const listener = w.board.socket(SocketType.SOCK_RAW, [1, 6, 17][seed % 3]); // hears everything of its protocol, errors too
  w.board.setIp(listener, "IP_RECVERR", 1);
  return { w, peer, flows };
}

/** A segment of one of the connections, more or less as it should be. */
function segment(random: Random, peer: Peer, flow: Flow): Uint8Array {
  const near = () => random.pick([0, 0, 0, 1, -1, 5, 100, 2047, 2048, 0x7fffffff, 0x80000000, random.word()]);
  const ends = { src: peer.ip, dst: peer.toIp };
  const fields: wire.TcpFields = {
    src: flow.port,
    dst: random.chance(0.9) ? flow.to : random.pick([0, 7, 9, 80, 81, 65535]),
    seq: flow.iss + flow.nxt + near(),
    ack: (flow.irs ?? 0) + flow.rcv + near(),
    flags: random.chance(0.7) ? 16 | random.pick([0, 8, 1, 32]) : random.below(256),
    win: random.pick([0, 1, 100, 2048, 65535, random.below(65536)]),
    urgent: random.pick([0, 0, 1, 65535]),
    ...(random.chance(0.3) ? { raw: random.bytes(random.below(40)) } : {}),
    ...(random.chance(0.2) ? { mss: random.pick([0, 1, 63, 536, 65535]), wscale: random.pick([0, 7, 14, 15, 255]) } : {}),
    data: random.bytes(random.pick([0, 0, 1, 5, 500, 1400])),
    ...(random.chance(0.05) ? { offset: random.below(16) } : {}),
  };
  return wire.ethernet({ src: peer.mac, dst: peer.toMac }, wire.ipv4({ ...ends, protocol: 6 }, wire.tcp(ends, fields)));
}

function icmpAbout(random: Random, peer: Peer, flow: Flow): Uint8Array {
  const quoted = { src: peer.toIp, dst: peer.ip };
  const inner = wire.tcp(quoted, { src: flow.to, dst: flow.port, seq: (flow.irs ?? 0) + random.below(4), flags: "A" });
  const quote = wire
    .ipv4({ ...quoted, protocol: random.pick([6, 6, 17, 1]) }, inner)
    .subarray(0, random.pick([28, 28, 40, random.below(41)]));
  const message = wire.icmp({ type: random.pick([3, 3, 4, 5, 8, 11, 12]), code: random.below(16), rest: random.word() }, quote);
  return wire.ethernet({ src: peer.mac, dst: peer.toMac }, wire.ipv4({ src: peer.ip, dst: peer.toIp, protocol: 1 }, message));
}

function datagram(random: Random, peer: Peer): Uint8Array {
  const ends = { src: peer.ip, dst: peer.toIp };
  const fields = {
    src: random.pick([0, 7, 53, 4000]),
    dst: random.pick([7, 9, 53, 999]),
    ...(random.chance(0.2) ? { length: random.below(2000) } : {}),
  };
  const payload = wire.udp(ends, fields, random.bytes(random.below(200)));
  return wire.ethernet({ src: peer.mac, dst: peer.toMac }, wire.ipv4({ ...ends, protocol: 17 }, payload));
}

function arp(random: Random, peer: Peer): Uint8Array {
  const address = () => random.pick([peer.ip, peer.toIp, "0.0.0.0", "255.255.255.255", `10.0.0.${random.below(256)}`]);
  const fields = { op: random.below(4), senderMac: peer.mac, senderIp: address(), targetIp: address() };
  return wire.ethernet(
    { src: peer.mac, dst: random.pick([peer.toMac, wire.BROADCAST]), type: wire.EtherType.Arp },
    wire.arp(fields),
  );
}

/** Damage: octets changed, cut, repeated. Header checksums are mended most of the time, so that the damage gets far. */
function mutated(random: Random, frame: Uint8Array): Uint8Array {
  let bytes: Uint8Array = frame.slice();
  for (let n = random.below(4); n > 0; n--) {
    const at = random.chance(0.8) ? 14 + random.below(Math.min(60, bytes.length - 14)) : random.below(bytes.length);
    bytes[at] = random.chance(0.5) ? random.pick(EDGES) : random.below(256);
  }
  if (random.chance(0.1)) bytes = bytes.slice(0, random.below(bytes.length + 1));
  if (random.chance(0.05)) bytes = wire.concat(bytes, random.bytes(random.below(100)));
  return random.chance(0.8) ? mended(bytes) : bytes;
}

function mended(bytes: Uint8Array): Uint8Array {
  const headerLength = ((bytes[14] ?? 0) & 15) * 4;
  if (bytes.length < 34 || headerLength < 20 || bytes.length < 14 + headerLength) return bytes;
  bytes[24] = bytes[25] = 0;
  const sum = wire.checksum(bytes.subarray(14, 14 + headerLength));
  bytes[24] = sum >> 8;
  bytes[25] = sum & 255;
  return bytes;
}

function frame(random: Random, peer: Peer, flows: Flow[]): Uint8Array {
  const flow = random.pick(flows);
  const kind = random.below(20);
  if (kind < 12) return segment(random, peer, flow);
  if (kind < 14) return icmpAbout(random, peer, flow);
  if (kind < 16) return datagram(random, peer);
  if (kind < 17) return arp(random, peer);
  if (kind < 18)
    return wire.ethernet(
      { src: peer.mac, dst: peer.toMac, type: random.pick([0x0800, 0x0806, 0x8100, 0x86dd]) },
      random.bytes(random.below(100)),
    );
  return random.bytes(random.below(1600));
}

/** What a board sends when these frames come, each into memory that was filled with something before. */
async function replay(frames: Sighting[], seed: number, fill: number): Promise<{ sent: string[]; counters: number[] }> {
  const mac = new BareMac(await moduleFor(), { seed: seedWords(seed) });
  const { record } = mac;
  const first = mac.receiveSlot(0).buffer;
  mac.configure();
  mac.calls.serve();
  const sent: string[] = [];
  for (const { at, packet } of frames) {
    if (packet.frame.length > record.slotSize) continue;
    mac.memory.fill(fill, first, first + record.rxCount * record.slotSize);
    mac.give(packet.frame);
    for (let wait = 0; wait === 0; wait = mac.poll(at + 1)) {
      sent.push(...mac.takeAll().map((departure) => Buffer.from(departure.frame).toString("hex")));
    }
    sent.push(...mac.takeAll().map((departure) => Buffer.from(departure.frame).toString("hex")));
  }
  return { sent, counters: Array.from({ length: Drop.count + Counter.count }, (_, i) => mac.counter(i)) };
}

describe("frames nobody should send", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "thousands of them into a busy board, seed %i: no trap, and an honest client is served",
    async (seed) => {
      const { w, peer, flows } = await lively(seed);
      const random = new Random(seed);
      for (let i = 0; i < 3000; i++) {
        const built = frame(random, peer, flows);
        peer.raw(random.chance(0.5) ? mutated(random, built) : built);
        if (random.chance(0.3)) w.run(random.pick([1, 3, 50]));
        if (random.chance(0.003)) w.run(random.pick([1000, 60_000]));
        for (const flow of flows) if (random.chance(0.1)) flow.drain(0);
        if (random.chance(0.01))
          flows[random.below(flows.length)] = peer
            .flow({ to: random.pick([7, 9, 80]), iss: random.word() })
            .send({ flags: "S", mss: 1460 });
      }
      w.run(10_000);
      expectServed(w);
    },
  );

  test("nothing of all that is ever sent back: no poison leaves the module (H04)", async () => {
    const { w, peer, flows } = await lively(99);
    const random = new Random(99);
    const { board } = w.board;
    // What is free in the rings is poisoned; the referee finds padding that is not zero.
    const poison = (ring: "rxRing" | "txRing"): void => {
      const record = board.exports.mac(0);
      const at = board.view.getUint32(record + (ring === "rxRing" ? 8 : 16), true);
      const buffer = board.view.getUint32(at, true);
      board.u8.fill(0xa5, buffer, buffer + 4 * 1536);
    };
    for (let i = 0; i < 300; i++) {
      w.run(1);
      poison("rxRing");
      poison("txRing");
      peer.raw(frame(random, peer, flows));
      w.run(3);
    }
    const sent = w.ladder.sightings.filter(({ from }) => from === w.board.name);
    const poisoned = sent.filter(({ packet }) =>
      packet.frame.some((octet, i, all) => octet === 0xa5 && all[i + 1] === 0xa5 && all[i + 2] === 0xa5),
    );
    expect(poisoned.length).toBe(0);
  });

  test.each([12, 13])("what lies behind a frame in memory is never read, seed %i (H98)", async (seed) => {
    const { w, peer, flows } = await lively(seed);
    const random = new Random(seed);
    for (let i = 0; i < 1500; i++) {
      const built = frame(random, peer, flows);
      peer.raw(random.chance(0.5) ? mutated(random, built) : built);
      w.run(random.pick([1, 1, 2, 50]));
      for (const flow of flows) if (random.chance(0.1)) flow.drain(0);
    }
    const frames = w.ladder.sightings.filter(({ from }) => from === peer.name);
    const [zeros, ones] = await Promise.all([0, 0xff].map((fill) => replay(frames, seed, fill)));
    expect(zeros.sent).toEqual(ones.sent);
    expect(zeros.counters).toEqual(ones.counters);
    // The replay takes the same way as the original, so far as it goes without the timers in between.
    expect(zeros.sent.length).toBeGreaterThan(200);
  });

  test("every single octet of a segment set to every edge value, on a connection", async () => {
    const w = await world();
    const made = passive(w);
    const { flow, peer } = made;
    const ends = { src: peer.ip, dst: w.board.ip };
    const right = wire.tcp(ends, {
      src: flow.port,
      dst: PORT,
      seq: flow.iss + 1,
      ack: flow.irs! + 1,
      flags: "PA",
      mss: 1460,
      wscale: 3,
      data: wire.pattern(20),
    });
    const saved = w.board.board.snapshot();
    for (let at = 0; at < right.length; at++) {
      for (const value of EDGES) {
        const bytes = right.slice();
        bytes[at] = value;
        bytes[16] = bytes[17] = 0;
        const pseudo = wire.concat(new Uint8Array([10, 0, 0, 100, 10, 0, 0, 1, 0, 6, 0, bytes.length]), bytes);
        const sum = wire.checksum(pseudo);
        bytes[16] = sum >> 8;
        bytes[17] = sum & 255;
        w.board.board.restore(saved);
        peer.ip4({ protocol: 6 }, bytes);
        w.run(2);
      }
    }
    expect(w.board.rows().length).toBeGreaterThan(0);
  });
});

describe("calls nobody should make", () => {
  test.each([1, 2, 3])("random calls on random descriptors, seed %i: a result, never a trap", async (seed) => {
    const w = await world({ boards: 2, seed, referee: false }); // a raw socket sends what it is given
    const random = new Random(seed);
    const { calls } = w.board;
    const scratch = calls.scratch();
    const word = () => random.pick([0, 1, 2, 3, 5, 80, 1000, 65535, 0x7fffffff, 0xffffffff, random.word()]);
    const fd = () => random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, -1, 99]);
    const length = () => random.pick([0, 1, 4, 8, 24, 100, 1000]);
    const address = () =>
      w.board.putAddress(
        random.pick(["0.0.0.0", "127.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.9", "255.255.255.255"]),
        random.pick([0, 7, 80, 81, 4000]),
      );
    const acts: (() => number)[] = [
      () => calls.socket(2, random.pick([1, 1, 1, 2, 5, 0]), random.pick([0, 0, 6, 17])),
      () => calls.socket(2, 3, random.pick([0, 253, 255, 256, word() | 256])), // what a raw socket sends as TCP would be no segment
      () => calls.socketpair(random.pick([0, 1, 1, 2]), random.pick([1, 2, 5, 3]), 0, random.pick([0, scratch + 64])),
      () => calls.bind(fd(), address()),
      () => calls.listen(fd(), word()),
      () => calls.accept(fd(), random.pick([0, scratch])),
      () => calls.connect(fd(), address()),
      () => calls.send(fd(), scratch + 64, length(), random.pick([0, 1, 0x8000, 0x8001, word()])),
      () => calls.recv(fd(), scratch + 64, length(), random.pick([0, 1, 2, 3, 0x20])),
      () => calls.sendto(fd(), scratch + 64, length(), 0, random.pick([0, address()])),
      () => calls.recvfrom(fd(), scratch + 64, length(), 0, random.pick([0, scratch])),
      () => calls.shutdown(fd(), random.below(4)),
      () => calls.close(fd()),
      () => calls.dup(fd()),
      () => calls.getsockname(fd(), scratch),
      () => calls.getpeername(fd(), scratch),
      () => calls.getsockopt(fd(), random.pick([0, 1, 6]), random.below(45), scratch + 64, random.pick([0, 4, 8])),
      () => calls.setsockopt(fd(), random.pick([0, 1, 6]), random.below(45), scratch + 64, random.pick([0, 4, 8])),
      () => calls.setsockopt(fd(), random.pick([0x5357, 255]), 1, scratch + 64, 4),
      () => calls.getsockopt(fd(), 255, word(), scratch + 64, random.pick([0, 4])),
      () => calls.ioctl(fd(), random.pick([0x541b, 0x5411, 0x894b, 0x8905, 0x89e0, word()])),
      () => calls.ready(fd()),
      () => calls.next_event(),
      () => calls.send_room(fd()),
      () => calls.send_commit(fd(), word()),
      () => calls.recv_ready(fd()),
      () => calls.recv_release(fd(), word()),
      () => calls.sockets(word(), scratch + 64),
    ];
    w.stations[1].listen(80);
    for (let i = 0; i < 10_000; i++) {
      random.pick(acts)();
      if (random.chance(0.2)) w.board.board.wake();
      if (random.chance(0.1)) w.run(random.pick([1, 10, 1000]));
      if (random.chance(0.001)) w.run(120_000);
    }
    for (let n = 0; n < 32; n++) calls.close(n);
    w.board.board.wake(); // what close has started needs a poll
    w.run(3_600_000);
    expect(w.board.rows()).toEqual([]);
    expect(w.board.listen(80)).toBeGreaterThanOrEqual(0);
  });
});
