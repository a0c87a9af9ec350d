import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { lockstepWithBoard } from "./lockstep/board";
import { type BoardChoice, replayFirmwares } from "./lockstep/boards";
import type { Outcome } from "./lockstep/course";
import { type Engine, ENGINES } from "./engine";
import { instantiate, type ModuleFile } from "./lockstep/engines";
import { Layout } from "./lockstep/layout";
import { type Contender, lockstep } from "./lockstep/lockstep";
import { equality, story } from "./lockstep/report";
import type { ReplayFirmware } from "./lockstep/replay";
import { recordTransfer } from "./lockstep/transfer";
import { isProfile, loadModule, modulePath, type Profile } from "./module";
import { Session } from "./session/reader";
import { Recorder } from "./session/recorder";
import type { SessionHeader } from "./session/format";

/** What `sandwire lockstep` was told. */
export interface LockstepCommand {
  engines: readonly Engine[];
  boards?: BoardChoice;
  record?: string;
  app?: string;
  profile: Profile;
  seed: number;
  bytes: number;
  loss: number;
  duplicate: number;
  reorder: number;
  corrupt: number;
  latency: number;
}

export const LOCKSTEP_EXAMPLES = `
A session is everything that entered a module, in order: what the host wrote to its memory, each call with its arguments. Given
to several engines, the module has to do the same in all of them. After each call their results, the frames they sent and
all of their memory are compared; the first difference is shown with the step, the call, the time, the address, the name of what
lies there, both values and the last frames.

Examples:
  sandwire lockstep
      record a megabyte each way over a bad cable, then feed it to V8 and wasm3
  sandwire lockstep --engines v8,wasm3,aot --loss 10% --seed 7
      three engines, another cable, another chance
  sandwire lockstep --profile tiny --record tiny.session
      and keep the session
  sandwire lockstep --boards all
      and to the firmware of every board that runs this profile, in QEMU; --boards mps2-an385:aot for one
  sandwire run --forward 8080:80 --record odd.session
      record what you do with a board, until Ctrl-C
  sandwire lockstep odd.session
      what was recorded, engine by engine; also by who gets the file with your bug report

Exit codes: 0 no difference; 1 a difference; 2 it could not be tried.
docs/lockstep.md says what a session holds.`;

/** "v8,wasm3": engines, the first of which the others are compared with. */
export function parseEngines(text: string): readonly Engine[] {
  return text.split(",").map((name) => {
    const engine = ENGINES.find((each) => each === name.trim());
    if (!engine) throw new InvalidArgumentError(`The engines are ${ENGINES.join(", ")}, with commas between them.`);
    return engine;
  });
}

/** A number of octets, 1 to a thousand million. */
export function parseBytes(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1e9)
    throw new InvalidArgumentError("It is a number of octets, such as 1000000.");
  return value;
}

/** Compare engines: the exit code. Rejects with an Error of one line when that cannot be done. */
export async function compareEngines(file: string | undefined, options: LockstepCommand): Promise<number> {
  if (file !== undefined && options.record !== undefined) {
    throw new Error(`${file} is recorded already: leave --record away, or the file`);
  }
  const session = file === undefined ? await record(options) : Session.file(file);
  const { header } = session;
  const module = await moduleOf(header, file, options);
  const layout = Layout.beside(module.path);
  const contenders = await contendersOf(options.engines, module);
  if (!told(lockstep(session, contenders, layout), contenders, header)) return 1;
  const [name] = options.engines;
  const reference = { name, instantiate: () => instantiate(name, module) };
  for (const firmware of await firmwares(options, header)) {
    if (!told(await lockstepWithBoard(session, reference, firmware, layout), [reference, firmware], header)) return 1;
  }
  return 0;
}

async function contendersOf(names: readonly Engine[], module: ModuleFile): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const [i, name] of names.entries()) {
    const again = names.slice(0, i).includes(name);
    contenders.push({ name: again ? `${name} again` : name, instance: await instantiate(name, module) });
  }
  return contenders;
}

async function firmwares({ boards, app }: LockstepCommand, { profile }: SessionHeader): Promise<ReplayFirmware[]> {
  if (boards === undefined) return [];
  if (app !== undefined) throw new Error("boards replay sessions of the profiles' own modules: leave --app or --boards away");
  return replayFirmwares(boards, profile, (line) => process.stderr.write(`${line}\n`));
}

/** Say how it went; true when there was no difference. */
function told({ counts, difference }: Outcome, who: readonly { name: string }[], { memorySize }: SessionHeader): boolean {
  const names = who.map(({ name }) => name);
  console.log(difference ? story(difference) : equality(names, counts, memorySize));
  return !difference;
}

/** Record a transfer; to a file, when one is asked for. */
async function record(options: LockstepCommand): Promise<Session> {
  const { app, profile, record: path, seed, bytes, latency } = options;
  const { module, wasm, path: modulePath } = await readModule(app ?? profile);
  const recorded = { wasm, profile: app === undefined ? profile : "", used: Layout.beside(modulePath).used };
  const chunks: Uint8Array[] = [];
  const keep = (octets: Uint8Array): void => void chunks.push(octets.slice());
  const recorder = path === undefined ? new Recorder(recorded, keep) : Recorder.file(recorded, path);
  const faults = { loss: options.loss, duplication: options.duplicate, reordering: options.reorder, corruption: options.corrupt };
  await recordTransfer({ module, seed, octets: bytes, faults, latency }, recorder);
  recorder.end();
  return path === undefined ? new Session(Buffer.concat(chunks)) : Session.file(path);
}

/** The module a session is about, which has to be the one it was recorded with. */
async function moduleOf(header: SessionHeader, file: string | undefined, { app }: LockstepCommand): Promise<ModuleFile> {
  const named = app ?? header.profile;
  if (named === "") throw new Error(`${file} was recorded with a firmware of its own: name it with --app FILE.wasm`);
  const module = await readModule(named);
  if (createHash("sha256").update(module.wasm).digest("hex") === header.moduleHash) return module;
  const wanted = `of ${header.moduleSize} octets and SHA-256 ${header.moduleHash.slice(0, 16)}...`;
  throw new Error(
    `${file} was recorded with another module than ${module.path}, ${wanted}: build that one, or name it with --app`,
  );
}

async function readModule(profileOrPath: string): Promise<ModuleFile> {
  const path = isProfile(profileOrPath) ? modulePath(profileOrPath) : profileOrPath;
  const module = await loadModule(path);
  return { path, module, wasm: readFileSync(path) };
}
