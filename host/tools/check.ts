/** `npm run check`: everything that can be said about the sources without running them. `-- --fix` repairs what it can. */
import { availableParallelism } from "node:os";
import { inParallel, packageFile, runNode } from "./process";

interface Step {
  name: string;
  args: string[];
  /** Arguments that repair; a step without them has none. */
  fix?: string[];
}

const prettier = packageFile("prettier/bin/prettier.cjs");
const eslint = packageFile("eslint/bin/eslint.js");
const tool = (file: string): string[] => ["--import", "tsx", `host/tools/${file}`];

const steps: Step[] = [
  { name: "lint", args: [eslint, "."], fix: [eslint, "--fix", "."] },
  { name: "formatting", args: [prettier, "--check", "."], fix: [prettier, "--write", "--log-level", "warn", "."] },
  { name: "types", args: [packageFile("typescript/bin/tsc"), "--noEmit"] },
  { name: "ranks", args: tool("ranks.ts") },
  { name: "links", args: tool("links.ts") },
  { name: "reference", args: [...tool("reference.ts"), "--check"] },
  { name: "unused", args: [packageFile("knip/bin/knip.js")] },
];

async function perform(step: Step, args: string[]): Promise<boolean> {
  const outcome = await runNode(args, { limit: 240_000 });
  const seconds = `${(outcome.milliseconds / 1000).toFixed(1)} s`;
  console.log(`${step.name.padEnd(12)} ${outcome.code === 0 ? "ok" : "FAILED"}  ${seconds}`);
  if (outcome.code !== 0) console.log(`${outcome.output.trimEnd()}\n`);
  return outcome.code === 0;
}

async function main(): Promise<void> {
  const results: boolean[] = [];
  // Types and lint read the generated declarations.
  const declarations = await runNode([...tool("build.ts"), "--quiet", "--declarations"], { limit: 60_000, live: true });
  results.push(declarations.code === 0);
  if (process.argv.includes("--fix")) {
    // One after the other: both write.
    for (const step of steps) if (step.fix) results.push(await perform(step, step.fix));
  } else {
    const jobs = steps.map((step) => () => perform(step, step.args));
    results.push(...(await inParallel(jobs, availableParallelism())));
  }
  if (results.includes(false)) process.exitCode = 1;
}

await main();
