import type { Socket } from "node:net";
import { Lines } from "./lines";

interface Message {
  QMP?: unknown;
  id?: number;
  return?: unknown;
  error?: { desc: string };
  event?: string;
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** QEMU's monitor in its language for programs, QMP: one object of JSON a line. */
export class Monitor {
  /** Called for each event: "RESET", "SHUTDOWN". */
  onEvent: (name: string) => void = () => {};
  /** Settles when QEMU takes commands. */
  readonly ready: Promise<void>;
  private readonly waiting = new Map<number, Waiting>();
  private greeted: () => void = () => {};
  private last = 0;
  private over = false;

  constructor(private readonly socket: Socket) {
    const lines = new Lines((line) => this.take(line));
    this.ready = new Promise((resolve, reject) => {
      this.greeted = () => void this.command("qmp_capabilities").then(() => resolve(), reject);
      socket.once("close", () => reject(new Error("QEMU closed its monitor")));
    });
    this.ready.catch(() => undefined);
    socket.on("data", (chunk) => lines.take(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => this.end());
  }

  /** Run a command; what it returns. Rejects with an Error that has QEMU's words. */
  command(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      if (this.over) return reject(new Error(`QEMU has ended before ${execute}`));
      this.waiting.set(id, { resolve, reject });
      this.socket.write(`${JSON.stringify({ execute, arguments: args, id })}\n`);
    });
  }

  private take(line: string): void {
    const message = parse(line);
    if (!message) return;
    if (message.QMP !== undefined) this.greeted();
    if (message.event !== undefined) this.onEvent(message.event);
    const waiting = this.waiting.get(message.id ?? 0);
    if (!waiting) return;
    this.waiting.delete(message.id ?? 0);
    if (message.error) waiting.reject(new Error(`QEMU: ${message.error.desc}`));
    else waiting.resolve(message.return);
  }

  private end(): void {
    this.over = true;
    for (const { reject } of this.waiting.values()) reject(new Error("QEMU has ended"));
    this.waiting.clear();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What is no object of JSON is nothing a monitor says. */
function parse(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
