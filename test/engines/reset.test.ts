import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { expect } from "vitest";
import { needs } from "../support/needs";

const folders = ["host/wasm3", "build/generated", "node_modules/react-native-webassembly/cpp"].map((path) => `-I${path}`);

needs("cc")("a reset begins with the module's own memory image, whatever memory holds", () => {
  mkdirSync("build/test", { recursive: true });
  const program = `build/test/reset.${process.pid}`;
  const sources = ["test/engines/reset.c", "host/wasm3/engine_wasm3.c", "build/wasm3/libsandwire-wasm3.a"];
  execFileSync("cc", ["-std=gnu11", "-DSW_MEMORY_SIZE=65536", ...folders, ...sources, "-lm", "-o", program]);
  expect(() => execFileSync(program, ["build/sandwire.default.wasm"])).not.toThrow();
});
