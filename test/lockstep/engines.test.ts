import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { nativeModule } from "../../host/node/engine";
import { type Contender, lockstep } from "../../host/node/lockstep/lockstep";
import { Session } from "../../host/node/session/reader";
import { buildWasm3, wasm3Library } from "../../host/tools/wasm3";
import { needs } from "../support/needs";
import { recordedChaos } from "./chaos";
import { moduleOf, recordedTransfer, v8 } from "./sessions";

const withCompilers = needs("cc", "wasm2c");

beforeAll(async () => {
  if (withCompilers === test && !existsSync(wasm3Library)) await buildWasm3();
}, 200_000);

/** V8, wasm3, and the module compiled ahead of time. */
async function engines(profile: "tiny" | "default"): Promise<Contender[]> {
  const { path } = moduleOf(profile);
  const others = (["wasm3", "aot"] as const).map(async (name) => {
    const module = await nativeModule(name, path);
    return { name, instance: module.instantiate() };
  });
  return [v8(profile), ...(await Promise.all(others))];
}

/** Nothing differs: the report is empty. */
async function expectEqual(profile: "tiny" | "default", octets: Buffer): Promise<number> {
  const { counts, difference } = lockstep(new Session(octets), await engines(profile), moduleOf(profile).layout);
  expect(difference).toBeUndefined();
  return counts.steps;
}

describe.each(["default", "tiny"] as const)("V8, wasm3 and the machine's own code do the same with profile %s", (profile) => {
  withCompilers(
    "in a megabyte each way over a cable that loses, doubles, reorders and corrupts",
    async () => {
      expect(await expectEqual(profile, await recordedTransfer(profile, 1_000_000))).toBeGreaterThan(10_000);
    },
    200_000,
  );

  withCompilers.each([1, 2, 3])(
    "in calls and frames of all kinds, by chance %i",
    async (seed) => {
      expect(await expectEqual(profile, await recordedChaos(profile, seed, 6000))).toBeGreaterThan(6000);
    },
    200_000,
  );
});
