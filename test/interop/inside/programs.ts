import { type ChildProcess, spawn } from "node:child_process";

/** What became of a program. */
export interface Outcome {
  code: number | null;
  signal: string | null;
  out: string;
  err: string;
}

/** The most that is kept of what a program says, characters. */
const KEPT = 1_000_000;

/** A program that runs, in a process group of its own. */
class Program {
  out = "";
  err = "";
  readonly ended: Promise<Outcome>;
  private readonly child: ChildProcess;

  constructor(command: string[], input: string) {
    this.child = spawn(command[0], command.slice(1), { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.out = (this.out + chunk.toString()).slice(-KEPT)));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.err = (this.err + chunk.toString()).slice(-KEPT)));
    this.child.stdin?.on("error", () => undefined);
    this.child.stdin?.end(input);
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code, signal) => resolve({ code, signal, out: this.out, err: this.err }));
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Send a signal to the program alone, or to everything it has started. */
  signal(signal: NodeJS.Signals, all: boolean): void {
    const { pid } = this.child;
    if (pid === undefined || !this.running) return;
    process.kill(all ? -pid : pid, signal);
  }
}

/** The programs started here; none outlives `close()`. */
export class Programs {
  private readonly all: Program[] = [];

  /** Start a program and let it run; its number. */
  start(command: string[], input = ""): number {
    const program = new Program(command, input);
    // Who asks for the outcome hears of a program that could not be started.
    program.ended.catch(() => undefined);
    return this.all.push(program) - 1;
  }

  /** Run a program to its end, for `limit` ms at most: then it is killed, and the outcome has the signal. */
  run(command: string[], limit: number, input = ""): Promise<Outcome> {
    return this.wait(this.start(command, input), limit);
  }

  /** The end of a program; it is killed when that takes more than `limit` ms. */
  async wait(id: number, limit: number): Promise<Outcome> {
    const program = this.get(id);
    const timer = setTimeout(() => program.signal("SIGKILL", true), limit);
    try {
      return await program.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Wait for a program to print `text`. Rejects when it ends before, or after `limit` ms. */
  async says(id: number, text: string, limit: number): Promise<void> {
    const program = this.get(id);
    const end = Date.now() + limit;
    while (!program.out.includes(text)) {
      const said = `${program.out}${program.err}`;
      if (!program.running) throw new Error(`ended without saying "${text}": ${said}`);
      if (Date.now() > end) throw new Error(`did not say "${text}" in ${limit} ms: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  signal(id: number, signal: NodeJS.Signals): void {
    this.get(id).signal(signal, false);
  }

  /** Send a program a signal and wait for its end. */
  stop(id: number, signal: NodeJS.Signals, limit: number): Promise<Outcome> {
    this.get(id).signal(signal, false);
    return this.wait(id, limit);
  }

  private get(id: number): Program {
    const program = this.all.at(id);
    if (!program) throw new Error(`there is no program ${id}`);
    return program;
  }

  async close(): Promise<void> {
    for (const program of this.all) program.signal("SIGKILL", true);
    await Promise.allSettled(this.all.map((program) => program.ended));
  }
}
