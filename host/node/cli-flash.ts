import { spawn } from "node:child_process";
import { join, relative } from "node:path";
import type { BoardDescription } from "../tools/board/description";
import { chosenBoard } from "./cli-board";
import { RUN_DEFAULTS, type RunOptions } from "./cli-options";
import type { Engine } from "./engine";
import { builtFirmware, firmwareFolder } from "./emulator/firmware";
import type { Profile } from "./module";

/** What `sandwire flash` was told. */
export interface FlashCommand {
  board: string;
  engine?: Engine;
  profile?: Profile;
  app?: string;
  dryRun?: boolean;
}

export const FLASH_EXAMPLES = `
Examples:
  sandwire flash --board lm3s6965evb
      build its firmware and program the board by the tool board.json names
  sandwire flash --board lm3s6965evb --dry-run
      print the command that would do so
  sandwire flash --board mps2-an385 --engine aot
      a board that is emulated only: started in QEMU, as \`sandwire run --board\` does`;

/** What starts a board in the emulator. */
type Run = (options: RunOptions) => Promise<void>;

/** Program a board by its tool, or start it where it is only emulated. Rejects with an Error of one line. */
export async function flash(options: FlashCommand, run: Run): Promise<void> {
  const { board, engine, profile } = chosenBoard(options);
  if (board.flash === "emulated") {
    const command = `sandwire run --board ${board.name} --engine ${engine}`;
    print(options.dryRun ? command : `${board.name} is emulated only: ${command}`);
    return options.dryRun ? undefined : run({ ...RUN_DEFAULTS, ...options });
  }
  if (board.tried !== "hardware") process.stderr.write(`${board.name}: not tried on hardware\n`);
  const command = (folder: string): string[] => [tool, ...argumentsOf(args, folder)];
  const { tool, args } = board.flash;
  if (options.dryRun) return print(command(firmwareFolder(board, engine)).map(quoted).join(" "));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await execute(board, command(await builtFirmware(board, engine, { profile, app: options.app }, say)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function argumentsOf(args: string[], folder: string): string[] {
  const file = (kind: string): string => relative(process.cwd(), join(folder, `firmware.${kind}`));
  return args.map((text) => text.replaceAll(/\{(elf|bin|hex|uf2)\}/g, (_, kind: string) => file(kind)));
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function execute({ name }: BoardDescription, [tool, ...args]: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { stdio: "inherit" });
    child.once("error", () =>
      reject(new Error(`${tool}, which programs ${name}, is not installed: apt-get install ${packageOf(tool)}`)),
    );
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${tool} has not programmed ${name}: it ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/** Debian's name for what has a tool, where it differs. */
function packageOf(tool: string): string {
  return tool === "st-flash" ? "stlink-tools" : tool;
}
