import { closeSync, openSync, writeSync } from "node:fs";
import type { Clock } from "../clock";
import { around, type Link } from "../link";

/** Block types and options of draft-ietf-opsawg-pcapng. */
const enum Block {
  Section = 0x0a0d0d0a,
  Interface = 1,
  Packet = 6,
}
/** Options mean different things in different blocks. */
const enum InterfaceOption {
  Name = 2,
  Resolution = 9,
}
const enum PacketOption {
  Flags = 2,
}
const ETHERNET = 1;
const NANOSECONDS = 9;
/** A file is written when this many octets wait, and after this many ms. */
const CHUNK = 65536;
const PATIENCE = 50;

/** Where the octets of a capture go. */
interface Sink {
  write(bytes: Uint8Array): void;
  close(): void;
}

/**
 * A capture in the pcapng format with nanosecond times, of any number of interfaces: Wireshark and tshark read it. Only whole
 * blocks are ever written, so what a killed process leaves is a valid file.
 */
export class Pcap {
  private waiting = new Uint8Array(CHUNK);
  private view = new DataView(this.waiting.buffer);
  private used = 0;
  private interfaces = 0;
  private timer: NodeJS.Timeout | null = null;
  /** Nothing more is taken; nothing more is written. */
  private closed = false;
  private ended = false;
  private readonly flushed = (): void => this.flush();

  private constructor(private readonly sink: Sink) {
    process.on("exit", this.flushed);
    const at = this.begin(Block.Section, 16);
    this.view.setUint32(at, 0x1a2b3c4d, true);
    this.view.setUint16(at + 4, 1, true);
    // The length of the section: not known, -1.
    this.view.setBigInt64(at + 8, -1n, true);
    this.flush();
  }

  /** Capture to a new file. Throws an Error of one line when it cannot be created. */
  static file(path: string): Pcap {
    return new Pcap(new FileSink(path));
  }

  /** Capture to memory; every block is handed to `write`. */
  static to(write: (bytes: Uint8Array) => void): Pcap {
    return new Pcap({ write: (bytes) => write(bytes.slice()), close: () => {} });
  }

  /** Add an interface, shown by its name; its number for `write`. */
  add(name: string): number {
    const text = new TextEncoder().encode(name);
    const at = this.begin(Block.Interface, 8 + 4 + padded(text.length) + 8 + 4);
    this.view.setUint16(at, ETHERNET, true);
    const resolution = this.option(at + 8, InterfaceOption.Name, text);
    const end = this.option(resolution, InterfaceOption.Resolution, Uint8Array.of(NANOSECONDS));
    this.view.setUint32(end, 0, true);
    this.wait();
    return this.interfaces++;
  }

  /**
   * Add a frame.
   * @param ms its time in Unix ms as a sum of two, since one double has no nanoseconds left at such a number
   */
  write(id: number, ms: { epoch: number; now: number }, frame: Uint8Array, direction: "in" | "out"): void {
    if (this.closed) return;
    const ns = BigInt(Math.round(ms.epoch * 1e3)) * 1000n + BigInt(Math.round(ms.now * 1e6));
    const at = this.begin(Block.Packet, 20 + padded(frame.length) + 8 + 4);
    this.view.setUint32(at, id, true);
    this.view.setUint32(at + 4, Number(ns >> 32n), true);
    this.view.setUint32(at + 8, Number(ns & 0xffffffffn), true);
    this.view.setUint32(at + 12, frame.length, true);
    this.view.setUint32(at + 16, frame.length, true);
    this.waiting.set(frame, at + 20);
    const end = this.option(
      at + 20 + padded(frame.length),
      PacketOption.Flags,
      Uint8Array.of(direction === "in" ? 1 : 2, 0, 0, 0),
    );
    this.view.setUint32(end, 0, true);
    this.wait();
  }

  /** Start a block of `length` octets without its head and tail; where its body goes, zeroed. */
  private begin(type: Block, length: number): number {
    const total = length + 12;
    if (this.used + total > this.waiting.length) this.flush();
    if (total > this.waiting.length) {
      this.waiting = new Uint8Array(2 * total);
      this.view = new DataView(this.waiting.buffer);
    }
    const at = this.used;
    this.used += total;
    this.waiting.fill(0, at, this.used);
    this.view.setUint32(at, type, true);
    this.view.setUint32(at + 4, total, true);
    this.view.setUint32(at + total - 4, total, true);
    return at + 8;
  }

  private option(at: number, code: InterfaceOption | PacketOption, value: Uint8Array): number {
    this.view.setUint16(at, code, true);
    this.view.setUint16(at + 2, value.length, true);
    this.waiting.set(value, at + 4);
    return at + 4 + padded(value.length);
  }

  private wait(): void {
    if (this.timer || this.closed) return;
    this.timer = setTimeout(this.flushed, PATIENCE);
    this.timer.unref();
  }

  /** Write what waits. When that fails the capture ends, with a warning: the frames themselves go on. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const { used } = this;
    this.used = 0;
    if (!used || this.ended) return;
    try {
      this.sink.write(this.waiting.subarray(0, used));
    } catch (error) {
      process.emitWarning(`the capture ends here: ${error instanceof Error ? error.message : String(error)}`);
      this.close();
    }
  }

  /** Write what waits and close the file. May be called twice. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.flush();
    process.off("exit", this.flushed);
    this.sink.close();
    this.ended = true;
  }
}

class FileSink implements Sink {
  private readonly fd: number;

  constructor(path: string) {
    try {
      this.fd = openSync(path, "w");
    } catch (error) {
      throw new Error(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
  }

  close(): void {
    closeSync(this.fd);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** A link whose frames are captured; received ones before, sent ones before they go on. The capture is not closed with the link. */
export function captured(inner: Link, pcap: Pcap, clock: Clock, name: string): Link {
  const id = pcap.add(name);
  return around(
    inner,
    (frame, pass) => {
      pcap.write(id, clock, frame, "out");
      pass(frame);
    },
    (frame, pass) => {
      pcap.write(id, clock, frame, "in");
      pass(frame);
    },
  );
}
