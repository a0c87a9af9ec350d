import type { Cursor } from "./cursor";
import type { Call, Expression, Field, Micros } from "./script";

/** "connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)". */
export function parseCall(cursor: Cursor, end: Micros | undefined): Call {
  const first = cursor.token;
  const name = cursor.need("word", "the name of a system call").text;
  cursor.expect("(", `behind ${name}`);
  const args = cursor.is(")") ? [] : parseList(cursor);
  cursor.expect(")", `behind the arguments of ${name}`);
  cursor.expect("=", `and the result of ${name}`);
  const result = parseExpression(cursor);
  const errno = cursor.token.type === "word" ? cursor.next().text : undefined;
  const text = cursor.since(first);
  if (cursor.take("(")) while (!cursor.take(")")) skipNote(cursor);
  return { kind: "call", name, args, result, ...(errno ? { errno } : {}), ...(end === undefined ? {} : { end }), text };
}

function skipNote(cursor: Cursor): void {
  if (cursor.token.type === "end") cursor.fail('expected ")" behind the note of a result');
  cursor.next();
}

function parseList(cursor: Cursor): Expression[] {
  const items: Expression[] = [];
  do items.push(parseExpression(cursor));
  while (cursor.take(","));
  return items;
}

function parseExpression(cursor: Cursor): Expression {
  const parts = [parseTerm(cursor)];
  while (cursor.take("|")) parts.push(parseTerm(cursor));
  return parts.length === 1 ? parts[0] : { kind: "or", parts };
}

function parseTerm(cursor: Cursor): Expression {
  const { type, text } = cursor.token;
  if (cursor.take("...")) return { kind: "any" };
  if (cursor.take("[")) return closed(cursor, "]", (items) => ({ kind: "list", items }));
  if (cursor.is("{")) return parseStruct(cursor);
  if (type === "integer" || type === "hex") return { kind: "number", value: cursor.integer("a number") };
  if (type === "string") {
    cursor.next();
    cursor.take("...");
    return { kind: "string", text };
  }
  if (type !== "word") cursor.fail('expected a value: a number, a NAME, "text", [list], {struct} or ...');
  cursor.next();
  if (cursor.take("(")) return closed(cursor, ")", (args) => ({ kind: "apply", name: text, args }));
  // "NAME = value", as in the lists of statistics.
  if (!cursor.take("=")) return { kind: "word", name: text };
  return { kind: "struct", fields: [{ name: text, value: parseExpression(cursor) }] };
}

function closed(cursor: Cursor, close: string, make: (items: Expression[]) => Expression): Expression {
  const items = cursor.is(close) ? [] : parseList(cursor);
  cursor.expect(close, "at the end of a list");
  return make(items);
}

function parseStruct(cursor: Cursor): Expression {
  cursor.next();
  const fields: Field[] = [];
  while (!cursor.is("}")) {
    fields.push(parseField(cursor));
    if (!cursor.take(",")) break;
  }
  cursor.expect("}", "at the end of a structure");
  return { kind: "struct", fields };
}

/** "sin_port = htons(8080)", "msg_iov(2)=[...]", or a value without a name. */
function parseField(cursor: Cursor): Field {
  const { type, text } = cursor.token;
  const follows = cursor.peek(1).text;
  if (type !== "word" || (follows !== "=" && follows !== "(")) return { value: parseExpression(cursor) };
  const value = parseTerm(cursor);
  if (value.kind === "apply" && cursor.take("=")) {
    return { name: text, ...(value.args[0] ? { count: value.args[0] } : {}), value: parseExpression(cursor) };
  }
  return value.kind === "struct" ? value.fields[0] : { value };
}
