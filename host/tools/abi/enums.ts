import { getSystemErrorMap } from "node:util";
import ts from "typescript";
import { docOf, indent, isExported, parse } from "./source";

export interface Enumeration {
  name: string;
  doc: string;
  members: { name: string; doc: string; value: number }[];
}

/** Every exported enum of a file. Throws an Error on a value that is not a plain number. */
export function enumsOf(path: string): Enumeration[] {
  return parse(path).statements.filter(ts.isEnumDeclaration).filter(isExported).map(readEnum);
}

function readEnum(node: ts.EnumDeclaration): Enumeration {
  let next = 0;
  const members = node.members.map((member) => {
    const value = member.initializer ? numberOf(member.initializer) : next;
    next = value + 1;
    return { name: member.name.getText(), doc: docOf(member), value };
  });
  return { name: node.name.text, doc: docOf(node), members };
}

function numberOf(node: ts.Expression): number {
  const value = Number(node.getText().replaceAll("_", ""));
  if (!Number.isInteger(value)) throw new Error(`${node.getSourceFile().fileName}: ${node.getText()} is not a number`);
  return value;
}

/** The enum as the host sees it: values by name and, for records excepted, names by value. */
export function enumSource({ name, doc, members }: Enumeration): string {
  const rows = members.map((member) => `${indent(member.doc, 2)}  ${member.name} = ${member.value},\n`);
  return `${indent(doc, 0)}export enum ${name} {\n${rows.join("")}}\n`;
}

const WIDTHS: Record<number, { get: string; set: string; value: string }> = {
  1: { get: "getUint8(at)", set: "setUint8(at, value)", value: "u8" },
  2: { get: "getUint16(at, true)", set: "setUint16(at, value, true)", value: "u16" },
  4: { get: "getUint32(at, true)", set: "setUint32(at, value, true)", value: "u32" },
};

/** A class `XView` for the layout `XRecord`: fields by name at an address of the module's memory. */
export function recordSource({ name, members }: Enumeration): string {
  if (members.at(-1)?.name !== "size") throw new Error(`${name} does not end with its size`);
  const fields = members.slice(0, -1).map((member, i) => ({ ...member, width: members[i + 1].value - member.value }));
  const taken = fields.find((field) => TAKEN.includes(field.name));
  if (taken) throw new Error(`${name}: a field cannot be called ${taken.name}`);
  const accessors = fields.filter((field) => !field.name.startsWith("_")).map(accessor);
  return `/** Reads and writes a ${name} at address \`at\`, which may be moved to the next one. */
export class ${name.replace(/Record$/, "View")} {
  static readonly size = ${members[members.length - 1].value};
  constructor(
    readonly view: DataView,
    public at: number,
  ) {}
${accessors.join("")}}
`;
}

/** What a view has besides its fields. */
const TAKEN = ["at", "view", "constructor"];

function accessor(field: { name: string; doc: string; value: number; width: number }): string {
  const at = field.value ? `this.at + ${field.value}` : "this.at";
  const doc = indent(field.doc, 2);
  const width = WIDTHS[field.width];
  if (!width) {
    return `${doc}  get ${field.name}(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + ${at}, ${field.width});
  }
`;
  }
  return `${doc}  get ${field.name}(): number {
    return this.view.${width.get.replace("at", at)};
  }
  set ${field.name}(value: number) {
    this.view.${width.set.replace("at", at)};
  }
`;
}

/** What the C library says and libuv, whose messages Node knows, does not. */
const MESSAGES: Record<string, string> = {
  EDOM: "argument out of domain",
  EHOSTDOWN: "host is down",
  EOPNOTSUPP: "operation not supported on socket",
  EINPROGRESS: "operation now in progress",
  ESOCKTNOSUPPORT: "socket type not supported",
};

const known = new Map(getSystemErrorMap().values());

/** What an error number means. */
export function wordsOf(name: string): string {
  return known.get(name) ?? MESSAGES[name] ?? name;
}

/** The error numbers with their words as documentation, where they have no other. */
export function explained(errno: Enumeration): Enumeration {
  const explain = (name: string): string => `/** ${wordsOf(name).replace(/^./, (first) => first.toUpperCase())}. */`;
  return { ...errno, members: errno.members.map((member) => ({ ...member, doc: member.doc || explain(member.name) })) };
}

/** `errnoMessage`: the words for each error number. */
export function errnoSource({ members }: Enumeration): string {
  const rows = members.map(({ name, value }) => `  ${value}: ${JSON.stringify(wordsOf(name))},\n`);
  return `/** What each error number means, in words. */\nexport const errnoMessage: Record<number, string> = {\n${rows.join("")}};\n`;
}
