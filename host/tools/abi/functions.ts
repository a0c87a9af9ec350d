import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import ts from "typescript";
import { docOf, indent, isExported, parse } from "./source";

export interface Signature {
  name: string;
  doc: string;
  parameters: { name: string; optional: boolean }[];
  /** The AssemblyScript type of the result. */
  result: string;
}
type Signatures = Map<string, Signature>;

/** The functions a file exports, those it passes on from other files included; its own win over `export *`. */
export function functionsOf(path: string): Signature[] {
  return [...collect(path).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A text that other functions, or the same under other numbers, do not have: both sides of a border that goes by numbers compare it. */
export function digestOf(functions: Signature[]): string {
  const text = functions.map(({ name, parameters }) => `${name}/${parameters.length}`).join(" ");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function collect(path: string): Signatures {
  const file = parse(path);
  const found: Signatures = new Map();
  for (const node of file.statements.filter(ts.isExportDeclaration)) passOn(node, file, found);
  for (const node of file.statements.filter(ts.isFunctionDeclaration).filter(isExported)) {
    if (node.name) found.set(node.name.text, signature(node, node.name.text));
  }
  return found;
}

function passOn(node: ts.ExportDeclaration, file: ts.SourceFile, found: Signatures): void {
  const clause = node.exportClause;
  if (!clause) return collectFrom(node.moduleSpecifier, file).forEach((one, name) => found.set(name, one));
  if (!ts.isNamedExports(clause)) return;
  for (const { name, propertyName } of clause.elements) {
    const original = (propertyName ?? name).text;
    const from = node.moduleSpecifier ?? importOf(original, file);
    const one = collectFrom(from, file).get(original);
    if (one) found.set(name.text, { ...one, name: name.text });
  }
}

function collectFrom(specifier: ts.Expression | undefined, file: ts.SourceFile): Signatures {
  if (!specifier || !ts.isStringLiteral(specifier)) return new Map();
  return collect(`${join(dirname(file.fileName), specifier.text)}.ts`);
}

/** Where a name that is exported without `from` was imported from. */
function importOf(name: string, file: ts.SourceFile): ts.Expression | undefined {
  const imports = file.statements.filter(ts.isImportDeclaration);
  return imports.find(({ importClause }) => {
    const bindings = importClause?.namedBindings;
    return bindings && ts.isNamedImports(bindings) && bindings.elements.some((element) => element.name.text === name);
  })?.moduleSpecifier;
}

function signature(node: ts.FunctionDeclaration, name: string): Signature {
  const parameters = node.parameters.map((one) => ({ name: one.name.getText(), optional: !!one.initializer }));
  return { name, doc: docOf(node), parameters, result: node.type?.getText() ?? "void" };
}

const UNSIGNED = new Set(["u32", "usize"]);

function declaration({ doc, name, parameters, result }: Signature): string {
  const list = parameters.map((one) => `${one.name}${one.optional ? "?" : ""}: number`).join(", ");
  return `${indent(doc, 2)}  ${name}(${list}): ${result === "void" ? "void" : "number"};\n`;
}

function binding({ name, parameters, result }: Signature): string {
  const typed = parameters.map((one) => one.name).join(", ");
  const call = `raw.${name}(${typed})${UNSIGNED.has(result) ? " >>> 0" : ""}`;
  return `    ${name}(${typed}) {
      try {
        return ${call};
      } catch (cause) {
        throw trapped("${name}", cause);
      }
    },
`;
}

/** The interface of the exported functions, and the function that makes one of it. */
export function exportsSource(functions: Signature[]): string {
  const names = functions.map(({ name }) => `  ${JSON.stringify(name)},\n`);
  return `/** The linear memory of an instance: a WebAssembly.Memory, or what stands for one where another engine runs the module. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
}

/** What the module exports. Pointers are addresses in \`memory\`. */
export interface SandwireExports {
  readonly memory: LinearMemory;
${functions.map(declaration).join("")}}

/** The functions by the numbers C has for them (enum sw_function). */
export const functionNames = [
${names.join("")}] as const;

/** Tells an engine's library with these functions from one with others: SW_ABI_FUNCTIONS in C. */
export const functionsDigest = "${digestOf(functions)}";

/** The exports of an instance with unsigned results made unsigned; a trap becomes the error that \`trapped\` makes of it. */
export function bindExports(instance: { readonly exports: object }, trapped: (call: string, cause: unknown) => Error): SandwireExports {
  const raw = instance.exports as SandwireExports;
  return {
    memory: raw.memory,
${functions.map(binding).join("")}  };
}
`;
}
