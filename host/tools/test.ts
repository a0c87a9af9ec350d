/**
 * `npm test [-- FILTER...]`: the unit specs of the core (as-pect), then everything else (vitest), then one line with the sum. With
 * filters, only specs and tests whose path contains one of them. `ENGINE=wasm3 npm test`, or `aot`: the behaviour suite with the modules
 * in that engine (test/support/engine.ts).
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { inParallel, packageFile, root, runNode } from "./process";
import { engineUnderTest } from "../../test/support/engine";
import { filesBelow } from "./sources";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

const none: Counts = { passed: 0, failed: 0, skipped: 0 };
const filters = process.argv.slice(2);
const engine = chosenEngine();

function chosenEngine(): string {
  try {
    return engineUnderTest();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

/**
 * The interpreter as it is now; modules are compiled ahead of time by the test that wants them first. Where V8 is tested and there is no
 * compiler, tests are skipped and say so.
 */
async function buildEngine(): Promise<void> {
  const { code } = await runNode(["--import", "tsx", "host/tools/wasm3.ts"], { live: true, limit: 300_000 });
  if (code !== 0 && engine !== "v8") process.exit(1);
}

function chosen(path: string): boolean {
  return filters.length === 0 || filters.some((filter) => path.includes(filter));
}

/** The specs in as many hands as there are cores; each hand compiles and runs its own. */
async function unitSpecs(): Promise<Counts> {
  const specs = filesBelow("test/unit", ".spec.ts").filter(chosen);
  const width = Math.min(availableParallelism(), specs.length);
  const hands = Array.from({ length: width }, (_, hand) => specs.filter((_, index) => index % width === hand));
  const counts = await inParallel(
    hands.map((hand) => () => runSpecs(hand)),
    width,
  );
  return counts.reduce(sum, none);
}

async function runSpecs(specs: string[]): Promise<Counts> {
  const args = [packageFile("@as-pect/cli/bin/asp.js"), "--summary", "--no-logo"];
  const { code, output } = await runNode(args, { env: { SANDWIRE_SPECS: specs.join("\n") }, limit: 300_000 });
  const text = stripVTControlCharacters(output);
  const files = [...text.matchAll(/^. (test\/unit\/\S+) +Pass: (\d+) \/ (\d+)/gm)];
  const counts = files
    .map(([, , pass, all]) => ({ passed: Number(pass), failed: Number(all) - Number(pass), skipped: 0 }))
    .reduce(sum, none);
  for (const [, file, pass, all] of files) console.log(` ${pass === all ? "✓" : "✗"} ${file} (${pass}/${all})`);
  const broken = code !== 0 || files.length !== specs.length;
  if (broken) console.log(output.replace(/^[\s\S]*ASC Version: .*\n/, "").trimEnd());
  // A spec that did not compile or trapped outside of a test has no count of its own.
  return broken && counts.failed === 0 ? { ...counts, failed: Math.max(1, specs.length - files.length) } : counts;
}

/** Seconds after which tests that still run are ended. */
const SECONDS = Number(process.env["SANDWIRE_TEST_SECONDS"] ?? 2400);

async function behaviour(): Promise<Counts> {
  const report = join(root, "build/vitest.json");
  rmSync(report, { force: true });
  const paths = filters.length === 0 ? [] : ["--passWithNoTests", ...filters];
  const { code } = await runNode([packageFile("vitest/vitest.mjs"), "run", ...paths], { live: true, limit: SECONDS * 1000 });
  const counts = readReport(report);
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function readReport(path: string): Counts {
  let found: VitestReport;
  try {
    found = JSON.parse(readFileSync(path, "utf8")) as VitestReport;
  } catch {
    return none;
  }
  // A file that fails before its first test counts as one failure.
  const stillborn = found.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  return {
    passed: found.numPassedTests,
    failed: found.numFailedTests + stillborn,
    skipped: found.numPendingTests + found.numTodoTests,
  };
}

function sum(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

await buildEngine();
const counts = sum(engine === "v8" ? await unitSpecs() : none, await behaviour());
const strict = process.env.SANDWIRE_NO_SKIP === "1";
const empty = counts.passed + counts.failed === 0;
const failed = counts.failed + (strict ? counts.skipped : 0) + (empty ? 1 : 0);
if (counts.skipped > 0) console.log(`${counts.skipped} skipped${strict ? ", which SANDWIRE_NO_SKIP=1 forbids" : ""}`);
if (empty) console.log("no test ran");
mkdirSync(join(root, "build"), { recursive: true });
writeFileSync(join(root, "build/tests.json"), `${JSON.stringify({ ...counts, failed })}\n`);
console.log(`${counts.passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
