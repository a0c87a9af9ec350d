/**
 * `npm run build [-- TARGET...]` compiles what is stale, all targets of asconfig.json unless some are named.
 * `--force` compiles what is fresh too, `--declarations` only generates the hosts' view of the ABI.
 * `npm run build -- --app FILE [--profile P] [--out FILE]` compiles a firmware of your own for a profile.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { firmware, firmwareOf, readAsConfig, transforms, type AsConfig } from "./compile";
import { firmwareJob, perform, report, type Job } from "./application";
import { inParallel, root, runNode } from "./process";

/** The newest change below a path, folders included: removing a file changes its folder. */
function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isStale(output: string, inputs: string[]): boolean {
  const at = join(root, output);
  return !existsSync(at) || statSync(at).mtimeMs < Math.max(...inputs.map((input) => newest(join(root, input))));
}

/** The hosts' declarations, generated from the core's own. */
async function generate(): Promise<boolean> {
  const generator = "host/tools/abi.ts";
  if (!existsSync(join(root, generator))) return true;
  const inputs = ["assembly/abi.ts", "assembly/stats.ts", "assembly/exports.ts", firmware, generator, "host/tools/abi"];
  const outputs = ["build/generated/abi.ts", "build/generated/sandwire_abi.h"];
  if (!outputs.some((output) => isStale(output, inputs))) return true;
  const outcome = await runNode(["--import", "tsx", generator], { limit: 60_000 });
  if (outcome.code === 0) console.log(`${"declarations".padEnd(16)} ${"".padStart(28)} ${outputs.join(", ")}`);
  else console.error(`declarations     FAILED\n${outcome.output}`);
  return outcome.code === 0;
}

function jobsFor(config: AsConfig, names: string[], force: boolean): Job[] {
  const unknown = names.filter((name) => !config.targets[name]);
  if (unknown.length > 0)
    throw new Error(`no such target: ${unknown.join(", ")} (there is ${Object.keys(config.targets).join(", ")})`);
  const inputs = [
    "assembly",
    "asconfig.json",
    "host/tools/compile.ts",
    ...transforms,
    "node_modules/assemblyscript/package.json",
  ];
  const wanted = Object.entries(config.targets).filter(([name]) => names.length === 0 || names.includes(name));
  return wanted
    .filter(([, target]) => force || isStale(target.outFile, inputs))
    .map(([name, target]) => ({ label: name, target: name, entry: firmwareOf(name), outFile: target.outFile }));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      app: { type: "string" },
      profile: { type: "string", default: "default" },
      out: { type: "string" },
      declarations: { type: "boolean", default: false },
      force: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
    },
  });
  const generated = await generate();
  if (!generated) process.exitCode = 1;
  if (values.declarations) return;
  const config = readAsConfig();
  const jobs =
    values.app === undefined
      ? jobsFor(config, positionals, values.force)
      : [firmwareJob(values.app, { target: values.profile, out: values.out })];
  const run = (job: Job) => async (): Promise<boolean> => {
    const outcome = await perform(job);
    report(job, outcome);
    return outcome.code === 0;
  };
  const results = await inParallel(jobs.map(run), availableParallelism());
  if (jobs.length === 0 && !values.quiet) console.log("nothing to build: every module is newer than its sources");
  if (results.includes(false)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
