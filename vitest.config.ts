import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

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
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    reporters: ["default", ["json", { outputFile: "build/vitest.json" }]],
  },
});
