import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { State } from "../../host/node/abi";
import { blockOf, fenced } from "../../host/tools/blocks";
import type { Sighting } from "./ladder";
import { Flag, type TcpSegment } from "./packet";
import { errnoName, type Station } from "./station";
import type { World } from "./world";

/** Where `npm run docs` finds the drawings, while it asks for them. */
const asked = process.env["SANDWIRE_LADDERS"];

const TIME = 7;
const SIDE = 29;
const WIRE = 40;

export type Side = "left" | "right";

/** One end of a conversation: its name in the world, above its column, and what is worth saying of it now. */
export interface End {
  name: string;
  title: string;
  look: () => string;
}

interface Line {
  at: number;
  left: string;
  wire: string;
  right: string;
}

/** States as the RFC writes them. */
const names: Record<number, string> = {
  [State.Closed]: "CLOSED",
  [State.Listen]: "LISTEN",
  [State.SynSent]: "SYN-SENT",
  [State.SynReceived]: "SYN-RECEIVED",
  [State.Established]: "ESTABLISHED",
  [State.FinWait1]: "FIN-WAIT-1",
  [State.FinWait2]: "FIN-WAIT-2",
  [State.CloseWait]: "CLOSE-WAIT",
  [State.Closing]: "CLOSING",
  [State.LastAck]: "LAST-ACK",
  [State.TimeWait]: "TIME-WAIT",
};

/** What netstat says of a board's connection with that foreign port; of its listener while there is none. */
export function stateAt(station: Station, foreignPort: () => number): string {
  const found = station.connection(foreignPort());
  const listens = station.rows().some(({ state }) => state === State.Listen);
  return names[found ? found.state : listens ? State.Listen : State.Closed];
}

/**
 * A conversation as the textbooks draw it: time in ms, the calls and states of two ends, and every segment between them. The
 * drawing is that of a test; docs/sockets.md shows it, and is stale when it is another.
 */
export class Scene {
  private readonly lines: Line[] = [];
  private readonly shown: Record<Side, string> = { left: "", right: "" };
  private readonly starts = new Map<string, number>();
  private readonly start: number;
  private seen: number;

  constructor(
    private readonly w: World,
    private readonly ends: Record<Side, End>,
  ) {
    this.start = w.now;
    for (const { packet } of w.ladder.sightings) if (packet.ip && packet.tcp) this.noteStart(packet.ip, packet.tcp);
    this.seen = w.ladder.sightings.length;
    this.shown.left = ends.left.look();
    this.shown.right = ends.right.look();
    this.add("", this.shown.left, "left");
    this.lines[0].right = this.shown.right;
  }

  private get now(): number {
    return Math.round(this.w.now - this.start);
  }

  private add(wire: string, text: string, side: Side, at = this.now): void {
    const line = { at, left: "", wire, right: "" };
    line[side] = text;
    this.lines.push(line);
  }

  /** A call at one end, and what it returned; what it sends follows. */
  call<T extends number | Uint8Array | string>(side: Side, name: string, act: () => T): T {
    this.catchUp();
    const result = act();
    this.add("", `${name}${shownResult(result)}`, side);
    this.catchUp();
    return result;
  }

  /** Let time pass. */
  pass(ms: number): void {
    for (const end = this.w.now + ms; this.w.now < end;) {
      this.w.clock.advanceBy(1);
      this.catchUp();
    }
  }

  /** Let time pass to the next segment or change of state, `ms` at most. */
  rest(ms: number): void {
    const before = this.lines.length;
    for (const end = this.w.now + ms; this.w.now < end && this.lines.length === before;) {
      this.w.until(() => this.isNews(), end - this.w.now);
      this.catchUp();
    }
  }

  private isNews(): boolean {
    return this.w.ladder.sightings.length > this.seen || this.changed("left") || this.changed("right");
  }

  private changed(side: Side): boolean {
    return this.ends[side].look() !== this.shown[side];
  }

