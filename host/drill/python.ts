/** As much of Python as scripts use in %{ }%: assert, assignments, if, print; numbers, texts, comparisons, arithmetic. */
import { type PythonToken, tokenizePython } from "./python_lexer";

export type Value = number | string | boolean | null | Value[];

/** The code is not in the part of the language known here. */
export class PythonError extends Error {}

/** A name the code uses is not there. */
export class NameError extends Error {
  constructor(readonly variable: string) {
    super(`${variable} is not known`);
  }
}

export interface Assertion {
  /** The expression as it is written. */
  text: string;
  holds: boolean;
  /** The names in it and their values. */
  values: Map<string, Value>;
  message?: Value;
}

/** Names and their values; throws a NameError for one that is not there. */
export interface Scope {
  get(name: string): Value;
  set(name: string, value: Value): void;
}

type Operator = (a: number, b: number) => number;
const binary: Record<string, [number, Operator]> = {
  "|": [4, (a, b) => Number(BigInt(a) | BigInt(b))],
  "^": [5, (a, b) => Number(BigInt(a) ^ BigInt(b))],
  "&": [6, (a, b) => Number(BigInt(a) & BigInt(b))],
  "<<": [7, (a, b) => a * 2 ** b],
  ">>": [7, (a, b) => Math.floor(a / 2 ** b)],
  "+": [8, (a, b) => a + b],
  "-": [8, (a, b) => a - b],
  "*": [9, (a, b) => a * b],
  "/": [9, (a, b) => a / b],
  "//": [9, (a, b) => Math.floor(a / b)],
  "%": [9, (a, b) => a - b * Math.floor(a / b)],
};
const comparisons: Record<string, (a: Value, b: Value) => boolean> = {
  "==": (a, b) => same(a, b),
  "!=": (a, b) => !same(a, b),
  "<": (a, b) => Number(a) < Number(b),
  "<=": (a, b) => Number(a) <= Number(b),
  ">": (a, b) => Number(a) > Number(b),
  ">=": (a, b) => Number(a) >= Number(b),
  in: (a, b) => Array.isArray(b) && b.some((each) => same(each, a)),
};
const functions: Record<string, (...args: number[]) => number> = {
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  int: Math.trunc,
  float: (value) => value,
  round: Math.round,
};

function same(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => same(each, b[i]));
  return typeof a === "string" || typeof b === "string" ? a === b : Number(a) === Number(b);
}

