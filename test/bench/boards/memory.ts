import { join } from "node:path";
import { firmwareJob, perform } from "../../../host/tools/application";
import { readLayout, usedMemory } from "../../../host/tools/compile";
import { boardNames, readBoard } from "../../../host/tools/board/description";
import { firmware } from "../../../host/tools/board/firmware";
import type { Report } from "../../../host/tools/board/report";
import { root } from "../../../host/tools/process";

/** What firmware takes of a chip. */
export interface Memory {
  reports: Report[];
  /** Octets of linear memory that one more connection takes, in profile `default`: its record, its buffers, its share of the tables. */
  perConnection: number;
}

/** Builds the firmware of each board and engine. */
export async function memoryOfFirmware(): Promise<Memory> {
  const reports: Report[] = [];
  for (const name of boardNames())
    for (const engine of Object.keys(readBoard(name).engines)) reports.push((await firmware(name, { engine })).report);
  const [few, more] = [await memoryWith(6), await memoryWith(7)];
  return { reports, perConnection: more - few };
}

/** Octets of linear memory that `default` uses with so many connections. */
async function memoryWith(connections: number): Promise<number> {
  const out = `build/bench/boards/connections-${connections}.wasm`;
  const use = [`CONFIG_CONNECTIONS=${connections}`, `CONFIG_BUFFERS=${connections * 4096}`];
  const { code, output } = await perform(firmwareJob(join(root, "assembly/apps/bare.ts"), { target: "default", out, use }));
  if (code !== 0) throw new Error(`${connections} connections do not compile\n${output.trimEnd()}`);
  return usedMemory(readLayout(out));
}
