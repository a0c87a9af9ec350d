/**
 * `npm run rfc`: run the tests of this folder, print what became of each requirement and write docs/conformance.md.
 * `-- --check` only compares the page; `-- --knock-out` breaks mechanisms one at a time and names the tests that notice.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../host/tools/process";
import { knockOut, knockOutPage } from "./knockout";
import { faultsOf, page, rowsOf, tally, type Row } from "./page";
import { readRequirements } from "./requirements";
import { runTests } from "./results";

const path = join(root, "docs/conformance.md");

function print(rows: Row[]): void {
  for (const { id, level, verdict, tests } of rows) {
    const count = tests.length === 1 ? "1 test" : tests.length ? `${tests.length} tests` : "";
    console.log(`${id.padEnd(9)} ${level.padEnd(12)} ${verdict.padEnd(15)} ${count}`.trimEnd());
  }
  for (const { level, counts } of tally(rows)) {
    const [tested, deviation, absent, untested] = counts;
    console.log(`${level.padEnd(12)} ${tested} tested, ${deviation} deviate, ${absent} do not apply, ${untested} without a test`);
  }
}

async function conformance(check: boolean): Promise<string[]> {
  const results = await runTests();
  const rows = rowsOf(readRequirements(), results);
  if (!check) print(rows);
  const now = page(rows);
  if (!check) writeFileSync(path, now);
  const stale = readFileSync(path, "utf8") === now ? [] : ["docs/conformance.md is stale: npm run rfc writes it anew"];
  return [...faultsOf(rows, results), ...stale];
}

async function proof(): Promise<string[]> {
  const findings = await knockOut();
  for (const { name, ran, red } of findings)
    console.log(`${name}: ${red.length} of ${ran} red\n${red.map((test) => `  ${test}\n`).join("")}`);
  writeFileSync(join(root, "docs/knockout.md"), knockOutPage(findings));
  return findings.filter(({ red }) => red.length === 0).map(({ name }) => `without ${name} no test fails`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, "knock-out": { type: "boolean", default: false } },
  });
  const faults = values["knock-out"] ? await proof() : await conformance(values.check);
  for (const fault of faults) console.error(fault);
  if (faults.length) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
