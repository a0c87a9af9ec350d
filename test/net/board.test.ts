import { afterEach, describe, expect, it, vi } from "vitest";
import { Capability, Family, MacView, SocketType } from "../../host/node/abi";
import { Board, type BoardOptions } from "../../host/node/board";
import { RealClock, VirtualClock } from "../../host/node/clock";
import type { Link } from "../../host/node/link";
import { wire } from "../../host/node/links/wire";
import { loadModule } from "../../host/node/module";
import { arp, BROADCAST, ethernet, EtherType, icmp, ipv4, type Packet, parse, udp } from "../support/packet";

const PEER = { mac: "02:00:00:00:00:99", ip: "10.0.0.9" };
const IP = "10.0.0.2";
const MAC = "02:00:00:00:00:02";

const boards: Board[] = [];
afterEach(() => boards.splice(0).forEach((board) => board.close()));

/** A board and a bare link to it, with what came out of it. */
async function bench(
  options: Partial<BoardOptions> & { clock?: VirtualClock } = {},
): Promise<{ board: Board; clock: VirtualClock; link: Link; heard: Packet[] }> {
  const clock = options.clock ?? new VirtualClock(1000);
  const board = await Board.create({ profile: "default", mac: MAC, address: `${IP}/24`, seed: 1, ...options, clock });
  boards.push(board);
  const [near, link] = wire();
  const heard: Packet[] = [];
  link.onFrame = (frame) => heard.push(parse(frame.slice()));
  board.attach(near);
  clock.advanceBy(0);
  link.send(
    ethernet(
      { src: PEER.mac, dst: MAC, type: EtherType.Arp },
      arp({ op: 1, senderMac: PEER.mac, senderIp: PEER.ip, targetIp: IP }),
    ),
  );
  clock.advanceBy(0);
  heard.length = 0;
  return { board, clock, link, heard };
}

/** An ARP request, from which the board learns where the peer is. */
function introduction(): Uint8Array {
  const request = arp({ op: 1, senderMac: PEER.mac, senderIp: PEER.ip, targetIp: IP });
  return ethernet({ src: PEER.mac, dst: BROADCAST, type: EtherType.Arp }, request);
}

function ping(sequence: number): Uint8Array {
  const message = icmp({ type: 8, rest: sequence }, new Uint8Array(40));
  return ethernet({ src: PEER.mac, dst: MAC }, ipv4({ src: PEER.ip, dst: IP, protocol: 1 }, message));
}

function datagram(checksum?: "bad"): Uint8Array {
  const ends = { src: PEER.ip, dst: IP };
  const inner = udp(ends, { src: 5000, dst: 7, ...(checksum ? { checksum } : {}) }, new Uint8Array(101).fill(3));
  return ethernet({ src: PEER.mac, dst: MAC }, ipv4({ ...ends, protocol: 17 }, inner));
}

const answers = (heard: Packet[]): number => heard.filter(({ icmp: message }) => message?.type === 0).length;

