import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runNode } from "../../host/tools/process";
import { mechanisms, type Mechanism } from "./mechanisms";
import { runTests } from "./results";

/** Proof that the tests can fail: take a mechanism out of a copy of the sources, and see which tests notice. */

/** What happened without a mechanism. */
export interface Finding extends Mechanism {
  /** Tests that failed, `file: ids name`. */
  red: string[];
  /** Tests of these ids that ran. */
  ran: number;
}

const copy = join(root, "build/knock-out");
/** The profiles that the tests of this folder run. */
const targets = ["default.debug", "host.debug"];

/** One after the other, each in a fresh copy. */
export async function knockOut(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { changes } of mechanisms) for (const [file, from] of changes) mustContain(join(root, file), from);
  for (const mechanism of mechanisms) findings.push(await without(mechanism));
  rmSync(copy, { recursive: true, force: true });
  return findings;
}

async function without(mechanism: Mechanism): Promise<Finding> {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const part of ["assembly", "host", "asconfig.json", "package.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const [file, from, to] of mechanism.changes) change(join(copy, file), from, to);
  const { code, output } = await runNode(["--import", "tsx", join(copy, "host/tools/build.ts"), ...targets], { limit: 300_000 });
  if (code !== 0) throw new Error(`${mechanism.name}: does not compile without: ${output}`);
  const results = await runTests(mechanism.ids, { SANDWIRE_MODULES: join(copy, "build") });
  const red = results.filter(({ passed }) => !passed).map(({ file, ids, name }) => `${file}: ${ids.join(", ")} ${name}`);
  return { ...mechanism, red, ran: results.length };
}

function change(path: string, from: string, to: string): void {
  writeFileSync(path, mustContain(path, from).replace(from, to));
}

/** The file's text. */
function mustContain(path: string, part: string): string {
  const text = readFileSync(path, "utf8");
  if (!text.includes(part)) throw new Error(`${path} does not contain ${JSON.stringify(part)}`);
  return text;
}

/** Docs/knockout.md. */
export function knockOutPage(findings: Finding[]): string {
  const lines = findings.map(
    ({ name, changes, ran, red }) =>
      `| ${name} | ${changes.map(([file, from, to]) => `\`${file}\`: \`${cell(from)}\` becomes ${to ? `\`${cell(to)}\`` : "nothing"}`).join("; ")} | ${ran} | ${cell(red.join("; ")) || "none"} |`,
  );
  return [
    "# What the tests notice",
    "",
    "Written by `npm run rfc -- --knock-out`: each mechanism is taken out of a copy of the sources, one at a time; then the tests run",
    "whose names have its ids. A test of [the table](conformance.md) that cannot fail proves nothing.",
    "",
    "| mechanism | change | tests run | tests that went red |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}
