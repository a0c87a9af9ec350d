/** `npm run docs`: write the parts of the documentation that come from sources, profiles, tests and the last `npm run bench`. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ladders, pages, rendered } from "./blocks";
import { packageFile, root, runNode } from "./process";

/** Let the tests draw their conversations; those of a test that fails stay as they are. */
async function draw(): Promise<void> {
  rmSync(join(root, ladders), { recursive: true, force: true });
  const args = [packageFile("vitest/vitest.mjs"), "run", "test/textbook/walk.test.ts", "--reporter=dot"];
  const { code, output } = await runNode(args, { env: { SANDWIRE_LADDERS: ladders }, limit: 300_000 });
  if (code !== 0) throw new Error(`the ladders could not be drawn (npm run build first?)\n${output}`);
}

async function main(): Promise<void> {
  await draw();
  for (const page of pages()) {
    const path = join(root, page);
    const before = readFileSync(path, "utf8");
    const now = rendered(before, true);
    if (now !== before) writeFileSync(path, now);
    console.log(`${page.padEnd(32)} ${now === before ? "up to date" : "written"}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
