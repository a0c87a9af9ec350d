/**
 * `npm run build [-- TARGET...]` compiles what is stale, all targets of asconfig.json unless some are named.
 * `--force` compiles what is fresh too, `--declarations` only generates the hosts' view of the ABI.
 * `npm run build -- --app FILE [--profile P] [--out FILE]` compiles a firmware of your own for a profile.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { compile, firmware, firmwareOf, readAsConfig, transforms, type AsConfig } from "./compile";
import { inParallel, root, runNode, type Outcome } from "./process";

/** One module to compile: the target gives knobs and options, `entry` the firmware. */
interface Job {
  label: string;
  target: string;
  entry: string;
  outFile: string;
}

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

/** Compiles beside the target and moves the result into place, so that nobody ever reads half a module. */
async function perform(job: Job): Promise<Outcome> {
  // A source that changes while asc runs is newer than the result.
  const started = new Date();
  const place = join(root, dirname(job.outFile));
  mkdirSync(place, { recursive: true });
  const scratch = mkdtempSync(join(place, ".asc-"));
  const outFile = join(relative(root, scratch), basename(job.outFile));
  const outcome = await compile({ entry: job.entry, target: job.target, outFile });
  if (outcome.code === 0) for (const file of readdirSync(scratch)) renameSync(join(scratch, file), join(place, file));
  if (outcome.code === 0) utimesSync(join(root, job.outFile), started, started);
  rmSync(scratch, { recursive: true, force: true });
  return outcome;
}

function report(job: Job, outcome: Outcome): void {
  const seconds = `${(outcome.milliseconds / 1000).toFixed(1)} s`;
  if (outcome.code !== 0) {
    console.error(`${job.label.padEnd(16)} FAILED after ${seconds}\n${outcome.output.trimEnd()}\n`);
    return;
  }
  const octets = statSync(join(root, job.outFile)).size.toLocaleString("en");
  console.log(`${job.label.padEnd(16)} ${octets.padStart(10)} octets  ${seconds.padStart(7)}  ${job.outFile}`);
}

/** The hosts' declarations, generated from the core's own. */
async function generate(): Promise<boolean> {
  const generator = "host/tools/abi.ts";
  if (!existsSync(join(root, generator))) return true;
  const inputs = ["assembly/abi.ts", "assembly/stats.ts", "assembly/exports.ts", firmware, generator, "host/tools/abi"];
  if (!isStale("build/generated/abi.ts", inputs)) return true;
  const outcome = await runNode(["--import", "tsx", generator], { limit: 60_000 });
  if (outcome.code === 0) console.log(`${"declarations".padEnd(16)} ${"".padStart(28)} build/generated/abi.ts`);
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
      : [appJob(config, values.app, values.profile, values.out)];
  const run = (job: Job) => async (): Promise<boolean> => {
    const outcome = await perform(job);
    report(job, outcome);
    return outcome.code === 0;
  };
  const results = await inParallel(jobs.map(run), availableParallelism());
  if (jobs.length === 0 && !values.quiet) console.log("nothing to build: every module is newer than its sources");
  if (results.includes(false)) process.exitCode = 1;
}

function appJob(config: AsConfig, app: string, profile: string, out: string | undefined): Job {
  if (!config.targets[profile])
    throw new Error(`no such profile: ${profile} (there is ${Object.keys(config.targets).join(", ")})`);
  const entry = relative(root, resolve(app));
  if (!existsSync(join(root, entry))) throw new Error(`no such file: ${app}`);
  const name = basename(app).replace(/\.ts$/, "");
  return {
    label: name,
    target: profile,
    entry,
    outFile: relative(root, resolve(out ?? join(root, `build/${name}.${profile}.wasm`))),
  };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
