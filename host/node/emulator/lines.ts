/** Longest line that is waited for; what is longer is cut there. */
const LONGEST = 1000;

/** Cuts a stream of text into lines, without their ends; control characters are left out. */
export class Lines {
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  /** More of the stream. */
  take(chunk: Buffer | string): void {
    const lines = (this.rest + chunk.toString("latin1")).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) this.pass(line);
    for (this.rest = last; this.rest.length > LONGEST; this.rest = this.rest.slice(LONGEST))
      this.pass(this.rest.slice(0, LONGEST));
  }

  /** The stream is over: what stands without an end is a line too. */
  end(): void {
    if (this.rest) this.pass(this.rest);
    this.rest = "";
  }

  private pass(line: string): void {
    this.onLine(line.replaceAll(/[^\x20-\x7e]/g, ""));
  }
}