export function isTrue(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** An expression, evaluated while it is read. */
class Reader {
  private at = 0;
  /** What names had which values. */
  readonly used = new Map<string, Value>();

  constructor(
    private readonly tokens: PythonToken[],
    private readonly scope: Scope,
  ) {}

  get text(): string {
    return this.tokens[this.at]?.text ?? "";
  }

  take(text: string): boolean {
    const found = this.text === text && this.tokens[this.at]?.type !== "text";
    if (found) this.at++;
    return found;
  }

  expect(text: string): void {
    if (!this.take(text)) throw new PythonError(`expected "${text}" before "${this.text}"`);
  }

  get isDone(): boolean {
    return this.at >= this.tokens.length;
  }

  /** a, b, ... */
  list(end: string): Value[] {
    const items: Value[] = [];
    while (!this.isDone && this.text !== end) {
      items.push(this.or());
      if (!this.take(",")) break;
    }
    return items;
  }

  or(): Value {
    let value = this.and();
    while (this.take("or")) {
      const right = this.and();
      value = isTrue(value) ? value : right;
    }
    return value;
  }

  private and(): Value {
    let value = this.not();
    while (this.take("and")) {
      const right = this.not();
      value = isTrue(value) ? right : value;
    }
    return value;
  }

  private not(): Value {
    return this.take("not") ? !isTrue(this.not()) : this.comparison();
  }

  /** a < b <= c: each neighbouring pair. */
  private comparison(): Value {
    let left = this.arithmetic(0);
    let holds: boolean | undefined;
    for (;;) {
      const negated = this.text === "not" && this.take("not");
      const operator = this.text;
      if (!Object.hasOwn(comparisons, operator)) return holds ?? left;
      this.at++;
      const right = this.arithmetic(0);
      holds = (holds ?? true) && comparisons[operator](left, right) !== negated;
      left = right;
    }
  }

  private arithmetic(level: number): Value {
    let left = this.unary();
    for (;;) {
      const operator = Object.hasOwn(binary, this.text) ? binary[this.text] : undefined;
      if (!operator || operator[0] <= level) return left;
      this.at++;
      left = operator[1](Number(left), Number(this.arithmetic(operator[0])));
    }
  }

  private unary(): Value {
    if (this.take("-")) return -Number(this.unary());
    if (this.take("+")) return Number(this.unary());
    if (this.take("~")) return -Number(this.unary()) - 1;
    const base = this.primary();
    return this.take("**") ? Number(base) ** Number(this.unary()) : base;
  }

  private primary(): Value {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new PythonError("the expression has no end");
    if (token.type === "number") return Number(token.text);
    if (token.type === "text") return token.text;
    if (token.text === "(") return this.parenthesis();
    if (token.text === "[") {
      const items = this.list("]");
      this.expect("]");
      return items;
    }
    if (token.type !== "name") throw new PythonError(`"${token.text}" is not understood`);
    return this.take("(") ? this.call(token.text) : this.named(token.text);
  }

  private parenthesis(): Value {
    const items = this.list(")");
    const tuple = this.tokens[this.at - 1]?.text === "," || items.length !== 1;
    this.expect(")");
    return tuple ? items : items[0];
  }

  private call(name: string): Value {
    const args = this.list(")");
    this.expect(")");
    if (name === "print") return null;
    if (!Object.hasOwn(functions, name)) throw new PythonError(`the function ${name}() is not known here`);
    return functions[name](...args.flat().map(Number));
  }

  private named(name: string): Value {
    if (name === "True") return true;
    if (name === "False") return false;
    if (name === "None") return null;
    const value = this.scope.get(name);
    this.used.set(name, value);
    return value;
  }
}

/** Run code; the assertions in it up to and including the first that does not hold. */
export function runPython(code: string, scope: Scope): Assertion[] {
  const assertions: Assertion[] = [];
  runBlock(linesOf(code), 0, -1, scope, assertions);
  return assertions;
}

interface Line {
  indent: number;
  text: string;
}

/** Lines without comments, joined inside of brackets and behind a backslash. */
function linesOf(code: string): Line[] {
  const lines: Line[] = [];
  let open = "";
  for (const raw of code.split("\n")) {
    const text = open + withoutComment(raw);
    if (text.trimEnd().endsWith("\\") || depth(text) > 0) {
      open = `${text.trimEnd().replace(/\\$/, "")} `;
      continue;
    }
    open = "";
    const indent = text.length - text.trimStart().length;
    for (const part of text.trim().split(";")) if (part.trim()) lines.push({ indent, text: part.trim() });
  }
  // What stands on the line of the opening %{ has lost its indentation.
  if (lines.length > 0) lines[0].indent = Math.min(...lines.map(({ indent }) => indent));
  return lines;
}

function withoutComment(line: string): string {
  return line.replace(/^((?:[^"'#]|"[^"]*"|'[^']*')*)#.*$/, "$1");
}

function depth(text: string): number {
  return (text.match(/[([]/g) ?? []).length - (text.match(/[)\]]/g) ?? []).length;
}

/** Run lines from `at` that are indented more than `indent`: the index of the first line behind them. */
function runBlock(lines: Line[], at: number, indent: number, scope: Scope, out: Assertion[], live = true): number {
  let i = at;
  while (i < lines.length && lines[i].indent > indent) {
    const { text } = lines[i];
    const branch = /^(if|elif)\b(.*?):(.*)$|^(else)\s*:(.*)$/.exec(text);
    if (branch) i = runIf(lines, i, scope, out, live);
    else {
      if (live) statement(text, scope, out);
      i++;
    }
    if (out.at(-1)?.holds === false) return lines.length;
  }
  return i;
}

function runIf(lines: Line[], at: number, scope: Scope, out: Assertion[], live: boolean): number {
  const { indent } = lines[at];
  let i = at;
  let open = live;
  for (;;) {
    const match = /^(if|elif|else)\b(.*?):(.*)$/.exec(lines[i]?.text ?? "");
    if (!match || lines[i].indent !== indent || (i > at && match[1] === "if")) return i;
    const chosen = open && (match[1] === "else" || isTrue(evaluate(match[2], scope)));
    if (chosen) open = false;
    if (match[3].trim() && chosen) statement(match[3].trim(), scope, out);
    i = runBlock(lines, i + 1, indent, scope, out, chosen);
  }
}

function evaluate(text: string, scope: Scope): Value {
  const reader = new Reader(tokenizePython(text), scope);
  const items = reader.list("");
  if (!reader.isDone) throw new PythonError(`"${reader.text}" is not understood`);
  return items.length === 1 ? items[0] : items;
}

function statement(text: string, scope: Scope, out: Assertion[]): void {
  const assign = /^([A-Za-z_]\w*)\s*([-+*/]?)=(?!=)\s*(.+)$/s.exec(text);
  if (/^(import|from|pass|print)\b/.test(text)) return;
  if (text.startsWith("assert")) out.push(assertion(text.slice("assert".length).trim(), scope));
  else if (assign) {
    const [, name, operator, value] = assign;
    scope.set(name, evaluate(operator ? `${name} ${operator} (${value})` : value, scope));
  } else evaluate(text, scope);
}

function assertion(text: string, scope: Scope): Assertion {
  const reader = new Reader(tokenizePython(text), scope);
  const holds = isTrue(reader.or());
  const values = new Map(reader.used);
  const message = reader.take(",") ? reader.or() : undefined;
  if (!reader.isDone) throw new PythonError(`"${reader.text}" is not understood`);
  return { text, holds, values, ...(message === undefined ? {} : { message }) };
}
