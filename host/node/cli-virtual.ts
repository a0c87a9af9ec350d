import { readFileSync } from "node:fs";
import { Board } from "./board";
import type { Guest } from "./cli-guest";
import type { RunOptions } from "./cli-options";
import type { Resources } from "./cli-resources";
import type { Clock } from "./clock";
import { type AnyModule, nativeModule, usualEngine } from "./engine";
import type { Link } from "./link";
import { Layout } from "./lockstep/layout";
import { loadModule, modulePath } from "./module";
import { Recorder } from "./session/recorder";

/** A board of this process. */
export async function virtualGuest(options: RunOptions, clock: Clock, resources: Resources): Promise<Guest> {
  const { gateway, seed, profile = "default" } = options;
  if (options.console) throw new Error("--console is the console of a board in the emulator: name one by --board");
  const module = await loadFirmware(options);
  const [address, ...addresses] = options.address;
  const start = async (link: Link): Promise<Board> => {
    const recorder = recorderFor(options);
    resources.add(() => recorder?.end());
    const board = await Board.create({ clock, module, address, addresses, gateway, serve: true, seed, recorder });
    board.attach(link);
    return board;
  };
  return { profile, start };
}

async function loadFirmware({ app, profile = "default", engine = usualEngine() }: RunOptions): Promise<AnyModule> {
  const module = await loadModule(app ?? profile);
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const missing = ["memory", "init", "poll", "serve"].filter((name) => !exported.has(name));
  if (app !== undefined && missing.length > 0)
    throw new Error(`${app} is no firmware of Sandwire: it does not export ${missing.join(", ")}`);
  if (engine === "v8") return module;
  return nativeModule(engine, app ?? modulePath(profile), { say: (line) => process.stderr.write(`${line}\n`) });
}

function recorderFor({ app, profile = "default", record }: RunOptions): Recorder | undefined {
  if (record === undefined) return undefined;
  const path = app ?? modulePath(profile);
  const recorded = { wasm: readFileSync(path), profile: app === undefined ? profile : "", used: Layout.beside(path).used };
  return Recorder.file(recorded, record);
}
