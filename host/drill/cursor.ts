import { ScriptError } from "./errors";
import { naming, type Token, type TokenType } from "./lexer";

/** A place in the row of tokens, and what a parser asks of it. */
export class Cursor {
  private at = 0;

  constructor(
    private readonly tokens: Token[],
    private readonly text: string,
  ) {}

  get token(): Token {
    return this.tokens[this.at];
  }

  peek(ahead: number): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)];
  }

  next(): Token {
    const { token } = this;
    if (token.type !== "end") this.at++;
    return token;
  }

  /** Whether the next token is this symbol or word. */
  is(text: string): boolean {
    return (this.token.type === "symbol" || this.token.type === "word") && this.token.text === text;
  }

  /** Take it if it is there. */
  take(text: string): boolean {
    const found = this.is(text);
    if (found) this.at++;
    return found;
  }

  /** Take it, or say what it is needed for. */
  expect(text: string, purpose: string): Token {
    if (!this.is(text)) this.fail(`expected "${text}" ${purpose}`);
    return this.next();
  }

  need(type: TokenType, purpose: string): Token {
    if (this.token.type !== type) this.fail(`expected ${purpose}`);
    return this.next();
  }

  /** A whole number, decimal or hexadecimal. */
  integer(purpose: string): number {
    const { token } = this;
    if (token.type !== "integer" && token.type !== "hex") this.fail(`expected ${purpose}`);
    this.at++;
    return Number(token.text);
  }

  /** A whole number with bounds. */
  bounded(purpose: string, max: number): number {
    const { token } = this;
    const value = this.integer(purpose);
    if (value < 0 || value > max) throw new ScriptError(token.place, `${value} is out of range: ${purpose} is 0 to ${max}`);
    return value;
  }

  fail(what: string): never {
    throw new ScriptError(this.token.place, `${what}, found ${naming(this.token)}`);
  }

  /** The script's text from a token to the last one taken. */
  since(first: Token): string {
    return this.text
      .slice(first.from, this.tokens[this.at - 1].to)
      .replaceAll(/\s*\n\s*/g, " ")
      .trim();
  }
}
