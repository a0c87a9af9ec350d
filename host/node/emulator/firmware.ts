import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BoardDescription, EngineName } from "../../tools/board/description";
import { type Choice, firmware } from "../../tools/board/firmware";
import { root, runNode } from "../../tools/process";
import { modulePath } from "../module";

/** Milliseconds of silence before we say what takes so long. */
const SILENCE = 1500;

/** Where the firmware of a board lies once it is built. */
export function firmwareFolder({ name }: BoardDescription, engine: EngineName): string {
  return join(root, "build/firmware", `${name}.${engine}`);
}

/**
 * Build a board's firmware, of which only what is stale is compiled; the folder it lies in. Rejects with an Error of one line.
 *
 * @param say called with what takes long, and with what a compiler said
 */
export async function builtFirmware(
  { name }: BoardDescription,
  engine: EngineName,
  choice: Choice,
  say: (line: string) => void,
): Promise<string> {
  const timer = setTimeout(() => say(`building the firmware of ${name} with ${engine} ...`), SILENCE);
  try {
    if (!existsSync(modulePath("host"))) await builtHost();
    const { folder } = await firmware(name, { ...choice, engine }, say);
    return resolve(folder);
  } catch (error) {
    const [first, ...rest] = (error instanceof Error ? error.message : String(error)).split("\n");
    if (rest.length > 0) say(rest.join("\n"));
    throw new Error(first, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The module of the gateway, without which nothing leads to the board. */
async function builtHost(): Promise<void> {
  const { code, output } = await runNode(["--import", "tsx", "host/tools/build.ts", "--quiet", "host"], { limit: 300_000 });
  if (code !== 0) throw new Error(`host does not compile\n${output.trimEnd()}`);
}
