import { root, runProgram } from "./process";

/** A program the machine must have, and what to do where it has not. */
export interface Program {
  command: string;
  /** Said after "is missing: ". */
  remedy: string;
}

/** A program is not on this machine. */
export class MissingProgram extends Error {
  constructor(readonly program: Program) {
    super(`${program.command} is missing: ${program.remedy}`);
  }
}

/** The machine's C compiler. */
export const compiler: Program = {
  command: process.env["CC"] ?? "cc",
  remedy: "install a C compiler (Debian: apt install gcc libc6-dev), or say in CC which one to take",
};

/**
 * Runs a program in the checkout's top folder; what it wrote. Throws a MissingProgram, of one line, or an Error with all it said when
 * it fails.
 */
export async function perform(program: Program, args: string[], limit = 300_000): Promise<string> {
  const { command } = program;
  const { code, output, missing } = await runProgram(command, args, { cwd: root, limit });
  if (missing) throw new MissingProgram(program);
  if (code !== 0) throw new Error(`${command} failed (${code}):\n${output.trimEnd()}`);
  return output;
}
