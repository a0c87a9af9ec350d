import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

/** What a command left. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** What `npm pack --json` says of a package. */
export interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; size: number }[];
}

/** The environment without what npm and vitest put there: a newcomer's. */
function environment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => !/^(npm_|INIT_CWD|NODE_OPTIONS|NODE_PATH|NODE_ENV|VITEST|FORCE_COLOR)/.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** Run a command to its end; it is killed when it takes longer than `limit` ms. */
async function command(folder: string, name: string, args: string[], limit = 60_000): Promise<Ended> {
  const options = { cwd: folder, env: environment(), timeout: limit, killSignal: "SIGKILL" } as const;
  const child = spawn(name, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve)),
  ]);
  return { code, out, err };
}

/** The same; an Error when it fails. Returns what it printed. */
async function must(folder: string, name: string, args: string[], limit: number): Promise<string> {
  const { code, out, err } = await command(folder, name, args, limit);
  if (code !== 0) throw new Error(`${name} ${args.join(" ")}: ${String(code)}\n${out}${err}`);
  return out;
}

/** The version of a package that this checkout has, so that npm finds it in its cache. */
function versionOf(name: string): string {
  const json = readFileSync(join("node_modules", name, "package.json"), "utf8");
  return (JSON.parse(json) as { version: string }).version;
}

/** A folder outside of the checkout with nothing in it but what is put there. */
export class Elsewhere {
  readonly folder = mkdtempSync(join(tmpdir(), "sandwire-package-"));
  readonly project = join(this.folder, "project");

  constructor() {
    mkdirSync(this.project);
    this.write("package.json", JSON.stringify({ name: "elsewhere", version: "1.0.0", private: true, type: "module" }));
  }

  /** Pack this checkout. */
  async pack(): Promise<Packed> {
    const said = await must(".", "npm", ["pack", "--json", "--pack-destination", this.folder], 400_000);
    const [packed] = JSON.parse(said.slice(said.indexOf("[\n"))) as Packed[];
    if (!packed) throw new Error(`npm pack said ${said}`);
    return packed;
  }

  /** Install the package, and others in the versions this checkout has. */
  async install(packed: Packed, ...others: string[]): Promise<void> {
    const named = others.map((name) => `${name}@${versionOf(name)}`);
    const options = ["--prefer-offline", "--no-audit", "--no-fund"];
    await must(this.project, "npm", ["install", ...options, join(this.folder, packed.filename), ...named], 200_000);
  }

  write(path: string, content: string): void {
    const to = join(this.project, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, content);
  }

  copy(from: string, to: string): void {
    mkdirSync(dirname(join(this.project, to)), { recursive: true });
    copyFileSync(from, join(this.project, to));
  }

  node(...args: string[]): Promise<Ended> {
    return command(this.project, process.execPath, args);
  }

  /** The command `sandwire` of the installed package. */
  sandwire(...args: string[]): Promise<Ended> {
    return command(this.project, join(this.project, "node_modules/.bin/sandwire"), args, 240_000);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
