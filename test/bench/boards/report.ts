import type { Memory } from "./memory";
import { SCENARIOS, type Result, type Scenario } from "./run";
import type { Variant } from "./variants";

export interface Row extends Variant {
  name: string;
  result: Result;
}

const PLACES = { driver: "checksums computed by the driver while it copies", stack: "checksums computed by the stack" } as const;
const UNITS: Record<Scenario, string> = { receive: "received segment", send: "sent segment", request: "request" };

const count = (value: number): string => Math.round(value).toLocaleString("en");

/** What each stack spends, and how many times lwIP's that is, compiled alike and with the checksums at the same place. */
export function speedTable(rows: Row[]): string {
  const heads = SCENARIOS.map((scenario) => UNITS[scenario].padStart(18) + "of lwIP".padStart(9)).join("");
  const lines = [`${"instructions per".padEnd(30)}${heads}`];
  for (const place of ["driver", "stack"] as const) {
    const here = rows.filter(({ checksums }) => checksums === place);
    if (here.length > 0) lines.push(PLACES[place], ...here.map((row) => line(row, rows)));
  }
  const heap = rows.find(({ result }) => result.heap)?.result.heap;
  if (heap) lines.push(`wasm3 has allocated ${count(heap.module)} octets for the module, ${count(heap.code)} for its code`);
  return lines.join("\n");
}

function line(row: Row, rows: Row[]): string {
  const { stack, level, checksums, application } = row;
  const yardstick = rows.find((other) => other.stack === "lwip" && other.level === level && other.checksums === checksums);
  const cells = SCENARIOS.map((scenario) => {
    const own = row.result[scenario].instructions;
    const lwip = yardstick?.result[scenario].instructions;
    return count(own).padStart(18) + (lwip === undefined ? "" : (own / lwip).toFixed(2)).padStart(9);
  });
  const where = application === "outside" ? ", app in C" : "";
  return `  ${`${stack} -${level}${where}`.padEnd(28)}${cells.join("")}`;
}

/** Flash and RAM of each firmware, by owner. */
export function memoryTable({ reports, perConnection }: Memory): string {
  const lines = reports.flatMap(({ board, engine, module, owners, total }) => [
    `${`${board}, ${engine}, ${module}`.padEnd(40)}flash ${count(total.flash).padStart(9)}  RAM ${count(total.ram).padStart(9)}`,
    ...Object.entries(owners).map(
      ([owner, { flash, ram }]) => `  ${owner.padEnd(38)}      ${count(flash).padStart(9)}      ${count(ram).padStart(9)}`,
    ),
  ]);
  return [...lines, `one more connection, profile default: ${count(perConnection)} octets of RAM`].join("\n");
}
