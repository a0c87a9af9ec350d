import { readFile, stat } from "node:fs/promises";
import { OPTION_NAMES } from "../drill/config";
import { drill, type DrillOptions, type Verdict } from "../drill/drill";
import { asJson, exitCode, report, summary } from "../drill/report";
import type { OptionLine } from "../drill/script";
import type { System } from "../drill/settings";
import { loadModule } from "./module";

/** What `sandwire drill` was told. */
export interface DrillCommand {
  profile: System;
  json?: boolean;
  verbose?: boolean;
  strict?: boolean;
  app?: string;
  /** packetdrill's options by their names. */
  [option: string]: unknown;
}

export const DRILL_EXAMPLES = `
A script says, line by line, when what happens: system calls, packets given to the stack (<), packets it has to send (>).

   0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
  +0   bind(3, ..., ...) = 0
  +0   listen(3, 1) = 0
  +0   < S 0:0(0) win 32792 <mss 1000>
  +0   > S. 0:0(0) ack 1 <...>
  +.1  < . 1:1(0) ack 1 win 257
  +0   accept(3, ..., ...) = 4
  +0   write(4, ..., 1000) = 1000
  +0   > P. 1:1001(1000) ack 1

Examples:
  sandwire drill handshake.pkt
      one script; what differs is shown side by side with what was expected
  sandwire drill --verbose handshake.pkt
      with every packet and call
  sandwire drill --json tests/*.pkt
      many scripts, for a machine to read
  sandwire drill --tolerance_usecs=10000 --define PORT=80 handshake.pkt
      packetdrill's own options are taken, here as in a script

Exit codes: 0 all passed; 1 the stack did something else; 2 a script needs something that is not there, or cannot be read.
docs/drill.md says what of the language is understood.`;

/** Run scripts, one after the other: the exit code. */
export async function drillFiles(files: string[], options: DrillCommand): Promise<number> {
  const module = await loadModule(options.app ?? "host", options.app === undefined && (await hasDebug()));
  const verdicts: Verdict[] = [];
  const lines = linesOf(options);
  for (const file of files) {
    const verdict = await one(file, { module, system: options.profile, strict: options.strict ?? false, lines });
    verdicts.push(verdict);
    if (!options.json) console.log(report(verdict, { verbose: options.verbose ?? false }));
  }
  console.log(options.json ? asJson(verdicts) : summary(verdicts));
  return exitCode(verdicts);
}

async function one(file: string, options: DrillOptions): Promise<Verdict> {
  try {
    return await drill(file, await readFile(file, "utf8"), options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const reason =
      code === "EISDIR" ? `it is a folder: ${file.replace(/\/$/, "")}/*.pkt names its scripts` : message.split(",")[0];
    return {
      file,
      outcome: "broken",
      message: `cannot be read: ${reason}`,
      leftovers: [],
      ignored: [],
      story: [],
      seconds: 0,
    };
  }
}

/** packetdrill's options on the command line, as if they stood in front of the script. */
function linesOf(options: DrillCommand): OptionLine[] {
  return OPTION_NAMES.flatMap((name) => {
    const given = options[name];
    if (given === undefined) return [];
    const values = Array.isArray(given) ? given : [given];
    return values.map((value) => {
      const text = value === true ? "" : String(value);
      return { place: { file: "command line", line: 0, column: 0, source: `--${name}=${text}` }, name, value: text };
    });
  });
}

/** The debug build checks itself after every step; it is taken where there is one. */
async function hasDebug(): Promise<boolean> {
  return stat(new URL("../../build/sandwire.host.debug.wasm", import.meta.url)).then(
    () => true,
    () => false,
  );
}
