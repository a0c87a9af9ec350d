import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { BEHAVIOUR, engineUnderTest, environmentOf, NOT_BEHAVIOUR } from "./test/support/engine";

const engine = engineUnderTest();

const host = (path: string): string => fileURLToPath(new URL(`host/node/${path}`, import.meta.url));

export default defineConfig({
  // Examples import the package by its name.
  resolve: {
    alias: [
      { find: /^sandwire\/(\w+)$/, replacement: host("$1/index.ts") },
      { find: /^sandwire$/, replacement: host("index.ts") },
    ],
  },
  test: {
    include: engine === "v8" ? ["test/**/*.test.ts"] : BEHAVIOUR,
    exclude: engine === "v8" ? configDefaults.exclude : [...configDefaults.exclude, ...NOT_BEHAVIOUR],
    env: environmentOf(engine),
    // An interpreter takes its time, and so does a compiler where a test brings knobs of its own.
    testTimeout: engine === "v8" ? 30_000 : 150_000,
    hookTimeout: engine === "v8" ? 30_000 : 150_000,
    pool: "forks",
    // Vitest leaves one core idle, which tests in real time like; compilers and interpreters can use it.
    ...(engine === "v8" ? {} : { minWorkers: 1, maxWorkers: availableParallelism() }),
    reporters: ["default", ["json", { outputFile: "build/vitest.json" }]],
  },
});
