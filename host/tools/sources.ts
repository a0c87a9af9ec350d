import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import ts from "typescript";
import { root } from "./process";

/** All files below a folder of the checkout that end so, as paths from its top with forward slashes, sorted. */
export function filesBelow(folder: string, ending: string): string[] {
  const found: string[] = [];
  const visit = (at: string): void => {
    for (const name of readdirSync(join(root, at)).sort()) {
      const path = `${at}/${name}`;
      if (statSync(join(root, path)).isDirectory()) visit(path);
      else if (name.endsWith(ending)) found.push(path);
    }
  };
  visit(folder);
  return found;
}

/** One name that a file takes from another. `*` is the whole file. */
export interface Import {
  from: string;
  names: string[];
  line: number;
}

/** What a file of AssemblyScript takes and gives, as far as its syntax shows. */
export interface Source {
  path: string;
  imports: Import[];
  exports: { name: string; line: number }[];
}

/** Reads a source file; TypeScript's parser understands AssemblyScript well enough for imports and exports. */
export function readSource(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const source: Source = { path, imports: [], exports: [] };
  for (const statement of file.statements) {
    const line = file.getLineAndCharacterOfPosition(statement.getStart(file)).line + 1;
    if (ts.isImportDeclaration(statement)) addImport(source, statement.moduleSpecifier, importedNames(statement), line);
    else if (ts.isExportDeclaration(statement)) addReexport(source, statement, line);
    else if (isExported(statement)) for (const name of declaredNames(statement)) source.exports.push({ name, line });
  }
  return source;
}

function addImport(source: Source, specifier: ts.Expression, names: string[], line: number): void {
  if (!ts.isStringLiteral(specifier) || !specifier.text.startsWith(".")) return;
  const from = normalize(join(dirname(source.path), specifier.text))
    .split(sep)
    .join("/");
  source.imports.push({ from: from.endsWith(".ts") ? from : `${from}.ts`, names, line });
}

function addReexport(source: Source, statement: ts.ExportDeclaration, line: number): void {
  const clause = statement.exportClause;
  const elements = clause && ts.isNamedExports(clause) ? clause.elements : [];
  for (const element of elements) source.exports.push({ name: element.name.text, line });
  if (!statement.moduleSpecifier) return;
  const names = clause ? elements.map((element) => (element.propertyName ?? element.name).text) : ["*"];
  addImport(source, statement.moduleSpecifier, names, line);
}

function importedNames(statement: ts.ImportDeclaration): string[] {
  const bindings = statement.importClause?.namedBindings;
  if (!bindings || ts.isNamespaceImport(bindings)) return ["*"];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false;
  return ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  }
  const name = (statement as ts.Statement & { name?: ts.Node }).name;
  return name && ts.isIdentifier(name) ? [name.text] : [];
}
