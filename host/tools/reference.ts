/**
 * `npm run reference`: the reference of what the package offers, in build/reference/: the host's API by typedoc, and beside it pages made
 * of the core's own comments: the calls that a module exports, and the library of applications inside it.
 * `-- --check` writes nothing and fails when a public symbol has no words.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { functionsOf, type Signature } from "./abi/functions";
import { docOf, isExported, parse } from "./abi/source";
import { packageFile, root, runNode } from "./process";
import { filesBelow } from "./sources";

/** One thing that is described: how it is written, and its words. */
interface Entry {
  code: string;
  words: string;
}

/** The words of a comment without its marks. */
function plain(doc: string): string {
  const lines = doc
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n");
  return lines
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

const collapsed = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|");

function table(entries: Entry[]): string {
  const rows = entries.map(({ code, words }) => `| \`${collapsed(code)}\` | ${collapsed(words)} |`);
  return ["| | |", "| --- | --- |", ...rows].join("\n");
}

/** The calls of the module, for hosts. */
function exportsPage(): string {
  const written = ({ name, parameters, result }: Signature): string =>
    `${name}(${parameters.map((one) => one.name).join(", ")})${result === "void" ? "" : `: ${result}`}`;
  const entries = functionsOf(join(root, "assembly/apps/board.ts")).map((one) => ({ code: written(one), words: plain(one.doc) }));
  const about = "What every module exports, besides `memory`. Results are a count, 0, or a negative errno; no call waits.";
  return page("The calls of the module", about, table(entries));
}

function page(title: string, about: string, body: string): string {
  return `---\ntitle: ${title}\n---\n\n${about}\n\n${body}\n`;
}

/** A member as one writes it: its name, its parameters, its result. */
function signatureOf(node: ts.ClassElement): string {
  const text = node.getText();
  const from = text.search(/(?:static |get |set )*[\w]+\s*[(:]/);
  const written = text
    .slice(Math.max(from, 0))
    .replace(/\s*\{[^]*$/, "")
    .replace(/;$/, "");
  return written.replace(/@\w+\s*/g, "").trim();
}

/** The names the library gives. */
function offered(): Set<string> {
  const exports = parse(join(root, "assembly/index.ts")).statements.filter(ts.isExportDeclaration);
  return new Set(
    exports
      .flatMap(({ exportClause: clause }) => (clause && ts.isNamedExports(clause) ? clause.elements : []))
      .map(({ name }) => name.text),
  );
}

/** The classes and functions of one file of the library. */
function described(path: string): string {
  const names = offered();
  return parse(join(root, path))
    .statements.filter(isExported)
    .flatMap((node) => {
      const { name } = node as ts.Statement & { name?: ts.Node };
      if (!name || !names.has(name.getText())) return [];
      if (ts.isFunctionDeclaration(node)) {
        const written = node
          .getText()
          .replace(/\s*\{[^]*$/, "")
          .replace(/^[^]*?function /, "");
        return [table([{ code: written, words: plain(docOf(node)) }])];
      }
      if (!ts.isClassDeclaration(node)) return [];
      const base = node.heritageClauses?.[0]?.getText() ?? "";
      const members = node.members.map((member) => ({ code: signatureOf(member), words: plain(docOf(member)) }));
      return [`## ${name.getText()} ${base}`.trim(), plain(docOf(node)), table(members)];
    })
    .join("\n\n");
}

/** The library of applications. */
function libraryPage(): string {
  const about = 'What `import { … } from "sandwire/assembly"` gives to an application inside the module.';
  return page("The library for applications", about, filesBelow("assembly/lib", ".ts").map(described).join("\n\n"));
}

/** What has no words, by a line of its page. */
function undescribed(text: string): string[] {
  return [...text.matchAll(/^\| (`[^`]+`) \|\s*\|$/gm)].map(([, code = ""]) => `${code} has no comment`);
}

async function main(): Promise<void> {
  const check = process.argv.includes("--check");
  const pages = { "exports.md": exportsPage(), "library.md": libraryPage() };
  mkdirSync(join(root, "build/pages"), { recursive: true });
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(root, "build/pages", name), text);
  const errors = Object.values(pages).flatMap(undescribed);
  const { code, output } = await runNode([packageFile("typedoc/bin/typedoc"), ...(check ? ["--emit", "none"] : [])], {
    limit: 240_000,
  });
  for (const error of errors) console.error(error);
  console.log(output.trimEnd());
  if (code !== 0 || errors.length > 0) process.exitCode = 1;
}

await main();
