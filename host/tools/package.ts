/**
 * `npm run package`: what `npm pack` puts into the package besides sources: the modules of the profiles, and the host as JavaScript with
 * declarations in dist/. TypeScript leaves the imports between files as they were written; Node and TypeScript's own `node16` want the
 * whole name of the file there.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { modules } from "./goals";
import { packageFile, root, runNode } from "./process";
import { filesBelow } from "./sources";

const STAGE = "build/stage";
const DIST = "dist";

/** Where a compiled file goes: host/node/ is one below dist/, as it is one below host/, so that paths to other files stay right. */
function placeOf(staged: string): string {
  return join(DIST, relative(STAGE, staged).replace(/^(host|build)[\\/]/, ""));
}

async function must(args: string[]): Promise<void> {
  const { code, output } = await runNode(args, { limit: 600_000 });
  if (code !== 0) throw new Error(`${args.join(" ")}\n${output}`);
}

/** The compiled file that an import of `from` means: a file, or the index of a folder. */
function target(from: string, specifier: string): string {
  const path = normalize(join(dirname(from), specifier.replace(/\.js$/, "")));
  const found = [`${path}.js`, join(path, "index.js")].find((file) => existsSync(join(root, file)));
  if (!found) throw new Error(`${from} imports ${specifier}, which was not compiled`);
  return found;
}

/** The text of a compiled file as it is in dist/: relative imports name the files they mean. */
function rewritten(staged: string): string {
  const text = readFileSync(join(root, staged), "utf8");
  return text.replace(/(\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]*|\.{1,2})"/g, (_, before: string, specifier: string) => {
    const path = relative(dirname(placeOf(staged)), placeOf(target(staged, specifier)))
      .split(sep)
      .join("/");
    return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
  });
}

/**
 * Programs for Node often leave out the types of browsers, to which TypeScript counts those of WebAssembly. These have no members: where
 * the others are there, they are the same.
 */
const WEBASSEMBLY = "declare namespace WebAssembly {\n  interface Instance {}\n  interface Memory {}\n  interface Module {}\n}\n";

/** A declaration file with what it needs of `WEBASSEMBLY`. */
function declared(staged: string, text: string): string {
  if (!staged.endsWith(".d.ts") || !text.includes("WebAssembly.")) return text;
  return `/// <reference path="${relative(dirname(placeOf(staged)), join(DIST, "webassembly.d.ts"))
    .split(sep)
    .join("/")}" />\n${text}`;
}

async function main(): Promise<void> {
  await must(["--import", "tsx", "host/tools/build.ts", "--quiet", ...modules]);
  for (const folder of [STAGE, DIST]) rmSync(join(root, folder), { recursive: true, force: true });
  await must([packageFile("typescript/bin/tsc"), "--project", "tsconfig.package.json"]);
  for (const staged of filesBelow(STAGE, ".ts").concat(filesBelow(STAGE, ".js"))) {
    const path = join(root, placeOf(staged));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, declared(staged, rewritten(staged)));
  }
  writeFileSync(join(root, DIST, "webassembly.d.ts"), WEBASSEMBLY);
  rmSync(join(root, STAGE), { recursive: true });
}

await main();
