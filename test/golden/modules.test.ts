import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { layoutFile, readLayout, usedMemory } from "../../host/tools/compile";
import { goals, profiles, TOLERANCE, type Sizes } from "../../host/tools/goals";
import { parseWasm, type Module } from "../../host/tools/wasm";
import recorded from "./sizes.json";

const sizes: Sizes = recorded;
const pathOf = (variant: string): string => `build/sandwire.${variant}.wasm`;
const read = (variant: string): Module => parseWasm(readFileSync(pathOf(variant)));

describe.each(profiles.flatMap((profile) => [profile, `${profile}.debug`]))("the module %s", (variant) => {
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
});

describe.each(profiles)("the release module %s", (profile) => {
  test("runs nothing before it is asked: it has no start function", () => {
    expect(read(profile).start).toBeUndefined();
  });

  test("has the pages of memory its profile has", () => {
    expect(read(profile).memories[0]?.initial).toBe(goals[profile].pages);
  });

  test("exports what exports.txt lists", async () => {
    const exports = read(profile).exports.map(({ name, kind }) => `${kind} ${name}\n`);
    await expect(exports.sort().join("")).toMatchFileSnapshot("exports.txt");
  });

  test("keeps its goals for the file and for the memory it uses", () => {
    expect(readFileSync(pathOf(profile)).length).toBeLessThanOrEqual(goals[profile].file);
    expect(usedMemory(readLayout(pathOf(profile))), layoutFile(pathOf(profile))).toBeLessThanOrEqual(goals[profile].memory);
  });

  test("has the sizes recorded in sizes.json (meant to change? npm run size -- --record)", () => {
    const { file, memory } = sizes[profile];
    const now = { file: readFileSync(pathOf(profile)).length, memory: usedMemory(readLayout(pathOf(profile))) };
    expect(Math.abs(now.file - file), `file: ${now.file}, recorded ${file}`).toBeLessThanOrEqual(file * TOLERANCE);
    expect(Math.abs(now.memory - memory), `memory: ${now.memory}, recorded ${memory}`).toBeLessThanOrEqual(memory * TOLERANCE);
  });
});
