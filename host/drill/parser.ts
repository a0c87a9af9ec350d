import type { Cursor } from "./cursor";
import { Cursor as Tokens } from "./cursor";
import { ScriptError } from "./errors";
import { tokenize, type Token } from "./lexer";
import { parseCall } from "./parse_call";
import { parsePacket } from "./parse_packet";
import type { Action, Event, Micros, OptionLine, Script, When } from "./script";

/** Seconds a time may be: four months, for what the clock of timestamps does. */
const LONGEST = 10_000_000;

/** Read a script; words in `given` (--define) stand for their values. Throws a ScriptError where it is not in the language, Unsupported for a kind of packet we do not have. */
export function parseScript(file: string, text: string, given: readonly OptionLine[] = []): Script {
  const tokens = tokenize(file, text);
  const options = optionsOf(tokens);
  const defines = new Map([...given, ...options].filter(({ name }) => name === "define").map(({ value }) => defined(value)));
  const cursor = new Tokens(
    tokens.slice(options.length).map((token) => substitute(token, defines)),
    text,
  );
  const events: Event[] = [];
  const first = cursor.token;
  // A command without a time comes before everything else; another one may clean up at the end.
  if (first.type === "command") events.push(command(cursor.next(), { any: false, relative: false, start: 0 }));
  while (cursor.token.type !== "end") events.push(parseEvent(cursor));
  checkTimes(events);
  return { file, options: [...given, ...options], events };
}

function optionsOf(tokens: Token[]): OptionLine[] {
  const options: OptionLine[] = [];
  for (const { type, text, place } of tokens) {
    if (type !== "option") break;
    const [, name, value] = /^([a-zA-Z0-9_]+)(?:[ \t]*=[ \t]*([\s\S]*))?$/.exec(text) ?? [];
    options.push({ place, name, value: (value ?? "").replaceAll(/^["`]|["`]$/g, "") });
  }
  return options;
}

/** "NAME=value" of a --define. */
function defined(value: string): [string, string] {
  const at = value.indexOf("=");
  return at < 0 ? [value, ""] : [value.slice(0, at), value.slice(at + 1)];
}

function substitute(token: Token, defines: Map<string, string>): Token {
  const value = token.type === "word" ? defines.get(token.text) : undefined;
  if (value === undefined) return token;
  const quote = value[0];
  if (quote === '"') return { ...token, type: "string", text: value.replaceAll('"', "") };
  if (quote === "`") return { ...token, type: "command", text: value.replaceAll("`", "") };
  return { ...token, type: /^-?\d+$/.test(value) ? "integer" : "word", text: value };
}

function command(token: Token, when: When): Event {
  return { place: token.place, when, action: { kind: "command", text: token.text } };
}

function parseEvent(cursor: Cursor): Event {
  const first = cursor.token;
  if (first.type === "command" && cursor.peek(1).type === "end") {
    return command(cursor.next(), { any: false, relative: true, start: 0 });
  }
  if (first.type === "option") cursor.fail("options stand before the first event");
  const { when, end } = parseWhen(cursor);
  const action = parseAction(cursor, end);
  if (end !== undefined && action.kind === "packet") return { place: first.place, when: { ...when, end }, action };
  if (end !== undefined && action.kind !== "call") throw new ScriptError(first.place, "only calls and packets take a time range");
  return { place: first.place, when, action };
}

/** "+.1", "0.5", "*", "0.1~0.2", "+0~+.1"; `end` is what follows "...". */
function parseWhen(cursor: Cursor): { when: When; end?: Micros } {
  if (cursor.take("*")) return { when: { any: true, relative: false, start: 0 } };
  const relative = cursor.take("+");
  const start = parseTime(cursor, "a time, such as 0, +.1 or *, at the start of an event");
  const when: When = { any: false, relative, start };
  if (cursor.take("~")) {
    if (relative) cursor.expect("+", "before the second time of a relative range");
    when.end = parseTime(cursor, "the end of the time range");
    if (when.end < start) throw new ScriptError(cursor.token.place, "the time range ends before it begins");
    return { when };
  }
  if (!cursor.take("...")) return { when };
  cursor.take("+");
  const { token } = cursor;
  const end = parseTime(cursor, "the time at which the call returns");
  if (end < start) throw new ScriptError(token.place, "the call returns before it begins");
  return { when, end };
}

function parseTime(cursor: Cursor, purpose: string): Micros {
  const { token } = cursor;
  if (token.type !== "integer" && token.type !== "float") cursor.fail(`expected ${purpose}`);
  const seconds = Number(cursor.next().text);
  if (seconds < 0) throw new ScriptError(token.place, `${token.text} is a time before the start`);
  if (seconds > LONGEST) throw new ScriptError(token.place, `${token.text} s is more than a script may last (${LONGEST} s)`);
  return Math.round(seconds * 1e6);
}

function parseAction(cursor: Cursor, end: Micros | undefined): Action {
  const { token } = cursor;
  if (cursor.is("<") || cursor.is(">")) return parsePacket(cursor);
  if (token.type === "command") return { kind: "command", text: cursor.next().text };
  if (token.type === "code") return { kind: "code", text: cursor.next().text };
  if (token.type === "word") return parseCall(cursor, end);
  return cursor.fail("expected what happens: a packet (< or >), a system call, a `command` or %{ code }%");
}

function checkTimes(events: Event[]): void {
  let last = 0;
  for (const { when, place } of events) {
    if (when.any || when.relative) {
      last = -1;
    } else {
      if (last >= 0 && when.start < last) throw new ScriptError(place, "time goes backward");
      last = when.start;
    }
  }
}
