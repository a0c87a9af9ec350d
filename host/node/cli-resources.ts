import type { Gateway } from "./gateway";
import { type Figures, StatusLine } from "./status";

/** What was opened, to be closed in the opposite order. */
export class Resources {
  private readonly closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close();
  }
}

/** Where lines go: standard output, above the status line where there is one. */
export class Output {
  private status: StatusLine | undefined;

  readonly print = (line: string): void => {
    if (this.status) this.status.print(line);
    else process.stdout.write(`${line}\n`);
  };

  /** Show what goes on, on a terminal; elsewhere nothing. */
  watch(board: Figures, gateway: Gateway | undefined): void {
    if (process.stdout.isTTY) this.status = new StatusLine(process.stdout, board, gateway);
  }

  close(): void {
    this.status?.close();
    this.status = undefined;
  }
}
