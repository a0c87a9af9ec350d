import { type Place, ScriptError } from "./errors";

export type TokenType =
  "integer" | "float" | "hex" | "word" | "string" | "command" | "code" | "option" | "address" | "symbol" | "end";

export interface Token {
  type: TokenType;
  /** What counts of it: without quotes, without the "--" of an option. */
  text: string;
  place: Place;
  /** Offsets in the script, to quote it. */
  from: number;
  to: number;
}

/** The kinds of token in the order in which they are tried, each anchored where the one before ended. */
const patterns: [TokenType | "space" | "broken", RegExp][] = [
  ["space", /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y],
  ["broken", /\/\*/y],
  ["code", /%\{([\s\S]*?)\}%/y],
  ["broken", /%\{/y],
  ["command", /`((?:\\[\s\S]|[^`])*)`/y],
  ["string", /"((?:\\[\s\S]|[^"\n])*)"/y],
  ["broken", /[`"]/y],
  ["option", /--([a-zA-Z0-9_]+(?:[ \t]*=[ \t]*(?:[A-Za-z0-9_]+=)?(?:"[^"\n]*"|`[^`]*`|[^\s"`]+))?)/y],
  ["address", /\d+\.\d+\.\d+\.\d+/y],
  ["hex", /0x[0-9a-fA-F]+(?![a-zA-Z0-9_])/y],
  ["float", /-?\d*\.\d+/y],
  ["integer", /-?\d+(?![a-zA-Z0-9_])/y],
  ["word", /[a-zA-Z0-9_]+/y],
  ["symbol", /\.\.\.|[^\s]/y],
];

const unclosed: Record<string, string> = {
  "/*": "this comment has no end: */ is missing",
  "%{": "this code has no end: }% is missing",
  "`": "this command has no end: a ` is missing",
  '"': 'this text has no end: a " is missing',
};

/** The places of a text. */
class Lines {
  private readonly starts: number[] = [0];

  constructor(
    private readonly file: string,
    private readonly text: string,
  ) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1);
  }

  /** Offsets come in order, so the search begins where it last ended. */
  private line = 0;
  place(offset: number): Place {
    while (this.line + 1 < this.starts.length && this.starts[this.line + 1] <= offset) this.line++;
    const start = this.starts[this.line];
    const end = this.starts[this.line + 1] ?? this.text.length + 1;
    return { file: this.file, line: this.line + 1, column: offset - start + 1, source: this.text.slice(start, end - 1) };
  }
}

/**
 * The tokens of a script, with an "end" after the last. Words in `defines` (--define) stand for what is defined.
 * Throws a ScriptError for text without an end.
 */
export function tokenize(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  const lines = new Lines(file, text);
  let at = 0;
  while (at < text.length) {
    const { type, match } = next(text, at);
    const place = lines.place(at);
    if (type === "broken") throw new ScriptError(place, unclosed[match[0]]);
    const to = at + match[0].length;
    if (type !== "space") tokens.push({ type, text: match[1] ?? match[0], place, from: at, to });
    at = to;
  }
  tokens.push({ type: "end", text: "the end of the script", place: lines.place(Math.max(0, text.length - 1)), from: at, to: at });
  return tokens;
}

function next(text: string, at: number): { type: TokenType | "space" | "broken"; match: RegExpExecArray } {
  for (const [type, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { type, match };
  }
  throw new Error(`nothing matches at ${at}`);
}

/** A token as a message names it. */
export function naming(token: Token): string {
  if (token.type === "end") return token.text;
  if (token.type === "command") return "a `command`";
  if (token.type === "code") return "%{ code }%";
  return token.type === "string" ? `"${token.text}"` : `"${token.text.slice(0, 40)}"`;
}
