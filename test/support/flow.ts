import type * as wire from "./packet";
import { Flag, flagBits, flagText, type Packet, type TcpSegment } from "./packet";
import type { Peer } from "./peer";

/** How long `expect` waits unless told, virtual ms: longer than a delayed ACK, shorter than any retransmission. */
export const PATIENCE = 150;

export interface FlowOptions {
  /** Port of the peer. */
  port?: number;
  /** Port of the board; for connections the board opens it is learned from its SYN. */
  to?: number;
  /** The peer's initial sequence number. */
  iss?: number;
  /** Window the peer announces by default. */
  win?: number;
  /** Put timestamps on every segment: the clock is the world's, in ms, from this number on. */
  stamps?: number;
}

/** A segment with numbers relative to the initial ones: `seq` to the peer's, `ack` and `sack` to the board's. */
export interface SegmentScript extends Omit<Partial<wire.TcpFields>, "flags"> {
  flags: string;
}

/** What is required of a segment; `seq` is relative to the board's initial number, `ack` to the peer's. */
export interface SegmentWish {
  flags?: string;
  seq?: number;
  ack?: number;
  win?: number;
  len?: number;
  mss?: number;
  data?: Uint8Array;
}

/** Segment of the board with relative numbers. */
export interface Heard extends TcpSegment {
  /** When it arrived, virtual ms. */
  at: number;
  raw: TcpSegment;
  len: number;
  text: string;
}

let nextPort = 40000;

/** The peer's side of one connection: counts what it sent and received, decides nothing. */
export class Flow {
  readonly port: number;
  to: number;
  iss: number;
  /** The board's initial sequence number, once it was seen. */
  irs: number | undefined;
  win: number;
  /** Next relative number to send; defaults of `seq`. */
  nxt = 0;
  /** Next relative number expected from the board; default of `ack`. */
  rcv = 0;
  /** First number of the peer's clock, if it has one. */
  stamps: number | undefined;
  /** The peer's clock, standing still, if the test moves it. */
  clock: number | undefined;
  /** The newest TSval of the board, for TSecr. */
  echo = 0;
  readonly inbox: { segment: TcpSegment; at: number }[] = [];

  constructor(
    readonly peer: Peer,
    options: FlowOptions,
  ) {
    this.port = options.port ?? nextPort++;
    this.to = options.to ?? 0;
    this.iss = options.iss ?? 1000;
    this.win = options.win ?? 65535;
    this.stamps = options.stamps;
  }

  /** A segment has come: it waits until the test asks. */
  take(segment: TcpSegment): void {
    this.inbox.push({ segment, at: this.peer.runner.now });
    if (segment.timestamps) this.echo = segment.timestamps[0];
  }

  /** What the peer's clock says now, where it has one. */
  stamp(): [number, number] | undefined {
    if (this.clock !== undefined) return [this.clock, this.echo];
    return this.stamps === undefined ? undefined : [(this.stamps + Math.floor(this.peer.runner.now)) >>> 0, this.echo];
  }

  takes(packet: Packet): boolean {
    const { ip, tcp } = packet;
    if (!ip || !tcp || ip.dst !== this.peer.ip || tcp.dst !== this.port) return false;
    if (this.to === 0 && tcp.flags & Flag.S) this.to = tcp.src;
    return tcp.src === this.to;
  }

  /** Send a segment; `seq` is what comes next, `ack` what was received in order, unless told. Moves `nxt` unless `seq` was told. */
  send(script: SegmentScript, ip: Partial<wire.IpFields> = {}): this {
    const { seq, ack, flags, sack, ...rest } = script;
    const bits = flagBits(flags);
    const length = (rest.data?.length ?? 0) + (bits & Flag.S ? 1 : 0) + (bits & Flag.F ? 1 : 0);
    const at = seq ?? this.nxt;
    this.peer.segment(
      {
        src: this.port,
        dst: this.to,
        win: this.win,
        seq: (this.iss + at) >>> 0,
        flags: bits,
        ack: bits & Flag.A ? ((this.irs ?? 0) + (ack ?? this.rcv)) >>> 0 : 0,
        ...(this.stamp() ? { timestamps: this.stamp() } : {}),
        ...(sack ? { sack: sack.map((edges) => edges.map((edge) => ((this.irs ?? 0) + edge) >>> 0) as [number, number]) } : {}),
        ...rest,
      },
      ip,
    );
    if (seq === undefined) this.nxt = at + length;
    return this;
  }

