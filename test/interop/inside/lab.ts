import { createConnection } from "node:net";
import { Board } from "../../../host/node/board";
import { RealClock } from "../../../host/node/clock";
import type { SocketInfo } from "../../../host/node/inspect";
import { type FaultCounts, type Faults, faulty } from "../../../host/node/links/fault";
import { captured, Pcap } from "../../../host/node/links/pcap";
import { openTap } from "../../../host/node/links/tap";
import type { Profile } from "../../../host/node/module";
import { fetchMany, type FetchOptions, type Fetched } from "./client";
import { echoed, refused } from "./datagrams";
import { exchange, type Exchanged, type ExchangeOptions } from "./exchange";
import { type Outcome, Programs } from "./programs";

export interface BootOptions {
  profile: Profile;
  debug?: boolean;
  /** Start the firmware's applications. */
  serve?: boolean;
  /** Capture to this file. */
  pcap?: string;
  /** What goes wrong, each way, between the kernel and the board. */
  faults?: Faults;
}

/** The board's interface and address; the kernel has 10.0.0.1. */
const INTERFACE = "sw0";
const KERNEL = "10.0.0.1";
const ADDRESS = "10.0.0.2/24";
const LIMIT = 30_000;

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 1_000 });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once("connect", () => done(true))
      .once("error", () => done(false))
      .once("timeout", () => done(false));
  });
}

/** One board and the kernel of this machine, joined by a TAP interface, and the programs that run beside them. */
export class Lab {
  private readonly clock = new RealClock();
  private readonly programs = new Programs();
  private board: Board | undefined;
  private faults: { sending: FaultCounts; receiving: FaultCounts } | undefined;
  private release: () => void = () => {};

  /** Power a board on and join it to the kernel; its MAC address. The board before is gone then. */
  async boot({ profile, debug, serve = true, pcap, faults }: BootOptions): Promise<string> {
    await this.powerOff();
    // The kernel talks to its own addresses by way of lo.
    await this.run(["ip", "link", "set", "lo", "up"]);
    const { clock } = this;
    const tap = await openTap({ name: INTERFACE, address: ADDRESS });
    const broken = faults && faulty(tap, { clock, seed: 1, sending: faults, receiving: faults });
    this.faults = broken;
    const file = pcap === undefined ? undefined : Pcap.file(pcap);
    const link = file ? captured(broken ?? tap, file, clock, "board") : (broken ?? tap);
    this.board = await Board.create({ clock, profile, debug, address: ADDRESS, serve });
    this.board.attach(link);
    this.release = () => {
      link.close?.();
      file?.close();
    };
    return this.board.mac;
  }

  /** Take the board and its interface away; what was captured is in its file. */
  async powerOff(): Promise<void> {
    this.board?.close();
    this.board = undefined;
    this.release();
    this.release = () => {};
    await this.gone();
  }

  /** Wait until the kernel has let go of the interface. */
  private async gone(): Promise<void> {
    const end = Date.now() + 2_000;
    while ((await this.run(["ip", "link", "show", INTERFACE])).code === 0) {
      if (Date.now() > end) throw new Error(`${INTERFACE} does not go away`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  protected get present(): Board {
    if (!this.board) throw new Error("boot a board first");
    return this.board;
  }

  counters(): Record<string, number> {
    return this.present.counters();
  }

  sockets(): SocketInfo[] {
    return this.present.sockets();
  }

  /** What went wrong between kernel and board so far. */
  damage(): { sending: FaultCounts; receiving: FaultCounts } {
    if (!this.faults) throw new Error("the cable is a good one");
    const { sending, receiving } = this.faults;
    return { sending, receiving };
  }

  /** Run a program beside the board. */
  run(command: string[], options: { limit?: number; input?: string } = {}): Promise<Outcome> {
    return this.programs.run(command, options.limit ?? LIMIT, options.input);
  }

  /** Run a line of shell; anything in a pipeline that fails makes it fail. */
  shell(line: string, options: { limit?: number; input?: string } = {}): Promise<Outcome> {
    return this.run(["bash", "-c", `set -o pipefail; ${line}`], options);
  }

  start(command: string[]): number {
    return this.programs.start(command);
  }

  says(program: number, text: string): Promise<void> {
    return this.programs.says(program, text, LIMIT);
  }

  /** The end of a program that ends by itself. */
  wait(program: number): Promise<Outcome> {
    return this.programs.wait(program, LIMIT);
  }

  signal(program: number, signal: NodeJS.Signals): void {
    this.programs.signal(program, signal);
  }

  stop(program: number, signal: NodeJS.Signals): Promise<Outcome> {
    return this.programs.stop(program, signal, LIMIT);
  }

  /** Wait until a program takes connections at `port` of the kernel's `host`. */
  async waitForPort(host: string, port: number): Promise<void> {
    const end = Date.now() + LIMIT;
    while (!(await accepts(host, port))) {
      if (Date.now() > end) throw new Error(`nobody listens on ${host}:${port}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Fetch over HTTP with the board as the client. */
  fetch(options: FetchOptions): Promise<Fetched[]> {
    return fetchMany(this.present, options);
  }

  /** Send a text, then our FIN, to a server of the kernel, which answers that with the octets of `/bytes/`. */
  exchange(options: ExchangeOptions): Promise<Exchanged> {
    return exchange(this.present, KERNEL, options);
  }

  /** Send datagrams of these sizes to a socket of the kernel that sends them back; the sizes of the good ones. */
  echoed(sizes: number[]): Promise<number[]> {
    return echoed(this.present, KERNEL, sizes);
  }

  /** The error the board hears when it sends a datagram to a port where nobody is. */
  refused(): Promise<string> {
    return refused(this.present, KERNEL);
  }

  async close(): Promise<void> {
    this.board?.close();
    this.release();
    await this.programs.close();
  }
}
