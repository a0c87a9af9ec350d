import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tokenize } from "../../host/drill/lexer";
import { drilled } from "./run";

const folder = "test/drill";
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith(".pkt"))
  .map((name) => readFileSync(join(folder, name), "utf8"));
/** Pieces to put in the place of others. */
const pieces = scripts.flatMap((text) => tokenize("", text).map(({ from, to }) => text.slice(from, to)));

/** A script with some of its tokens replaced, left out or doubled. */
const mutated = fc
  .record({
    text: fc.constantFrom(...scripts),
    changes: fc.array(fc.record({ at: fc.nat(), how: fc.nat(2), piece: fc.constantFrom(...pieces) }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ text, changes }) => {
    const tokens = tokenize("", text);
    const parts = tokens.map(({ from, to }, i) => text.slice(tokens[i - 1]?.to ?? 0, from) + text.slice(from, to));
    for (const { at, how, piece } of changes)
      parts[at % parts.length] = how === 0 ? "" : how === 1 ? ` ${piece}` : ` ${piece} ${piece}`;
    return parts.join("");
  });

test("whatever a script says, there is a verdict with a line", async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      const verdict = await drilled(text);
      if (verdict.outcome !== "passed") expect(verdict, text).toHaveProperty("line");
    }),
    { numRuns: 300, seed: 3 },
  );
}, 120_000);
