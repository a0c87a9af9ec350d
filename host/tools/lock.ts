import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks at a lock. */
const INTERVAL = 50;
/** Milliseconds after which a lock without a number is one whose owner was ended before it could write that. */
const PATIENCE = 5000;

/**
 * Does `work` while no other process, and nobody else in this one, has the lock: a file with the number of the process that holds it. One
 * that has ended without giving it back is taken over. `say` is told once when there is somebody to wait for. Rejects with an Error of one
 * line where the file cannot be written.
 */
export async function locked<T>(lock: string, work: () => Promise<T>, say?: (line: string) => void): Promise<T> {
  let hasSaid = false;
  while (!take(lock)) {
    const holder = holderOf(lock);
    if (holder !== undefined && !isAlive(holder)) remove(lock, holder);
    else {
      if (!hasSaid && holder) say?.(`waiting for process ${holder}, which builds the same (${lock})`);
      hasSaid ||= !!holder;
      await sleep(INTERVAL);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Whether the lock is ours now; false when somebody holds it. */
function take(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new Error(`cannot write ${lock}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The number in a lock; 0, which no process has, when there has been none for too long; undefined when it is gone or being written. */
function holderOf(lock: string): number | undefined {
  try {
    const text = readFileSync(lock, "utf8");
    if (text !== "") return Number(text) || 0;
    return Date.now() - statSync(lock).mtimeMs > PATIENCE ? 0 : undefined;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new Error(`cannot read ${lock}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Removes the lock of one that has ended. It is moved away first: of several that find it, only one gets it. */
function remove(lock: string, holder: number): void {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw new Error(`cannot remove ${lock}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  // Somebody else may have been faster, and have taken the lock since: it is given back.
  if ((Number(readFileSync(aside, "utf8")) || 0) === holder) rmSync(aside, { force: true });
  else renameSync(aside, lock);
}

/** Whether there is a process of that number. */
function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** A new folder PREFIX.PID-RANDOM; those that ended processes have left are removed. */
export function scratchFolder(prefix: string): string {
  const [folder, start] = [dirname(prefix), `${basename(prefix)}.`];
  for (const name of readdirSync(folder).filter((each) => each.startsWith(start))) {
    const pid = Number(/^\d+(?=-)/.exec(name.slice(start.length))?.[0] ?? process.pid);
    if (!isAlive(pid)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return mkdtempSync(`${prefix}.${process.pid}-`);
}
