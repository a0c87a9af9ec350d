import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { inParallel, root } from "../process";

/** Sources that belong together: compiled with the same options, and one row of the report. */
export interface SourceSet {
  owner: string;
  /** Paths from the checkout's top folder, or absolute. */
  sources: string[];
  options: string[];
}

/** What all firmware is compiled with; a set adds its own optimisation and warnings. */
const COMMON = [
  ..."-std=c11 -g -fno-common -ffunction-sections -fdata-sections".split(" "),
  ..."-fno-unwind-tables -fno-asynchronous-unwind-tables -fno-exceptions -MMD".split(" "),
];

/** Options for sources of our own. */
export const OWN = "-Os -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes".split(" ");

const PREFIX = "arm-none-eabi-";

/** Runs a tool of the compiler's; what it printed. Rejects with an Error whose first line is the tool's first complaint. */
export async function tool(name: string, args: string[]): Promise<string> {
  const { code, output, errors } = await execute(PREFIX + name, args);
  if (code === 0) return output;
  const lines = (errors || output).split("\n").filter((line) => line !== "");
  const first =
    lines.find((line) => /error|overflowed|undefined reference/i.test(line)) ??
    lines[0] ??
    "it was ended, perhaps for want of memory";
  throw new Error([`${PREFIX}${name}: ${first}`, ...lines].join("\n"));
}

function execute(command: string, args: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.on("error", () =>
      reject(new Error(`${command} is not installed: on Debian, apt install gcc-arm-none-eabi libnewlib-arm-none-eabi`)),
    );
    child.on("close", (code) => resolve({ code: code ?? 1, output, errors: errors.trim() }));
  });
}

/** An object file and whose it is. */
export interface ObjectFile {
  owner: string;
  path: string;
}

/** Compiles what is stale. Rejects with what the compiler said. */
export async function compileAll(sets: SourceSet[], cpu: string[], includes: string[], folder: string): Promise<ObjectFile[]> {
  const options = [...COMMON, ...cpu, ...includes.flatMap((path) => ["-I", path])];
  const jobs = sets.flatMap((set) => set.sources.map((source) => () => compileOne(source, set, options, folder)));
  return inParallel(jobs, availableParallelism());
}

async function compileOne(source: string, set: SourceSet, common: string[], folder: string): Promise<ObjectFile> {
  const options = [...common, ...set.options];
  // Of two sources with one name in one set, each needs an object of its own.
  const name = `${basename(source).replace(/\.\w+$/, "")}-${digest(source).slice(0, 4)}`;
  const path = join(folder, set.owner.replaceAll(" ", "-"), `${name}.o`);
  const stamp = `${digest(options.join(" "))} ${await version()}`;
  if (isFresh(path, stamp)) return { owner: set.owner, path };
  mkdirSync(dirname(path), { recursive: true });
  // The stamp goes first and comes last: what is left of a compiler that was killed is never fresh.
  rmSync(`${path}.stamp`, { force: true });
  await made(path, (part) => tool("gcc", [...options, "-MF", rulesOf(path), "-c", source, "-o", part]));
  writeFileSync(`${path}.stamp`, stamp);
  return { owner: set.owner, path };
}

/** Lets `work` write a file beside `path`, which then takes its place: nobody ever reads half of it. */
export async function made(path: string, work: (part: string) => Promise<unknown>): Promise<void> {
  await work(`${path}.part`);
  renameSync(`${path}.part`, path);
}

let versionAsked: Promise<string> | undefined;

/** The compiler's version, asked once; "" where there is no compiler: what another has made may then be used as it is. */
function version(): Promise<string> {
  versionAsked ??= tool("gcc", ["-dumpfullversion"]).then(
    (text) => text.trim(),
    () => "",
  );
  return versionAsked;
}

/** A name for a text that no other text has. */
export function digest(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Newer than all it was made of, and made with the same options. */
function isFresh(path: string, stamp: string): boolean {
  const rules = rulesOf(path);
  if (![path, rules, `${path}.stamp`].every((file) => existsSync(file))) return false;
  // Without a version any will do.
  const found = readFileSync(`${path}.stamp`, "utf8");
  if (found !== stamp && !(stamp.endsWith(" ") && found.startsWith(stamp))) return false;
  const time = statSync(path).mtimeMs;
  return inputsOf(readFileSync(rules, "utf8")).every((input) => {
    const at = input.startsWith("/") ? input : join(root, input);
    return existsSync(at) && statSync(at).mtimeMs < time;
  });
}

/** Where the compiler writes what an object was made of. */
const rulesOf = (object: string): string => object.replace(/\.o$/, ".d");

/** The files that a rule for make names behind its colon; a space in a name has a backslash before it. */
export function inputsOf(rule: string): string[] {
  const names = rule.replace(/^.*?:(?=\s)/s, "").replaceAll("\\\n", " ");
  const found = names.match(/(?:\\[ #]|[^\s])+/g) ?? [];
  return found.map((name) => name.replace(/\\([ #])/g, "$1").replaceAll("$$", "$"));
}
