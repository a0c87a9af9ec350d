/**
 * `npm run bench -- boards`: instructions of the stack per segment and per request on a Cortex-M3, counted by QEMU, beside lwIP's; then
 * the memory of each firmware. Prints tables, writes build/bench/boards.json. `--quick` counts fewer, `--only NAME` measures one.
 * Ends with exit code 1 and one line when a goal is missed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build, type Counts } from "./build";
import { missedGoals } from "./goals";
import { memoryOfFirmware, type Memory } from "./memory";
import { memoryTable, speedTable, type Row } from "./report";
import { measure } from "./run";
import { nameOf, outside, variants } from "./variants";

const FULL: Counts = { segments: 2000, requests: 200 };
const QUICK: Counts = { segments: 200, requests: 20 };

export async function boards(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      speed: { type: "boolean", default: false },
    },
  });
  const wanted = [...variants, ...outside].filter((variant) => nameOf(variant).startsWith(values.only));
  if (wanted.length === 0) throw new Error(`nothing is called ${values.only}: there is ${variants.map(nameOf).join(", ")}`);
  const rows: Row[] = [];
  for (const variant of wanted) {
    const result = await measure(await build(variant, values.quick ? QUICK : FULL));
    rows.push({ ...variant, name: nameOf(variant), result });
  }
  console.log(speedTable(rows));
  const memory: Memory | undefined = values.speed || values.only ? undefined : await memoryOfFirmware();
  if (memory) console.log(`\n${memoryTable(memory)}`);
  mkdirSync("build/bench", { recursive: true });
  writeFileSync("build/bench/boards.json", `${JSON.stringify({ rows, memory }, undefined, 2)}\n`);
  const missed = missedGoals(rows);
  if (missed.length === 0) return;
  console.error(`missed the goals of docs/boards-speed.md: ${missed.join("; ")}`);
  process.exitCode = 1;
}
