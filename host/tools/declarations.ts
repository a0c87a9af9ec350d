import { existsSync } from "node:fs";
import { join } from "node:path";
import { firmware } from "./compile";
import { root, runNode } from "./process";
import { isStale } from "./stale";

const generator = "host/tools/abi.ts";
const inputs = ["assembly/abi.ts", "assembly/stats.ts", "assembly/exports.ts", firmware, generator, "host/tools/abi"];
const outputs = ["build/generated/abi.ts", "build/generated/sandwire_abi.h"];

/** The hosts' declarations, generated from the core's own where they are stale; whether that went well. */
export async function generate({ quiet = false } = {}): Promise<boolean> {
  if (!existsSync(join(root, generator))) return true;
  if (!outputs.some((output) => isStale(output, inputs))) return true;
  const outcome = await runNode(["--import", "tsx", generator], { limit: 60_000 });
  if (outcome.code === 0 && !quiet) console.log(`${"declarations".padEnd(16)} ${"".padStart(28)} ${outputs.join(", ")}`);
  if (outcome.code !== 0) console.error(`declarations     FAILED\n${outcome.output}`);
  return outcome.code === 0;
}
