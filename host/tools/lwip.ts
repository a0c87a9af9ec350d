/**
 * lwIP's source, the yardstick of the bench on boards: Debian's source package, fetched by apt into build/lwip, checked against the
 * checksum in its description, never committed. LWIP_DIR overrides it with a checkout (the folder that has `src`).
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./process";

const VERSION = "2.1.3";
const FOLDER = join(root, "build/lwip");
const SOURCE = join(FOLDER, `lwip-${VERSION}`);
const run = promisify(execFile);

/** The folder of lwIP's source, fetched when it is not there. Rejects with an Error of one line when it cannot be had. */
export async function lwipSource(): Promise<string> {
  const given = process.env.LWIP_DIR;
  const folder = given ?? SOURCE;
  if (existsSync(join(folder, "src/core/tcp.c"))) return folder;
  if (given !== undefined) throw new Error(`there is no lwIP in LWIP_DIR: ${given} has no src/core/tcp.c`);
  try {
    await download();
  } catch (error) {
    const [why = ""] = String((error as { stderr?: string }).stderr ?? error).split("\n");
    throw new Error(`lwIP ${VERSION} cannot be fetched (it needs apt and the network, or LWIP_DIR=FOLDER): ${why}`);
  }
  await run("tar", ["xf", check(), "-C", FOLDER]);
  return folder;
}

/** The machine's own lists of packages, asked for sources instead: in folders of our own, so that nothing of the machine changes. */
async function download(): Promise<void> {
  const parts = join(FOLDER, "apt/sources");
  for (const folder of [parts, join(FOLDER, "apt/lists/partial"), join(FOLDER, "apt/cache")])
    mkdirSync(folder, { recursive: true });
  for (const { name, text } of listsOfMachine()) writeFileSync(join(parts, name), text);
  const options = [
    "Dir::Etc::SourceList=/dev/null",
    `Dir::Etc::SourceParts=${parts}`,
    `Dir::State::Lists=${join(FOLDER, "apt/lists")}`,
    `Dir::Cache=${join(FOLDER, "apt/cache")}`,
    "Acquire::Retries=2",
  ].flatMap((option) => ["-o", option]);
  const limits = { cwd: FOLDER, timeout: 300_000 };
  await run("apt-get", [...options, "--quiet", "update"], limits);
  await run("apt-get", [...options, "--quiet", "source", "--download-only", "lwip"], limits);
}

/** Debian's lists, in both formats, as lists of source packages. */
function listsOfMachine(): { name: string; text: string }[] {
  const folder = "/etc/apt/sources.list.d";
  const more = existsSync(folder) ? readdirSync(folder).map((name) => ({ name, path: join(folder, name) })) : [];
  return [{ name: "machine.list", path: "/etc/apt/sources.list" }, ...more]
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({ name, text: readFileSync(path, "utf8") }))
    .filter(({ text }) => /debian/.test(text))
    .map(({ name, text }) => ({ name, text: text.replace(/^Types: deb$/gm, "Types: deb-src").replace(/^deb /gm, "deb-src ") }));
}

/** The archive, when its SHA-256 is the one that the package's signed description names. */
function check(): string {
  const [description] = readdirSync(FOLDER).filter((name) => name.startsWith(`lwip_${VERSION}`) && name.endsWith(".dsc"));
  if (description === undefined) throw new Error(`the machine's Debian has another lwIP than ${VERSION}: set LWIP_DIR=FOLDER`);
  const text = readFileSync(join(FOLDER, description), "utf8");
  const [, sum, name = ""] = /^ ([0-9a-f]{64}) \d+ (lwip_\S+\.orig\.tar\.\w+)$/m.exec(text) ?? [];
  const archive = join(FOLDER, name);
  const found = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (sum !== found) throw new Error(`${archive} is damaged: its checksum is not the one in ${description}; remove it`);
  return archive;
}
