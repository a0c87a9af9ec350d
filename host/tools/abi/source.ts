import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";

/** The syntax tree of a file; AssemblyScript's syntax is TypeScript's. Throws an Error when the file does not exist. */
export function parse(path: string): ts.SourceFile {
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

/** The doc comment of a declaration as it stands in the source, or "". */
export function docOf(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const docs = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  const doc = docs.filter(({ pos }) => text.startsWith("/**", pos)).at(-1);
  return doc ? text.slice(doc.pos, doc.end) : "";
}

/** `text` moved `columns` to the right; the lines of a comment after the first keep one more for their asterisk. */
export function indent(text: string, columns: number): string {
  if (!text) return "";
  const space = " ".repeat(columns);
  const lines = text.split("\n").map((line) => line.trim());
  return lines.map((line) => space + (line.startsWith("*") ? ` ${line}` : line)).join("\n") + "\n";
}

export function isExported(node: ts.Node): boolean {
  return ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}