  /** The segments sent since the last time, and the states that are others now. */
  private catchUp(): void {
    this.w.clock.advanceBy(0);
    const { sightings } = this.w.ladder;
    for (; this.seen < sightings.length; this.seen++) {
      const sighting = sightings[this.seen];
      const { tcp } = sighting.packet;
      const side = (["left", "right"] as const).find((one) => this.ends[one].name === sighting.from);
      const at = Math.round(sighting.at - this.start);
      if (tcp && side) this.add(this.arrow(sighting, tcp, side === "left"), this.news(side), side, at);
    }
    for (const side of ["left", "right"] as const) if (this.changed(side)) this.add("", this.news(side), side);
  }

  /** What one end has to say, if it is not what it said last. */
  private news(side: Side): string {
    if (!this.changed(side)) return "";
    return (this.shown[side] = this.ends[side].look());
  }

  /** Sequence numbers are drawn from the SYN's on. */
  private noteStart({ src, dst }: { src: string; dst: string }, tcp: TcpSegment): void {
    if (tcp.flags & Flag.S) this.starts.set(`${src}:${tcp.src}>${dst}:${tcp.dst}`, tcp.seq);
  }

  private arrow({ packet }: Sighting, tcp: TcpSegment, forth: boolean): string {
    const { src, dst } = packet.ip!;
    const own = `${src}:${tcp.src}>${dst}:${tcp.dst}`;
    const other = `${dst}:${tcp.dst}>${src}:${tcp.src}`;
    this.noteStart({ src, dst }, tcp);
    const relative = (value: number, start = 0) => (value - start) | 0;
    const seq = `seq ${relative(tcp.seq, this.starts.get(own))}`;
    const ack = tcp.flags & Flag.A ? ` ack ${relative(tcp.ack, this.starts.get(other))}` : "";
    const win = tcp.win === 0 && !(tcp.flags & Flag.R) ? " win 0" : "";
    const what = ` ${flagNames(tcp.flags)} ${seq}${ack}${win}${quoted(tcp.data)} `;
    return forth ? `--${what}`.padEnd(WIRE - 1, "-") + ">" : `<-${what}`.padEnd(WIRE, "-");
  }

  /** A remark beside one end. */
  note(side: Side, text: string): void {
    this.catchUp();
    this.add("", `(${text})`, side);
  }

  draw(): string {
    const row = (at: string, left: string, wire: string, right: string) =>
      `${at.padStart(TIME - 2)}  ${left.padEnd(SIDE)}|${wire.padEnd(WIRE)}|  ${right}`.trimEnd();
    const heading = row("ms", this.ends.left.title, "", this.ends.right.title);
    let last = -1;
    const lines = this.lines.map(({ at, left, wire, right }) => {
      const time = at === last ? "" : String(at);
      last = at;
      return row(time, left, wire, right);
    });
    return [heading, ...lines].join("\n");
  }
}

function shownResult(result: number | Uint8Array | string): string {
  if (typeof result === "string") return result ? ` = ${result}` : "";
  if (typeof result === "number") return ` = ${errnoName(result)}`;
  return ` = ${result.length}${isText(result) ? quoted(result) : ""}`;
}

function isText(data: Uint8Array): boolean {
  return data.length > 0 && data.length <= 12 && data.every((octet) => octet >= 32 && octet < 127);
}

/** Short text as it is, anything else by its length. */
function quoted(data: Uint8Array): string {
  if (data.length === 0) return "";
  if (isText(data)) return ` "${new TextDecoder().decode(data)}"`;
  return `, ${data.length} ${data.length === 1 ? "octet" : "octets"}`;
}

function flagNames(flags: number): string {
  const all: [number, string][] = [
    [Flag.S, "SYN"],
    [Flag.F, "FIN"],
    [Flag.R, "RST"],
    [Flag.A, "ACK"],
  ];
  return all
    .filter(([bit]) => flags & bit)
    .map(([, name]) => name)
    .join(",");
}

/** The drawing of that name as the page has it, and as it is now; `npm run docs` gets it instead. */
export function shownIn(page: string, name: string, scene: Scene): { shown: string | undefined; drawn: string } {
  const drawn = scene.draw();
  if (asked !== undefined) {
    mkdirSync(asked, { recursive: true });
    writeFileSync(join(asked, `${name}.txt`), `${drawn}\n`);
    return { shown: drawn, drawn };
  }
  const block = blockOf(readFileSync(page, "utf8"), `ladder ${name}`);
  return { shown: block === fenced("text", drawn) ? drawn : block, drawn };
}
