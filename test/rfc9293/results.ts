import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageFile, root, runNode } from "../../host/tools/process";
import { filesBelow } from "../../host/tools/sources";

/** A test that names requirements. */
export interface Result {
  /** The file's name without folder and ending. */
  file: string;
  /** The ids at the head of its name. */
  ids: string[];
  /** The rest of its name. */
  name: string;
  passed: boolean;
}

interface Report {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { title: string; status: string }[];
  }[];
}

/** One id: MUST-13, SHLD-4, 7323-8, 9293-u2 ... */
const id = "(?:MUST|SHLD|MAY|REC|\\d{4})-u?\\d+";
const heading = new RegExp(`^(${id}(?:, ${id})*):? (.*)$`, "s");

/** The ids a test's name begins with, and what follows them. */
export function headed(title: string): { ids: string[]; name: string } {
  const [, ids = "", name = title] = heading.exec(title) ?? [];
  return { ids: ids ? ids.split(", ") : [], name };
}

/** Run the tests of this folder (or those with one of the ids in their names) and tell what became of each. */
export async function runTests(ids: string[] = [], env: Record<string, string> = {}): Promise<Result[]> {
  const report = join(root, "build", ids.length ? "rfc9293-some.json" : "rfc9293.json");
  const files = filesBelow("test/rfc9293", ".test.ts").filter((path) => ids.length === 0 || names(path, ids));
  const filter = ids.length ? ["-t", ids.map((wanted) => `\\b${wanted}\\b`).join("|")] : [];
  const args = [packageFile("vitest/vitest.mjs"), "run", ...files, "--reporter=json", `--outputFile=${report}`, ...filter];
  const { output } = await runNode(args, { env, limit: 600_000 });
  const { testResults } = readReport(report, output);
  const broken = testResults.find(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0);
  if (broken) throw new Error(`${broken.name} does not run: ${broken.message}`);
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "passed" || status === "failed")
      .map(({ title, status }) => ({ file: basename(name, ".test.ts"), ...headed(title), passed: status === "passed" })),
  );
}

/** The file has one of the ids in it. */
function names(path: string, ids: string[]): boolean {
  const text = readFileSync(join(root, path), "utf8");
  return ids.some((wanted) => text.includes(wanted));
}

function readReport(path: string, output: string): Report {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    throw new Error(`vitest left no report: ${output.slice(-2000)}`);
  }
}
