import { expect } from "vitest";
import { bindExports, Counter, Drop } from "../../host/node/abi";
import * as wire from "../support/packet";
import { OURS, PEER, plain } from "./frames";
import type { Port } from "./port";

/** Milliseconds of the module between two looks at the controller. */
const STEP = 500;
const HOUR = 3_600_000;

/** A module on a port, and a station on its cable. */
class Machine {
  private readonly calls;
  private readonly view: DataView;

  constructor(
    module: WebAssembly.Module,
    private readonly port: Port,
  ) {
    const instance = new WebAssembly.Instance(module, {});
    this.calls = bindExports(instance, (call, cause) => new Error(`trapped in ${call}()`, { cause }));
    const memory = new Uint8Array(this.calls.memory.buffer);
    this.view = new DataView(memory.buffer);
    port.open(memory, this.calls.mac(0));
    port.configure(wire.macBytes(OURS.mac));
    port.cable(true, 100);
    this.calls.init(1, 2, 3, 4);
    port.start(wire.macBytes(OURS.mac));
    expect(this.calls.ifconfig(0, wire.ipNumber(OURS.ip), 24, 0)).toBe(0);
  }

  /** A round, as device.c makes it. */
  round(now: number): void {
    this.port.exchange();
    this.calls.poll(now >>> 0);
    this.port.exchange();
  }

  counter(index: number): number {
    return this.view.getUint32(this.calls.stats() + 4 * index, true);
  }
}

function ping(sequence: number): Uint8Array {
  const message = wire.icmp({ type: 8, rest: sequence }, new Uint8Array(1000).fill(sequence & 255));
  return wire.ethernet({ src: PEER.mac, dst: OURS.mac }, wire.ipv4({ src: PEER.ip, dst: OURS.ip, protocol: 1 }, message));
}

function introduction(): Uint8Array {
  const request = wire.arp({ op: 1, senderMac: PEER.mac, senderIp: PEER.ip, targetIp: OURS.ip });
  return wire.ethernet({ src: PEER.mac, dst: wire.BROADCAST, type: wire.EtherType.Arp }, request);
}

const repliesIn = (frames: Uint8Array[]): number => frames.filter((frame) => wire.parse(frame).icmp?.type === 0).length;

/**
 * An hour of the module's time in which the receive ring is never empty and the transmit ring is full most of the time: more comes than
 * the module is let take, and the cable is busy in between. After it, every ping is answered again.
 */
export function hour(module: WebAssembly.Module, port: Port): void {
  const machine = new Machine(module, port);
  port.deliver(introduction());
  machine.round(0);
  let sequence = 0;
  for (let now = 0; now < HOUR; now += STEP) {
    if (now % 30_000 === 0) port.deliver(introduction());
    for (let n = 0; n < 8; n++) port.deliver(n === 3 ? plain(1000, n) : ping(sequence++), n === 5);
    machine.round(now);
    if (now % 3000 === 0) port.sent();
  }
  const taken = machine.counter(Drop.count + Counter.FramesIn);
  expect(taken).toBeGreaterThan(HOUR / STEP);
  for (let n = 0; n < 20; n++) {
    machine.round(HOUR + n);
    port.sent();
  }
  port.deliver(introduction());
  machine.round(HOUR + 50);
  port.sent();
  for (let n = 0; n < 20; n++) {
    port.deliver(ping(n));
    machine.round(HOUR + 100 + n);
    machine.round(HOUR + 100 + n);
    expect(repliesIn(port.sent())).toBe(1);
  }
}
