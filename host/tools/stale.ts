import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process";

/** The newest change below a path, folders included: removing a file changes its folder. */
function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Whether a file is absent or older than what it is made of; paths start at the checkout's top folder. */
export function isStale(output: string, inputs: string[]): boolean {
  const at = join(root, output);
  return !existsSync(at) || statSync(at).mtimeMs < Math.max(...inputs.map((input) => newest(join(root, input))));
}

/** Writes a file unless it has that text already: what was made of it stays fresh. */
export function writeChanged(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
