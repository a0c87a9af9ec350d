import type { Row } from "./report";
import type { StackName } from "./variants";

/** How many times lwIP's instructions a segment may take: docs/boards-speed.md. Requests have no goal. */
const GOALS: Partial<Record<StackName, number>> = { aot: 1.5, wasm3: 12 };

/** The goals that are missed, some words each. They are set for checksums in the driver and the application inside. */
export function missedGoals(rows: Row[]): string[] {
  const alike = rows.filter(({ checksums, application }) => checksums === "driver" && application === "inside");
  return alike.flatMap((row) => missedBy(row, alike));
}

function missedBy({ name, stack, level, result }: Row, rows: Row[]): string[] {
  const goal = GOALS[stack];
  const lwip = rows.find((other) => other.stack === "lwip" && other.level === level)?.result;
  if (goal === undefined || !lwip) return [];
  return (["receive", "send"] as const).flatMap((scenario) => {
    const times = result[scenario].instructions / lwip[scenario].instructions;
    return times <= goal ? [] : [`${name} ${scenario}: ${times.toFixed(2)} times lwIP, not ${goal}`];
  });
}
