import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chart } from "../bench/lossy/chart";
import type { Bench } from "../bench/lossy/record";
import { page } from "../bench/lossy/report";

// What was measured is in lossy.json: `npm run bench -- lossy --draw` writes the others from it.
test("docs/lossy.md and docs/lossy.svg say what docs/lossy.json says", () => {
  const bench = JSON.parse(readFileSync("docs/lossy.json", "utf8")) as Bench;
  expect(page(bench)).toBe(readFileSync("docs/lossy.md", "utf8"));
  expect(chart(bench)).toBe(readFileSync("docs/lossy.svg", "utf8"));
});
