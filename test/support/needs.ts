import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "vitest";

/** Absent requirements found so far, each said once. */
const said = new Set<string>();

function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** A requirement: the name of a program, or a description with its own check. */
export type Need = string | { what: string; present: boolean };

function isPresent(need: Need): boolean {
  return typeof need === "string" ? hasProgram(need) : need.present;
}

/**
 * `test` where everything named is present; otherwise a test that is skipped with one line saying what it needs, or that fails
 * when SANDWIRE_NO_SKIP is set: `needs("tshark")("every frame is well formed", () => ...)`.
 */
export function needs(...wanted: Need[]): typeof test | typeof test.skip {
  const absent = wanted.filter((need) => !isPresent(need)).map((need) => (typeof need === "string" ? need : need.what));
  if (!absent.length) return test;
  const message = `needs ${absent.join(", ")}`;
  if (process.env["SANDWIRE_NO_SKIP"]) {
    return ((name: string) => {
      test(name, () => {
        throw new Error(message);
      });
    }) as typeof test.skip;
  }
  if (!said.has(message)) process.stderr.write(`skipped: ${message}\n`);
  said.add(message);
  return test.skip;
}
