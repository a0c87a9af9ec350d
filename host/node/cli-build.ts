import { readFileSync } from "node:fs";
import { firmwareJob, perform, report } from "../tools/application";
import { parseWasm } from "../tools/wasm";
import type { Profile } from "./module";

/** What `sandwire build` was told. */
export interface BuildCommand {
  profile: Profile;
  debug?: boolean;
  out?: string;
  use?: string[];
}

export const BUILD_EXAMPLES = `
An application is one file of AssemblyScript that exports the stack's calls, \`serve\` and \`poll\`:

  import { input, nextEvent, output, Owner, TcpListener } from "sandwire/assembly";
  export * from "sandwire/assembly/exports";

  export function serve(): i32 {
    return TcpListener.bind(Owner.App, 7000, 4).result;
  }
  export function poll(now: u32): u32 {
    input(now);
    for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
      const stream = TcpListener.of(fd).accept();
      if (stream.isOpen) stream.close();
    }
    return output();
  }

Examples:
  sandwire build hello.ts
      build/hello.default.wasm, for microcontrollers with 64 KiB to spare
  sandwire build hello.ts --profile tiny --out hello.wasm
      in 24 KiB; the compiler refuses what does not fit
  sandwire build hello.ts --debug
      with assertions and names; a failure says where it was
  sandwire build hello.ts --use CONFIG_CONNECTIONS=4 --use CONFIG_LISTENERS=1
      with other sizes than the profile's
  sandwire run --app build/hello.default.wasm --forward 7000:7000
      and run it

The compiler is the package assemblyscript: npm install --save-dev assemblyscript`;

/** What a host asks of every firmware. */
const NEEDED = ["memory", "init", "poll", "serve"];

/** Compile an application with the stack into one module. Rejects with an Error of one line; what the compiler said stands above it. */
export async function buildFirmware(app: string, { profile, debug, out, use }: BuildCommand): Promise<void> {
  const job = firmwareJob(app, { target: debug ? `${profile}.debug` : profile, out, use });
  const outcome = await perform(job);
  if (outcome.code !== 0) {
    process.stderr.write(`${outcome.output.trimEnd()}\n`);
    throw new Error(`${app} does not compile`);
  }
  check(app, job.outFile);
  report(job, outcome);
}

/** A module that no host can run is told of now. */
function check(app: string, path: string): void {
  const { imports, exports } = parseWasm(readFileSync(path));
  const names = new Set(exports.map(({ name }) => name));
  const missing = NEEDED.filter((name) => !names.has(name));
  const hint = 'export * from "sandwire/assembly/exports", and functions serve and poll';
  if (missing.length > 0) throw new Error(`${app} does not export ${missing.join(", ")}: it needs ${hint}`);
  if (imports.length > 0) throw new Error(`${app} imports ${imports.join(", ")}, which no host has`);
}
