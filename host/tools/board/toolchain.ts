import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
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
  /** It has just been compiled. */
  isNew: boolean;
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
  const stamp = digest(options.join(" "));
  if (isFresh(path, stamp)) return { owner: set.owner, path, isNew: false };
  mkdirSync(dirname(path), { recursive: true });
  await tool("gcc", [...options, "-c", source, "-o", path]);
  writeFileSync(`${path}.stamp`, stamp);
  return { owner: set.owner, path, isNew: true };
}

/** A name for a text that no other text has. */
export function digest(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Newer than all it was made of, and made with the same options. */
function isFresh(path: string, stamp: string): boolean {
  const rules = path.replace(/\.o$/, ".d");
  if (![path, rules, `${path}.stamp`].every((file) => existsSync(file))) return false;
  if (readFileSync(`${path}.stamp`, "utf8") !== stamp) return false;
  const made = statSync(path).mtimeMs;
  const inputs = readFileSync(rules, "utf8")
    .replace(/^[^:]*:/, "")
    .replaceAll("\\\n", " ")
    .trim()
    .split(/\s+/);
  return inputs.every((input) => {
    const at = input.startsWith("/") ? input : join(root, input);
    return existsSync(at) && statSync(at).mtimeMs < made;
  });
}
