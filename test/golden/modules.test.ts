import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLayout, usedMemory } from "../../host/tools/compile";
import { beyond, goals, modules, profileOf, profiles, TOLERANCE, type Sizes } from "../../host/tools/goals";
import { parseWasm, type Module } from "../../host/tools/wasm";
import recorded from "./sizes.json";

const sizes: Sizes = recorded;
const pathOf = (variant: string): string => `build/sandwire.${variant}.wasm`;
const read = (variant: string): Module => parseWasm(readFileSync(pathOf(variant)));
const sizeOf = (variant: string): { file: number; memory: number } => ({
  file: readFileSync(pathOf(variant)).length,
  memory: usedMemory(readLayout(pathOf(variant))),
});

describe.each([...modules, "tiny.debug", "default.debug", "host.debug"])("the module %s", (variant) => {
  const module = read(variant);

  test("imports nothing", () => {
    expect(module.imports).toEqual([]);
  });

  test("has no mutable global: its memory is its whole state", () => {
    expect(module.globals.filter((global) => global.mutable)).toEqual([]);
  });

  test("has memory of fixed size, and no instruction that could grow it", () => {
    expect(module.memories).toHaveLength(1);
    expect(module.memories[0]?.maximum).toBe(module.memories[0]?.initial);
    expect(module.functions.filter((one) => one.grows).map((one) => one.name)).toEqual([]);
  });

  test("exports what exports.txt lists", async () => {
    const exports = module.exports.map(({ name, kind }) => `${kind} ${name}\n`);
    await expect(exports.sort().join("")).toMatchFileSnapshot("exports.txt");
  });
});

describe.each(modules)("the release module %s", (variant) => {
  test("runs nothing before it is asked: it has no start function", () => {
    expect(read(variant).start).toBeUndefined();
  });

  test("has the pages of memory its profile has", () => {
    expect(read(variant).memories[0]?.initial).toBe(goals[profileOf(variant)].pages);
  });

  test("has the sizes recorded in sizes.json (meant to change? npm run size -- --record)", () => {
    const now = sizeOf(variant);
    const was = sizes[variant];
    expect(Math.abs(now.file - was.file), `file: ${now.file}, recorded ${was.file}`).toBeLessThanOrEqual(was.file * TOLERANCE);
    expect(Math.abs(now.memory - was.memory), `memory: ${now.memory}, recorded ${was.memory}`).toBeLessThanOrEqual(
      was.memory * TOLERANCE,
    );
  });
});

test.each(profiles)(
  "the profile %s keeps its goals for the file and for the memory it uses, but for what `beyond` says",
  (profile) => {
    const { file, memory } = sizeOf(goals[profile].module);
    expect(file).toBeLessThanOrEqual(beyond[profile]?.file ?? goals[profile].file);
    expect(memory).toBeLessThanOrEqual(goals[profile].memory);
  },
);

test("`beyond` names no profile that keeps its goal", () => {
  for (const profile of profiles.filter((one) => beyond[one]))
    expect(sizeOf(goals[profile].module).file, profile).toBeGreaterThan(goals[profile].file);
});