  /** The next segment of this connection, which must be the one wished for. */
  expect(wish: SegmentWish, within = PATIENCE): Heard {
    const { runner } = this.peer;
    if (!runner.until(() => this.inbox.length > 0, within)) {
      throw new Error(`waited ${within} ms for ${shown(wish)}\n${runner.story()}`);
    }
    const heard = this.hear(this.inbox.shift()!);
    const wrong = differences(wish, heard);
    if (wrong.length)
      throw new Error(`expected ${shown(wish)}, got ${shown(asWish(heard))}: ${wrong.join(", ")}\n${runner.story()}`);
    return heard;
  }

  /** The next segment, if one comes within that time. */
  next(within = PATIENCE): Heard | undefined {
    return this.peer.runner.until(() => this.inbox.length > 0, within) ? this.hear(this.inbox.shift()!) : undefined;
  }

  /** Everything that came until nothing came for `quiet` ms. */
  drain(quiet = PATIENCE): Heard[] {
    const all: Heard[] = [];
    for (let heard = this.next(quiet); heard; heard = this.next(quiet)) all.push(heard);
    return all;
  }

  expectNothing(ms = PATIENCE): void {
    const { runner } = this.peer;
    if (!runner.until(() => this.inbox.length > 0, ms)) return;
    throw new Error(`expected silence for ${ms} ms, got ${shown(asWish(this.hear(this.inbox.shift()!)))}\n${runner.story()}`);
  }

  private hear({ segment: raw, at }: { segment: TcpSegment; at: number }): Heard {
    if (raw.flags & Flag.S) this.irs = raw.seq;
    const irs = this.irs ?? 0;
    const seq = (raw.seq - irs) | 0;
    const ack = raw.flags & Flag.A ? (raw.ack - this.iss) | 0 : 0;
    const length = raw.data.length + (raw.flags & Flag.S ? 1 : 0) + (raw.flags & Flag.F ? 1 : 0);
    if (seq === this.rcv && !(raw.flags & Flag.R)) this.rcv = seq + length;
    const sack = raw.sack.map((edges) => edges.map((edge) => (edge - this.iss) | 0) as [number, number]);
    return { ...raw, at, seq, ack, sack, raw, len: raw.data.length, text: new TextDecoder().decode(raw.data) };
  }

  // ---- Whole passages ----

  /** Open a connection to the board's port, which must be listening. */
  handshake(options: wire.TcpOptionFields = { mss: 1460 }): this {
    this.send({ flags: "S", ...options });
    this.expect({ flags: "SA", ack: 1 });
    this.send({ flags: "A" });
    return this;
  }

  /** Take the connection the board is opening to this port. */
  accept(options: wire.TcpOptionFields = { mss: 1460 }): this {
    this.expect({ flags: "S" });
    this.send({ flags: "SA", ...options });
    this.expect({ flags: "A", seq: 1, ack: 1 });
    return this;
  }

  /** Send octets in order with PSH and ACK. */
  data(data: Uint8Array): this {
    return this.send({ flags: "PA", data });
  }

  /** Acknowledge everything received in order. */
  ack(win = this.win): this {
    return this.send({ flags: "A", win });
  }
}

function differences(wish: SegmentWish, heard: Heard): string[] {
  const wrong: string[] = [];
  // PSH is the sender's business unless the wish names it.
  const ignored = wish.flags?.includes("P") ? 0 : Flag.P;
  if (wish.flags !== undefined && flagBits(wish.flags) !== (heard.flags & ~ignored)) wrong.push("flags");
  for (const name of ["seq", "ack", "win", "len", "mss"] as const) {
    if (wish[name] !== undefined && wish[name] !== heard[name]) wrong.push(name);
  }
  if (wish.data && !sameBytes(wish.data, heard.data)) wrong.push("data");
  return wrong;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

function asWish(heard: Heard): SegmentWish {
  const { seq, ack, win, len } = heard;
  return { flags: flagText(heard.flags), seq, ack, win, len, ...(heard.mss === undefined ? {} : { mss: heard.mss }) };
}

function shown(wish: SegmentWish): string {
  const { flags, data, ...numbers } = wish;
  const fields = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  return [`[${flags ?? "any"}]`, ...fields, ...(data ? [`${data.length} octets of data`] : [])].join(" ");
}
