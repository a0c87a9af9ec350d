/**
 * A transform for asc: static text for a module that knows no strings.
 *
 *   text("GET " + "/")    the address of the text's UTF-8 octets in static memory, behind their number (u16): constant at compile
 *                         time, nothing is created at run time. Takes string literals, templates without `${}`, and `+` of those.
 *                         Equal texts of a file share their octets.
 *   words("GET", "PUT")   the address of the words, one behind the other, each behind its length (u8), closed by a 0.
 *   namesOf(Drop)         the same of the names of an enum that counts from 0. Members whose name starts with "_", and `count`, are
 *                         left out.
 *
 * All become `memory.data<u8>([...])` in a constant at the top of the file that uses them; the source range is that of the call,
 * so the compiler's messages still point at the line the author wrote. Declared for editors in assembly/globals.d.ts.
 */
import {
  BinaryExpression,
  CallExpression,
  CommonFlags,
  EnumDeclaration,
  IdentifierExpression,
  IntegerLiteralExpression,
  Node,
  ParenthesizedExpression,
  Source,
  StringLiteralExpression,
  TemplateLiteralExpression,
  Token,
  DiagnosticCode,
} from "assemblyscript/dist/assemblyscript.js";
import { Transform } from "assemblyscript/dist/transform.js";

const LONGEST = 0xffff;
const VERBS = new Map([
  ["text", textOctets],
  ["words", wordOctets],
  ["namesOf", nameOctets],
]);

/** What is wrong with a call, and where. */
class Mistake {
  constructor(range, message) {
    this.range = range;
    this.message = message;
  }
}

/** The string a literal, an interpolation-free template or a sum of those stands for. */
function literal(expression) {
  if (expression instanceof ParenthesizedExpression) return literal(expression.expression);
  if (expression instanceof StringLiteralExpression) return expression.value;
  if (expression instanceof TemplateLiteralExpression && !expression.tag && expression.expressions.length === 0)
    return expression.parts[0];
  if (expression instanceof BinaryExpression && expression.operator === Token.Plus)
    return literal(expression.left) + literal(expression.right);
  throw new Mistake(expression.range, "only string literals, templates without ${} and '+' of those");
}

function one(call) {
  if (call.args.length !== 1) throw new Mistake(call.range, "takes one argument");
  return call.args[0];
}

function textOctets(call) {
  const argument = one(call);
  const octets = new TextEncoder().encode(literal(argument));
  if (octets.length > LONGEST) throw new Mistake(argument.range, `longer than ${LONGEST} octets`);
  return [octets.length & 0xff, octets.length >> 8, ...octets];
}

/** Words behind their lengths, closed by a 0. */
function listed(words, range) {
  const encoded = words.map((word) => new TextEncoder().encode(word));
  if (encoded.some((word) => word.length === 0 || word.length > 0xff)) throw new Mistake(range, "a word has 1 to 255 octets");
  return [...encoded.flatMap((word) => [word.length, ...word]), 0];
}

function wordOctets(call) {
  return listed(call.args.map(literal), call.range);
}

function nameOctets(call, sources) {
  const argument = one(call);
  if (!(argument instanceof IdentifierExpression)) throw new Mistake(argument.range, "names an enum, nothing else");
  const declaration = sources
    .flatMap((source) => source.statements)
    .find((s) => s instanceof EnumDeclaration && s.name.text === argument.text);
  if (!declaration) throw new Mistake(argument.range, `there is no enum '${argument.text}'`);
  const names = [];
  for (const [index, member] of declaration.values.entries()) {
    const name = member.name.text;
    if (name === "count" || name.startsWith("_")) continue;
    if (index !== names.length || !countsOn(member, index))
      throw new Mistake(argument.range, `'${argument.text}' does not count from 0`);
    names.push(name);
  }
  return listed(names, call.range);
}

function countsOn(member, index) {
  if (!member.initializer) return true;
  return member.initializer instanceof IntegerLiteralExpression && i64_low(member.initializer.value) === index;
}

/** `@lazy const NAME: usize = memory.data<u8>([...octets])`: what is not used is not there. */
function dataStatement(name, octets, range) {
  const u8 = Node.createNamedType(Node.createSimpleTypeName("u8", range), null, false, range);
  const usize = Node.createNamedType(Node.createSimpleTypeName("usize", range), null, false, range);
  const values = octets.map((octet) => Node.createIntegerLiteralExpression(i64_new(octet, 0), range));
  const memoryData = Node.createPropertyAccessExpression(
    Node.createIdentifierExpression("memory", range),
    Node.createIdentifierExpression("data", range),
    range,
  );
  const call = Node.createCallExpression(memoryData, [u8], [Node.createArrayLiteralExpression(values, range)], range);
  const identifier = Node.createIdentifierExpression(name, range);
  const lazy = [Node.createDecorator(Node.createIdentifierExpression("lazy", range), null, range)];
  const declaration = Node.createVariableDeclaration(identifier, lazy, CommonFlags.Const, usize, call, range);
  return Node.createVariableStatement(lazy, [declaration], range);
}

/** Put what `replace` returns for each call expression in its place, whatever node it hangs on. */
function walk(node, replace) {
  for (const key of Object.keys(node)) {
    const child = node[key];
    if (Array.isArray(child)) for (const [index, item] of child.entries()) child[index] = visited(item, replace);
    else node[key] = visited(child, replace);
  }
}

function visited(child, replace) {
  if (!(child instanceof Node) || child instanceof Source) return child;
  const replacement = child instanceof CallExpression ? replace(child) : null;
  if (replacement) return replacement;
  walk(child, replace);
  return child;
}

/** An application's source, or the stack's, which is a library where it is installed as a package. */
function isOurs(source) {
  return !source.isLibrary || source.internalPath.startsWith("~lib/sandwire/");
}

export default class TextTransform extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) if (isOurs(source)) this.#rewrite(source, parser);
  }

  #rewrite(source, parser) {
    const known = new Map();
    const statements = [];
    const replace = (call) => {
      const verb = call.expression instanceof IdentifierExpression ? VERBS.get(call.expression.text) : undefined;
      if (!verb) return null;
      try {
        const octets = verb(call, parser.sources);
        const key = octets.join();
        if (!known.has(key)) {
          known.set(key, `text~${known.size}`);
          statements.push(dataStatement(known.get(key), octets, call.range));
        }
        return Node.createIdentifierExpression(known.get(key), call.range);
      } catch (mistake) {
        if (!(mistake instanceof Mistake)) throw mistake;
        parser.error(DiagnosticCode.Transform_0_1, mistake.range, call.expression.text, mistake.message);
        return null;
      }
    };
    for (const [index, statement] of source.statements.entries()) source.statements[index] = visited(statement, replace);
    source.statements.unshift(...statements);
  }
}
