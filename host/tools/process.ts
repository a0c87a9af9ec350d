import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the checkout, or of the package where it is installed. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** False in the package, which has no sources of the host. */
export const isCheckout = existsSync(join(root, "host/node/cli.ts"));

/** What a finished process left. */
export interface Outcome {
  code: number;
  output: string;
  milliseconds: number;
  /** There is no such program. */
  missing: boolean;
}

/** How to run a process; output is collected, and shown as it comes when `live`. */
export interface RunOptions {
  env?: Record<string, string>;
  live?: boolean;
  /** Where it runs: the checkout's top folder when absent. */
  cwd?: string;
  /** Milliseconds after which the process is ended; its exit code is then 124. */
  limit?: number;
}

/** Runs a JavaScript or TypeScript file of this project or its packages with this Node; never throws. */
export function runNode(args: string[], options: RunOptions = {}): Promise<Outcome> {
  return runProgram(process.execPath, args, options);
}

/** The file behind a package's command, so that no shell and no npx stands between. */
export function packageFile(path: string): string {
  return join(root, "node_modules", path);
}

/** Runs a program; never throws. */
export function runProgram(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const started = performance.now();
  let missing = false;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let late = false;
    const end = (): void => {
      late = true;
      child.kill("SIGKILL");
    };
    const timer = options.limit === undefined ? undefined : setTimeout(end, options.limit);
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (options.live) process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const done = (code: number): void => {
      clearTimeout(timer);
      resolve({ code, output, milliseconds: performance.now() - started, missing });
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      missing = error.code === "ENOENT";
      output += `${error.message}\n`;
      done(1);
    });
    child.on("close", (code) => done(late ? 124 : (code ?? 1)));
  });
}

/** Runs the jobs, at most `width` at a time, and returns their results in order. */
export async function inParallel<T>(jobs: (() => Promise<T>)[], width: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const index = next++;
      const job = jobs[index];
      if (job) results[index] = await job();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
  return results;
}
