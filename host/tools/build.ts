/**
 * `npm run build [-- TARGET...]` compiles what is stale, all targets of asconfig.json unless some are named.
 * `--force` compiles what is fresh too, `--declarations` only generates the hosts' view of the ABI.
 * `npm run build -- --app FILE [--profile P] [--out FILE]` compiles a firmware of your own for a profile.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { firmwareOf, readAsConfig, transforms, type AsConfig } from "./compile";
import { firmwareJob, perform, report, type Job } from "./application";
import { generate } from "./declarations";
import { inParallel } from "./process";
import { isStale } from "./stale";

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
