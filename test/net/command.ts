import { type ChildProcess, spawn } from "node:child_process";

interface Ended {
  code: number | null;
  signal: string | null;
  out: string;
  err: string;
}

/** The command `sandwire`, running. */
export class Command {
  out = "";
  err = "";
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  constructor(args: string[], running: Set<Command>) {
    this.child = spawn(process.execPath, ["host/node/sandwire.mjs", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    running.add(this);
    this.child.stdout?.on("data", (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        running.delete(this);
        resolve({ code, signal, out: this.out, err: this.err });
      });
    });
  }

  /** Wait for a line of its output that matches; an Error when it ends before. */
  async says(what: RegExp): Promise<string> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const found = what.exec(this.out);
      if (found) return found[0];
      if (over) throw new Error(`ended without saying ${String(what)}: ${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Send it a signal; how it ends. */
  stop(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** The commands of a test file, none of which outlives it. */
export class Commands {
  private readonly running = new Set<Command>();

  start(...args: string[]): Command {
    return new Command(args, this.running);
  }

  kill(): void {
    for (const command of this.running) void command.stop("SIGKILL");
  }
}
