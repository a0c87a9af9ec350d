import type { Link } from "../../host/node/link";
import * as wire from "./packet";
import { Flow, PATIENCE, type FlowOptions } from "./flow";
import type { Packet } from "./packet";

/** What a peer needs of its world: the time, and a way to let it pass. */
export interface Runner {
  readonly now: number;
  /** Let time pass until the condition holds (true) or `limit` virtual ms are over (false). */
  until(condition: () => boolean, limit: number): boolean;
  /** The last frames, for messages. */
  story(): string;
}

export interface PeerOptions {
  name: string;
  mac: string;
  ip: string;
  /** Answer ARP requests for `ip` (default true). */
  answersArp?: boolean;
}

/** A scripted endpoint without a stack: what the test says goes out, what comes in waits until the test asks. */
export class Peer {
  readonly name: string;
  readonly mac: string;
  readonly ip: string;
  answersArp: boolean;
  /** MAC address frames are sent to; `world.peer()` sets it to the first board's. */
  toMac = wire.BROADCAST;
  toIp = "0.0.0.0";
  /** Received and not yet expected; answered ARP requests are not among them. */
  readonly inbox: Packet[] = [];
  private readonly flows: Flow[] = [];

  constructor(
    readonly link: Link,
    readonly runner: Runner,
    options: PeerOptions,
  ) {
    this.name = options.name;
    this.mac = options.mac;
    this.ip = options.ip;
    this.answersArp = options.answersArp ?? true;
    link.onFrame = (frame) => this.receive(wire.parse(frame.slice()));
  }

  private receive(packet: Packet): void {
    if (packet.dst !== this.mac && packet.dst !== wire.BROADCAST) return;
    const { arp } = packet;
    if (arp && this.answersArp) {
      if (arp.op === 1 && arp.targetIp === this.ip) this.isAt(arp.senderIp, arp.senderMac);
      return;
    }
    const flow = this.flows.find((candidate) => candidate.takes(packet));
    if (flow) flow.take(packet.tcp!);
    else this.inbox.push(packet);
  }

  /** Tell `ip` where this peer is. */
  isAt(ip: string, mac: string): void {
    this.arp({ op: 2, senderMac: this.mac, senderIp: this.ip, targetMac: mac, targetIp: ip }, { dst: mac });
  }

  /** A frame as it is. */
  raw(frame: Uint8Array): void {
    this.link.send(frame);
  }

  arp(fields: wire.ArpFields, header: Partial<wire.EthernetFields> = {}): void {
    this.raw(wire.ethernet({ src: this.mac, dst: this.toMac, type: wire.EtherType.Arp, ...header }, wire.arp(fields)));
  }

  ip4(
    fields: Partial<wire.IpFields> & { protocol: number },
    payload: Uint8Array,
    header: Partial<wire.EthernetFields> = {},
  ): void {
    const datagram = wire.ipv4({ src: this.ip, dst: this.toIp, ...fields }, payload);
    this.raw(wire.ethernet({ src: this.mac, dst: this.toMac, ...header }, datagram));
  }

  icmp(
    fields: wire.IcmpFields,
    data?: Uint8Array,
    ip: Partial<wire.IpFields> = {},
    header: Partial<wire.EthernetFields> = {},
  ): void {
    this.ip4({ protocol: wire.IpProtocol.Icmp, ...ip }, wire.icmp(fields, data), header);
  }

  udp(
    fields: wire.UdpFields,
    data: Uint8Array,
    ip: Partial<wire.IpFields> = {},
    header: Partial<wire.EthernetFields> = {},
  ): void {
    const ends = { src: ip.src ?? this.ip, dst: ip.dst ?? this.toIp };
    this.ip4({ protocol: wire.IpProtocol.Udp, ...ip }, wire.udp(ends, fields, data), header);
  }

  /** A segment with absolute numbers that belongs to no flow. */
  segment(fields: wire.TcpFields, ip: Partial<wire.IpFields> = {}, header: Partial<wire.EthernetFields> = {}): void {
    const ends = { src: ip.src ?? this.ip, dst: ip.dst ?? this.toIp };
    this.ip4({ protocol: wire.IpProtocol.Tcp, ...ip }, wire.tcp(ends, fields), header);
  }

  /** One end of a connection with the board. */
  flow(options: FlowOptions): Flow {
    const flow = new Flow(this, options);
    this.flows.push(flow);
    return flow;
  }

  forget(flow: Flow): void {
    const at = this.flows.indexOf(flow);
    if (at >= 0) this.flows.splice(at, 1);
  }

  /** The next frame outside all flows that `wanted` holds for; others before it stay. */
  expect(what: string, wanted: (packet: Packet) => boolean, within = PATIENCE): Packet {
    const found = () => this.inbox.findIndex(wanted);
    if (!this.runner.until(() => found() >= 0, within)) {
      throw new Error(`${this.name} waited ${within} ms for ${what}\n${this.runner.story()}`);
    }
    return this.inbox.splice(found(), 1)[0];
  }

  expectNothing(ms = PATIENCE): void {
    if (!this.runner.until(() => this.inbox.length > 0, ms)) return;
    throw new Error(`${this.name} expected silence for ${ms} ms\n${this.runner.story()}`);
  }
}
