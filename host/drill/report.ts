import type { Verdict } from "./drill";

/** Lines of what happened that a failure shows. */
const LAST = 20;

export interface ReportOptions {
  /** Show everything that happened, also for scripts that pass. */
  verbose: boolean;
}

/** What became of a script, for a reader: one line where it passed. */
export function report(verdict: Verdict, { verbose }: ReportOptions): string {
  const { file, outcome, message, line, pair, excerpt, story, leftovers, ignored, seconds } = verdict;
  const lines = [`${outcome.padEnd(11)} ${file}${outcome === "passed" ? ` (${seconds.toFixed(3)} s)` : ""}`];
  if (message) lines.push(`  ${file}${line ? `:${line}` : ""}: ${outcome === "unsupported" ? "not supported: " : ""}${message}`);
  if (excerpt) lines.push(indented(excerpt));
  if (pair) lines.push(`    expected  ${pair.expected}`, `    actual    ${pair.actual}`);
  if (pair?.marks) lines.push(`              ${pair.marks}`);
  if (verbose || outcome === "failed") lines.push(...soFar(story, verbose ? Infinity : LAST));
  if (ignored.length > 0 && (verbose || outcome !== "passed")) lines.push(`  left out: ${ignored.join("; ")}`);
  if (leftovers.length > 0 && verbose) lines.push("  not expected by any line:", ...leftovers.map((line) => `    ${line}`));
  return lines.join("\n");
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function soFar(story: string[], most: number): string[] {
  if (story.length === 0) return [];
  const kept = story.slice(Math.max(0, story.length - most));
  const left = story.length - kept.length;
  return [
    "  so far:",
    ...(left ? [`    (${left} ${left === 1 ? "line" : "lines"} before)`] : []),
    ...kept.map((line) => `    ${line}`),
  ];
}

/** "12 scripts: 10 passed, 1 failed, 1 unsupported". */
export function summary(verdicts: readonly Verdict[]): string {
  const counts = (["passed", "failed", "unsupported", "broken"] as const)
    .map((outcome) => [outcome, verdicts.filter((verdict) => verdict.outcome === outcome).length] as const)
    .filter(([outcome, count]) => count > 0 || outcome === "passed");
  const all = `${verdicts.length} script${verdicts.length === 1 ? "" : "s"}`;
  return `${all}: ${counts.map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`;
}

/** 0 when all passed, 1 when one failed, 2 when one could not be judged. */
export function exitCode(verdicts: readonly Verdict[]): number {
  if (verdicts.some(({ outcome }) => outcome === "failed")) return 1;
  return verdicts.every(({ outcome }) => outcome === "passed") ? 0 : 2;
}

/** For machines: the verdicts without what only a reader wants. */
export function asJson(verdicts: readonly Verdict[]): string {
  return JSON.stringify({ scripts: verdicts, exitCode: exitCode(verdicts) }, null, 2);
}
