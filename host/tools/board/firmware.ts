import { mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { firmwareJob, perform, report as tell } from "../application";
import { readAsConfig } from "../compile";
import { root, runNode } from "../process";
import { buildBoard } from "./build";
import { engineOf, readBoard, type EngineName } from "./description";
import { engineParts } from "./engines";
import type { Report } from "./report";

/** What a firmware is made of, where it differs from what the board says. */
export interface Choice {
  /** The board's first engine when absent. */
  engine?: string;
  profile?: string;
  /** A file of AssemblyScript: an application of one's own. */
  app?: string;
  /** The folder for the results; build/firmware/BOARD.ENGINE when absent. */
  out?: string;
}

/** Builds a firmware and everything it needs. Rejects with an Error whose first line says what is wrong. */
export async function firmware(name: string, choice: Choice): Promise<{ report: Report; folder: string }> {
  const board = readBoard(name);
  const engine = (choice.engine ?? Object.keys(board.engines)[0] ?? "") as EngineName;
  const settings = engineOf(board, engine);
  const { profile, heap } = settings;
  const folder = resolve(choice.out ?? join(root, "build/firmware", `${board.name}.${engine}`));
  mkdirSync(folder, { recursive: true });
  const { wasm, module } = await moduleFor(choice.app, choice.profile ?? profile);
  const engineSources = await engineParts(engine, settings, wasm, folder);
  const report = await buildBoard({ board, engine, wasm, module, heap, folder, ...engineSources });
  return { report, folder: relative(process.cwd(), folder) || "." };
}

/** The module of a target, or of an application compiled for one; compiled where it is stale. */
async function moduleFor(app: string | undefined, profile: string): Promise<{ wasm: string; module: string }> {
  const { targets } = readAsConfig();
  const target = targets[profile];
  if (!target) throw new Error(`no such profile: ${profile} (there is ${Object.keys(targets).join(", ")})`);
  if (app !== undefined) return applicationFor(app, profile);
  const { code, output } = await runNode(["--import", "tsx", "host/tools/build.ts", "--quiet", profile], { limit: 300_000 });
  if (code !== 0) throw new Error(`${profile} does not compile\n${output.trimEnd()}`);
  return { wasm: join(root, target.outFile), module: profile };
}

async function applicationFor(app: string, profile: string): Promise<{ wasm: string; module: string }> {
  const job = firmwareJob(app, { target: profile });
  const outcome = await perform(job);
  if (outcome.code !== 0) {
    tell(job, outcome);
    throw new Error(`${app} does not compile`);
  }
  return { wasm: job.outFile, module: `${basename(app, ".ts")}.${profile}` };
}
