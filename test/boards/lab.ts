import { onTestFinished } from "vitest";
import { Board } from "../../host/node/board";
import { RealClock } from "../../host/node/clock";
import { EmulatedBoard } from "../../host/node/emulator/emulator";
import { builtFirmware } from "../../host/node/emulator/firmware";
import { LIMITS, type Limits } from "../../host/node/gateway";
import { filtered, type Link } from "../../host/node/link";
import { type Faults, faulty } from "../../host/node/links/fault";
import { hub } from "../../host/node/links/hub";
import type { Profile } from "../../host/node/module";
import { seedOf } from "../../host/node/seed";
import { type BoardDescription, type EngineName, engineOf } from "../../host/tools/board/description";
import { Browser, type Response } from "../net/browser";
import { macText } from "../support/octets";

/** The board under test; the client is a board of this process. */
export const BOARD = "10.0.0.2";

/** What goes wrong on a bad cable. */
const BAD: Faults = { loss: 0.03, duplication: 0.02, reordering: 0.05, corruption: 0.01, delay: 5 };

/** A board in the emulator and, on the same hub, a client on V8 with room for thousands of connections. */
export class Lab {
  /** What the board has said on its console. */
  readonly lines: string[] = [];
  /** How often it was reset. */
  resets = 0;
  /** The board's cable loses, doubles, reorders and damages frames while this holds. */
  isBad = false;
  /** The cable is out of the hub while this does not hold. */
  isPlugged = true;

  /** How many frames the cable has carried, both ways. */
  private frames = 0;
  private powered: EmulatedBoard | undefined;

  private constructor(
    readonly limits: Limits,
    readonly client: Board,
  ) {}

  static async open(board: BoardDescription, engine: EngineName): Promise<Lab> {
    const firmware = await builtFirmware(board, engine, {}, () => undefined);
    const clock = new RealClock();
    const [near, far] = hub(2, { clock });
    const client = await Board.create({ name: "client", clock, profile: "host", address: "10.0.0.1/24" });
    client.attach(far);
    const lab = new Lab(LIMITS[engineOf(board, engine).profile as Profile], client);
    lab.powered = await EmulatedBoard.start({
      board,
      firmware,
      address: `${BOARD}/24`,
      seed: seedOf(undefined),
      console: true,
      onLine: (line) => lab.lines.push(line),
      onReset: () => lab.resets++,
    });
    lab.join(near, clock);
    return lab;
  }

  /** The board in the emulator. */
  get board(): EmulatedBoard {
    if (!this.powered) throw new Error("the board is not powered on");
    return this.powered;
  }

  /** The board's MAC address. */
  get mac(): string {
    return macText(this.board.mac);
  }

  private join(port: Link, clock: RealClock): void {
    const plug = filtered(port, (frame) => this.carried(frame));
    const cable = faulty(plug, { clock, seed: 1, sending: BAD, receiving: BAD, spares: () => !this.isBad });
    const { link } = this.board;
    cable.onFrame = (frame) => link.send(frame);
    link.onFrame = (frame) => cable.send(frame);
  }

  private carried(frame: Uint8Array): Uint8Array | null {
    if (!this.isPlugged) return null;
    this.frames++;
    return frame;
  }

  /** Wait until the board says something on its console, `from` lines after the first; the match. */
  async says(what: RegExp, from = 0): Promise<RegExpExecArray> {
    let over: Error | null | undefined;
    void this.board.ended.then((error) => (over = error));
    for (const end = performance.now() + 30_000; performance.now() < end && over === undefined;) {
      const found = this.lines.slice(from).map((line) => what.exec(line));
      const match = found.find((each) => each !== null);
      if (match) return match;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`the board has not said ${String(what)}: ${over?.message ?? this.lines.join("\n")}`);
  }

  /** Wait until the board serves, `from` lines after the first. */
  async serves(from = 0): Promise<void> {
    await this.says(/^serving$/, from);
  }

  /** Wait until the cable has carried no frame for a second. */
  async silence(): Promise<void> {
    for (let before = -1; before !== this.frames;) {
      before = this.frames;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** A connection to the board, closed when the test is over; from a port of ours if told. */
  async browser(port = 80, from = 0): Promise<Browser> {
    const options = { maxSegment: this.limits.segment, noDelay: true };
    const browser = await Browser.open(this.client, BOARD, port, options, from);
    onTestFinished(() => browser.socket.reset());
    return browser;
  }

  /** One request on a connection of its own. */
  async ask(head: string, body?: Uint8Array | string): Promise<Response> {
    const browser = await this.browser();
    const response = await browser.ask(head, body);
    browser.close();
    return response;
  }

  /** Send frames to the board, past the hub and its faults: as fast as a cable of 100 Mbit/s carries them, until told to stop. */
  flood(frames: readonly Uint8Array[]): Flood {
    return new Flood(this.board.link, frames);
  }

  async close(): Promise<void> {
    this.client.close();
    await this.powered?.stop();
  }
}

/** Octets a cable of 100 Mbit/s carries in a millisecond; each frame has 24 more than we see: preamble, FCS and gap. */
const RATE = 12_500;
const AROUND = 24;

/** A flood of frames. */
class Flood {
  /** Frames sent. */
  sent = 0;
  /** It was told to stop. */
  over = false;
  private started = performance.now();
  private octets = 0;

  constructor(
    private readonly link: Link,
    private readonly frames: readonly Uint8Array[],
  ) {
    this.pour();
  }

  stop(): void {
    this.over = true;
  }

  private readonly pour = (): void => {
    if (this.over) return;
    const due = (performance.now() - this.started) * RATE;
    // What a busy machine did not get to is not made up for: a cable does not either.
    if (due - this.octets > 20 * RATE) this.octets = due - 20 * RATE;
    for (; this.octets < due; this.sent++) {
      const frame = this.frames[this.sent % this.frames.length];
      this.link.send(frame);
      this.octets += Math.max(frame.length, 60) + AROUND;
    }
    setTimeout(this.pour, 1);
  };
}
