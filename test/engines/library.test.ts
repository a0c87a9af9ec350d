import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { loadLibrary } from "../../host/node/engine-library";
import { needs } from "../support/needs";

const folder = mkdtempSync(join(tmpdir(), "sandwire-library-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A library made of a text in C. */
function libraryOf(name: string, text: string): string {
  const source = join(folder, `${name}.c`);
  const library = join(folder, `${name}.so`);
  writeFileSync(source, text);
  expect(spawnSync("cc", ["-shared", "-fPIC", source, "-o", library], { encoding: "utf8" }).stderr).toBe("");
  return library;
}

describe("an engine's library for other functions", () => {
  needs("cc").each([
    ["that are others", 'const char *sw_node_functions(void) { return "others"; }\n'],
    ["that it does not name", "int nothing;\n"],
  ])("%s is not called: one line says what to do", async (name, text) => {
    const library = libraryOf(name.replaceAll(" ", "-"), text);
    const words = `${library} is of another version: run \`npm run build:wasm3\` again`;
    await expect(loadLibrary(library, "wasm3")).rejects.toThrow(words);
  });
});
