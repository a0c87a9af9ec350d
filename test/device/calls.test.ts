import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { buildProgram, type NativeEngine } from "../../host/tools/chost";
import { needs } from "../support/needs";
import { Cable, ended, start } from "./cable";

const MODULE = "build/sandwire.default.wasm";
const BUILDING = 120_000;

const engines: [NativeEngine, ReturnType<typeof needs>][] = [
  ["wasm3", needs("cc")],
  ["aot", needs("cc", "wasm2c")],
];

for (const [engine, test] of engines) {
  describe(`sandwire.h, ${engine}`, () => {
    const module = engine === "aot" ? [] : [MODULE];

    test(
      "each call does what it says, in time, and again after the module has started again",
      { timeout: BUILDING },
      async () => {
        const file = await buildProgram({ engine, application: "test/device/calls.c", out: `build/test/calls-${engine}` });
        const { code, err } = await ended(start(file, ["--pipe", ...module]));
        expect(err).toMatch(/^the module trapped in \w+\(\) at .*: .*; it starts again\nright\n$/);
        expect(code).toBe(0);
      },
    );

    test("the program of docs/c-programs.md gets its greeting back", { timeout: BUILDING }, async () => {
      const [, text = ""] = /^```c\n(.*?)^```$/ms.exec(readFileSync("docs/c-programs.md", "utf8")) ?? [];
      mkdirSync("build/test", { recursive: true });
      writeFileSync(`build/test/greeting-${engine}.c`, text);
      const application = `build/test/greeting-${engine}.c`;
      const file = await buildProgram({ engine, application, out: `build/test/greeting-${engine}` });
      const cable = await Cable.open();
      const { code, err } = await ended(start(file, ["--stream", cable.where, ...module]));
      expect([code, err]).toEqual([0, ""]);
    });
  });
}
