/** Lets a limited number in at once; the others wait outside in the order they came. */
export class Turnstile {
  private inside = 0;
  private readonly outside: (() => void)[] = [];

  /** @param limit how many may be inside, at least 1 */
  constructor(readonly limit: number) {}

  get busy(): number {
    return this.inside;
  }

  get waiting(): number {
    return this.outside.length;
  }

  /** Resolves when it is the caller's turn; whoever has entered must leave once. */
  async enter(): Promise<void> {
    if (this.inside < this.limit) this.inside++;
    else await new Promise<void>((resolve) => this.outside.push(resolve));
  }

  leave(): void {
    const next = this.outside.shift();
    if (next) next();
    else this.inside--;
  }
}
