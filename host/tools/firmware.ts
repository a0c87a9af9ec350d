/**
 * `npm run firmware -- --board B [--engine E] [--profile P | --app FILE] [--out FOLDER]` builds what a board runs, into
 * build/firmware/B.E/, and says who takes how much of its memory. With `--replay` it replays a session and ends (docs/lockstep.md), and
 * goes to build/firmware/B.E.replay/.
 */
import { parseArgs } from "node:util";
import { boardNames } from "./board/description";
import { firmware } from "./board/firmware";
import { tableOf } from "./board/report";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      board: { type: "string" },
      engine: { type: "string" },
      profile: { type: "string" },
      app: { type: "string" },
      replay: { type: "boolean", default: false },
      out: { type: "string" },
      quiet: { type: "boolean", default: false },
    },
  });
  const { board, quiet, ...choice } = values;
  if (board === undefined) throw new Error(`which board? --board NAME (there is ${boardNames().join(", ")})`);
  const { report, folder } = await firmware(board, choice, (line) => console.error(line));
  if (!quiet) console.log(`${tableOf(report)}\n${folder}/firmware.elf`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
