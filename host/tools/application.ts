import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { compile, readAsConfig } from "./compile";
import { root, type Outcome } from "./process";

/** One module to compile: the target gives knobs and options, `entry` the firmware. */
export interface Job {
  label: string;
  target: string;
  /** The firmware's file, from `cwd`. */
  entry: string;
  /** The module's file, from `cwd`. */
  outFile: string;
  /** Where it is compiled: the checkout's top folder when absent. */
  cwd?: string;
  /** Knobs that differ from the target's, `CONFIG_X=n`. */
  use?: string[];
}

/** How to compile a firmware of one's own. */
export interface Choice {
  target: string;
  /** The module's file, from the present folder; `build/NAME.TARGET.wasm` when absent. */
  out?: string;
  /** Knobs that differ from the target's, `CONFIG_X=n`. */
  use?: string[];
}

/** The job that compiles a file of somebody's. Throws an Error of one line for what cannot be. */
export function firmwareJob(app: string, { target, out, use = [] }: Choice): Job {
  const { targets } = readAsConfig();
  if (!targets[target]) throw new Error(`no such profile: ${target} (there is ${Object.keys(targets).join(", ")})`);
  if (!existsSync(app)) throw new Error(`no such file: ${app}`);
  if (!statSync(app).isFile() || !app.endsWith(".ts"))
    throw new Error(`${app} is no file of AssemblyScript: its name ends in .ts`);
  for (const knob of use) checkKnob(knob);
  const name = basename(app, ".ts");
  const inside = relative(process.cwd(), resolve(app));
  const isInside = !inside.startsWith("..") && !isAbsolute(inside);
  return {
    label: name,
    target,
    entry: isInside ? inside : basename(app),
    outFile: resolve(out ?? `build/${name}.${target}.wasm`),
    cwd: isInside ? process.cwd() : dirname(resolve(app)),
    use,
  };
}

function checkKnob(knob: string): void {
  const name = /^(CONFIG_[A-Z0-9_]+)=\d+$/.exec(knob)?.[1];
  if (name === undefined) throw new Error(`${knob} is no knob: it is written CONFIG_NAME=number`);
  const known = readFileSync(join(root, "assembly/config.ts"), "utf8").matchAll(/isDefined\((CONFIG_\w+)\)/g);
  const names = new Set([...known].map(([, one = ""]) => one));
  if (!names.has(name)) throw new Error(`there is no knob ${name}: assembly/config.ts has them all`);
}

/** Compiles beside the target and moves the result into place, so that nobody ever reads half a module. */
export async function perform(job: Job): Promise<Outcome> {
  // A source that changes while asc runs is newer than the result.
  const started = new Date();
  const cwd = job.cwd ?? root;
  const outFile = resolve(cwd, job.outFile);
  mkdirSync(dirname(outFile), { recursive: true });
  const scratch = mkdtempSync(join(dirname(outFile), ".asc-"));
  try {
    const config = job.use?.length ? configWith(job.target, job.use, scratch) : undefined;
    const own = join(scratch, basename(outFile));
    const outcome = await compile({ entry: job.entry, target: job.target, outFile: own, config, cwd });
    if (outcome.code !== 0) return outcome;
    const results = readdirSync(scratch).filter((file) => file !== CONFIG);
    for (const file of results) renameSync(join(scratch, file), join(dirname(outFile), file));
    utimesSync(outFile, started, started);
    return outcome;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const CONFIG = "asconfig.json";

/** The project's configuration with knobs replaced: asc itself would let the file win over the command line. */
function configWith(target: string, use: string[], folder: string): string {
  const config = readAsConfig();
  const chosen = config.targets[target];
  if (!chosen) throw new Error(`no such target: ${target}`);
  const nameOf = (entry: string): string | undefined => entry.split("=")[0];
  const replaced = new Set(use.map(nameOf));
  const kept = chosen.use.filter((entry) => !replaced.has(nameOf(entry)));
  const path = join(folder, CONFIG);
  const targets = { [target]: { ...chosen, use: [...kept, ...use] } };
  writeFileSync(path, JSON.stringify({ ...config, targets }));
  return path;
}

/** Says in one line what came of a job; what the compiler said where it failed. */
export function report(job: Job, outcome: Outcome): void {
  const seconds = `${(outcome.milliseconds / 1000).toFixed(1)} s`;
  if (outcome.code !== 0) {
    console.error(`${job.label.padEnd(16)} FAILED after ${seconds}\n${outcome.output.trimEnd()}\n`);
    return;
  }
  const path = resolve(job.cwd ?? root, job.outFile);
  const octets = statSync(path).size.toLocaleString("en");
  const shown = relative(process.cwd(), path);
  console.log(
    `${job.label.padEnd(16)} ${octets.padStart(10)} octets  ${seconds.padStart(7)}  ${shown.startsWith("..") ? path : shown}`,
  );
}