describe("Board", () => {
  it("announces itself, answers, and polls once for many frames", async () => {
    const { board, clock, link, heard } = await bench();
    const poll = vi.spyOn(board.exports, "poll");
    for (let i = 0; i < 3; i++) link.send(ping(i));
    expect([poll.mock.calls.length, heard.length]).toEqual([0, 0]);
    clock.advanceBy(0);
    expect(answers(heard)).toBe(3);
    expect(poll.mock.calls).toEqual([[1000]]);
  });

  it("makes room for frames of a link in a full ring, but says of receive() that it is full", async () => {
    const { board, clock, link, heard } = await bench();
    for (let i = 0; i < 50; i++) link.send(ping(i));
    clock.advanceBy(0);
    expect([answers(heard), board.counters()["rxMissed"]]).toEqual([50, 0]);
    const taken = Array.from({ length: 10 }, (_, i) => board.receive(ping(i)));
    const slots = new MacView(board.view, board.exports.mac(0)).rxCount;
    expect(taken.filter(Boolean).length).toBe(slots);
    expect(board.counters()["rxMissed"]).toBe(10 - slots);
    expect(board.receive(new Uint8Array(2000))).toBe(false);
    expect(board.counters()["rxErrors"]).toBe(1);
  });

  it("hears and says nothing while the link is down", async () => {
    const { board, clock, link, heard } = await bench();
    board.linkUp(false);
    const before = board.counters();
    link.send(ping(1));
    clock.advanceBy(10);
    expect(heard).toEqual([]);
    expect(board.counters()).toEqual(before);
    board.linkUp(true);
    clock.advanceBy(10);
    link.send(introduction());
    link.send(ping(2));
    clock.advanceBy(10);
    expect(answers(heard)).toBe(1);
  });

  it("is unplugged from one link when it is plugged into another", async () => {
    const { board, clock, link, heard } = await bench();
    const [near, far] = wire();
    const there: Packet[] = [];
    far.onFrame = (frame) => there.push(parse(frame.slice()));
    board.attach(near);
    link.send(ping(1));
    far.send(ping(2));
    clock.advanceBy(0);
    expect([answers(heard), answers(there)]).toEqual([0, 1]);
  });

  it("computes checksums for a module that leaves them to it, both ways", async () => {
    const { board, clock, link, heard } = await bench({ serve: true, capabilities: Capability.RX_CSUM | Capability.TX_CSUM });
    link.send(datagram());
    link.send(datagram("bad"));
    const header = datagram();
    header[22] ^= 1;
    link.send(header);
    clock.advanceBy(10);
    expect(heard.map(({ udp: answer, problems }) => [answer?.data.length, problems])).toEqual([[101, []]]);
    expect(board.counters()).toMatchObject({ UdpChecksum: 1, IpChecksum: 1 });
  });

  it("wakes up for the deadlines of the module, and only for them", async () => {
    const { board, clock, heard } = await bench({ clock: new VirtualClock(999.25) });
    clock.advanceTo(1000.75);
    const fd = board.exports.socket(2, 1, 0);
    const at = board.exports.scratch();
    board.u8.set([2, 0, 80, 0, 10, 0, 0, 77], at);
    board.exports.connect(fd, at);
    board.wake();
    const poll = vi.spyOn(board.exports, "poll");
    clock.advanceBy(3500);
    expect(heard.filter((packet) => packet.arp?.targetIp === "10.0.0.77").length).toBeGreaterThan(1);
    expect(poll.mock.calls).toContainEqual([2000]);
    expect(poll.mock.calls.length).toBeLessThan(40);
    expect(poll.mock.calls.length).toBeGreaterThan(2);
  });

  it("runs the module over the end of u32 time", async () => {
    const { board, clock, link, heard } = await bench({ clock: new VirtualClock(0xffffffff - 5) });
    const poll = vi.spyOn(board.exports, "poll");
    clock.advanceBy(10);
    link.send(ping(1));
    clock.advanceBy(0);
    expect([answers(heard), poll.mock.lastCall?.[0]]).toEqual([1, 4]);
  });

  it("is again what it was when a snapshot is restored", async () => {
    const { board, clock, link, heard } = await bench();
    link.send(ping(1));
    clock.advanceBy(0);
    const before = board.counters();
    const snapshot = board.snapshot();
    for (let i = 0; i < 7; i++) link.send(ping(i));
    clock.advanceBy(0);
    const first = heard.splice(0);
    expect(board.counters()).not.toEqual(before);
    board.restore(snapshot);
    expect(board.counters()).toEqual(before);
    for (let i = 0; i < 7; i++) link.send(ping(i));
    clock.advanceBy(0);
    expect(heard.map(({ frame }) => frame)).toEqual(first.slice(1).map(({ frame }) => frame));
  });

  it("lists sockets by name", async () => {
    const { board } = await bench({ serve: true });
    const rows = board.sockets();
    expect(rows.find(({ localPort, protocol }) => localPort === 80 && protocol === "tcp")).toMatchObject({
      state: "Listen",
      owner: "Http",
    });
    expect(rows.find(({ protocol, localPort }) => protocol === "udp" && localPort === 7)).toMatchObject({
      kind: "Udp",
      foreignPort: 0,
    });
  });

  it("says by name that its module has trapped, whoever asks, and then is silent", async () => {
    const { board, clock } = await bench({ name: "alice" });
    const { exports } = board;
    const fd = exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, 0);
    expect(() => exports.connect(fd, 0x7fffff00)).toThrow("alice trapped in connect(): memory access out of bounds");
    expect(() => board.poll()).toThrow("alice trapped in connect()");
    const poll = vi.spyOn(exports, "poll");
    expect(() => clock.advanceBy(100_000)).toThrow("alice trapped in connect()");
    clock.advanceBy(100_000);
    expect(poll).not.toHaveBeenCalled();
  });

  it("lets a trap in a poll through to whoever runs the clock", async () => {
    const { board, clock } = await bench({ name: "bob" });
    vi.spyOn(board.exports, "poll").mockImplementation(() => board.exports.connect(board.exports.socket(2, 1, 0), -1));
    board.wake();
    expect(() => clock.advanceBy(1)).toThrow("bob trapped in connect()");
  });

  it("does nothing once it is closed", async () => {
    const { board, clock, link, heard } = await bench();
    board.close();
    link.send(ping(1));
    clock.advanceBy(100_000);
    expect(heard).toEqual([]);
  });

  it("gets a MAC address of its own from the seed, and a seed of its own from the system", async () => {
    const mac = async (seed?: number | Uint32Array): Promise<string> => {
      const board = await Board.create({ clock: new VirtualClock(), profile: "default", seed });
      boards.push(board);
      return board.mac;
    };
    const macs = await Promise.all([mac(1), mac(1), mac(2), mac(), mac(), mac(Uint32Array.of(1, 2, 3, 4))]);
    expect(macs[0]).toBe(macs[1]);
    expect(new Set(macs).size).toBe(5);
    for (const one of macs) expect(one).toMatch(/^02:/);
  });

  it("refuses nonsense in one line", async () => {
    const create = (options: Partial<BoardOptions>): Promise<Board> =>
      Board.create({ clock: new VirtualClock(), profile: "default", ...options });
    await expect(create({ address: "10.0.0.2" })).rejects.toThrow('"10.0.0.2" is not an address with a prefix length');
    await expect(create({ address: "10.0.0.256/24" })).rejects.toThrow("10.0.0.256");
    await expect(create({ address: "10.0.0.2/24", gateway: "11.0.0.1" })).rejects.toThrow(
      "board: ifconfig 10.0.0.2/24 gateway 11.0.0.1: invalid",
    );
    await expect(create({ mac: "01:00:00:00:00:01" })).rejects.toThrow("is not a MAC address of one interface");
    await expect(create({ seed: new Uint32Array(3) })).rejects.toThrow("a seed has 4 words");
    await expect(loadModule("/nowhere/x.wasm")).rejects.toThrow("/nowhere/x.wasm is missing: run `npm run build` first");
    await expect(loadModule(import.meta.filename)).rejects.toThrow("is not a WebAssembly module");
  });

  it("works in real time", async () => {
    const board = await Board.create({ clock: new RealClock(), profile: "default", mac: MAC, address: `${IP}/24` });
    boards.push(board);
    const [near, link] = wire();
    board.attach(near);
    const reply = new Promise<Packet>((resolve) => {
      link.onFrame = (frame) => {
        const packet = parse(frame.slice());
        if (packet.arp?.op === 2) resolve(packet);
      };
    });
    link.send(introduction());
    expect((await reply).arp?.senderMac).toBe(MAC);
  });
});
