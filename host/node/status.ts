import type { Gateway } from "./gateway";

/** How often the status line is drawn, ms. */
const PERIOD = 500;

/** The part of a terminal's stream the status line needs. */
export interface Terminal {
  write(text: string): unknown;
  columns?: number;
}

/** What the line shows of a board. */
export interface Figures {
  /** FramesIn, FramesOut, OctetsIn, OctetsOut. */
  counters(): Record<string, number>;
  /** Its sockets, where we can look inside; elsewhere the gateway's clients are what is shown. */
  sockets?(): { state: string }[];
}

/** One line at the bottom of a terminal that shows what is going on; other output goes above it. */
export class StatusLine {
  private readonly timer: NodeJS.Timeout;
  private readonly started = performance.now();
  private octets = 0;
  private drawn = performance.now();
  private text = "";

  constructor(
    private readonly terminal: Terminal,
    private readonly board: Figures,
    private readonly gateway: Pick<Gateway, "state"> | undefined,
  ) {
    this.timer = setInterval(() => this.draw(), PERIOD);
    this.timer.unref();
  }

  /** Print a line above the status line. */
  print(line: string): void {
    this.terminal.write(`\r\x1b[K${line}\n${this.text}`);
  }

  /** Take the line away and stop. */
  close(): void {
    clearInterval(this.timer);
    this.terminal.write("\r\x1b[K");
  }

  private draw(): void {
    const counters = this.board.counters();
    const octets = (counters["OctetsIn"] ?? 0) + (counters["OctetsOut"] ?? 0);
    const now = performance.now();
    const rate = (octets - this.octets) / ((now - this.drawn) / 1000);
    this.octets = octets;
    this.drawn = now;
    this.text = this.line(counters, Math.max(rate, 0), now).slice(0, (this.terminal.columns || 80) - 1);
    this.terminal.write(`\r\x1b[K${this.text}`);
  }

  private line(counters: Record<string, number>, rate: number, now: number): string {
    const up = Math.floor((now - this.started) / 1000);
    const waiting = this.gateway?.state.waiting ? `, ${this.gateway.state.waiting} waiting` : "";
    const connections =
      this.board.sockets?.().filter(({ state }) => state === "Established").length ?? this.gateway?.state.active ?? 0;
    const frames = `${counters["FramesIn"] ?? 0} frames in, ${counters["FramesOut"] ?? 0} out`;
    return `up ${up} s · ${connections} connection${connections === 1 ? "" : "s"}${waiting} · ${frames} · ${formatRate(rate)}`;
  }
}

/** 1234567 as "1.2 MB/s". */
function formatRate(octetsPerSecond: number): string {
  if (octetsPerSecond < 1000) return `${Math.round(octetsPerSecond)} B/s`;
  if (octetsPerSecond < 1e6) return `${(octetsPerSecond / 1e3).toFixed(1)} kB/s`;
  return `${(octetsPerSecond / 1e6).toFixed(1)} MB/s`;
}
