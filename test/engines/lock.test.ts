import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { locked, scratchFolder } from "../../host/tools/lock";

const folder = mkdtempSync(join(tmpdir(), "sandwire-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The number of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

describe("a lock", () => {
  it("lets one work at a time, and tells the others once for whom they wait", async () => {
    const lock = join(folder, "busy");
    const order: string[] = [];
    const said: string[] = [];
    let finish = (): void => undefined;
    const first = locked(lock, async () => {
      order.push("first begins");
      await new Promise<void>((resolve) => (finish = resolve));
      order.push("first ends");
    });
    const say = (line: string): void => {
      said.push(line);
      finish();
    };
    const second = locked(lock, async () => Promise.resolve(order.push("second")), say);
    await Promise.all([first, second]);
    expect(order).toEqual(["first begins", "first ends", "second"]);
    expect(said).toEqual([`waiting for process ${process.pid}, which builds the same (${lock})`]);
    expect(existsSync(lock)).toBe(false);
  });

  it("is taken over from a process that has ended", async () => {
    const lock = join(folder, "left");
    writeFileSync(lock, `${ended()}`);
    expect(await locked(lock, async () => Promise.resolve(readFileSync(lock, "utf8")))).toBe(`${process.pid}`);
  });

  it("is given back when the work fails", async () => {
    const lock = join(folder, "failing");
    await expect(locked(lock, async () => Promise.reject(new Error("no room")))).rejects.toThrow("no room");
    expect(existsSync(lock)).toBe(false);
  });

  it("that cannot be written is an error of one line, not somebody to wait for", async () => {
    const lock = join(folder, "nowhere", "lock");
    await expect(locked(lock, async () => Promise.resolve())).rejects.toThrow(/^cannot write .*nowhere\/lock: ENOENT.*$/);
  });
});

it("what ended processes have left of scratch folders goes, that of others stays", () => {
  const left = join(folder, `.cc.${ended()}-abcdef`);
  const busy = join(folder, `.cc.${process.pid}-abcdef`);
  for (const path of [left, busy]) mkdirSync(path);
  const made = scratchFolder(join(folder, ".cc"));
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual(expect.arrayContaining([made, busy]));
  expect(existsSync(left)).toBe(false);
});
