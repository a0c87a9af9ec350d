import { existsSync, mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { firmwareJob, perform, report as tell } from "../application";
import { readAsConfig } from "../compile";
import { generate } from "../declarations";
import { locked } from "../lock";
import { root, runNode } from "../process";
import { buildBoard } from "./build";
import { engineOf, readBoard, type BoardDescription, type EngineName } from "./description";
import { engineParts } from "./engines";
import type { Report } from "./report";
import { OWN, type SourceSet } from "./toolchain";

/** What a firmware is made of, where it differs from what the board says. */
export interface Choice {
  /** The board's first engine when absent. */
  engine?: string;
  profile?: string;
  /** An application of one's own: a file of AssemblyScript, or of C on host/wasm3/sandwire.h. */
  app?: string;
  /** Build what replays a session, in place of what lives on a network. */
  replay?: boolean;
  /** The folder for the results; build/firmware/BOARD.ENGINE when absent, with ".replay" behind it for what replays. */
  out?: string;
}

/** A firmware that is built. */
export interface Firmware {
  report: Report;
  /** Where it lies, from the present folder. */
  folder: string;
}

/**
 * Builds a firmware and everything it needs; `say` is told when another process builds in the same folder, for whose end it waits.
 * Rejects with an Error whose first line says what is wrong.
 */
export async function firmware(name: string, choice: Choice, say?: (line: string) => void): Promise<Firmware> {
  return firmwareOf(readBoard(name), choice, say);
}

/** The same for a board that has been read. */
export async function firmwareOf(board: BoardDescription, choice: Choice, say?: (line: string) => void): Promise<Firmware> {
  const engine = (choice.engine ?? Object.keys(board.engines)[0] ?? "") as EngineName;
  const settings = engineOf(board, engine);
  const { profile, heap } = settings;
  const flash = board.memory.find(({ name }) => name === board.place.code)?.origin;
  const folder = resolve(choice.out ?? join(root, "build/firmware", `${board.name}.${engine}${choice.replay ? ".replay" : ""}`));
  const { wasm, module, parts } = await moduleFor(choice.app, choice.profile ?? profile);
  const program = choice.replay ? "replay" : "firmware";
  mkdirSync(folder, { recursive: true });
  const build = async (): Promise<Report> => {
    const sources = await engineParts(engine, settings, wasm, folder, flash);
    sources.parts.push(...parts);
    return buildBoard({ board, program, engine, wasm, module, heap, folder, ...sources });
  };
  const report = await locked(join(folder, "firmware.lock"), build, say);
  return { report, folder: relative(process.cwd(), folder) || "." };
}

/** What runs on the stack. */
interface Module {
  wasm: string;
  /** What the firmware calls it. */
  module: string;
  /** A program in C that is linked with it. */
  parts: SourceSet[];
}

/** The module of a target, or of an application compiled for one; compiled where it is stale. */
async function moduleFor(app: string | undefined, profile: string): Promise<Module> {
  const { targets } = readAsConfig();
  if (!targets[profile]) throw new Error(`no such profile: ${profile} (there is ${Object.keys(targets).join(", ")})`);
  if (app === undefined) return { wasm: await compiled(profile), module: profile, parts: [] };
  return app.endsWith(".c") ? programFor(app, profile) : applicationFor(app, profile);
}

/** The module of a target. */
async function compiled(target: string): Promise<string> {
  const { code, output } = await runNode(["--import", "tsx", "host/tools/build.ts", "--quiet", target], { limit: 300_000 });
  if (code !== 0) throw new Error(`${target} does not compile\n${output.trimEnd()}`);
  return join(root, readAsConfig().targets[target]?.outFile ?? "");
}

/** A program in C comes with the stack alone. */
async function programFor(app: string, profile: string): Promise<Module> {
  if (!existsSync(app)) throw new Error(`no such file: ${app}`);
  const source = relative(root, resolve(app));
  const wasm = await compiled(profile.endsWith(".bare") ? profile : `${profile}.bare`);
  return { wasm, module: basename(app), parts: [{ owner: "application", sources: [source], options: OWN }] };
}

async function applicationFor(app: string, profile: string): Promise<Module> {
  const job = firmwareJob(app, { target: profile });
  // The targets' own build does that; the C around an application needs the border of now, too.
  if (!(await generate({ quiet: true }))) throw new Error("no declarations, no firmware");
  const outcome = await perform(job);
  if (outcome.code !== 0) {
    tell(job, outcome);
    throw new Error(`${app} does not compile`);
  }
  return { wasm: job.outFile, module: `${basename(app, ".ts")}.${profile}`, parts: [] };
}
