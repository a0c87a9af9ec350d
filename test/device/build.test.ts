import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect } from "vitest";
import { buildProgram } from "../../host/tools/chost";
import { needs } from "../support/needs";

/** An application that only answers how long its name is. */
function application(name: string): string {
  const path = `build/test/${name}.c`;
  mkdirSync("build/test", { recursive: true });
  const body = `(void)device, (void)count, (void)arguments;\n  return sizeof "${name}" - 1;`;
  const signature = "int sw_application(sw_device *device, int count, char **arguments)";
  writeFileSync(path, `#include "application.h"\n\n${signature} {\n  ${body}\n}\n`);
  return path;
}

describe("a program in C", () => {
  const out = "build/test/which-wasm3";
  const build = (file: string): Promise<string> => buildProgram({ engine: "wasm3", application: file, out });
  const time = (): number => statSync(out).mtimeMs;

  needs("cc")("is made again for another application, and only then", { timeout: 120_000 }, async () => {
    const [one, other] = [application("one"), application("other")];
    await build(one);
    const first = time();
    await build(one);
    expect(time()).toBe(first);
    await build(other);
    expect(time()).toBeGreaterThan(first);
    expect(readFileSync(`${out}.stamp`, "utf8")).toContain(other);
  });

  needs("cc")("takes its application from anywhere", { timeout: 120_000 }, async () => {
    await expect(build(resolve(application("absolute")))).resolves.toBe(out);
    await expect(build("/nowhere/app.c")).rejects.toThrow(/^\/nowhere\/app\.c does not exist$/);
  });
});
