import { isBinding, type Requirement } from "./requirements";
import type { Result } from "./results";

/** A requirement with what speaks for it. */
export interface Row extends Requirement {
  verdict: "tested" | "untested" | "deviation" | "not applicable";
  tests: Result[];
}

export function rowsOf(requirements: Requirement[], results: Result[]): Row[] {
  return requirements.map((requirement) => {
    const tests = results.filter(({ ids }) => ids.includes(requirement.id));
    const verdict = requirement.ruling?.verdict ?? (tests.length ? "tested" : "untested");
    return { ...requirement, verdict, tests };
  });
}

/** What makes the table untrue, one line each. */
export function faultsOf(rows: Row[], results: Result[]): string[] {
  const known = new Set(rows.map(({ id }) => id));
  const unproven = rows.filter((row) => row.tests.length === 0 && isBinding(row) && row.verdict !== "not applicable");
  const shown = rows.filter((row) => row.tests.length === 0 && !isBinding(row) && row.verdict === "deviation");
  return [
    ...results.filter(({ passed }) => !passed).map(({ file, ids, name }) => `${file}: failed: ${ids.join(", ")} ${name}`),
    ...results.filter(({ ids }) => !ids.length).map(({ file, name }) => `${file}: names no requirement: ${name}`),
    ...results.flatMap(({ file, ids }) =>
      ids.filter((id) => !known.has(id)).map((id) => `${file}: ${id} is in no list of requirements`),
    ),
    ...[...unproven, ...shown].map(({ id, level }) => `${id} (${level}) has no test`),
  ];
}

const order: Row["verdict"][] = ["tested", "deviation", "not applicable", "untested"];

/** How many of each level have which verdict. */
export function tally(rows: Row[]): { level: string; counts: number[] }[] {
  const levels = [...new Set(rows.map(({ level }) => level))];
  return levels.map((level) => {
    const those = rows.filter((row) => row.level === level);
    return { level, counts: order.map((verdict) => those.filter((row) => row.verdict === verdict).length) };
  });
}

/** Docs/conformance.md. */
export function page(rows: Row[]): string {
  const own = rows.filter(({ id }) => /^[A-Z]/.test(id));
  const extensions = [...new Set(rows.filter((row) => !own.includes(row)).map(({ id }) => id.slice(0, 4)))];
  const deviations = rows.filter(({ verdict }) => verdict === "deviation");
  return [
    "# Requirement by requirement",
    "",
    "Written by `npm run rfc` from `test/rfc9293/`: do not edit. Every test is named by the requirements it shows, asserts from the",
    "wire and from the socket, in virtual time. Ids with words are RFC 9293's own; the others are the number of an RFC and a count of",
    "ours. `rule` marks what the RFC says without a keyword, `ours` a test it does not ask for.",
    "",
    ...table(
      ["level", ...order],
      tally(rows).map(({ level, counts }) => [level, ...counts.map(String)]),
    ),
    "",
    "## Deviations",
    "",
    ...deviations.map(({ id, level, ruling }) => `- **${id}** (${level}): ${ruling!.reason}`),
    "",
    "## RFC 9293",
    "",
    ...requirementTable(own),
    ...extensions.flatMap((rfc) => [
      "",
      `## RFC ${rfc}${rfc === "9293" ? ", text without an id" : ""}`,
      "",
      ...requirementTable(rows.filter(({ id }) => id.startsWith(`${rfc}-`))),
    ]),
    "",
  ].join("\n");
}

function requirementTable(rows: Row[]): string[] {
  const lines = rows.map(({ id, level, section, text, verdict, ruling, tests }) => [
    id,
    level,
    `${text} (${section || "-"})`,
    ruling?.verdict === "not applicable" ? `not applicable: ${ruling.reason}` : verdict,
    testsOf(tests),
  ]);
  return table(["id", "level", "requirement", "verdict", "tests"], lines);
}

const SHOWN = 3;

/** Their names by file; of many alike, the first few. */
function testsOf(tests: Result[]): string {
  const names = [...new Set(tests.map(({ file, name }) => `${file}: ${name}`))];
  const more = names.length > SHOWN ? [`and ${names.length - SHOWN} more`] : [];
  return [...names.slice(0, SHOWN), ...more].join("; ");
}

function table(head: string[], lines: string[][]): string[] {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...lines.map(line)];
}
