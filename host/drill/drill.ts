/** Runs packetdrill scripts against the module: what a command line, a test or another tool calls. */
import { dirname } from "node:path";
import type { AnyModule } from "../node/engine";
import { configOf } from "./config";
import { DrillError, Mismatch, type Pair, ScriptError } from "./errors";
import { Machine } from "./machine";
import { parseScript } from "./parser";
import { Run } from "./run";
import type { OptionLine, Script } from "./script";
import { applySystem, isTunable, type System } from "./settings";

export interface DrillOptions {
  /** A build with run-time settings: the host profile's. */
  module: AnyModule;
  /** Whose behaviour the scripts expect (default "linux"). */
  system?: System;
  /** Check what packetdrill lets pass: echoed timestamps, and the values of our own. */
  strict?: boolean;
  /** Option lines in front of the script's own. */
  lines?: OptionLine[];
  /** Called for everything that happens, as it happens. */
  onLine?: (line: string) => void;
}

export interface Verdict {
  file: string;
  /** What the script came to; "unsupported" and "broken" scripts were not judged. */
  outcome: "passed" | "failed" | "unsupported" | "broken";
  /** Where and why it did not pass. */
  line?: number;
  message?: string;
  /** The line of a broken script, with a mark. */
  excerpt?: string;
  pair?: Pair;
  /** What the stack sent that no line of the script expects, when it came to its end. */
  leftovers: string[];
  /** Commands and options that mean nothing here. */
  ignored: string[];
  /** Everything that happened. */
  story: string[];
  /** Virtual time at the end, seconds. */
  seconds: number;
}

/** Run one script. Never rejects because of what is in it. */
export async function drill(file: string, text: string, options: DrillOptions): Promise<Verdict> {
  const blank: Verdict = { file, outcome: "passed", leftovers: [], ignored: [], story: [], seconds: 0 };
  let machine: Machine | undefined;
  let run: Run | undefined;
  const soFar = (): Verdict => ({
    ...blank,
    ignored: [...new Set(run?.ignored)],
    leftovers: run?.leftovers ?? [],
    story: run?.story.lines ?? [],
    seconds: (machine?.now ?? 0) / 1e6,
  });
  try {
    const script = parseScript(file, text, options.lines);
    machine = await machineFor(script, options);
    const where = { folder: dirname(file), system: options.system ?? "linux" };
    run = new Run(machine, script, where, configOf(script.options), options.strict ?? false);
    if (options.onLine) run.story.onLine = options.onLine;
    run.play();
    return soFar();
  } catch (error) {
    return { ...soFar(), ...failure(error) };
  } finally {
    machine?.close();
  }
}

async function machineFor(script: Script, { module, system = "linux" }: DrillOptions): Promise<Machine> {
  const { localIp, prefix, gateway } = configOf(script.options);
  const machine = await Machine.create({ module, localIp, prefix, gateway });
  if (!isTunable(machine.board.exports)) throw new Error("this build has no settings: drill needs one of the host profile");
  const missing = applySystem(machine.board.exports, system);
  if (missing.length > 0) throw new Error(`the module cannot be as ${system}: it refuses ${missing.join(", ")}`);
  return machine;
}

/** What an error says about the script. A trap of the module is a failure too; anything else is our own. */
function failure(error: unknown): Partial<Verdict> {
  if (!(error instanceof DrillError)) {
    return { outcome: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  const base = { line: error.place.line, message: error.what };
  if (error instanceof Mismatch) return { ...base, outcome: "failed", ...(error.pair ? { pair: error.pair } : {}) };
  return error instanceof ScriptError
    ? { ...base, outcome: "broken", excerpt: error.excerpt }
    : { ...base, outcome: "unsupported" };
}
